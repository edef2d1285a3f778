//! The node's RPC workers that the daemon may hold at once: polls, prunings and reconnections share
//! them.
//!
//! The liveness call takes none: it has a worker of its own, or a frozen chain would make the node
//! look dead.

use crate::node::{Identity, Slot, Slots};

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

    /// As many as a node of `identity` can spare.
    pub fn resize(&self, identity: &Identity) {
        self.0.resize(if identity.has_few_workers() {
            Self::FEW
        } else {
            Self::MANY
        });
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
        assert_eq!(workers.0.size(), 3);
        workers.resize(&identity(280_000));
        assert_eq!(workers.0.size(), 1);
    }
}
