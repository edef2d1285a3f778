//! Asks the node, one loop a topic, and publishes the answers on the board.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::alias_figures::AliasFigures;
use super::board::Board;
use super::collector::Topic;
use super::link::Link;
use super::plan::{AskUtxos, PollPlan};
use super::reading::PollResult;
use super::schedule::{answers_from_index, may_ask_utxos, until_next_liveness};
use super::snapshot::Snapshot;
use super::workers::{Worker, Workers};
use crate::clock;
use crate::node::{ChainInfo, Node, NodeError, UtxoSet};
use crate::values::Mono;

/// The loops that ask one node.
pub struct Watch {
    node: Arc<dyn Node>,
    board: Arc<Board>,
    /// When the board was cleared for this node: what comes later than the next clearing is about
    /// no node any more.
    since: Mono,
    plan: watch::Receiver<PollPlan>,
    workers: Arc<Workers>,
}

impl Watch {
    /// Will ask `node` as `plan` says, one of its `workers` a question, and publish on `board`.
    #[must_use]
    pub fn new(
        node: Arc<dyn Node>,
        workers: Arc<Workers>,
        board: Arc<Board>,
        plan: watch::Receiver<PollPlan>,
    ) -> Self {
        let since = board.read().since;
        Self {
            node,
            board,
            since,
            plan,
            workers,
        }
    }

    /// Asks about `topic` for ever. One such loop per topic.
    pub async fn run(&self, topic: Topic) {
        match topic {
            Topic::Uptime => self.watch_liveness().await,
            _ => self.watch_topic(topic).await,
        }
    }

    /// Changes the board, unless that is another node's by now.
    fn publish(&self, change: impl Fn(&mut Snapshot)) {
        self.board.update(|snapshot| {
            if snapshot.since == self.since {
                change(snapshot);
            }
        });
    }

    fn plan(&self) -> PollPlan {
        *self.plan.borrow()
    }

    async fn watch_liveness(&self) {
        let mut streak = 0;
        loop {
            let process = self.board.read().process;
            self.ask(Topic::Uptime, self.node.uptime(), PollResult::Uptime)
                .await;
            let snapshot = self.board.read();
            let failure = snapshot.collector(Topic::Uptime).failure.as_ref();
            // Nothing is known of who it is: it is another one. How many workers it has it says
            // before all else.
            if process > 0 && snapshot.process != process && snapshot.network.is_none() {
                self.node.forget();
                self.hurry_local();
            }
            streak = if failure.is_some() { streak + 1 } else { 0 };
            let pause =
                |plan: PollPlan| until_next_liveness(failure, streak, plan.interval(Topic::Uptime));
            self.pause(pause).await;
        }
    }

    /// Whichever question met the new process first: its answer is no news of the former one.
    fn notice_restart(&self) {
        let restarts = self.node.restarts_seen();
        if self.board.read().restarts_seen == restarts {
            return;
        }
        self.publish(|snapshot| snapshot.restart_seen(restarts));
        self.node.forget();
        self.hurry_local();
    }

    /// Waits for the pause that the plan asks for, and for the shorter one if the plan changes
    /// meanwhile.
    async fn pause(&self, pause: impl Fn(PollPlan) -> Duration) {
        let began = clock::mono();
        let mut plan = self.plan.clone();
        loop {
            let so_far = clock::mono().since(began);
            let wanted = pause(*plan.borrow_and_update());
            tokio::select! {
                () = sleep(wanted.saturating_sub(so_far)) => return,
                // Without whoever changes it the plan stays as it is.
                changed = plan.changed() => {
                    if changed.is_err() {
                        return sleep(wanted.saturating_sub(so_far)).await;
                    }
                }
            }
        }
    }

    async fn watch_topic(&self, topic: Topic) {
        loop {
            self.board
                .wait_until(|snapshot| self.may_ask(topic, snapshot))
                .await;
            let worker = self.worker(topic).await;
            let epoch = {
                let snapshot = self.board.read();
                // The node may have become another process while a worker was waited for.
                if !self.may_ask(topic, &snapshot) {
                    drop(snapshot);
                    self.publish(|snapshot| snapshot.withdrawn(topic));
                    continue;
                }
                snapshot.epoch
            };
            self.ask_about(topic).await;
            drop(worker);
            tokio::select! {
                () = self.pause(|plan| plan.interval(topic)) => {}
                // A node that has come has also made or changed its files.
                () = self.board.wait_until(|snapshot| snapshot.epoch != epoch) => {}
                () = self.board.hurried(topic) => {}
            }
        }
    }

