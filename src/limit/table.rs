//! The buckets of many callers in bounded memory.
//!
//! Four slots make a set, one line of the processor's cache. A key has two sets to be in, and goes where more is free
//! ("the power of two choices", Azar et al. 1994), so that a table fills evenly. A bucket that is full again is a free
//! slot: nobody has to remove it. Invariant: at its bound, the bucket that is nearest to full makes room, which costs
//! its owner the least and is no owner's loss.

use std::cmp::Ordering;
use std::time::Duration;

use super::bucket::{Bucket, Rate, nanoseconds};
use crate::values::Mono;

const WAYS: usize = 4;
/// Sets that a small table begins with: a page of memory.
const FIRST_SETS: usize = 64;
/// Sets that a look for refilled buckets takes at most: a few microseconds.
const SWEPT_SETS: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// 0 where nobody was, or a look has freed it.
    key: u64,
    full_at_ns: u64,
}

const FREE: Slot = Slot { key: 0, full_at_ns: 0 };

/// One line of cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Set([Slot; WAYS]);

/// Buckets by key.
///
/// A key is a hash with a secret of this run: whoever could choose keys could choose whose bucket makes room.
pub struct Table {
    sets: Vec<Set>,
    most_sets: usize,
    remembered: usize,
    swept: usize,
}

impl Table {
    /// An empty table that will hold at most `most` buckets, rounded up to a power of two.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most_sets = most.div_ceil(WAYS).next_power_of_two();
        Self { sets: vec![Set([FREE; WAYS]); FIRST_SETS.min(most_sets)], most_sets, remembered: 0, swept: 0 }
    }

    /// The bucket of `key`: full, if it is not remembered.
    #[must_use]
    pub fn get(&self, key: u64) -> Bucket {
        let key = named(key);
        let [first, second] = self.places(key);
        let find = |place| self.set(place).iter().find(|slot| slot.key == key);
        find(first).or_else(|| find(second)).map_or(Bucket::FULL, |slot| Bucket::from_full_at(slot.full_at_ns))
    }

    /// Keeps `bucket` for `key`.
    pub fn put(&mut self, key: u64, bucket: Bucket, now: Mono) {
        let key = named(key);
        let now_ns = nanoseconds(now);
        let slot = Slot { key, full_at_ns: bucket.full_at_ns() };
        loop {
            let (place, way) = self.slot_for(key, now_ns);
            let at_bound = self.sets.len() >= self.most_sets;
            let Some(found) = self.sets.get_mut(place).and_then(|set| set.0.get_mut(way)) else { return };
            let is_free = found.key == key || found.full_at_ns <= now_ns;
            if is_free || at_bound {
                self.remembered += usize::from(found.key == 0);
                *found = slot;
                return;
            }
            self.resize(self.sets.len() * 2, now_ns);
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
        self.sets.len() * size_of::<Set>()
    }

    /// Forgets some of the buckets that are full again, and gives memory back once few are left. Called now and then;
    /// it takes microseconds, but for the rare time when it gives back.
    pub fn sweep(&mut self, now: Mono) {
        let now_ns = nanoseconds(now);
        let until = (self.swept + SWEPT_SETS).min(self.sets.len());
        for set in self.sets.iter_mut().take(until).skip(self.swept) {
            for slot in set.0.iter_mut().filter(|slot| slot.key != 0 && slot.full_at_ns <= now_ns) {
                *slot = FREE;
                self.remembered -= 1;
            }
        }
        self.swept = until;
        if until < self.sets.len() {
            return;
        }
        self.swept = 0;
        let wanted = (self.remembered.next_power_of_two()).max(FIRST_SETS);
        if wanted * 4 <= self.sets.len() {
            self.resize(wanted, now_ns);
        }
    }

    /// Carries every bucket over to its new rate; `rates` knows the old and the new one of a key.
    pub fn re_rate(&mut self, rates: impl Fn(u64) -> Option<(Rate, Rate)>, now: Mono) {
        for slot in self.sets.iter_mut().flat_map(|set| &mut set.0).filter(|slot| slot.key != 0) {
            if let Some((old, new)) = rates(slot.key) {
                slot.full_at_ns = Bucket::from_full_at(slot.full_at_ns).re_rated(old, new, now).full_at_ns();
            }
        }
    }

    /// The two sets a key may be in.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the halves of a hash; the mask keeps them below the number of sets, a power of two"
    )]
    fn places(&self, key: u64) -> [usize; 2] {
        let mask = self.sets.len() - 1;
        [key as usize & mask, (key >> 32) as usize & mask]
    }

    fn set(&self, place: usize) -> &[Slot; WAYS] {
        // A place is below the number of sets.
        self.sets.get(place).map_or(&[FREE; WAYS], |set| &set.0)
    }

    /// Where `key` is, else where it should go: a free slot in the emptier set, else in place of the fullest bucket.
    fn slot_for(&self, key: u64, now_ns: u64) -> (usize, usize) {
        let places = self.places(key);
        let slots = places.map(|place| self.set(place));
        for (place, set) in places.into_iter().zip(slots) {
            if let Some(way) = set.iter().position(|slot| slot.key == key) {
                return (place, way);
            }
        }
        let free = slots.map(|set| set.iter().filter(|slot| slot.full_at_ns <= now_ns).count());
        let fullest = |(place, set): (usize, &[Slot; WAYS])| {
            let ways = set.iter().enumerate();
            ways.map(|(way, slot)| (slot.full_at_ns, place, way)).min().unwrap_or((0, place, 0))
        };
        let [first, second] = [(places[0], slots[0]), (places[1], slots[1])].map(fullest);
        let (_, place, way) = match free[0].cmp(&free[1]) {
            Ordering::Greater => first,
            Ordering::Less => second,
            Ordering::Equal => first.min(second),
        };
        (place, way)
    }

    fn resize(&mut self, sets: usize, now_ns: u64) {
        let old = std::mem::replace(&mut self.sets, vec![Set([FREE; WAYS]); sets]);
        self.remembered = 0;
        self.swept = 0;
        let now = Mono::from_start(Duration::from_nanos(now_ns));
        let most = std::mem::replace(&mut self.most_sets, sets);
        for slot in old.iter().flat_map(|set| &set.0).filter(|slot| slot.full_at_ns > now_ns) {
            self.put(slot.key, Bucket::from_full_at(slot.full_at_ns), now);
        }
        self.most_sets = most;
    }
}

