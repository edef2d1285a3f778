//! How many calls may be at a node at once: a number that can change while some are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places at a node.
pub struct Slots {
    free: Arc<Semaphore>,
    size: AtomicUsize,
}

/// One place, given back when this is dropped.
pub type Slot = OwnedSemaphorePermit;

impl Slots {
    /// `size` places.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(size)), size: AtomicUsize::new(size) }
    }

    /// Waits for a place, in the order of asking.
    pub async fn take(&self) -> Option<Slot> {
        // The semaphore is never closed, so there always is one.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A place, if one is free and nobody waits for it.
    #[must_use]
    pub fn try_take(&self) -> Option<Slot> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// As many places as `wanted`; those that are taken and too many go when they come free and this is called again.
    pub fn resize(&self, wanted: usize) {
        let size = self.size.load(Ordering::Relaxed);
        if wanted > size {
            self.free.add_permits(wanted - size);
            self.size.store(wanted, Ordering::Relaxed);
        } else {
            let forgotten = self.free.forget_permits(size - wanted);
            self.size.store(size - forgotten, Ordering::Relaxed);
        }
    }

    /// Whether no place is free.
    #[must_use]
    pub fn are_all_taken(&self) -> bool {
        self.free.available_permits() == 0
    }

    /// Places in all.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Places that are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.size().saturating_sub(self.free.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
