//! How many calls may be at a node at once: a number that can change while some are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Places at a node.
///
/// Invariant: a place that is free, or is taken and counted, is one of `size`; each is given back
/// once.
pub struct Slots(Arc<Places>);

struct Places {
    free: Semaphore,
    size: AtomicUsize,
    /// So many there are to be: those above that go as they come free, before anybody who waits
    /// gets one.
    wanted: AtomicUsize,
    /// How many are taken, see `Taken`.
    taken: AtomicU64,
}

/// How often all that were taken were given back at once, and how many were taken since: in one
/// word, since a place that is counted between the two would be given back twice.
#[derive(Clone, Copy)]
struct Taken {
    era: u32,
    count: u32,
}

impl Taken {
    const ONE: u64 = 1;

    fn of(word: u64) -> Self {
        let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        Self {
            era: half(word >> 32),
            count: half(word),
        }
    }

    fn word(self) -> u64 {
        (u64::from(self.era) << 32) | u64::from(self.count)
    }
}

/// One place, given back when this is dropped.
pub struct Slot {
    places: Arc<Places>,
    era: u32,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let less_one = |word| {
            let taken = Taken::of(word);
            // One of an earlier era was given back with all others.
            (taken.era == self.era).then(|| {
                Taken {
                    count: taken.count.saturating_sub(1),
                    ..taken
                }
                .word()
            })
        };
        if self
            .places
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less_one)
            .is_err()
        {
            return;
        }
        let wanted = self.places.wanted.load(Ordering::Relaxed);
        let less = |size: usize| (size > wanted).then(|| size - 1);
        if self
            .places
            .size
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_err()
        {
            self.places.free.add_permits(1);
        }
    }
}

impl Slots {
    /// `size` places.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self(Arc::new(Places {
            free: Semaphore::new(size),
            size: AtomicUsize::new(size),
            wanted: AtomicUsize::new(size),
            taken: AtomicU64::new(0),
        }))
    }

    /// Counts a place that was taken out of those that are free.
    fn slot(&self) -> Slot {
        let era = Taken::of(self.0.taken.fetch_add(Taken::ONE, Ordering::Relaxed)).era;
        Slot {
            places: Arc::clone(&self.0),
            era,
        }
    }

    /// Waits for a slot, first come, first served.
    pub async fn take(&self) -> Option<Slot> {
        // The semaphore is never closed, so there always is one.
        self.0.free.acquire().await.ok()?.forget();
        Some(self.slot())
    }

    /// A place, if one is free and nobody waits for it.
    #[must_use]
    pub fn try_take(&self) -> Option<Slot> {
        self.0.free.try_acquire().ok()?.forget();
        Some(self.slot())
    }

    /// As many places as `wanted`; those that are taken and too many go as they come free. A place
    /// that comes free at this very moment may make the number wrong by one, until this is called
    /// again.
    pub fn resize(&self, wanted: usize) {
        let places = &self.0;
        places.wanted.store(wanted, Ordering::Relaxed);
        let size = self.size();
        if wanted > size {
            places.size.fetch_add(wanted - size, Ordering::Relaxed);
            places.free.add_permits(wanted - size);
        } else {
            let forgotten = places.free.forget_permits(size - wanted);
            places.size.fetch_sub(forgotten, Ordering::Relaxed);
        }
    }

    /// Gives back every place that is taken: the node on which they are is gone, and their calls
    /// may not notice for long.
    pub fn give_back_all(&self) {
        let none_since = |word| {
            Some(
                Taken {
                    era: Taken::of(word).era.wrapping_add(1),
                    count: 0,
                }
                .word(),
            )
        };
        let before = self
            .0
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, none_since);
        let count = Taken::of(before.unwrap_or_else(|word| word)).count;
        self.0
            .free
            .add_permits(usize::try_from(count).unwrap_or_default());
    }

    /// Whether no slot is free.
    #[must_use]
    pub fn are_all_taken(&self) -> bool {
        self.0.free.available_permits() == 0
    }

    /// Places in all.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size.load(Ordering::Relaxed)
    }

    /// Places that are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        usize::try_from(Taken::of(self.0.taken.load(Ordering::Relaxed)).count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_place_too_many_goes_before_those_who_wait_get_it() {
        let slots = Slots::new(2);
        let first = slots.take().await;
        let second = slots.take().await;
        let mut waiting = std::pin::pin!(slots.take());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        slots.resize(1);
        drop(first);
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert_eq!((slots.size(), slots.taken()), (1, 1));
        drop(second);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
        slots.resize(2);
        assert!(slots.try_take().is_some());
    }

    #[test]
    fn places_that_were_given_back_with_all_others_are_not_given_back_twice() {
        let slots = Slots::new(2);
        let held = [slots.try_take(), slots.try_take()];
        slots.give_back_all();
        let later = slots.try_take();
        assert_eq!(slots.taken(), 1);
        drop(held);
        assert_eq!((slots.taken(), slots.size()), (1, 2));
        drop(later);
        assert_eq!(slots.taken(), 0);
    }

    #[test]
    fn a_place_that_is_not_counted_yet_when_all_are_given_back_is_given_back_once() {
        let slots = Slots::new(2);
        let held = slots.try_take();
        slots.0.free.try_acquire().unwrap().forget();
        slots.give_back_all();
        let late = slots.slot();
        assert_eq!((slots.taken(), slots.0.free.available_permits()), (1, 1));
        drop((held, late));
        assert_eq!((slots.taken(), slots.0.free.available_permits()), (0, 2));
    }

    #[test]
    fn places_are_never_more_than_their_number_whoever_takes_them_while_all_are_given_back() {
        const SIZE: usize = 3;
        const ROUNDS: usize = 2_000;
        let slots = Slots::new(SIZE);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope
                    .spawn(|| (0..ROUNDS).for_each(|_| drop((slots.try_take(), slots.try_take()))));
            }
            scope.spawn(|| (0..ROUNDS).for_each(|_| slots.give_back_all()));
        });
        assert_eq!(
            (
                slots.taken(),
                slots.size(),
                slots.0.free.available_permits()
            ),
            (0, SIZE, SIZE)
        );
    }

    #[tokio::test]
    async fn places_that_are_taken_go_when_they_come_free() {
        let slots = Slots::new(3);
        let first = slots.take().await;
        let second = slots.take().await;
        slots.resize(1);
        assert_eq!((slots.size(), slots.taken()), (2, 2));
        assert!(slots.try_take().is_none());
        drop(first);
        slots.resize(1);
        assert!(slots.try_take().is_none());
        drop(second);
        assert!(slots.try_take().is_some());
    }
}
