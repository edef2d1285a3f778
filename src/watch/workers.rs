//! The node's RPC workers that the daemon may hold at once: polls, prunings and reconnections share
//! them.
//!
//! The liveness call takes none: it has a worker of its own, or a frozen chain would make the node
//! look dead.

use crate::node::{RpcWorkers, Slot, Slots};

/// The workers of one node that the daemon may hold.
pub struct Workers(Slots);

/// One of the node's workers, given back when this is dropped.
pub type Worker = Option<Slot>;

impl Default for Workers {
    fn default() -> Self {
        Self(Slots::new(Self::FEW))
    }
}

impl Workers {
    /// Of 4 workers one may be held; of 16, with the liveness call, four.
    const FEW: usize = 1;
    const MANY: usize = 3;

    /// Waits for a worker, in the order of asking.
    pub async fn borrow(&self) -> Worker {
        self.0.take().await
    }

    /// As many as a node with so many `workers` can spare.
    pub fn resize(&self, workers: RpcWorkers) {
        self.0.resize(match workers {
            RpcWorkers::Few => Self::FEW,
            RpcWorkers::Many | RpcWorkers::Unknown => Self::MANY,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_four_workers_lends_one() {
        let workers = Workers::default();
        workers.resize(RpcWorkers::Many);
        assert_eq!(workers.0.size(), 3);
        workers.resize(RpcWorkers::Few);
        assert_eq!(workers.0.size(), 1);
    }
}
