//! The node's RPC workers that the daemon may hold at once: polls, prunings and reconnections share
//! them.
//!
//! The liveness call takes none: it has a worker of its own, or a frozen chain would make the node
//! look dead.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::node::{RpcWorkers, Slot, Slots};

/// The workers of one node that the daemon may hold.
pub struct Workers {
    slots: Slots,
    /// One more is kept for the probe of the chain.
    has_probe_worker: AtomicBool,
}

/// One of the node's workers, given back when this is dropped.
pub type Worker = Option<Slot>;

impl Default for Workers {
    fn default() -> Self {
        Self {
            slots: Slots::new(Self::FEW),
            has_probe_worker: AtomicBool::new(false),
        }
    }
}

impl Workers {
    /// Of 4 workers one may be held; of 16, with the liveness call, four.
    const FEW: usize = 1;
    const MANY: usize = 3;

    /// Waits for a worker, in the order of asking.
    pub async fn borrow(&self) -> Worker {
        self.slots.take().await
    }

    /// The worker of the probe of the chain, which is sent once at a time: one of its own where the
    /// node has many, so that no long question of ours makes its chain look busy.
    pub(super) async fn borrow_for_probe(&self) -> Worker {
        if self.has_probe_worker.load(Ordering::Relaxed) {
            return None;
        }
        self.borrow().await
    }

    /// As many as a node with so many `workers` can spare; `has_probe`: its chain is probed.
    pub fn resize(&self, workers: RpcWorkers, has_probe: bool) {
        let has_many = workers != RpcWorkers::Few;
        let for_probe = has_many && has_probe;
        self.has_probe_worker.store(for_probe, Ordering::Relaxed);
        self.slots.resize(match (has_many, for_probe) {
            (false, _) => Self::FEW,
            (true, false) => Self::MANY,
            (true, true) => Self::MANY - 1,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_four_workers_lends_one() {
        let workers = Workers::default();
        workers.resize(RpcWorkers::Many, false);
        assert_eq!(workers.slots.size(), 3);
        workers.resize(RpcWorkers::Few, false);
        assert_eq!(workers.slots.size(), 1);
    }

    #[tokio::test]
    async fn the_probe_of_the_chain_waits_for_no_other_question_where_there_are_many_workers() {
        let workers = Workers::default();
        workers.resize(RpcWorkers::Many, true);
        let held = [workers.borrow().await, workers.borrow().await];
        assert_eq!(workers.slots.size(), held.len());
        assert!(workers.borrow_for_probe().await.is_none());
    }
}