    /// One of the node's workers, once one is free. A question that waits for its turn is open, and
    /// may be late; but that all workers are in use says nothing of the node's chain.
    async fn worker(&self, topic: Topic) -> Worker {
        if topic.is_local() {
            return None;
        }
        if topic == Topic::BestBlock {
            return self.workers.borrow_for_probe().await;
        }
        let due = clock::mono();
        self.publish(|snapshot| snapshot.asked(topic, due));
        self.workers.borrow().await
    }

    /// A node that is away, starting or refusing us is asked by the liveness call alone. One that
    /// is up says first who it is: its dialect and the number of its workers follow from that.
    fn may_ask(&self, topic: Topic, snapshot: &Snapshot) -> bool {
        if snapshot.collector(topic).unsupported {
            return false;
        }
        if topic.is_local() {
            return true;
        }
        let plan = self.plan();
        let now = clock::mono();
        if !plan.asks(topic) {
            return false;
        }
        let answers = snapshot.link(plan.timeout, now) == Link::Up;
        let has_asked = |topic| snapshot.has_asked(topic, plan.timeout, now);
        // What in the node needs blocks is known before the chain is, since a plan to prune is made
        // of both. No node is in rotation before its chain is known, and none takes a transaction
        // before it is known whether another one would hide it.
        let needs_known = topic != Topic::Chain
            || has_asked(Topic::Indexes)
                && (!plan.asks(Topic::PrivateBroadcast) || has_asked(Topic::PrivateBroadcast));
        let its_turn = topic == Topic::Network || (has_asked(Topic::Network) && needs_known);
        // They are of the tip.
        let its_turn = its_turn && (topic != Topic::AliasFigures || has_asked(Topic::Chain));
        answers && its_turn && (topic != Topic::Utxos || may_ask_utxos(plan.utxos, snapshot))
    }

    async fn ask_about(&self, topic: Topic) {
        let node = &self.node;
        match topic {
            Topic::Uptime => self.ask(topic, node.uptime(), PollResult::Uptime).await,
            Topic::Network => {
                self.ask(topic, node.network(), PollResult::Network).await;
                if let Some(identity) = self.board.read().identity() {
                    let has_probe = self.plan().probe_interval.is_some();
                    self.workers
                        .resize(identity.dialect().rpc_workers, has_probe);
                }
            }
            Topic::BestBlock => {
                self.ask(topic, self.best_block(), |()| PollResult::BestBlock)
                    .await;
            }
            Topic::Chain => self.ask_about_the_chain().await,
            Topic::Peers => self.ask(topic, node.peers(), PollResult::Peers).await,
            Topic::Traffic => self.ask(topic, node.traffic(), PollResult::Traffic).await,
            Topic::Mempool => self.ask(topic, node.mempool(), PollResult::Mempool).await,
            Topic::PrivateBroadcast => {
                let found = node.private_broadcast();
                self.ask(topic, found, PollResult::PrivateBroadcast).await;
            }
            Topic::Indexes => self.ask(topic, node.indexes(), PollResult::Indexes).await,
            Topic::Utxos => self.ask(topic, self.utxos(), PollResult::Utxos).await,
            Topic::AliasFigures => {
                let figures = self.alias_figures();
                self.ask(topic, figures, PollResult::AliasFigures).await;
            }
            Topic::Volume => self.ask(topic, node.volume(), PollResult::Volume).await,
            Topic::Usage => self.ask(topic, node.usage(), PollResult::Usage).await,
        }
    }

    /// What the node's files are is known by its chain: with the first news of that they are looked
    /// at anew.
    async fn ask_about_the_chain(&self) {
        let known = self.board.read().chain.is_some();
        self.ask(Topic::Chain, self.chain(), |(info, reorged)| {
            PollResult::Chain { info, reorged }
        })
        .await;
        if !known && self.board.read().chain.is_some() {
            self.hurry_local();
        }
    }

    /// The node's files are looked at anew.
    fn hurry_local(&self) {
        Topic::ALL
            .into_iter()
            .filter(|topic| topic.is_local())
            .for_each(|topic| self.board.hurry(topic));
    }

    /// The best block. If it is another one than is known, the chain is asked about at once.
    async fn best_block(&self) -> Result<(), NodeError> {
        let hash = self.node.best_block_hash().await?;
        let is_news = (self.board.read().tip.as_ref()).is_some_and(|tip| tip.hash != hash);
        if is_news {
            self.board.hurry(Topic::Chain);
        }
        Ok(())
    }

