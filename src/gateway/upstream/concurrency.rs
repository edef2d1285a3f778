//! How many calls a node has at once: slots for all, and which part of them those calls may have
//! that keep one for long.

use crate::node::{Identity, RpcWorkers, Slots};

/// Calls at a node at once. Of 4 workers one is for `uptime` and one for the daemon's other calls;
/// of 16, half is for clients that do not use the gateway.
const SLOTS_OF_FEW_WORKERS: usize = 2;
const SLOTS_OF_MANY_WORKERS: usize = 8;
const SLOTS_OF_UNKNOWN_NODE: usize = 4;

/// An address has no more unverified calls in flight than it may have failures, so that none is
/// refused because of the others.
const MAX_UNVERIFIED_SLOTS: usize = 8;

/// The slots of one node.
pub(in crate::gateway) struct Concurrency {
    pub(super) slots: Slots,
    /// The part of them that long polls may have.
    pub(super) long_polls: Slots,
    /// The part of them that calls with unverified credentials may have.
    pub(super) unverified: Slots,
    /// The part of those for long polls that calls with unverified credentials may have.
    pub(super) unverified_long_polls: Slots,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            slots: Slots::new(SLOTS_OF_FEW_WORKERS),
            long_polls: Slots::new(1),
            unverified: Slots::new(share_of_unverified(SLOTS_OF_FEW_WORKERS)),
            unverified_long_polls: Slots::new(share_of_unverified(1)),
        }
    }
}

impl Concurrency {
    /// With `slots`, of which long polls may have `long_polls`.
    pub(super) fn resize(&self, slots: usize, long_polls: usize) {
        self.slots.resize(slots);
        self.unverified.resize(share_of_unverified(slots));
        self.long_polls.resize(long_polls);
        self.unverified_long_polls
            .resize(share_of_unverified(long_polls));
    }

    /// Gives back every slot that is taken: the node on which they are is gone.
    pub(super) fn give_back_all(&self) {
        for slots in [
            &self.slots,
            &self.long_polls,
            &self.unverified,
            &self.unverified_long_polls,
        ] {
            slots.give_back_all();
        }
    }

    /// Whether no slot is free.
    pub(super) fn are_all_taken(&self) -> bool {
        self.slots.are_all_taken()
    }

    /// Calls at the node, and how many there may be.
    pub(in crate::gateway) fn in_flight(&self) -> (usize, usize) {
        (self.slots.taken(), self.slots.size())
    }

    /// Long polls at the node, and how many there may be.
    pub(in crate::gateway) fn long_polls(&self) -> (usize, usize) {
        (self.long_polls.taken(), self.long_polls.size())
    }
}

/// The slots of a node of which nothing is configured: `identity` is who it is, if it was `asked`
/// and says it.
pub(super) fn default_slots(identity: Option<&Identity>, asked: bool) -> usize {
    match identity.map(|identity| identity.dialect().rpc_workers) {
        Some(RpcWorkers::Many) => SLOTS_OF_MANY_WORKERS,
        Some(RpcWorkers::Unknown) => SLOTS_OF_UNKNOWN_NODE,
        None if asked => SLOTS_OF_UNKNOWN_NODE,
        // Until it is known, the least that may be right.
        Some(RpcWorkers::Few) | None => SLOTS_OF_FEW_WORKERS,
    }
}

/// The number of `slots` that unverified credentials may have: half, since each new caller needs
/// one.
fn share_of_unverified(slots: usize) -> usize {
    (slots / 2).clamp(1, MAX_UNVERIFIED_SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_slots_is_for_unverified_credentials_and_never_none() {
        let shares = [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 8)];
        assert!(
            shares
                .iter()
                .all(|(slots, share)| share_of_unverified(*slots) == *share)
        );
    }
}
