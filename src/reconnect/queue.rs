//! Who is to be reconnected, and when. Pure: the time and the draw are arguments.
//!
//! Answers "who is due now, best first, at most n" and "when next"; takes losses, successes and
//! failures. Each of these costs O(log n), promotion of an entry that has become due included, once
//! per entry. Refuses to know how a peer is dialled. Invariant: an address is in the queue once;
//! there are never more than its capacity; whoever is better stays when one must go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::entry::{
    AfterFailure, EnqueueResult, EntryState, LostPeer, QueueEntry, RetryPolicy, not_before,
};
use super::quality::Quality;
use crate::values::{Mono, PeerAddress};

/// The queue of a node holds at most so many.
pub const MAX_QUEUED_PEERS: usize = 10_000;

type EntryIndex = usize;

/// The queue.
#[derive(Debug)]
pub struct Queue {
    capacity: usize,
    slots: Vec<Option<QueueEntry>>,
    free: Vec<EntryIndex>,
    by_address: HashMap<PeerAddress, EntryIndex>,
    /// Those that wait, by their time.
    waiting_by_due: BTreeSet<(Mono, EntryIndex)>,
    /// Those whose time has come, the best first.
    due_by_quality: BTreeSet<(Reverse<Quality>, Mono, EntryIndex)>,
    /// All, the first to go first: not asked for, abandoned, of little worth.
    by_rank: BTreeSet<(bool, bool, Quality, EntryIndex)>,
    counts: [usize; 4],
}

impl Queue {
    /// An empty queue of at most `capacity` entries.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            slots: Vec::new(),
            free: Vec::new(),
            by_address: HashMap::new(),
            waiting_by_due: BTreeSet::new(),
            due_by_quality: BTreeSet::new(),
            by_rank: BTreeSet::new(),
            counts: [0; 4],
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

    /// How many are in `state`.
    #[must_use]
    pub fn count(&self, state: EntryState) -> usize {
        self.counts.get(state.index()).copied().unwrap_or_default()
    }

    fn count_mut(&mut self, state: EntryState) -> Option<&mut usize> {
        self.counts.get_mut(state.index())
    }