    /// The unspent outputs. A scan without the index takes the node minutes, so that this very
    /// process is asked for it first: the list that is known may be of one that has just ended.
    async fn utxos(&self) -> Result<UtxoSet, NodeError> {
        if self.plan().utxos == AskUtxos::IfIndexed
            && !answers_from_index(&self.node.indexes().await?)
        {
            return Err(NodeError::Unsupported {
                what: "index of coin statistics that is synced",
            });
        }
        self.node.utxos().await
    }

    async fn alias_figures(&self) -> Result<AliasFigures, NodeError> {
        let snapshot = self.board.read();
        let tip = snapshot.chain.as_ref().map(|chain| chain.tip_hash.as_str());
        AliasFigures::ask(&*self.node, tip, snapshot.alias_figures.as_deref()).await
    }

    /// The chain, and whether the tip that this process reported before is no longer part of it.
    async fn chain(&self) -> Result<(ChainInfo, bool), NodeError> {
        let info = self.node.chain().await?;
        let Some(tip) = self
            .board
            .read()
            .tip
            .clone()
            .filter(|tip| tip.hash != info.tip_hash)
        else {
            return Ok((info, false));
        };
        let reorged = match self.node.is_in_best_chain(&tip.hash).await {
            Ok(still) => !still,
            // It is asked again, about the same tip.
            Err(error) if error.is_passing() => return Err(error),
            // Where the node does not report it, a tip that did not get higher has replaced the old
            // one.
            Err(_) if info.blocks <= tip.height => true,
            Err(error) => {
                debug!(%error, "reorganisations cannot be counted");
                self.publish(Snapshot::perhaps_reorganised);
                false
            }
        };
        Ok((info, reorged))
    }

    /// Sends one question and waits for its end, however late; past the timeout it is said to be
    /// late.
    async fn ask<T>(
        &self,
        topic: Topic,
        question: impl Future<Output = Result<T, NodeError>>,
        reading: impl Fn(T) -> PollResult,
    ) {
        let asked = clock::mono();
        let epoch = self.board.read().epoch;
        self.publish(|snapshot| snapshot.asked(topic, asked));
        tokio::pin!(question);
        let answer = tokio::select! {
            answer = &mut question => answer,
            () = sleep(self.plan().timeout) => {
                warn!(topic = topic.as_str(), waited_secs = self.plan().timeout.as_secs(), "no answer yet, still waiting");
                self.publish(|snapshot| snapshot.sequence += 1);
                let answer = question.await;
                let waited_secs = clock::mono().since(asked).as_secs();
                info!(topic = topic.as_str(), waited_secs, "the late answer arrived");
                answer
            }
        };
        self.notice_restart();
        let now = clock::mono();
        let is_of_former_process =
            !topic.is_local() && topic != Topic::Uptime && self.board.read().epoch != epoch;
        if is_of_former_process {
            // It is asked again at once.
            return self.publish(|snapshot| snapshot.withdrawn(topic));
        }
        let failed_before = self.board.read().collector(topic).failure.clone();
        match answer.map(reading) {
            Ok(reading) => {
                if failed_before
                    .is_some_and(|error| topic == Topic::Uptime || !is_reported_by_liveness(&error))
                {
                    info!(topic = topic.as_str(), "answered again");
                }
                self.publish(|snapshot| snapshot.answered(reading.clone(), now));
            }
            Err(error) => {
                log_failure(topic, &error, failed_before.as_ref());
                self.publish(|snapshot| snapshot.failed(topic, error.clone(), now));
            }
        }
    }
}

/// Logs that a question failed, once per reason: a node that is away all night fills no log.
fn log_failure(topic: Topic, error: &NodeError, before: Option<&NodeError>) {
    let is_reported = topic != Topic::Uptime && is_reported_by_liveness(error);
    let topic = topic.as_str();
    if before == Some(error) || is_reported {
        debug!(topic, %error, "failed again");
    } else if matches!(
        error,
        NodeError::Unsupported { .. } | NodeError::Forbidden { .. }
    ) {
        info!(topic, %error, "not asked again");
    } else if before.is_some_and(|before| before.code() == error.code()) {
        debug!(topic, %error, "failed again");
    } else {
        warn!(topic, %error, "failed");
    }
}

/// That the node is away or refuses us is reported once, by the liveness call.
fn is_reported_by_liveness(error: &NodeError) -> bool {
    matches!(
        error,
        NodeError::Connect { .. } | NodeError::Closed { .. } | NodeError::Unauthorized { .. }
    )
}
