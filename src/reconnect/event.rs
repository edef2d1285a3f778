//! What happened to peers: for the log, and counted. Pure.

use std::time::Duration;

use super::outage::OutageCause;
use super::quality::Quality;
use crate::values::PeerAddress;

/// What happened, for the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A peer has entered the queue.
    Queued {
        /// Which.
        address: PeerAddress,
        /// What it is worth.
        quality: Quality,
        /// It was connected before.
        lost: bool,
        /// Until its first attempt.
        delay: Duration,
    },
    /// An attempt succeeded.
    Connected {
        /// Which.
        address: PeerAddress,
        /// Failed attempts before.
        failed: u32,
    },
    /// A queued peer was connected without us.
    Returned(PeerAddress),
    /// An attempt failed.
    Failed {
        /// Which.
        address: PeerAddress,
        /// Failed attempts in a row.
        attempts: u32,
        /// Why.
        error: String,
        /// Until the next; `None`: abandoned.
        next: Option<Duration>,
    },
    /// An attempt failed and says nothing of the peer.
    NotCounted {
        /// Which.
        address: PeerAddress,
        /// Why.
        why: String,
    },
    /// A peer left the queue, or did not get in, for a better one.
    Evicted(PeerAddress),
    /// The address is the node's own.
    Own(PeerAddress),
    /// The node has banned it.
    Banned(PeerAddress),
    /// The network is presumed down, or not any more.
    Network(Option<OutageCause>),
    /// The node was started again: what failed before proves nothing of its network now.
    OutageForgotten,
    /// The node is on another chain: so many peers that were lost on the former one are not dialled
    /// any more.
    LeftOnOtherChain(usize),
}

/// How attempts ended, since the daemon's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCounts {
    /// The peer was seen connected.
    pub succeeded: u64,
    /// It was not.
    pub failed: u64,
    /// Nothing was learnt of the peer.
    pub uncounted: u64,
}
