//! The buckets of many callers in bounded memory.
//!
//! Four slots make a set, one line of the processor's cache. A key has two sets to be in, and goes
//! where more is free ("the power of two choices", Azar et al. 1994), so that a table fills evenly.
//! A bucket that is full again is a free slot: nobody has to remove it. A table grows, and shrinks,
//! a few sets with each step, so that no caller waits for all of it. Invariant: at its bound, the
//! bucket that is nearest to full makes room, which costs its owner the least and is no owner's
//! loss.

use std::cmp::Ordering;

use super::bucket::{Bucket, Rate, nanoseconds};
use crate::values::Mono;

const WAYS: usize = 4;
/// Sets that a small table begins with: a page of memory.
const FIRST_SETS: usize = 64;
/// Sets that a look for refilled buckets takes at most: a few microseconds.
const SWEPT_SETS: usize = 4096;
/// Sets that move with each bucket that is kept: so few that nobody notices, so many that all have
/// moved long before the table has to grow again.
const MOVED_SETS: usize = 4;

/// A key, 0 where nobody was or a look has freed it; and when its bucket is full. Plain numbers,
/// for which the system gives memory that need not be written to be zero: most of a large table is
/// not touched before it is used.
type PackedBucket = [u64; 2];

const FREE: PackedBucket = [0, 0];

/// One line of cache: a table's memory begins at a multiple of its size, or of a page.
type Set = [PackedBucket; WAYS];

/// Buckets by key.
///
/// A key is a hash with a secret of this run: whoever could choose keys could choose whose bucket
/// makes room.
pub struct BucketTable {
    sets: Sets,
    /// The sets before the table grew or shrank; what has moved is free. Empty at other times.
    old: Sets,
    moved: usize,
    most_sets: usize,
    remembered: usize,
    swept: usize,
}

/// Sets, by places; as many as a power of two, or none.
struct Sets(Vec<Set>);

impl Sets {
    fn new(count: usize) -> Self {
        Self(vec![[FREE; WAYS]; count])
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// The two places a key may be in.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the halves of a hash; the mask keeps them below the number of sets, a power of \
            two"
    )]
    fn places(&self, key: u64) -> [usize; 2] {
        let mask = self.count().wrapping_sub(1);
        [key as usize & mask, (key >> 32) as usize & mask]
    }

    fn set(&self, place: usize) -> &Set {
        // A place is below the number of sets, if there are any.
        self.0.get(place).unwrap_or(&[FREE; WAYS])
    }

    fn slot(&mut self, place: usize, way: usize) -> Option<&mut PackedBucket> {
        self.0.get_mut(place)?.get_mut(way)
    }

    /// What is in the set at `place`, which is left free.
    fn take_set(&mut self, place: usize) -> Set {
        self.0
            .get_mut(place)
            .map_or([FREE; WAYS], |set| std::mem::replace(set, [FREE; WAYS]))
    }

    fn find(&self, key: u64) -> Option<(usize, usize)> {
        let in_place = |place| {
            Some((
                place,
                self.set(place)
                    .iter()
                    .position(|[found, _]| *found == key)?,
            ))
        };
        let [first, second] = self.places(key);
        in_place(first).or_else(|| in_place(second))
    }

    /// Where `key` is, else where it should go: a free slot in the emptier set, else in place of
    /// the fullest bucket.
    fn slot_for(&self, key: u64, now_ns: u64) -> (usize, usize) {
        if let Some(found) = self.find(key) {
            return found;
        }
        let places = self.places(key);
        let slots = places.map(|place| self.set(place));
        let free = slots.map(|set| {
            set.iter()
                .filter(|[_, full_at_ns]| *full_at_ns <= now_ns)
                .count()
        });
        let fullest = |(place, set): (usize, &Set)| {
            let ways = set.iter().enumerate();
            ways.map(|(way, [_, full_at_ns])| (*full_at_ns, place, way))
                .min()
                .unwrap_or((0, place, 0))
        };
        let [first, second] = [(places[0], slots[0]), (places[1], slots[1])].map(fullest);
        let (_, place, way) = match free[0].cmp(&free[1]) {
            Ordering::Greater => first,
            Ordering::Less => second,
            Ordering::Equal => first.min(second),
        };
        (place, way)
    }

    fn slots(&mut self) -> impl Iterator<Item = &mut PackedBucket> {
        self.0.iter_mut().flatten().filter(|[key, _]| *key != 0)
    }
}