    /// The entry of `address`.
    #[must_use]
    pub fn get(&self, address: &PeerAddress) -> Option<&QueueEntry> {
        self.slots.get(*self.by_address.get(address)?)?.as_ref()
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &QueueEntry> {
        self.slots.iter().flatten()
    }

    /// When `take_due` next finds one; a time that is past if there is one now.
    #[must_use]
    pub fn next_due(&self) -> Option<Mono> {
        let ready = self.due_by_quality.first().map(|(_, due, _)| *due);
        ready
            .into_iter()
            .chain(self.waiting_by_due.first().map(|(due, _)| *due))
            .min()
    }

    /// Takes in a peer whose first attempt is due after its delay.
    pub fn enqueue(
        &mut self,
        lost: LostPeer,
        policy: &RetryPolicy,
        now: Mono,
        draw: u64,
    ) -> EnqueueResult {
        self.insert(QueueEntry::of(lost, policy, now, draw))
    }

    /// Takes in an entry as it was before a restart.
    pub fn insert(&mut self, entry: QueueEntry) -> EnqueueResult {
        if self.by_address.contains_key(&entry.address) {
            return EnqueueResult::Known;
        }
        let mut evicted = None;
        if self.len() >= self.capacity {
            let Some(weakest) = self.weaker_than(&entry) else {
                return EnqueueResult::Full;
            };
            evicted = self.remove_slot(weakest).map(|entry| entry.address);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.by_address.insert(entry.address.clone(), slot);
        self.index(slot, entry);
        EnqueueResult::Admitted { evicted }
    }

    /// The first that must go for `entry`: never one that is being dialled.
    fn weaker_than(&self, entry: &QueueEntry) -> Option<EntryIndex> {
        let (wanted, alive, quality, _) = rank(entry, 0);
        let limit = (wanted, alive, quality, 0);
        let idle = |slot: &EntryIndex| {
            self.entry(*slot)
                .is_some_and(|entry| entry.state != EntryState::Connecting)
        };
        self.by_rank
            .range(..limit)
            .map(|(_, _, _, slot)| *slot)
            .find(idle)
    }

    /// Takes the due ones to be dialled: the best first, at most `most`.
    pub fn take_due(&mut self, now: Mono, most: usize) -> Vec<PeerAddress> {
        while let Some((due, slot)) = self
            .waiting_by_due
            .first()
            .copied()
            .filter(|(due, _)| *due <= now)
        {
            self.waiting_by_due.pop_first();
            if let Some(quality) = self.entry(slot).map(|entry| entry.quality) {
                self.due_by_quality.insert((Reverse(quality), due, slot));
            }
        }
        let taken: Vec<EntryIndex> = self
            .due_by_quality
            .iter()
            .take(most)
            .map(|(_, _, slot)| *slot)
            .collect();
        taken
            .into_iter()
            .filter_map(|slot| self.start(slot, now))
            .collect()
    }

    /// Takes `address` to be dialled though its time may not have come, unless it is not waiting.
    pub fn take(&mut self, address: &PeerAddress, now: Mono) -> bool {
        let slot = self.by_address.get(address).copied();
        slot.and_then(|slot| self.start(slot, now)).is_some()
    }

    fn start(&mut self, slot: EntryIndex, now: Mono) -> Option<PeerAddress> {
        let mut entry = self.unindex(slot)?;
        let address = entry.address.clone();
        let waiting = entry.state == EntryState::Waiting;
        if waiting {
            entry.state = EntryState::Connecting;
            entry.dialled = Some(now);
        }
        self.index(slot, entry);
        waiting.then_some(address)
    }

    /// The attempt at `address` has failed. `quality`: what it is worth after that.
    pub fn failed(
        &mut self,
        address: &PeerAddress,
        error: &str,
        quality: Quality,
        policy: &RetryPolicy,
        (now, draw): (Mono, u64),
    ) -> Option<AfterFailure> {
        self.change(address, |entry| {
            entry.attempts = entry.attempts.saturating_add(1);
            entry.step = entry.step.saturating_add(1);
            entry.quality = quality;
            entry.last_error = Some(error.into());
            if policy.max_retries > 0 && entry.attempts >= policy.max_retries {
                entry.state = EntryState::Abandoned;
                return AfterFailure::Abandoned;
            }
            entry.wait(policy, now, draw);
            AfterFailure::RetryIn(entry.delay)
        })
    }

    /// The node's attempt at `address` is over: it may want some time from now on until the next
    /// one.
    pub fn dial_ended(&mut self, address: &PeerAddress, now: Mono) {
        self.change(address, |entry| entry.dialled = Some(now));
    }

    /// The next delay of `address` is longer, though no attempt is counted.
    pub fn lengthen_delay(&mut self, address: &PeerAddress) {
        self.change(address, |entry| entry.step = entry.step.saturating_add(1));
    }

    /// The attempt at `address` says nothing of the peer: it waits again, and no retry is burnt.
    pub fn uncounted(
        &mut self,
        address: &PeerAddress,
        why: &str,
        policy: &RetryPolicy,
        (now, draw): (Mono, u64),
    ) {
        self.change(address, |entry| {
            entry.last_error = Some(why.into());
            entry.wait(policy, now, draw);
        });
    }

    /// Takes `address` out: it is connected, or not wanted any more.
    pub fn remove(&mut self, address: &PeerAddress) -> Option<QueueEntry> {
        let slot = *self.by_address.get(address)?;
        self.remove_slot(slot)
    }

    /// Makes `address` due at once, as if no attempt had failed.
    pub fn retry(&mut self, address: &PeerAddress, policy: &RetryPolicy, now: Mono) -> Option<()> {
        self.change(address, |entry| {
            if entry.state != EntryState::Connecting {
                entry.attempts = 0;
                entry.step = 0;
                entry.state = EntryState::Waiting;
                entry.due = not_before(now, entry.dialled, policy.spacing);
            }
        })
    }

    /// Those that wait are all due.
    pub fn make_all_due(&mut self, policy: &RetryPolicy, now: Mono) {
        self.each_waiting(|entry| {
            entry.due = entry
                .due
                .min(not_before(now, entry.dialled, policy.spacing));
        });
    }

    /// Those that are overdue become due one after another within the first delay, so that they do
    /// not come at once.
    pub fn spread_overdue(
        &mut self,
        policy: &RetryPolicy,
        now: Mono,
        mut draw: impl FnMut() -> u64,
    ) {
        let window = policy.backoff.base(0);
        self.each_waiting(|entry| {
            if entry.due <= now {
                let due = now.after(part(window, draw()));
                entry.due = not_before(due, entry.dialled, policy.spacing);
            }
        });
    }

    /// None waits longer than the longest delay from now on, which may have become shorter.
    pub fn cap_delays(&mut self, policy: &RetryPolicy, now: Mono) {
        let latest = now.after(policy.backoff.max().max(policy.spacing));
        self.each_waiting(|entry| entry.due = entry.due.min(latest));
    }

    /// Leaves `address` in the queue, not to be dialled for now; or lets it be dialled again.
    pub fn set_banned(&mut self, address: &PeerAddress, is_banned: bool, why: &str) {
        self.change(address, |entry| match (is_banned, entry.state) {
            (true, EntryState::Waiting) => {
                entry.state = EntryState::Banned;
                entry.last_error = Some(why.into());
            }
            (false, EntryState::Banned) => {
                entry.state = EntryState::Waiting;
                entry.last_error = Some(why.into());
            }
            _ => {}
        });
    }

    /// The quality and the protection of `address` from now on.
    pub fn set_quality(&mut self, address: &PeerAddress, quality: Quality, wanted: bool) {
        self.change(address, |entry| {
            entry.quality = quality;
            entry.wanted = wanted;
        });
    }

    fn each_waiting(&mut self, change: impl FnMut(&mut QueueEntry)) {
        let waiting = self
            .slots
            .iter_mut()
            .flatten()
            .filter(|entry| entry.state == EntryState::Waiting);
        waiting.for_each(change);
        self.due_by_quality.clear();
        let waiting = self
            .slots
            .iter()
            .enumerate()
            .filter_map(|(slot, entry)| Some((slot, entry.as_ref()?)));
        let waiting = waiting.filter(|(_, entry)| entry.state == EntryState::Waiting);
        self.waiting_by_due = waiting.map(|(slot, entry)| (entry.due, slot)).collect();
    }

    fn change<T>(
        &mut self,
        address: &PeerAddress,
        change: impl FnOnce(&mut QueueEntry) -> T,
    ) -> Option<T> {
        let slot = *self.by_address.get(address)?;
        let mut entry = self.unindex(slot)?;
        let changed = change(&mut entry);
        self.index(slot, entry);
        Some(changed)
    }

    fn remove_slot(&mut self, slot: EntryIndex) -> Option<QueueEntry> {
        let entry = self.unindex(slot)?;
        self.by_address.remove(&entry.address);
        self.free.push(slot);
        Some(entry)
    }

    fn entry(&self, slot: EntryIndex) -> Option<&QueueEntry> {
        self.slots.get(slot)?.as_ref()
    }

    /// Puts `entry` into its slot and into every order it belongs to.
    fn index(&mut self, slot: EntryIndex, entry: QueueEntry) {
        if entry.state == EntryState::Waiting {
            self.waiting_by_due.insert((entry.due, slot));
        }
        if let Some(count) = self.count_mut(entry.state) {
            *count += 1;
        }
        self.by_rank.insert(rank(&entry, slot));
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(entry);
        }
    }

    /// The opposite of `index`.
    fn unindex(&mut self, slot: EntryIndex) -> Option<QueueEntry> {
        let entry = self.slots.get_mut(slot)?.take()?;
        if entry.state == EntryState::Waiting && !self.waiting_by_due.remove(&(entry.due, slot)) {
            self.due_by_quality
                .remove(&(Reverse(entry.quality), entry.due, slot));
        }
        if let Some(count) = self.count_mut(entry.state) {
            *count -= 1;
        }
        self.by_rank.remove(&rank(&entry, slot));
        Some(entry)
    }
}

fn rank(entry: &QueueEntry, slot: EntryIndex) -> (bool, bool, Quality, EntryIndex) {
    (
        entry.wanted,
        entry.state != EntryState::Abandoned,
        entry.quality,
        slot,
    )
}

/// The part `draw` / 2⁶⁴ of `whole`.
fn part(whole: Duration, draw: u64) -> Duration {
    let nanos = (whole.as_nanos() * u128::from(draw)) >> u64::BITS;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
