//! The book as it survives a restart: documents with times of the wall clock.
//!
//! A clock that jumped meanwhile delays no attempt by more than the longest delay.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Book, EntryState};
use crate::reconnect::entry::Entry;
use crate::reconnect::history::History;
use crate::reconnect::quality::{Evidence, Quality};
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
}

/// What is remembered of one peer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredPeer {
    added: bool,
    let_go: bool,
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

/// What is to be written down.
#[derive(Debug, Default)]
pub struct Changes {
    /// Entries of the queue by their address; `None`: it has left.
    pub queue: Vec<(PeerAddress, Option<StoredEntry>)>,
    /// Peers by their address; `None`: nothing is remembered of it.
    pub peers: Vec<(PeerAddress, Option<StoredPeer>)>,
    /// The queue is paused, or not any more.
    pub paused: Option<bool>,
}

impl Changes {
    /// Nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.peers.is_empty() && self.paused.is_none()
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

impl Book {
    /// What has changed since this was last asked.
    pub fn take_changes(&mut self, now: Now) -> Changes {
        let dirty = std::mem::take(&mut self.dirty);
        let entry = |address: PeerAddress| {
            let stored = self
                .queue
                .get(&address)
                .map(|entry| stored_entry(entry, now));
            (address, stored)
        };
        let peer = |address: PeerAddress| {
            let stored = self.stored_peer(&address, now);
            (address, stored)
        };
        Changes {
            queue: dirty.queue.into_iter().map(entry).collect(),
            peers: dirty.peers.into_iter().map(peer).collect(),
            paused: dirty.paused.then_some(self.paused),
        }
    }

    /// `changes` could not be written: they are still to be.
    pub fn give_back(&mut self, changes: Changes) {
        self.dirty
            .queue
            .extend(changes.queue.into_iter().map(|(address, _)| address));
        self.dirty
            .peers
            .extend(changes.peers.into_iter().map(|(address, _)| address));
        self.dirty.paused |= changes.paused.is_some();
    }

    /// What grows by itself, such as the time connected, is to be written down once more.
    pub fn note_growth(&mut self) {
        let connected = self
            .histories
            .iter()
            .filter(|(_, history)| history.is_connected());
        self.dirty
            .peers
            .extend(connected.map(|(address, _)| address.clone()));
    }

    fn stored_peer(&self, address: &PeerAddress, now: Now) -> Option<StoredPeer> {
        let (added, let_go) = (
            self.added.contains(address),
            self.let_go.contains(address) && self.is_kept(address),
        );
        let history = self.histories.get(address);
        if history.is_none() && !added && !let_go {
            return None;
        }
        let history = history.cloned().unwrap_or_default();
        let evidence = history.evidence(now);
        let age = |age: Option<Duration>| history.when_lost.and(age).map(|age| age.as_secs_f64());
        Some(StoredPeer {
            added,
            let_go,
            connected_secs: history.past.as_secs_f64(),
            current_secs: history.lasted(now.mono).map(|lasted| lasted.as_secs_f64()),
            ping_secs: history.ping.map(|ping| ping.as_secs_f64()),
            last_block_at: history.last_block_at,
            last_transaction_at: history.last_transaction_at,
            block_age_when_lost_secs: age(evidence.block_age),
            transaction_age_when_lost_secs: age(evidence.transaction_age),
            successes: history.successes,
            failures: history.failures,
            step: history.step,
            delay_secs: history.delay.as_secs_f64(),
        })
    }

    /// Takes up what was written down before a restart. Entries that were to be dialled meanwhile
    /// are spread over the first delay.
    pub fn restore(
        &mut self,
        queue: Vec<(PeerAddress, StoredEntry)>,
        peers: Vec<(PeerAddress, StoredPeer)>,
        paused: bool,
        now: Now,
        draw: impl FnMut() -> u64,
    ) {
        self.paused = paused;
        for (address, peer) in peers {
            if peer.added {
                self.added.insert(address.clone());
            }
            if peer.let_go {
                self.let_go.insert(address.clone());
            }
            self.histories.insert(address, history(&peer));
        }
        let policy = self.policy();
        for (address, stored) in queue {
            let left = now.wall.duration_until(stored.next_attempt_at);
            let left = Duration::try_from(left)
                .unwrap_or_default()
                .min(policy.backoff.max());
            self.queue.insert(Entry {
                address,
                state: if stored.abandoned {
                    EntryState::Abandoned
                } else {
                    EntryState::Waiting
                },
                quality: Quality::new(stored.quality),
                attempts: stored.attempts,
                step: stored.step,
                due: now.mono.after(left),
                delay: seconds(stored.delay_secs),
                dialled: None,
                lost_at: stored.lost_at,
                last_error: stored.last_error.map(Into::into),
                wanted: stored.wanted,
            });
        }
        self.queue.spread_overdue(&policy, now.mono, draw);
    }
}

fn stored_entry(entry: &Entry, now: Now) -> StoredEntry {
    StoredEntry {
        abandoned: entry.state == EntryState::Abandoned,
        quality: entry.quality.value(),
        attempts: entry.attempts,
        step: entry.step,
        next_attempt_at: now.wall_of(entry.due),
        delay_secs: entry.delay.as_secs_f64(),
        lost_at: entry.lost_at,
        last_error: entry.last_error.as_deref().map(str::to_owned),
        wanted: entry.wanted,
    }
}

fn history(peer: &StoredPeer) -> History {
    let (past, current) = (seconds(peer.connected_secs), peer.current_secs.map(seconds));
    let when_lost = current.is_none().then(|| Evidence {
        connected: past,
        ping: peer.ping_secs.map(seconds),
        block_age: peer.block_age_when_lost_secs.map(seconds),
        transaction_age: peer.transaction_age_when_lost_secs.map(seconds),
        successes: peer.successes,
        failures: peer.failures,
    });
    History {
        past,
        since: None,
        head_start: current.unwrap_or_default(),
        interrupted: current.is_some(),
        ping: peer.ping_secs.map(seconds),
        last_block_at: peer.last_block_at,
        last_transaction_at: peer.last_transaction_at,
        successes: peer.successes,
        failures: peer.failures,
        step: peer.step,
        delay: seconds(peer.delay_secs),
        short: 0,
        dialled: None,
        when_lost,
    }
}
