//! Events of the node, reported as they happen.

use std::sync::Arc;
use std::time::Duration;

use bitcoin::BlockHash;

/// What an observer is notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// The start is over: the node answers.
    Started {
        /// Height of the tip.
        height: u32,
        /// The tip.
        tip: BlockHash,
    },
    /// A block was connected, and how long that took.
    BlockConnected(Duration),
    /// The initial block download is over.
    Synced,
    /// Writes to the disk fail, or succeed again.
    WritesChanged,
}

/// Called on each event, on the node's thread: it must not wait.
pub type EventObserver = Arc<dyn Fn(NodeEvent) + Send + Sync>;