impl BucketTable {
    /// An empty table that will hold at most `most` buckets, rounded up to a power of two.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most_sets = most.div_ceil(WAYS).next_power_of_two();
        Self {
            sets: Sets::new(FIRST_SETS.min(most_sets)),
            old: Sets::new(0),
            moved: 0,
            most_sets,
            remembered: 0,
            swept: 0,
        }
    }

    /// The bucket of `key`: full, if it is not remembered.
    #[must_use]
    pub fn get(&self, key: u64) -> Bucket {
        let key = named(key);
        let look = |sets: &Sets| {
            let (place, way) = sets.find(key)?;
            sets.set(place)
                .get(way)
                .map(|[_, full_at_ns]| Bucket::from_full_at(*full_at_ns))
        };
        look(&self.sets)
            .or_else(|| {
                if self.is_moving() {
                    look(&self.old)
                } else {
                    None
                }
            })
            .unwrap_or(Bucket::FULL)
    }

    /// Keeps `bucket` for `key`.
    pub fn put(&mut self, key: u64, bucket: Bucket, now: Mono) {
        let key = named(key);
        let now_ns = nanoseconds(now);
        if self.is_moving() {
            self.move_sets(MOVED_SETS, now_ns);
            if let Some(slot) = self
                .old
                .find(key)
                .and_then(|(place, way)| self.old.slot(place, way))
            {
                *slot = FREE;
                self.remembered -= 1;
            }
        }
        while !self.take_slot(
            [key, bucket.full_at_ns()],
            now_ns,
            self.sets.count() >= self.most_sets,
        ) {
            // Grown again before all has moved: as good as never.
            self.move_sets(usize::MAX, now_ns);
            self.resize(self.sets.count() * 2);
        }
    }

    /// Buckets that take memory now; some may have filled since.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.remembered
    }

    /// Bytes that the table takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (self.sets.count() + self.old.count()) * size_of::<Set>()
    }

    /// Forgets some of the buckets that are full again, and gives memory back once few are left.
    /// Called now and then; it takes microseconds.
    pub fn sweep(&mut self, now: Mono) {
        let now_ns = nanoseconds(now);
        if self.is_moving() {
            self.move_sets(SWEPT_SETS, now_ns);
            return;
        }
        let until = (self.swept + SWEPT_SETS).min(self.sets.count());
        for slot in self
            .sets
            .0
            .iter_mut()
            .take(until)
            .skip(self.swept)
            .flatten()
        {
            let [key, full_at_ns] = *slot;
            if key != 0 && full_at_ns <= now_ns {
                *slot = FREE;
                self.remembered -= 1;
            }
        }
        self.swept = until;
        if until < self.sets.count() {
            return;
        }
        self.swept = 0;
        let wanted = (self.remembered.next_power_of_two()).max(FIRST_SETS);
        if wanted * 4 <= self.sets.count() {
            self.resize(wanted);
        }
    }

    /// Carries every bucket over to its new rate; `rates` knows the old and the new one of a key.
    pub fn re_rate(&mut self, rates: impl Fn(u64) -> Option<(Rate, Rate)>, now: Mono) {
        for [key, full_at_ns] in self.sets.slots().chain(self.old.slots()) {
            if let Some((old, new)) = rates(*key) {
                *full_at_ns = Bucket::from_full_at(*full_at_ns)
                    .re_rated(old, new, now)
                    .full_at_ns();
            }
        }
    }

    /// Puts `slot` where it belongs, in place of another bucket only if it `may_displace` one.
    /// Whether it could.
    fn take_slot(&mut self, slot: PackedBucket, now_ns: u64, may_displace: bool) -> bool {
        let [key, _] = slot;
        let (place, way) = self.sets.slot_for(key, now_ns);
        // There is always one.
        let Some(found) = self.sets.slot(place, way) else {
            return true;
        };
        let [found_key, found_full_at_ns] = *found;
        if found_key != key && found_full_at_ns > now_ns && !may_displace {
            return false;
        }
        self.remembered += usize::from(found_key == 0);
        *found = slot;
        true
    }

    fn is_moving(&self) -> bool {
        self.old.count() > 0
    }

    /// Begins to have so many sets.
    fn resize(&mut self, sets: usize) {
        self.old = std::mem::replace(&mut self.sets, Sets::new(sets));
        self.moved = 0;
        self.swept = 0;
    }

    /// Moves the buckets of at most `count` of the old sets.
    fn move_sets(&mut self, count: usize, now_ns: u64) {
        let until = self.moved.saturating_add(count).min(self.old.count());
        for place in self.moved..until {
            for slot in self.old.take_set(place) {
                let [key, full_at_ns] = slot;
                self.remembered -= usize::from(key != 0);
                if key != 0 && full_at_ns > now_ns {
                    self.take_slot(slot, now_ns, true);
                }
            }
        }
        self.moved = until;
        if until == self.old.count() {
            self.old = Sets::new(0);
        }
    }
}

/// A key that is not the one of free slots.
fn named(key: u64) -> u64 {
    key.max(1)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
