//! What a node should have to answer a call. Pure.

/// What calls need, and what nodes have. A node that has all that a call needs is preferred; where
/// there is none, the node's own error is the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs(u8);

impl Needs {
    /// Nothing but the chain state, which every node has.
    pub const NONE: Self = Self(0);
    /// The blocks themselves, which a pruned node deletes.
    pub const BLOCKS: Self = Self(1);
    /// The index of all transactions (`-txindex`).
    pub const TX_INDEX: Self = Self(1 << 1);
    /// The index of compact block filters (`-blockfilterindex`).
    pub const FILTER_INDEX: Self = Self(1 << 2);
    /// The index of sums over the unspent outputs (`-coinstatsindex`).
    pub const COIN_STATS_INDEX: Self = Self(1 << 3);

    const LABELS: [(Self, &str); 4] = [
        (Self::BLOCKS, "blocks"),
        (Self::TX_INDEX, "txindex"),
        (Self::FILTER_INDEX, "blockfilterindex"),
        (Self::COIN_STATS_INDEX, "coinstatsindex"),
    ];

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this and not in `had`.
    #[must_use]
    pub const fn missing_from(self, had: Self) -> Self {
        Self(self.0 & !had.0)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its parts by name: `blocks`, and the indexes as bitcoind's options call them.
    pub fn labels(self) -> impl Iterator<Item = &'static str> {
        let needed = move |(part, _): &(Self, _)| part.missing_from(self).is_empty();
        Self::LABELS
            .into_iter()
            .filter(needed)
            .map(|(_, label)| label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_is_needed_and_not_there() {
        let parts = Needs::LABELS.map(|(part, _)| part);
        for needed in 0..16 {
            for had in 0..16 {
                let missing = Needs(needed).missing_from(Needs(had));
                for part in parts {
                    let is_in = |needs: Needs| part.missing_from(needs).is_empty();
                    assert_eq!(is_in(missing), is_in(Needs(needed)) && !is_in(Needs(had)));
                    let both = Needs(needed).union(Needs(had));
                    assert_eq!(is_in(both), is_in(Needs(needed)) || is_in(Needs(had)));
                }
            }
        }
    }

    #[test]
    fn each_part_has_its_name_and_nothing_has_none() {
        let of = |needs: Needs| needs.labels().collect::<Vec<_>>();
        assert!(of(Needs::NONE).is_empty() && Needs::default().is_empty());
        assert_eq!(of(Needs::TX_INDEX), ["txindex"]);
        assert_eq!(
            of(Needs::BLOCKS.union(Needs::FILTER_INDEX)),
            ["blocks", "blockfilterindex"]
        );
        assert_eq!(of(Needs::COIN_STATS_INDEX), ["coinstatsindex"]);
    }
}
