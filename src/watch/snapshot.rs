//! Everything known of the node at one moment, and how an event changes it. Pure.

mod process;

use std::sync::Arc;
use std::time::Duration;

use super::alias_figures::AliasFigures;
use super::chain_counts::ChainCounts;
use super::collector::{Collector, Topic};
use super::link::Link;
use super::plan::PollPlan;
use super::reading::PollResult;
use super::sync_rate::SyncRate;
use super::tip::Tip;
use crate::node::{
    ChainInfo, Dialect, Identity, Indexes, MempoolInfo, NetworkInfo, NodeError, Peer, Traffic,
    Usage, UtxoSet, Volume,
};
use crate::values::{Chain, Mono};

/// Everything known of the node. Never changed once published.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Counts the changes.
    pub sequence: u64,
    /// Counts the times the node came back, perhaps as another version.
    pub epoch: u64,
    /// Counts the processes of the node that were noticed, also one that only starts yet: what was
    /// learnt of an earlier one decides nothing.
    pub process: u64,
    /// How many restarts the node's client has seen by other means than the uptime.
    pub restarts_seen: u64,
    /// Since when this node is asked: its silence is counted from then.
    pub since: Mono,
    /// When the node last said anything at all, even an error.
    pub last_answer: Option<Mono>,
    /// How long the node has run.
    pub uptime: Option<Duration>,
    /// Who it is, and whether its network is on.
    pub network: Option<Arc<NetworkInfo>>,
    /// The chain.
    pub chain: Option<Arc<ChainInfo>>,
    /// The connected peers.
    pub peers: Option<Arc<Vec<Peer>>>,
    /// Bytes sent and received.
    pub traffic: Option<Traffic>,
    /// The mempool.
    pub mempool: Option<MempoolInfo>,
    /// It has private broadcast.
    pub private_broadcast: Option<bool>,
    /// The optional indexes.
    pub indexes: Option<Arc<Indexes>>,
    /// The unspent outputs.
    pub utxos: Option<UtxoSet>,
    /// What only the families of another exporter have.
    pub alias_figures: Option<Arc<AliasFigures>>,
    /// The volume of the data directory.
    pub volume: Option<Volume>,
    /// What the data directory takes.
    pub usage: Option<Usage>,
    /// The tip that this process of the node reported last.
    pub tip: Option<Tip>,
    /// The tip that was seen last, of whichever process: since when a block has been known is a
    /// fact of the chain.
    pub last_tip: Option<Tip>,
    /// How fast the node catches up.
    pub sync_rate: Arc<SyncRate>,
    /// Blocks and reorganisations since the daemon's start.
    pub counts: ChainCounts,
    /// Answers of `getnetworkinfo` with a warning since the daemon's start; `None` before one that
    /// says whether there is a warning.
    pub warned_answers: Option<u64>,
    collectors: [Collector; Topic::ALL.len()],
}

