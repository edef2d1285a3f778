//! Where two chains part. Pure.

use crate::node::ChainTip;

/// The height of the last block that a node's best chain has in common with the branch that ends
/// in the block `hash`, as its list of `tips` says; `None` if that block is none of them.
pub(super) fn common_height_of(tips: &[ChainTip], hash: &str) -> Option<u64> {
    let tip = tips.iter().find(|tip| tip.hash == hash)?;
    u64::from(tip.height).checked_sub(u64::from(tip.branch_length))
}

/// Looks for the last common block of two nodes by comparing hashes at heights, in steps that
/// double until one is equal, and halves what is between then.
#[derive(Clone, Debug)]
pub(super) struct ForkPointSearch {
    /// The lowest height at which they are known to differ.
    differs: u64,
    /// The highest height below it at which they are known to be equal.
    equal: Option<u64>,
    step: u64,
}

impl ForkPointSearch {
    /// They differ at the height `differs`.
    pub(super) fn below(differs: u64) -> Self {
        Self {
            differs,
            equal: None,
            step: 1,
        }
    }

    /// The height to compare next; `None` once the last common block is found.
    pub(super) fn next_height(&self) -> Option<u64> {
        match self.equal {
            None => self
                .differs
                .checked_sub(1)
                .map(|highest| highest.saturating_sub(self.step - 1)),
            Some(equal) if equal + 1 >= self.differs => None,
            Some(equal) => Some(equal + (self.differs - equal) / 2),
        }
    }

    /// At `height` they are equal, or not.
    pub(super) fn compared(&mut self, height: u64, is_equal: bool) {
        if is_equal {
            self.equal = Some(height);
        } else {
            self.differs = height;
            self.step = self.step.saturating_mul(2);
        }
    }

    /// The height of the last common block, once it is found.
    pub(super) fn found(&self) -> Option<u64> {
        self.equal.filter(|equal| equal + 1 >= self.differs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_listed_branch_says_where_it_left_the_chain() {
        let tip = |height, hash: &str, branch_length| ChainTip {
            height,
            hash: hash.to_owned(),
            branch_length,
        };
        let tips = [tip(112, "aa", 0), tip(111, "bb", 3), tip(2, "cc", 5)];
        assert_eq!(common_height_of(&tips, "bb"), Some(108));
        assert_eq!(common_height_of(&tips, "dd"), None);
        assert_eq!(common_height_of(&tips, "cc"), None, "that cannot be");
    }

    proptest! {
        #[test]
        fn the_last_common_block_is_found_in_few_steps(common in 0_u64..900_000, more in 1_u64..100_000) {
            let mut search = ForkPointSearch::below(common + more);
            let mut steps = 0;
            while let Some(height) = search.next_height() {
                search.compared(height, height <= common);
                steps += 1;
                prop_assert!(steps <= 42);
            }
            prop_assert_eq!(search.found(), Some(common));
        }
    }

    #[test]
    fn chains_with_nothing_in_common_have_no_such_block() {
        let mut search = ForkPointSearch::below(5);
        for _ in 0..10 {
            let Some(height) = search.next_height() else {
                break;
            };
            search.compared(height, false);
        }
        assert_eq!((search.next_height(), search.found()), (None, None));
    }
}
