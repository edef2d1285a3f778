//! The port to a Bitcoin node: what can be asked, in whose words, and how it can fail.
//!
//! Decides nothing. Refuses to know who asks, how often, and what follows from an answer.
//! Invariant: what a node does not say, or says wrongly, is `None` or an error, never a number.

mod dialect;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod error_meaning;
mod pruning;
mod reading;
pub mod rpc;
mod slots;

pub use dialect::{Dialect, HeaderTrust, Identity, IndexList, RpcWorkers};
pub use error::{NodeError, RefusedCredentials};
pub(in crate::node) use error_meaning::ErrorMeaning;
pub use pruning::{Extent, Index, Indexes, PruneLock, PruneReach, PruneTo, Pruned};
pub use reading::{
    BackgroundValidation, Ban, BlockStats, ChainInfo, ChainTip, ConnectionCounts, Direction,
    LockedMemory, MempoolInfo, NetworkInfo, Peer, Traffic, Usage, UtxoSet, Volume,
};
pub use slots::{Slot, Slots};

use std::time::Duration;

use async_trait::async_trait;

use crate::values::PeerAddress;

/// What came of a question.
pub type NodeResult<T> = Result<T, NodeError>;

/// A Bitcoin node.
///
/// No call has a time limit: one that is abandoned would keep its worker in the node. Whoever asks
/// waits, and asks no second question of the same kind meanwhile.
#[async_trait]
pub trait Node: Send + Sync {
    /// How many restarts of the node were seen for certain, beside what its uptime shows: a node
    /// that is back within two seconds has an uptime that the former process may have as well.
    fn restarts_seen(&self) -> u64 {
        0
    }

    /// How long the node has run; the liveness call, which takes no chain lock. `None` where the
    /// node answered a substitute because it has no such call.
    async fn uptime(&self) -> NodeResult<Option<Duration>>;

    /// The chain and its tip.
    async fn chain(&self) -> NodeResult<ChainInfo>;

    /// The hash of the tip; it takes the chain lock and nothing else.
    async fn best_block_hash(&self) -> NodeResult<String> {
        Err(NodeError::Unsupported {
            what: "hash of the best block",
        })
    }

    /// Who the node is, and whether its network is on.
    async fn network(&self) -> NodeResult<NetworkInfo>;

    /// The connected peers.
    async fn peers(&self) -> NodeResult<Vec<Peer>>;

    /// Bytes sent and received since the node's start.
    async fn traffic(&self) -> NodeResult<Traffic>;

    /// The mempool's size.
    async fn mempool(&self) -> NodeResult<MempoolInfo>;

    /// Whether it hides the origin of the transactions that it sends.
    async fn private_broadcast(&self) -> NodeResult<bool> {
        Err(NodeError::Unsupported {
            what: "private broadcast",
        })
    }

    /// The optional indexes and how far they are, and the prune locks.
    async fn indexes(&self) -> NodeResult<Indexes>;

    /// Statistics of the unspent outputs. Minutes of work for a node without the index.
    async fn utxos(&self) -> NodeResult<UtxoSet>;

    /// Whether the block `hash` is still part of the best chain.
    async fn is_in_best_chain(&self, hash: &str) -> NodeResult<bool>;

    /// The volume of the data directory; `Unsupported` where that is not on this machine.
    async fn volume(&self) -> NodeResult<Volume>;

    /// Has the volume of the blocks written out, so that what was deleted becomes free where the
    /// file system frees with what it writes. Seconds of work for a busy disk.
    async fn settle_volume(&self) -> NodeResult<()> {
        Err(NodeError::Unsupported {
            what: "data directory on this machine",
        })
    }

    /// What the node's files take; `Unsupported` where they are not on this machine.
    async fn usage(&self) -> NodeResult<Usage>;

    /// Lets the node try once to connect to `address`. That it was tried is no success: that is
    /// seen in the peer list. A name is looked up by the node.
    async fn dial(&self, address: &PeerAddress) -> NodeResult<()> {
        let _ = address;
        Err(NodeError::Unsupported {
            what: "way to connect to a peer",
        })
    }

    /// Ends the connection to the peer that the node lists as `address`, and keeps none of its own
    /// plans for it. Of a peer that has gone meanwhile nothing is left to end.
    async fn disconnect(&self, address: &PeerAddress) -> NodeResult<()> {
        let _ = address;
        Err(NodeError::Unsupported {
            what: "way to disconnect a peer",
        })
    }

    /// Whom the node has banned.
    async fn bans(&self) -> NodeResult<Vec<Ban>> {
        Err(NodeError::Unsupported {
            what: "list of bans",
        })
    }

    /// Deletes blocks. Minutes of work for a node that has to write out its cache first.
    async fn prune(&self, to: PruneTo) -> NodeResult<Pruned> {
        let _ = to;
        Err(NodeError::Unsupported {
            what: "way to prune",
        })
    }

    /// The hash of the block at `height` in the best chain.
    async fn block_hash(&self, height: u32) -> NodeResult<String> {
        let _ = height;
        Err(NodeError::Unsupported {
            what: "hashes of blocks",
        })
    }

    /// The ends of all branches that the node knows. It may look through all headers for them.
    async fn chain_tips(&self) -> NodeResult<Vec<ChainTip>> {
        Err(NodeError::Unsupported {
            what: "list of branches",
        })
    }

    /// The size of the block at `height`, bytes.
    async fn block_size(&self, height: u32) -> NodeResult<u64> {
        let _ = height;
        Err(NodeError::Unsupported {
            what: "sizes of blocks",
        })
    }

    /// The median time of the block at `height` and the ten below it, seconds since 1970; it never
    /// falls.
    async fn block_median_time(&self, height: u32) -> NodeResult<u64> {
        let _ = height;
        Err(NodeError::Unsupported {
            what: "times of blocks",
        })
    }

    /// What the block `hash` is made of; the node reads it, and its undo data, from disk.
    async fn block_stats(&self, hash: &str) -> NodeResult<BlockStats> {
        let _ = hash;
        Err(NodeError::Unsupported {
            what: "statistics of blocks",
        })
    }

    /// Transactions in the best chain; `None` where blocks under a snapshot are not counted yet.
    async fn chain_transactions(&self) -> NodeResult<Option<u64>> {
        Err(NodeError::Unsupported {
            what: "count of transactions",
        })
    }

    /// Hashes a second of the whole network over the last `blocks`; -1: since the difficulty was
    /// last changed.
    async fn hash_rate(&self, blocks: i32) -> NodeResult<f64> {
        let _ = blocks;
        Err(NodeError::Unsupported {
            what: "estimate of the hash rate",
        })
    }

    /// The fee rate with which a transaction is expected in the next `blocks`, BTC per 1000 virtual
    /// bytes; `None` while the node has seen too little.
    async fn fee_estimate(&self, blocks: u32) -> NodeResult<Option<f64>> {
        let _ = blocks;
        Err(NodeError::Unsupported {
            what: "estimates of fees",
        })
    }

    /// Memory that is never swapped out.
    async fn locked_memory(&self) -> NodeResult<LockedMemory> {
        Err(NodeError::Unsupported {
            what: "account of its memory",
        })
    }

    /// Calls that the node runs at this moment, without the one that asks for their number.
    async fn calls_running(&self) -> NodeResult<u64> {
        Err(NodeError::Unsupported {
            what: "list of running calls",
        })
    }

    /// Forgets what was found out about the node, since it may have been replaced by another
    /// version.
    fn forget(&self);
}