/// A key that is not the one of free slots.
fn named(key: u64) -> u64 {
    key.max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::hash::{BuildHasher, RandomState};
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    fn slow() -> Rate {
        Rate::new(0.001, NonZeroU32::new(10).unwrap())
    }

    fn key(n: u64) -> u64 {
        // Fixed, so that a failure can be repeated; it mixes as well as a keyed hash does.
        let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    #[test]
    fn a_million_callers_are_remembered_one_by_one() {
        let mut table = Table::new(1 << 21);
        let spent = Bucket::FULL.spend(slow(), 7, at(1));
        for n in 0..1_000_000 {
            table.put(key(n), spent, at(1));
        }
        let kept = (0..1_000_000).filter(|n| table.get(key(*n)) == spent).count();
        assert!(kept > 999_900, "{kept}");
        assert!(table.bytes() <= 32 << 20, "{}", table.bytes());
    }

    #[test]
    fn a_flood_stays_within_the_bound_and_takes_the_fullest_buckets_first() {
        let mut table = Table::new(4096);
        let (empty, nearly_full) = (Bucket::FULL.spend(slow(), 10, at(1)), Bucket::FULL.spend(slow(), 1, at(1)));
        for n in 0..1000 {
            table.put(key(n), empty, at(1));
        }
        for n in 1000..200_000 {
            table.put(key(n), nearly_full, at(1));
        }
        assert_eq!(table.bytes(), 4096 * 16);
        let kept = (0..1000).filter(|n| table.get(key(*n)) == empty).count();
        assert_eq!(kept, 1000, "those who have spent most are forgotten last");
    }

    #[test]
    fn what_has_filled_again_is_forgotten_and_its_memory_given_back() {
        let mut table = Table::new(1 << 20);
        for n in 0..100_000 {
            table.put(key(n), Bucket::FULL.spend(slow(), 1, at(1)), at(1));
        }
        assert_eq!(table.remembered(), 100_000);
        for _ in 0..100 {
            table.sweep(at(2000));
        }
        assert_eq!(table.remembered(), 0);
        assert_eq!(table.bytes(), FIRST_SETS * size_of::<Set>());
    }

    #[test]
    fn keys_are_spread_as_evenly_as_a_keyed_hash_spreads_them() {
        let (hasher, mut table) = (RandomState::new(), Table::new(1 << 14));
        for n in 0..12_000_u64 {
            table.put(hasher.hash_one(n), Bucket::FULL.spend(slow(), 1, at(1)), at(1));
        }
        assert!(table.remembered() > 11_900, "{}", table.remembered());
    }

    proptest! {
        /// Below its bound it is a map.
        #[test]
        fn it_is_a_map_of_buckets(steps in prop::collection::vec((0_u64..300, 1_u32..10, 0_u64..50), 1..600)) {
            let (mut table, mut model, mut now) = (Table::new(1 << 12), HashMap::new(), 0);
            for (caller, cost, pause) in steps {
                now += pause;
                let bucket = table.get(key(caller)).spend(slow(), cost, at(now));
                table.put(key(caller), bucket, at(now));
                model.insert(caller, bucket);
                table.sweep(at(now));
                for (caller, bucket) in &model {
                    prop_assert_eq!(table.get(key(*caller)).level(slow(), at(now)), bucket.level(slow(), at(now)));
                }
            }
        }
    }
}
