//! Who is to be reconnected, and when. Pure: the time and the draw are arguments.
//!
//! Answers "who is due now, best first, at most n" and "when next"; takes losses, successes and failures. Each of
//! these costs O(log n), promotion of an entry that has become due included, once per entry. Refuses to know how a
//! peer is dialled. Invariant: an address is in the queue once; there are never more than the bound; whoever is
//! better stays when one must go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::Backoff;
use super::quality::Quality;
use crate::values::{Mono, PeerAddress};

/// What holds for every entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The schedule.
    pub backoff: Backoff,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub max_retries: u32,
    /// The node wants this much time between two attempts at one address.
    pub spacing: Duration,
}

/// What an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// For its time, or for a free place once that has come.
    Waiting,
    /// An attempt is under way.
    Connecting,
    /// Too many attempts have failed.
    Abandoned,
    /// Not to be dialled for now: the node has banned it.
    Held,
}

/// A peer to be reconnected.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
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
    /// When it was last dialled.
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
pub struct Loss {
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

/// What came of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
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
pub enum Fate {
    /// It is tried again after this delay.
    Again(Duration),
    /// It is not tried again.
    Abandoned,
}

type Slot = usize;

/// The queue.
#[derive(Debug)]
pub struct Queue {
    bound: usize,
    slots: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_address: HashMap<PeerAddress, Slot>,
    /// Those that wait, by their time.
    later: BTreeSet<(Mono, Slot)>,
    /// Those whose time has come, the best first.
    ready: BTreeSet<(Reverse<Quality>, Mono, Slot)>,
    /// All, the first to go first: not asked for, abandoned, of little worth.
    worth: BTreeSet<(bool, bool, Quality, Slot)>,
    connecting: usize,
}

impl Queue {
    /// An empty queue of at most `bound` entries.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self {
            bound,
            slots: Vec::new(),
            free: Vec::new(),
            by_address: HashMap::new(),
            later: BTreeSet::new(),
            ready: BTreeSet::new(),
            worth: BTreeSet::new(),
            connecting: 0,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_address.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }

    /// How many attempts are under way.
    #[must_use]
    pub fn connecting(&self) -> usize {
        self.connecting
    }

    /// The entry of `address`.
    #[must_use]
    pub fn get(&self, address: &PeerAddress) -> Option<&Entry> {
        self.slots.get(*self.by_address.get(address)?)?.as_ref()
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flatten()
    }

    /// The earliest time at which one that waits is due; it may be past.
    #[must_use]
    pub fn next_due(&self) -> Option<Mono> {
        let ready = self.ready.first().map(|(_, due, _)| *due);
        ready.into_iter().chain(self.later.first().map(|(due, _)| *due)).min()
    }

    /// Takes in a peer whose first attempt is due after its delay.
    pub fn lose(&mut self, loss: Loss, policy: &Policy, now: Mono, draw: u64) -> Admission {
        let delay = policy.backoff.delay(loss.step, draw);
        let due = not_before(now.after(delay), loss.dialled, policy.spacing);
        self.insert(Entry {
            address: loss.address,
            state: EntryState::Waiting,
            quality: loss.quality,
            attempts: 0,
            step: loss.step,
            due,
            delay,
            dialled: loss.dialled,
            lost_at: loss.at,
            last_error: None,
            wanted: loss.wanted,
        })
    }

    /// Takes in an entry as it was before a restart.
    pub fn insert(&mut self, entry: Entry) -> Admission {
        if self.by_address.contains_key(&entry.address) {
            return Admission::Known;
        }
        let mut evicted = None;
        if self.len() >= self.bound {
            let Some(weakest) = self.weaker_than(&entry) else { return Admission::Full };
            evicted = self.take(weakest).map(|entry| entry.address);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.by_address.insert(entry.address.clone(), slot);
        self.place(slot, entry);
        Admission::Admitted { evicted }
    }

    /// The first that must go for `entry`: never one that is being dialled.
    fn weaker_than(&self, entry: &Entry) -> Option<Slot> {
        let (wanted, alive, quality, _) = rank(entry, 0);
        let limit = (wanted, alive, quality, 0);
        let idle = |slot: &Slot| self.entry(*slot).is_some_and(|entry| entry.state != EntryState::Connecting);
        self.worth.range(..limit).map(|(_, _, _, slot)| *slot).find(idle)
    }

    /// Takes the due ones to be dialled: the best first, at most `most`.
    pub fn take_due(&mut self, now: Mono, most: usize) -> Vec<PeerAddress> {
        while let Some((due, slot)) = self.later.first().copied().filter(|(due, _)| *due <= now) {
            self.later.pop_first();
            if let Some(quality) = self.entry(slot).map(|entry| entry.quality) {
                self.ready.insert((Reverse(quality), due, slot));
            }
        }
        let taken: Vec<Slot> = self.ready.iter().take(most).map(|(_, _, slot)| *slot).collect();
        taken.into_iter().filter_map(|slot| self.begin(slot, now)).collect()
    }

    /// Takes one that waits to be dialled though it may not be due.
    pub fn take(&mut self, slot: Slot) -> Option<Entry> {
        let entry = self.lift(slot)?;
        self.by_address.remove(&entry.address);
        self.free.push(slot);
        Some(entry)
    }
}
