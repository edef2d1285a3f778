//! Why a node cannot be opened, ends, or does not answer.

use std::net::SocketAddr;

use crate::store::StorageError;

/// Why the node cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its files cannot be used.
    #[error(transparent)]
    Store(#[from] StorageError),
    /// The address for peers cannot be bound.
    #[error("cannot listen for peers on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no thread for it, or the thread panicked.
    #[error("cannot start the node's thread: {0}")]
    Thread(std::io::Error),
}

/// Why the node ended by itself, or did not end cleanly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its files cannot be used any more, or the last writes failed.
    #[error(transparent)]
    Store(#[from] StorageError),
    /// The node's thread ended though nobody stopped the node.
    #[error("the node's thread ended")]
    ThreadEnded,
    /// The node's thread panicked.
    #[error("the node's thread broke off; the log says where")]
    ThreadPanicked,
}

/// Why the node does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunning {
    /// It reads its files or connects the blocks in them. The message is the one that bitcoind
    /// gives with code -28.
    #[error("the node is starting: {0}")]
    Starting(&'static str),
    /// It has stopped.
    #[error("the node has stopped")]
    Stopped,
}
