//! Tests of `table`.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

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
    let mut table = BucketTable::new(1 << 21);
    let spent = Bucket::FULL.spend(slow(), 7, at(1));
    for n in 0..1_000_000 {
        table.put(key(n), spent, at(1));
    }
    let kept = (0..1_000_000)
        .filter(|n| table.get(key(*n)) == spent)
        .count();
    assert!(kept > 999_900, "{kept}");
    assert!(table.bytes() <= 32 << 20, "{}", table.bytes());
}

#[test]
fn a_flood_stays_within_the_bound_and_takes_the_fullest_buckets_first() {
    let mut table = BucketTable::new(4096);
    let empty = Bucket::FULL.spend(slow(), 10, at(1));
    let nearly_full = Bucket::FULL.spend(slow(), 1, at(1));
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
    let mut table = BucketTable::new(1 << 20);
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
fn no_step_of_a_table_that_grows_or_shrinks_moves_much_of_it() {
    let mut table = BucketTable::new(1 << 20);
    let spent = Bucket::FULL.spend(slow(), 1, at(1));
    let mut grew = 0;
    for n in 0..200_000 {
        let old = table.old.count();
        let moved = table.moved;
        table.put(key(n), spent, at(1));
        if table.is_moving() && table.old.count() == old {
            assert!(table.moved <= moved + MOVED_SETS);
        }
        grew += u32::from(table.is_moving() && table.moved == 0);
        // One that is still to move, or has moved, or is new.
        let other = key(n * 7 % (n + 1));
        assert_eq!(table.get(other), spent, "{n}");
    }
    assert!(grew >= 10, "grown {grew} times");
    assert_eq!(table.remembered(), 200_000);
}

#[test]
fn keys_are_spread_as_evenly_as_a_keyed_hash_spreads_them() {
    let hasher = RandomState::new();
    let mut table = BucketTable::new(1 << 14);
    for n in 0..12_000_u64 {
        table.put(
            hasher.hash_one(n),
            Bucket::FULL.spend(slow(), 1, at(1)),
            at(1),
        );
    }
    assert!(table.remembered() > 11_900, "{}", table.remembered());
}

proptest! {
    /// Below its bound it is a map.
    #[test]
    fn it_is_a_map_of_buckets(steps in prop::collection::vec((0_u64..300, 1_u32..10, 0_u64..50), 1..600)) {
        let mut table = BucketTable::new(1 << 12);
        let mut model = HashMap::new();
        let mut now = 0;
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
