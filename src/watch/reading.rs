//! An answer of the node, whatever was asked. Pure.

use std::time::Duration;

use super::alias_figures::AliasFigures;
use super::collector::Topic;
use crate::node::{
    ChainInfo, Indexes, MempoolInfo, NetworkInfo, Peer, Traffic, Usage, UtxoSet, Volume,
};

/// An answer, by topic.
#[derive(Clone, Debug, PartialEq)]
pub enum PollResult {
    /// `None` where the node has no `uptime`.
    Uptime(Option<Duration>),
    /// The chain answers: which block is the best one was only compared with the one that is
    /// known.
    BestBlock,
    /// Who the node is.
    Network(NetworkInfo),
    /// The chain. `reorged`: the tip seen before is no longer part of it.
    Chain {
        /// The chain and its tip.
        info: ChainInfo,
        /// The tip seen before is no longer part of it.
        reorged: bool,
    },
    /// The connected peers.
    Peers(Vec<Peer>),
    /// Bytes sent and received.
    Traffic(Traffic),
    /// The mempool.
    Mempool(MempoolInfo),
    /// Whether it has private broadcast.
    PrivateBroadcast(bool),
    /// The optional indexes.
    Indexes(Indexes),
    /// The unspent outputs.
    Utxos(UtxoSet),
    /// What only the families of another exporter have.
    AliasFigures(AliasFigures),
    /// The volume of the data directory.
    Volume(Volume),
    /// What the data directory takes.
    Usage(Usage),
}

impl PollResult {
    pub(super) fn topic(&self) -> Topic {
        match self {
            Self::Uptime(_) => Topic::Uptime,
            Self::BestBlock => Topic::BestBlock,
            Self::Network(_) => Topic::Network,
            Self::Chain { .. } => Topic::Chain,
            Self::Peers(_) => Topic::Peers,
            Self::Traffic(_) => Topic::Traffic,
            Self::Mempool(_) => Topic::Mempool,
            Self::PrivateBroadcast(_) => Topic::PrivateBroadcast,
            Self::Indexes(_) => Topic::Indexes,
            Self::Utxos(_) => Topic::Utxos,
            Self::AliasFigures(_) => Topic::AliasFigures,
            Self::Volume(_) => Topic::Volume,
            Self::Usage(_) => Topic::Usage,
        }
    }
}
