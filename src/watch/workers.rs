//! The node's RPC workers that the daemon may hold at once: polls, prunings and reconnections share them.
//!
//! The liveness call takes none: it has a worker of its own, or a frozen chain would make the node look dead.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::node::Identity;

/// The workers of one node that the daemon may hold.
pub struct Workers {
    free: Semaphore,
    size: AtomicUsize,
}

/// One of the node's workers, given back when this is dropped.
pub type Worker<'a> = Option<SemaphorePermit<'a>>;

impl Default for Workers {
    fn default() -> Self {
        Self { free: Semaphore::new(Self::FEW), size: AtomicUsize::new(Self::FEW) }
    }
}

impl Workers {
    /// Of 4 workers one may be held; of 16, with the liveness call, four.
    const FEW: usize = 1;
    const MANY: usize = 3;

    /// Waits for a worker, in the order of asking.
    pub async fn borrow(&self) -> Worker<'_> {
        // The semaphore is never closed, so there always is one.
        self.free.acquire().await.ok()
    }

    /// As many as a node of `identity` can spare.
    pub fn resize(&self, identity: &Identity) {
        let wanted = if identity.has_few_workers() { Self::FEW } else { Self::MANY };
        let size = self.size.load(Ordering::Relaxed);
        if wanted > size {
            self.free.add_permits(wanted - size);
            self.size.store(wanted, Ordering::Relaxed);
        } else {
            let forgotten = self.free.forget_permits(size - wanted);
            self.size.store(size - forgotten, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_four_workers_lends_one() {
        let identity = |version| Identity {
            flavour: crate::node::Flavour::Core,
            version: Some(version),
            version_text: String::new(),
            subversion: String::new(),
        };
        let workers = Workers::default();
        workers.resize(&identity(319_900));
        assert_eq!(workers.free.available_permits(), 3);
        workers.resize(&identity(280_000));
        assert_eq!(workers.free.available_permits(), 1);
    }
}
