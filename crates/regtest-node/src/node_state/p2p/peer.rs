//! What is known of each peer. Pure.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::BlockHash;
use bitcoin::p2p::ServiceFlags;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::Inventory;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::outbox::{Outbox, OutboxItem};
use crate::chain::tree::Id;
use crate::node_state::TrafficCounters;
use crate::time::{MonotonicTime, Now};

/// A connection's number; none is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerId(pub(crate) u64);

/// Who opened the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionDirection {
    Inbound,
    Outbound,
}

/// A connection that was just opened.
#[derive(Debug)]
pub(crate) struct NewPeer {
    /// As it was asked for, or as the socket has it.
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) direction: ConnectionDirection,
    pub(crate) outbox: Outbox,
    pub(crate) counters: Arc<TrafficCounters>,
    /// A random number by which a connection to ourselves is detected.
    pub(crate) nonce: u64,
    /// Ends the connection at once.
    pub(crate) abort: CancellationToken,
}

/// What a peer said of itself.
#[derive(Clone, Debug)]
pub(crate) struct PeerVersion {
    pub(crate) version: u32,
    pub(crate) services: ServiceFlags,
    pub(crate) user_agent: String,
    pub(crate) start_height: i32,
    pub(crate) relays: bool,
    /// Seconds its clock is ahead of ours.
    pub(crate) time_offset: i64,
}

/// A block that a peer was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockInFlight {
    pub(crate) id: Id,
    pub(crate) since: MonotonicTime,
}

/// Pings and their answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pings {
    pub(crate) open: Option<(u64, MonotonicTime)>,
    pub(crate) last: Option<Duration>,
    pub(crate) best: Option<Duration>,
    pub(crate) sent: Option<MonotonicTime>,
}

/// A bounded set that drops its oldest members.
#[derive(Debug)]
pub(crate) struct RecentSet<T> {
    members: HashSet<T>,
    order: VecDeque<T>,
    size: usize,
}

impl<T: Copy + Eq + std::hash::Hash> RecentSet<T> {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            members: HashSet::new(),
            order: VecDeque::new(),
            size,
        }
    }

    /// Whether it is new.
    pub(crate) fn insert(&mut self, member: T) -> bool {
        if !self.members.insert(member) {
            return false;
        }
        self.order.push_back(member);
        if self.order.len() > self.size
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
        true
    }

    pub(crate) fn contains(&self, member: &T) -> bool {
        self.members.contains(member)
    }

    pub(crate) fn clear(&mut self) {
        self.members.clear();
        self.order.clear();
    }
}

/// A peer.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a separate fact about the peer"
)]
pub(crate) struct PeerState {
    pub(crate) id: PeerId,
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) direction: ConnectionDirection,
    outbox: Outbox,
    abort: CancellationToken,
    pub(crate) counters: Arc<TrafficCounters>,
    pub(super) nonce: u64,
    pub(crate) connected: Now,
    pub(crate) last_received: Option<Now>,
    pub(crate) last_sent: Option<Now>,
    pub(crate) last_block: Option<Now>,
    pub(crate) last_transaction: Option<Now>,
    pub(crate) hello: Option<PeerVersion>,
    /// Both sides know each other's version.
    pub(crate) is_ready: bool,
    pub(super) is_closed: bool,
    pub(super) wants_headers: bool,
    pub(super) uses_wtxid: bool,
    /// Satoshi per 1000 virtual bytes: what pays less is not announced.
    pub(crate) fee_filter: u64,
    /// The best block that the peer is known to have.
    pub(crate) best_known: Option<Id>,
    /// A block it has whose header we do not know yet.
    pub(super) best_unknown: Option<BlockHash>,
    /// The last block that we both have.
    pub(crate) common: Option<Id>,
    /// Of the best headers it was sent.
    pub(super) best_sent: Option<Id>,
    pub(super) has_sent_headers: bool,
    /// When it was asked for what is below headers that did not connect.
    pub(super) asked_below: Option<MonotonicTime>,
    /// Headers that it has sent since its last block while there was no room for those of
    /// everybody.
    pub(super) headers_in_want: usize,
    pub(crate) in_flight: Vec<BlockInFlight>,
    /// Nothing moves because of this peer's blocks, since when.
    pub(super) stalling_since: Option<MonotonicTime>,
    pub(super) to_serve: VecDeque<Inventory>,
    /// After this block the next ones are announced to it (`getblocks`).
    pub(super) continue_at: Option<BlockHash>,
    /// Transactions it knows, by whichever id it uses.
    pub(super) known_transactions: RecentSet<[u8; 32]>,
    pub(crate) pings: Pings,
}