impl Snapshot {
    /// The collector of `topic`.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "there is one collector per topic"
    )]
    pub fn collector(&self, topic: Topic) -> &Collector {
        &self.collectors[topic as usize]
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "there is one collector per topic"
    )]
    fn collector_mut(&mut self, topic: Topic) -> &mut Collector {
        &mut self.collectors[topic as usize]
    }

    /// The chain that the node is on, if it has reported one that is known.
    #[must_use]
    pub fn chain(&self) -> Option<Chain> {
        self.chain.as_ref()?.chain.parse().ok()
    }

    /// Who the node is.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        Some(&self.network.as_ref()?.identity)
    }

    /// What the node can and cannot do, as far as it has said who it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.identity().map(Identity::dialect).unwrap_or_default()
    }

    /// The way to the node, with `timeout` for its answers.
    #[must_use]
    pub fn link(&self, timeout: Duration, now: Mono) -> Link<'_> {
        let liveness = self.collector(Topic::Uptime);
        if let Some(open) = liveness.overdue(timeout, now) {
            return Link::Silent(open);
        }
        match &liveness.failure {
            Some(error) if error.is_starting() => Link::Starting(error),
            Some(error @ NodeError::Unauthorized { .. }) => Link::Refused(error),
            Some(error) if !error.is_answer() => Link::Down(error),
            Some(_) => Link::Up,
            None if liveness.answered.is_some() => Link::Up,
            None => Link::Unasked,
        }
    }

    /// Whether nobody is to be reached where the node was, with `timeout` for its answers.
    #[must_use]
    pub fn is_gone(&self, timeout: Duration, now: Mono) -> bool {
        matches!(
            self.link(timeout, now),
            Link::Down(NodeError::Connect { .. })
        )
    }

    /// Why the files that are watched are not the node's blocks, if they are not.
    #[must_use]
    pub fn blocks_elsewhere(&self) -> Option<&NodeError> {
        let failure = self.collector(Topic::Usage).failure.as_ref();
        failure.filter(|error| matches!(error, NodeError::OtherFiles { .. }))
    }

    /// What the node's block files take, as measured.
    #[must_use]
    pub fn block_files_bytes(&self) -> Option<u64> {
        self.usage?.block_files()
    }

    /// What the node's files take: as measured, and after that at least what the node counts of its
    /// block files, which it is asked more often. A part is not larger than its whole.
    #[must_use]
    pub fn used_bytes(&self) -> Option<u64> {
        let measured = self.usage?.total_bytes;
        let answered = |topic| self.collector(topic).answered;
        let counted = self
            .chain
            .as_deref()
            .filter(|_| answered(Topic::Chain) > answered(Topic::Usage))
            .and_then(|chain| chain.size_on_disk_bytes);
        Some(counted.map_or(measured, |blocks| measured.max(blocks)))
    }

    /// How many peers are connected.
    #[must_use]
    pub fn peers_connected(&self) -> Option<usize> {
        Some(Peer::connected(self.peers.as_deref()?).count())
    }

    /// The last question about `topic` was answered, none is overdue, and none is due of a node
    /// that cannot be asked.
    #[must_use]
    pub fn is_up(&self, topic: Topic, plan: &PollPlan, now: Mono) -> bool {
        let collector = self.collector(topic);
        let can_be_asked = topic.is_local() || self.link(plan.timeout, now) == Link::Up;
        let is_due = collector
            .age(now)
            .is_none_or(|age| age >= plan.interval(topic));
        collector.is_up(plan.timeout, now) && (can_be_asked || !is_due)
    }

    /// What is known of `topic` is of before: its last question failed or is overdue, or the node
    /// does not answer.
    #[must_use]
    pub fn is_old(&self, topic: Topic, timeout: Duration, now: Mono) -> bool {
        let collector = self.collector(topic);
        let is_away = !topic.is_local() && self.link(timeout, now) != Link::Up;
        collector.answered.is_some() && (is_away || !collector.is_up(timeout, now))
    }

    /// A value no older than `limit`, by its topic's collector; what is older is not known any
    /// more.
    #[must_use]
    pub fn fresh<'a, T>(
        &self,
        topic: Topic,
        value: Option<&'a T>,
        limit: Duration,
        now: Mono,
    ) -> Option<&'a T> {
        value.filter(|_| {
            self.collector(topic)
                .age(now)
                .is_some_and(|age| age <= limit)
        })
    }

    /// This snapshot without the values that are older than the `limit` of their topic.
    #[must_use]
    pub fn without_stale(&self, limit: impl Fn(Topic) -> Duration, now: Mono) -> Self {
        let mut known = self.clone();
        let stale = |topic| self.fresh(topic, Some(&()), limit(topic), now).is_none();
        for topic in Topic::ALL.into_iter().filter(|topic| stale(*topic)) {
            match topic {
                Topic::Uptime => known.uptime = None,
                // No value of it is kept.
                Topic::BestBlock => {}
                Topic::Network => known.network = None,
                Topic::Chain => known.chain = None,
                Topic::Peers => known.peers = None,
                Topic::Traffic => known.traffic = None,
                Topic::Mempool => known.mempool = None,
                Topic::PrivateBroadcast => known.private_broadcast = None,
                Topic::Indexes => known.indexes = None,
                Topic::Utxos => known.utxos = None,
                Topic::AliasFigures => known.alias_figures = None,
                Topic::Volume => known.volume = None,
                Topic::Usage => known.usage = None,
            }
        }
        known
    }

    /// A question about `topic` is due: it is open from now on, or since it was due before.
    pub fn asked(&mut self, topic: Topic, now: Mono) {
        self.sequence += 1;
        self.collector_mut(topic).open_since.get_or_insert(now);
    }

    /// A question about `topic` is not sent after all, or its answer is of a former process of the
    /// node.
    pub(super) fn withdrawn(&mut self, topic: Topic) {
        self.sequence += 1;
        self.collector_mut(topic).open_since = None;
    }

    /// The node was asked about `topic` since it was last away, and has answered, refused to, or
    /// lets us wait too long.
    #[must_use]
    pub fn has_asked(&self, topic: Topic, timeout: Duration, now: Mono) -> bool {
        let collector = self.collector(topic);
        collector.answered.is_some()
            || collector.failure.is_some()
            || collector.overdue(timeout, now).is_some()
    }

    /// An answer came.
    pub fn answered(&mut self, reading: PollResult, now: Mono) {
        self.sequence += 1;
        let topic = reading.topic();
        let before = self.liveness();
        if !topic.is_local() {
            self.last_answer = Some(now);
        }
        let collector = self.collector_mut(topic);
        let asked = collector.open_since.or(Some(now));
        let settled = collector.open_since;
        *collector = Collector {
            asked,
            settled,
            answered: Some(now),
            ..Collector::default()
        };
        match reading {
            PollResult::Uptime(uptime) => self.uptime = uptime,
            PollResult::BestBlock => {}
            PollResult::Network(network) => self.network_read(network),
            PollResult::Chain { info, reorged } => self.chain_read(info, reorged, now),
            PollResult::Peers(peers) => self.peers = Some(Arc::new(peers)),
            PollResult::Traffic(traffic) => self.traffic = Some(traffic),
            PollResult::Mempool(mempool) => self.mempool = Some(mempool),
            PollResult::PrivateBroadcast(found) => self.private_broadcast = Some(found),
            PollResult::Indexes(indexes) => self.indexes = Some(Arc::new(indexes)),
            PollResult::Utxos(utxos) => self.utxos = Some(utxos),
            PollResult::AliasFigures(figures) => self.alias_figures = Some(Arc::new(figures)),
            PollResult::Volume(volume) => self.volume = Some(volume),
            PollResult::Usage(usage) => self.usage = Some(usage),
        }
        self.notice_another_process(before);
    }

    /// A question failed. What was known before stays, and ages.
    pub fn failed(&mut self, topic: Topic, error: NodeError, now: Mono) {
        self.sequence += 1;
        let before = self.liveness();
        if error.is_answer() && !topic.is_local() {
            self.last_answer = Some(now);
        }
        if matches!(
            error,
            NodeError::OtherFiles { .. } | NodeError::SeveralChains { .. }
        ) {
            // What was measured before was not the node's either, or may not have been.
            self.usage = None;
        }
        let was_starting = matches!(self.link(Duration::MAX, Mono::START), Link::Starting(_));
        if topic == Topic::Uptime && error.is_starting() && !was_starting {
            self.process += 1;
        }
        let collector = self.collector_mut(topic);
        collector.settled = collector.open_since.take();
        collector.unsupported = matches!(
            error,
            NodeError::Unsupported { .. } | NodeError::Forbidden { .. }
        );
        collector.failure = Some(error);
        self.notice_another_process(before);
    }

    /// Nothing is known, of another node than before.
    #[must_use]
    pub fn cleared(&self, now: Mono) -> Self {
        Self {
            sequence: self.sequence + 1,
            since: now,
            last_tip: self.last_tip.clone(),
            ..Self::default()
        }
    }

    /// The node does not say whether its former tip is still in its chain, while its tip has risen.
    pub fn perhaps_reorganised(&mut self) {
        self.counts.perhaps_reorganised();
    }

    fn network_read(&mut self, network: NetworkInfo) {
        if let Some(has_warning) = network.has_warning {
            *self.warned_answers.get_or_insert(0) += u64::from(has_warning);
        }
        self.network = Some(Arc::new(network));
    }

    fn chain_read(&mut self, info: ChainInfo, reorged: bool, now: Mono) {
        if reorged {
            self.counts.reorganised();
        }
        self.counts.read(&info);
        if self
            .tip
            .as_ref()
            .is_none_or(|tip| tip.hash != info.tip_hash)
        {
            let known = self.last_tip.take().filter(|tip| tip.hash == info.tip_hash);
            let tip = known.unwrap_or_else(|| Tip::new(info.tip_hash.clone(), info.blocks, now));
            self.tip = Some(tip.clone());
            self.last_tip = Some(tip);
        }
        Arc::make_mut(&mut self.sync_rate).record(info.blocks, info.verification_progress, now);
        self.chain = Some(Arc::new(info));
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
