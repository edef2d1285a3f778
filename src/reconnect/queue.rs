//! Who is to be reconnected, and when. Pure: the time and the draw are arguments.
//!
//! Answers "who is due now, best first, at most n" and "when next"; takes losses, successes and
//! failures. Each of these costs O(log n), promotion of an entry that has become due included, once
//! per entry. Refuses to know how a peer is dialled. Invariant: an address is in the queue once;
//! there are never more than the bound; whoever is better stays when one must go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::entry::{Admission, Entry, EntryState, Fate, Loss, Policy, not_before};
use super::quality::Quality;
use crate::values::{Mono, PeerAddress};

/// The queue of a node holds at most so many.
pub const MAX_QUEUED_PEERS: usize = 10_000;

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
    counts: [usize; 4],
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
    pub fn get(&self, address: &PeerAddress) -> Option<&Entry> {
        self.slots.get(*self.by_address.get(address)?)?.as_ref()
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flatten()
    }

    /// When `take_due` next finds one; a time that is past if there is one now.
    #[must_use]
    pub fn next_due(&self) -> Option<Mono> {
        let ready = self.ready.first().map(|(_, due, _)| *due);
        ready
            .into_iter()
            .chain(self.later.first().map(|(due, _)| *due))
            .min()
    }

    /// Takes in a peer whose first attempt is due after its delay.
    pub fn lose(&mut self, loss: Loss, policy: &Policy, now: Mono, draw: u64) -> Admission {
        self.insert(Entry::of(loss, policy, now, draw))
    }

    /// Takes in an entry as it was before a restart.
    pub fn insert(&mut self, entry: Entry) -> Admission {
        if self.by_address.contains_key(&entry.address) {
            return Admission::Known;
        }
        let mut evicted = None;
        if self.len() >= self.bound {
            let Some(weakest) = self.weaker_than(&entry) else {
                return Admission::Full;
            };
            evicted = self.take_out(weakest).map(|entry| entry.address);
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
        let idle = |slot: &Slot| {
            self.entry(*slot)
                .is_some_and(|entry| entry.state != EntryState::Connecting)
        };
        self.worth
            .range(..limit)
            .map(|(_, _, _, slot)| *slot)
            .find(idle)
    }

    /// Takes the due ones to be dialled: the best first, at most `most`.
    pub fn take_due(&mut self, now: Mono, most: usize) -> Vec<PeerAddress> {
        while let Some((due, slot)) = self.later.first().copied().filter(|(due, _)| *due <= now) {
            self.later.pop_first();
            if let Some(quality) = self.entry(slot).map(|entry| entry.quality) {
                self.ready.insert((Reverse(quality), due, slot));
            }
        }
        let taken: Vec<Slot> = self
            .ready
            .iter()
            .take(most)
            .map(|(_, _, slot)| *slot)
            .collect();
        taken
            .into_iter()
            .filter_map(|slot| self.begin(slot, now))
            .collect()
    }

    /// Takes `address` to be dialled though its time may not have come, unless it is not waiting.
    pub fn take(&mut self, address: &PeerAddress, now: Mono) -> bool {
        let slot = self.by_address.get(address).copied();
        slot.and_then(|slot| self.begin(slot, now)).is_some()
    }

    fn begin(&mut self, slot: Slot, now: Mono) -> Option<PeerAddress> {
        let mut entry = self.lift(slot)?;
        let address = entry.address.clone();
        let waiting = entry.state == EntryState::Waiting;
        if waiting {
            entry.state = EntryState::Connecting;
            entry.dialled = Some(now);
        }
        self.place(slot, entry);
        waiting.then_some(address)
    }

    /// The attempt at `address` has failed. `quality`: what it is worth after that.
    pub fn failed(
        &mut self,
        address: &PeerAddress,
        error: &str,
        quality: Quality,
        policy: &Policy,
        (now, draw): (Mono, u64),
    ) -> Option<Fate> {
        self.change(address, |entry| {
            entry.attempts = entry.attempts.saturating_add(1);
            entry.step = entry.step.saturating_add(1);
            entry.quality = quality;
            entry.last_error = Some(error.into());
            if policy.max_retries > 0 && entry.attempts >= policy.max_retries {
                entry.state = EntryState::Abandoned;
                return Fate::Abandoned;
            }
            entry.wait(policy, now, draw);
            Fate::Again(entry.delay)
        })
    }

    /// The node's attempt at `address` is over: it may want some time from now on until the next
    /// one.
    pub fn attempted(&mut self, address: &PeerAddress, now: Mono) {
        self.change(address, |entry| entry.dialled = Some(now));
    }

    /// The next delay of `address` is longer, though no attempt is counted.
    pub fn step(&mut self, address: &PeerAddress) {
        self.change(address, |entry| entry.step = entry.step.saturating_add(1));
    }

    /// The attempt at `address` says nothing of the peer: it waits again, and no retry is burnt.
    pub fn uncounted(
        &mut self,
        address: &PeerAddress,
        why: &str,
        policy: &Policy,
        (now, draw): (Mono, u64),
    ) {
        self.change(address, |entry| {
            entry.last_error = Some(why.into());
            entry.wait(policy, now, draw);
        });
    }

    /// Takes `address` out: it is connected, or not wanted any more.
    pub fn remove(&mut self, address: &PeerAddress) -> Option<Entry> {
        let slot = *self.by_address.get(address)?;
        self.take_out(slot)
    }

    /// Begins anew with `address`: due at once, no failed attempts.
    pub fn retry(&mut self, address: &PeerAddress, policy: &Policy, now: Mono) -> Option<()> {
        self.change(address, |entry| {
            if entry.state != EntryState::Connecting {
                (entry.attempts, entry.step) = (0, 0);
                entry.state = EntryState::Waiting;
                entry.due = not_before(now, entry.dialled, policy.spacing);
            }
        })
    }

    /// Those that wait are all due.
    pub fn all_due(&mut self, policy: &Policy, now: Mono) {
        self.each_waiting(|entry| {
            entry.due = entry
                .due
                .min(not_before(now, entry.dialled, policy.spacing));
        });
    }

    /// Those that are overdue become due one after another within the first delay, so that they do
    /// not come at once.
    pub fn spread_overdue(&mut self, policy: &Policy, now: Mono, mut draw: impl FnMut() -> u64) {
        let window = policy.backoff.base(0);
        self.each_waiting(|entry| {
            if entry.due <= now {
                let due = now.after(part(window, draw()));
                entry.due = not_before(due, entry.dialled, policy.spacing);
            }
        });
    }

    /// None waits longer than the longest delay from now on, which may have become shorter.
    pub fn shorten(&mut self, policy: &Policy, now: Mono) {
        let latest = now.after(policy.backoff.max().max(policy.spacing));
        self.each_waiting(|entry| entry.due = entry.due.min(latest));
    }

    /// Leaves `address` in the queue, not to be dialled for now; or lets it be dialled again.
    pub fn hold(&mut self, address: &PeerAddress, held: bool, why: &str) {
        self.change(address, |entry| match (held, entry.state) {
            (true, EntryState::Waiting) => {
                entry.state = EntryState::Held;
                entry.last_error = Some(why.into());
            }
            (false, EntryState::Held) => {
                entry.state = EntryState::Waiting;
                entry.last_error = Some(why.into());
            }
            _ => {}
        });
    }

    /// The quality and the protection of `address` from now on.
    pub fn revalue(&mut self, address: &PeerAddress, quality: Quality, wanted: bool) {
        self.change(address, |entry| {
            (entry.quality, entry.wanted) = (quality, wanted);
        });
    }

    fn each_waiting(&mut self, change: impl FnMut(&mut Entry)) {
        let waiting = self
            .slots
            .iter_mut()
            .flatten()
            .filter(|entry| entry.state == EntryState::Waiting);
        waiting.for_each(change);
        self.ready.clear();
        let waiting = self
            .slots
            .iter()
            .enumerate()
            .filter_map(|(slot, entry)| Some((slot, entry.as_ref()?)));
        let waiting = waiting.filter(|(_, entry)| entry.state == EntryState::Waiting);
        self.later = waiting.map(|(slot, entry)| (entry.due, slot)).collect();
    }

    fn change<T>(
        &mut self,
        address: &PeerAddress,
        change: impl FnOnce(&mut Entry) -> T,
    ) -> Option<T> {
        let slot = *self.by_address.get(address)?;
        let mut entry = self.lift(slot)?;
        let changed = change(&mut entry);
        self.place(slot, entry);
        Some(changed)
    }

    fn take_out(&mut self, slot: Slot) -> Option<Entry> {
        let entry = self.lift(slot)?;
        self.by_address.remove(&entry.address);
        self.free.push(slot);
        Some(entry)
    }

    fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.slots.get(slot)?.as_ref()
    }

    /// Puts `entry` into its slot and into every order it belongs to.
    fn place(&mut self, slot: Slot, entry: Entry) {
        if entry.state == EntryState::Waiting {
            self.later.insert((entry.due, slot));
        }
        if let Some(count) = self.count_mut(entry.state) {
            *count += 1;
        }
        self.worth.insert(rank(&entry, slot));
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(entry);
        }
    }

    /// The opposite of `place`.
    fn lift(&mut self, slot: Slot) -> Option<Entry> {
        let entry = self.slots.get_mut(slot)?.take()?;
        if entry.state == EntryState::Waiting && !self.later.remove(&(entry.due, slot)) {
            self.ready
                .remove(&(Reverse(entry.quality), entry.due, slot));
        }
        if let Some(count) = self.count_mut(entry.state) {
            *count -= 1;
        }
        self.worth.remove(&rank(&entry, slot));
        Some(entry)
    }
}

fn rank(entry: &Entry, slot: Slot) -> (bool, bool, Quality, Slot) {
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
