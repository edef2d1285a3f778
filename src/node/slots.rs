//! How many calls may be at a node at once: a number that can change while some are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Places at a node.
pub struct Slots(Arc<Places>);

struct Places {
    free: Semaphore,
    size: AtomicUsize,
    /// So many there are to be: those above that go as they come free, before anybody who waits gets one.
    wanted: AtomicUsize,
    /// Counts how often all that were taken were given back at once.
    era: AtomicUsize,
}

/// One place, given back when this is dropped.
pub struct Slot {
    places: Arc<Places>,
    era: usize,
    /// One of those that are all that callers of its kind may have at once.
    share: Option<Box<Slot>>,
}

impl Slot {
    /// This place, for a caller of a kind that may have only some of them: it gives `share` back with it.
    #[must_use]
    pub fn of_share(mut self, share: Self) -> Self {
        self.share = Some(Box::new(share));
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // It was given back with all others.
        if self.era != self.places.era.load(Ordering::Relaxed) {
            return;
        }
        let wanted = self.places.wanted.load(Ordering::Relaxed);
        let less = |size: usize| (size > wanted).then(|| size - 1);
        if self.places.size.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err() {
            self.places.free.add_permits(1);
        }
    }
}

impl Slots {
    /// `size` places.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let (free, size, wanted) = (Semaphore::new(size), AtomicUsize::new(size), AtomicUsize::new(size));
        Self(Arc::new(Places { free, size, wanted, era: AtomicUsize::new(0) }))
    }

    fn slot(&self) -> Slot {
        Slot { places: Arc::clone(&self.0), era: self.0.era.load(Ordering::Relaxed), share: None }
    }

    /// Waits for a place, in the order of asking.
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

    /// As many places as `wanted`; those that are taken and too many go as they come free. A place that comes free at
    /// this very moment may make the number wrong by one, until this is called again.
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

    /// Gives back every place that is taken: the node on which they are is gone, and their calls may not notice for long.
    pub fn give_back_all(&self) {
        let taken = self.taken();
        self.0.era.fetch_add(1, Ordering::Relaxed);
        self.0.free.add_permits(taken);
    }

    /// Whether no place is free.
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
        self.size().saturating_sub(self.0.free.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_place_too_many_goes_before_those_who_wait_get_it() {
        let slots = Slots::new(2);
        let (first, second) = (slots.take().await, slots.take().await);
        let (mut waiting, mut context) = (std::pin::pin!(slots.take()), Context::from_waker(Waker::noop()));
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
    fn a_place_gives_its_share_back_with_it() {
        let (slots, share) = (Slots::new(2), Slots::new(1));
        let slot = slots.try_take().unwrap().of_share(share.try_take().unwrap());
        assert_eq!((slots.taken(), share.taken()), (1, 1));
        drop(slot);
        assert_eq!((slots.taken(), share.taken()), (0, 0));
    }

    #[tokio::test]
    async fn places_that_are_taken_go_when_they_come_free() {
        let slots = Slots::new(3);
        let (first, second) = (slots.take().await, slots.take().await);
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
