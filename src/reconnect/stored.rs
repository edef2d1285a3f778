//! What survives a restart: documents with times of the wall clock. Pure.
//!
//! A clock that jumped meanwhile delays no attempt by more than the longest delay.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{EntryState, QueueEntry};
use super::history::PeerHistory;
use super::quality::{Evidence, Quality};
use crate::values::{Now, PeerAddress};

/// One entry of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEntry {
    abandoned: bool,
    quality: f64,
    attempts: u32,
    step: u32,
    next_attempt_at: Timestamp,
    delay_secs: f64,
    lost_at: Timestamp,
    #[serde(default)]
    last_error: Option<String>,
    wanted: bool,
    /// It was in the configuration.
    #[serde(default)]
    pub(super) configured: bool,
}

/// What holds for the whole queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredQueue {
    /// No attempts are made.
    pub paused: bool,
    /// The chain whose peers are in it, where that was known.
    pub chain: Option<String>,
}

/// What is remembered of one peer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredPeer {
    pub(super) added: bool,
    /// An operator took it out.
    pub(super) let_go: bool,
    connected_secs: f64,
    /// Of the connection that had not ended.
    current_secs: Option<f64>,
    ping_secs: Option<f64>,
    last_block_at: Option<u64>,
    last_transaction_at: Option<u64>,
    block_age_when_lost_secs: Option<f64>,
    transaction_age_when_lost_secs: Option<f64>,
    successes: u32,
    failures: u32,
    step: u32,
    delay_secs: f64,
}

/// What is to be saved.
#[derive(Debug, Default)]
pub struct Changes {
    /// Entries of the queue by their address; `None`: it has left.
    pub queue: Vec<(PeerAddress, Option<StoredEntry>)>,
    /// Peers by their address; `None`: nothing is remembered of it.
    pub peers: Vec<(PeerAddress, Option<StoredPeer>)>,
    /// What holds for the whole queue, if that has changed.
    pub whole: Option<StoredQueue>,
}

impl Changes {
    /// Nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.peers.is_empty() && self.whole.is_none()
    }
}

/// A number of seconds; one that is too large for a duration is that of something that never was.
fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or(if number > 0.0 {
        Duration::MAX
    } else {
        Duration::ZERO
    })
}

impl StoredEntry {
    pub(super) fn of(entry: &QueueEntry, now: Now) -> Self {
        Self {
            abandoned: entry.state == EntryState::Abandoned,
            quality: entry.quality.value(),
            attempts: entry.attempts,
            step: entry.step,
            next_attempt_at: now.wall_of(entry.due),
            delay_secs: entry.delay.as_secs_f64(),
            lost_at: entry.lost_at,
            last_error: entry.last_error.as_deref().map(str::to_owned),
            wanted: entry.wanted,
            configured: false,
        }
    }

    /// The entry of `address`, which waits no longer than `max_delay` from now on.
    pub(super) fn entry(self, address: PeerAddress, max_delay: Duration, now: Now) -> QueueEntry {
        let left = now.wall.duration_until(self.next_attempt_at);
        let left = Duration::try_from(left).unwrap_or_default().min(max_delay);
        QueueEntry {
            address,
            state: if self.abandoned {
                EntryState::Abandoned
            } else {
                EntryState::Waiting
            },
            quality: Quality::new(self.quality),
            attempts: self.attempts,
            step: self.step,
            due: now.mono.after(left),
            delay: seconds(self.delay_secs),
            dialled: None,
            lost_at: self.lost_at,
            last_error: self.last_error.map(Into::into),
            wanted: self.wanted,
        }
    }
}

impl StoredPeer {
    /// The document of a peer with this `history`.
    pub(super) fn of(history: &PeerHistory, now: Now) -> Self {
        let evidence = history.evidence(now);
        let age = |age: Option<Duration>| {
            history
                .evidence_when_lost
                .and(age)
                .map(|age| age.as_secs_f64())
        };
        Self {
            added: false,
            let_go: false,
            connected_secs: history.connected_before.as_secs_f64(),
            current_secs: history
                .connected_for(now.mono)
                .map(|lasted| lasted.as_secs_f64()),
            ping_secs: history.ping.map(|ping| ping.as_secs_f64()),
            last_block_at: history.last_block_at,
            last_transaction_at: history.last_transaction_at,
            block_age_when_lost_secs: age(evidence.block_age),
            transaction_age_when_lost_secs: age(evidence.transaction_age),
            successes: history.successes,
            failures: history.failures,
            step: history.step,
            delay_secs: history.delay.as_secs_f64(),
        }
    }

    pub(super) fn history(&self) -> PeerHistory {
        let connected_before = seconds(self.connected_secs);
        let current = self.current_secs.map(seconds);
        let evidence_when_lost = current.is_none().then(|| Evidence {
            connected: connected_before,
            ping: self.ping_secs.map(seconds),
            block_age: self.block_age_when_lost_secs.map(seconds),
            transaction_age: self.transaction_age_when_lost_secs.map(seconds),
            successes: self.successes,
            failures: self.failures,
        });
        PeerHistory {
            connected_before,
            connected_since: None,
            connected_unseen: current.unwrap_or_default(),
            interrupted: current.is_some(),
            ping: self.ping_secs.map(seconds),
            last_block_at: self.last_block_at,
            last_transaction_at: self.last_transaction_at,
            successes: self.successes,
            failures: self.failures,
            step: self.step,
            delay: seconds(self.delay_secs),
            short_connections: 0,
            dialled: None,
            evidence_when_lost,
        }
    }
}

/// What has changed since it was last saved.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    pub(super) queue: HashSet<PeerAddress>,
    pub(super) peers: HashSet<PeerAddress>,
    pub(super) whole: bool,
}

impl Unsaved {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.peers.is_empty() && !self.whole
    }

    /// The entry of `address` has changed, come or gone.
    pub(super) fn entry(&mut self, address: &PeerAddress) {
        self.queue.insert(address.clone());
    }

    /// What is remembered of `address` has changed.
    pub(super) fn peer(&mut self, address: &PeerAddress) {
        self.peers.insert(address.clone());
    }

    /// `changes` could not be saved: they are still to be.
    pub(super) fn give_back(&mut self, changes: Changes) {
        let queue = changes.queue.into_iter().map(|(address, _)| address);
        self.queue.extend(queue);
        let peers = changes.peers.into_iter().map(|(address, _)| address);
        self.peers.extend(peers);
        self.whole |= changes.whole.is_some();
    }
}