impl PeerState {
    pub(super) fn new(id: PeerId, new: NewPeer, now: Now) -> Self {
        /// About 90 bytes each. A second announcement does no harm.
        const KNOWN_TRANSACTIONS: usize = 10_000;
        Self {
            id,
            name: new.name,
            address: new.address,
            local: new.local,
            direction: new.direction,
            outbox: new.outbox,
            abort: new.abort,
            counters: new.counters,
            nonce: new.nonce,
            connected: now,
            last_received: None,
            last_sent: None,
            last_block: None,
            last_transaction: None,
            hello: None,
            is_ready: false,
            is_closed: false,
            wants_headers: false,
            uses_wtxid: false,
            fee_filter: 0,
            best_known: None,
            best_unknown: None,
            common: None,
            best_sent: None,
            has_sent_headers: false,
            asked_below: None,
            headers_in_want: 0,
            in_flight: Vec::new(),
            stalling_since: None,
            to_serve: VecDeque::new(),
            continue_at: None,
            known_transactions: RecentSet::new(KNOWN_TRANSACTIONS),
            pings: Pings::default(),
        }
    }

    /// Sends `message`. A peer that takes nothing for so long that its queue is full is let go.
    pub(super) fn send(&mut self, message: NetworkMessage, now: Now) {
        if self.is_closed {
            return;
        }
        if self
            .outbox
            .push(OutboxItem::Message(Box::new(message)))
            .is_ok()
        {
            self.last_sent = Some(now);
        } else {
            self.abort("it takes too little of what it is sent");
        }
    }

    /// Ends the connection at once, whatever still waits for it.
    pub(super) fn abort(&mut self, reason: &str) {
        debug!(peer = %self.name, reason, "hanging up");
        self.is_closed = true;
        self.abort.cancel();
    }

    /// It has given us something.
    pub(super) fn was_useful(&self) -> bool {
        self.last_block.is_some() || self.last_transaction.is_some()
    }

    /// How long it has said nothing.
    pub(super) fn silence(&self, now: MonotonicTime) -> Duration {
        now.since(self.last_received.unwrap_or(self.connected).mono)
    }

    /// Ends the connection, for `reason`.
    pub(super) fn close(&mut self, reason: String) {
        if !self.is_closed {
            self.is_closed = true;
            if self.outbox.push(OutboxItem::Close(reason)).is_err() {
                self.abort.cancel();
            }
        }
    }

    /// As `connection_type` of `getpeerinfo`.
    pub(crate) fn connection_type(&self) -> &'static str {
        match self.direction {
            ConnectionDirection::Inbound => "inbound",
            ConnectionDirection::Outbound => "manual",
        }
    }

    pub(crate) fn is_outbound(&self) -> bool {
        self.direction == ConnectionDirection::Outbound
    }

    /// It may have old blocks, or at least the last ones.
    pub(super) fn serves_blocks(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| {
            hello.services.has(ServiceFlags::NETWORK)
                || hello.services.has(ServiceFlags::NETWORK_LIMITED)
        })
    }

    pub(super) fn has_whole_chain(&self) -> bool {
        self.hello
            .as_ref()
            .is_some_and(|hello| hello.services.has(ServiceFlags::NETWORK))
    }

    pub(super) fn speaks(&self, version: u32) -> bool {
        self.hello
            .as_ref()
            .is_some_and(|hello| hello.version >= version)
    }
}
