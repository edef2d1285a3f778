//! One peer in the queue, and what holds for all. Pure.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::Backoff;
use super::quality::Quality;
use crate::values::{Mono, PeerAddress};

/// What holds for every entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The schedule.
    pub backoff: Backoff,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub max_retries: u32,
    /// The node wants this much time between the end of an attempt and the next one at the same
    /// address.
    pub spacing: Duration,
}

/// What an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryState {
    /// For its time, or for a free place once that has come.
    Waiting,
    /// An attempt is under way.
    Connecting,
    /// Too many attempts have failed.
    Abandoned,
    /// Not to be dialled for now: the node has banned it.
    Banned,
}

impl EntryState {
    /// All of them, by their index.
    pub const ALL: [Self; 4] = [
        Self::Waiting,
        Self::Connecting,
        Self::Abandoned,
        Self::Banned,
    ];

    pub(super) fn index(self) -> usize {
        match self {
            Self::Waiting => 0,
            Self::Connecting => 1,
            Self::Abandoned => 2,
            Self::Banned => 3,
        }
    }
}

/// A peer to be reconnected.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueEntry {
    /// Where it is.
    pub address: PeerAddress,
    /// What it is in.
    pub state: EntryState,
    /// What it is worth.
    pub quality: Quality,
    /// Failed attempts in a row.
    pub attempts: u32,
    /// The exponent of its next delay; unlike `attempts` a short success does not clear it.
    pub step: u32,
    /// When the next attempt is due.
    pub due: Mono,
    /// The delay before that.
    pub delay: Duration,
    /// When it was last dialled, or, if that failed, when it did.
    pub dialled: Option<Mono>,
    /// When it was lost.
    pub lost_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<Arc<str>>,
    /// Somebody asked for it by name, so it goes last when one must go.
    pub wanted: bool,
}

/// A peer that enters the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct LostPeer {
    /// Where it was.
    pub address: PeerAddress,
    /// What it is worth.
    pub quality: Quality,
    /// The exponent of its first delay.
    pub step: u32,
    /// When it was last dialled.
    pub dialled: Option<Mono>,
    /// When it was lost.
    pub at: Timestamp,
    /// Somebody asked for it by name.
    pub wanted: bool,
}

/// What became of a peer that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnqueueResult {
    /// It is in the queue; another one may have had to go.
    Admitted {
        /// The one that had to go.
        evicted: Option<PeerAddress>,
    },
    /// It was in the queue already.
    Known,
    /// The queue is full of better ones.
    Full,
}

/// What becomes of a peer after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again after this delay.
    RetryIn(Duration),
    /// It is not tried again.
    Abandoned,
}

impl QueueEntry {
    /// The entry of a peer that was just lost.
    pub(super) fn of(lost: LostPeer, policy: &RetryPolicy, now: Mono, draw: u64) -> Self {
        let mut entry = Self {
            address: lost.address,
            state: EntryState::Waiting,
            quality: lost.quality,
            attempts: 0,
            step: lost.step,
            due: now,
            delay: Duration::ZERO,
            dialled: lost.dialled,
            lost_at: lost.at,
            last_error: None,
            wanted: lost.wanted,
        };
        entry.wait(policy, now, draw);
        entry
    }

    /// Waits for its next attempt.
    pub(super) fn wait(&mut self, policy: &RetryPolicy, now: Mono, draw: u64) {
        self.state = EntryState::Waiting;
        self.delay = policy.backoff.delay(self.step, draw);
        self.due = not_before(now.after(self.delay), self.dialled, policy.spacing);
    }
}

/// `due`, but no sooner than `spacing` after `dialled`.
pub(super) fn not_before(due: Mono, dialled: Option<Mono>, spacing: Duration) -> Mono {
    dialled.map_or(due, |dialled| due.max(dialled.after(spacing)))
}
