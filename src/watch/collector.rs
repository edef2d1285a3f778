//! One question that is asked again and again: when it was asked, answered, and how it failed.
//! Pure.

use std::time::Duration;

use crate::node::NodeError;
use crate::values::Mono;

/// What a collector asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Is the node there: `uptime`.
    Uptime,
    /// Does the chain answer: `getbestblockhash`. Asked only of one of several nodes.
    BestBlock,
    /// Who it is, and whether its network is on: `getnetworkinfo`.
    Network,
    /// The chain and its tip: `getblockchaininfo`.
    Chain,
    /// The peers: `getpeerinfo`.
    Peers,
    /// Bytes sent and received: `getnettotals`.
    Traffic,
    /// The mempool: `getmempoolinfo`.
    Mempool,
    /// Whether it has private broadcast: `getprivatebroadcastinfo`. Asked only of one of several
    /// nodes, and only where the configuration leaves it open.
    PrivateBroadcast,
    /// The optional indexes: `getindexinfo`.
    Indexes,
    /// The unspent outputs: `gettxoutsetinfo`.
    Utxos,
    /// What only the families of another exporter have: `getblockstats`, `getchaintips` and others.
    /// Asked only if these families are configured.
    AliasFigures,
    /// The volume of the data directory.
    Volume,
    /// What the data directory takes.
    Usage,
}

impl Topic {
    /// All topics, in the order in which they are asked once the node answers.
    pub const ALL: [Self; 13] = [
        Self::Uptime,
        Self::BestBlock,
        Self::Network,
        Self::Chain,
        Self::Peers,
        Self::Traffic,
        Self::Mempool,
        Self::PrivateBroadcast,
        Self::Indexes,
        Self::Utxos,
        Self::AliasFigures,
        Self::Volume,
        Self::Usage,
    ];

    /// The name on metrics and in `status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uptime => "uptime",
            Self::BestBlock => "best_block",
            Self::Network => "network",
            Self::Chain => "chain",
            Self::Peers => "peers",
            Self::Traffic => "traffic",
            Self::Mempool => "mempool",
            Self::PrivateBroadcast => "private_broadcast",
            Self::Indexes => "indexes",
            Self::Utxos => "utxos",
            Self::AliasFigures => "alias_figures",
            Self::Volume => "volume",
            Self::Usage => "usage",
        }
    }

    /// The name of the task that asks.
    #[must_use]
    pub fn task(self) -> &'static str {
        match self {
            Self::Uptime => "watch_uptime",
            Self::BestBlock => "watch_best_block",
            Self::Network => "watch_network",
            Self::Chain => "watch_chain",
            Self::Peers => "watch_peers",
            Self::Traffic => "watch_traffic",
            Self::Mempool => "watch_mempool",
            Self::PrivateBroadcast => "watch_private_broadcast",
            Self::Indexes => "watch_indexes",
            Self::Utxos => "watch_utxos",
            Self::AliasFigures => "watch_alias_figures",
            Self::Volume => "watch_volume",
            Self::Usage => "watch_usage",
        }
    }

    /// Asked of this machine's disk, not of the node: it goes on while the node is away.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::Volume | Self::Usage)
    }
}

/// What is known of one topic's collector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collector {
    /// Since when a question is open.
    pub open_since: Option<Mono>,
    /// When the question was due that the last answer with a value came to.
    pub asked: Option<Mono>,
    /// Since when the last question that has ended, however it did, was open.
    pub settled: Option<Mono>,
    /// When the last answer with a value came.
    pub answered: Option<Mono>,
    /// How the last question failed; `None` if it was answered.
    pub failure: Option<NodeError>,
    /// The node does not have this: it is not asked again.
    pub unsupported: bool,
}

impl Collector {
    /// How long an open question is past its `timeout`.
    #[must_use]
    pub fn overdue(&self, timeout: Duration, now: Mono) -> Option<Duration> {
        let open = now.since(self.open_since?);
        (open > timeout).then_some(open)
    }

    /// The last question was answered, and none is overdue.
    #[must_use]
    pub fn is_up(&self, timeout: Duration, now: Mono) -> bool {
        self.answered.is_some() && self.failure.is_none() && self.overdue(timeout, now).is_none()
    }

    /// A question that was sent at `moment` or later has been answered, or has failed.
    #[must_use]
    pub fn is_settled_since(&self, moment: Mono) -> bool {
        self.settled.is_some_and(|asked| asked >= moment)
    }

    /// Age of the last answer.
    #[must_use]
    pub fn age(&self, now: Mono) -> Option<Duration> {
        Some(now.since(self.answered?))
    }

    /// It has been asked at all, of a node that has it.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        !self.unsupported
            && (self.open_since.is_some() || self.answered.is_some() || self.failure.is_some())
    }
}
