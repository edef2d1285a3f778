//! The fair share of each address in a budget of bytes.
//!
//! An address may have as much as is still free, and no more ("dynamic thresholds", Choudhury and
//! Hahne 1998): one alone gets half of the budget, two a third each, and however many fill what
//! they can, there is some left for the next one. Invariant: what is held together never is more
//! than the budget.

use std::collections::HashMap;

/// Who holds how many bytes. A network is an address' number, see `crate::limit::network_of`.
#[derive(Default)]
pub(super) struct FairShare {
    held: u64,
    by_network: HashMap<u64, u64>,
}

impl FairShare {
    /// Gives `network` another `more` bytes of a budget of `size`, if it may have them.
    pub(super) fn take(&mut self, network: u64, more: u64, size: u64) -> bool {
        let own = self
            .by_network
            .get(&network)
            .copied()
            .unwrap_or(0)
            .saturating_add(more);
        let held = self.held.saturating_add(more);
        if own > size.saturating_sub(held) {
            return false;
        }
        self.held = held;
        self.by_network.insert(network, own);
        true
    }

    /// Takes back `bytes` of those that `network` holds.
    pub(super) fn give_back(&mut self, network: u64, bytes: u64) {
        let Some(own) = self.by_network.get_mut(&network) else {
            return;
        };
        let bytes = bytes.min(*own);
        *own -= bytes;
        self.held -= bytes;
        if *own == 0 {
            self.by_network.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUDGET_BYTES: u64 = 1200;

    /// What `network` gets, one by one, before it is refused.
    fn fill(shares: &mut FairShare, network: u64) -> u64 {
        (0..=BUDGET_BYTES)
            .find(|_| !shares.take(network, 1, BUDGET_BYTES))
            .unwrap()
    }

    #[test]
    fn one_alone_gets_half_and_however_many_come_the_next_one_gets_something() {
        let mut shares = FairShare::default();
        assert_eq!(fill(&mut shares, 1), 600);
        assert_eq!(fill(&mut shares, 2), 300);
        for hog in 3..9 {
            assert!(fill(&mut shares, hog) > 0, "{hog}");
        }
    }

    #[test]
    fn what_is_given_back_can_be_had_again_and_leaves_nothing_behind() {
        let mut shares = FairShare::default();
        assert!(shares.take(1, 600, BUDGET_BYTES) && !shares.take(1, 1, BUDGET_BYTES));
        shares.give_back(1, 600);
        assert!(shares.by_network.is_empty() && shares.take(1, 600, BUDGET_BYTES));
        // A smaller budget after a reload: what is reserved stays reserved.
        assert!(!shares.take(2, 1, 100));
        shares.give_back(1, 600);
        shares.give_back(1, 600);
        assert_eq!((shares.held, shares.by_network.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn the_budget_is_never_overdrawn_and_what_is_held_is_the_sum(
            steps in prop::collection::vec((0_u64..6, 1_u64..400, any::<bool>()), 1..200),
        ) {
            let mut shares = FairShare::default();
            let mut model = HashMap::<u64, u64>::new();
            for (network, bytes, takes) in steps {
                let own = model.entry(network).or_default();
                if !takes {
                    shares.give_back(network, bytes);
                    *own = own.saturating_sub(bytes);
                } else if shares.take(network, bytes, BUDGET_BYTES) {
                    *own += bytes;
                }
                let held: u64 = model.values().sum();
                prop_assert_eq!(held, shares.held);
                prop_assert!(held <= BUDGET_BYTES);
                prop_assert!(model.values().all(|own| own * 2 <= BUDGET_BYTES));
            }
        }
    }
}
