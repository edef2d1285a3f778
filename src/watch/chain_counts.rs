//! How many blocks the node has processed, and how often its chain was reorganised, since the
//! daemon's start. Pure.
//!
//! A block counts once: a node that is reindexed, or comes back with an empty directory, goes up
//! the same heights again. Blocks below an assumeutxo snapshot count when they have been validated
//! behind it, not when it is loaded.

use crate::node::{BackgroundValidation, ChainInfo};

/// The counts, and up to where blocks are in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainCounts {
    /// The chain that was read last, and the highest tip that it had.
    highest: Option<(String, u32)>,
    /// The validation behind a snapshot as it was last read.
    background: Option<BackgroundValidation>,
    blocks: u64,
    reorgs: u64,
    /// The node did not say whether a former tip is still in its chain: a reorganisation may be
    /// missing.
    reorgs_unknown: bool,
}

impl ChainCounts {
    /// Blocks processed; `None` before the chain is known.
    #[must_use]
    pub fn blocks(&self) -> Option<u64> {
        self.highest.as_ref().map(|_| self.blocks)
    }

    /// Reorganisations seen; `None` before the chain is known, and where one may be missing.
    #[must_use]
    pub fn reorgs(&self) -> Option<u64> {
        self.highest
            .as_ref()
            .filter(|_| !self.reorgs_unknown)
            .map(|_| self.reorgs)
    }

    /// A tip has left the best chain.
    pub(super) fn reorganised(&mut self) {
        self.reorgs += 1;
    }

    /// A tip may have left the best chain: the node does not say.
    pub(super) fn perhaps_reorganised(&mut self) {
        self.reorgs_unknown = true;
    }

    /// The node says this of its chain.
    pub(super) fn read(&mut self, info: &ChainInfo) {
        let (chain, highest) = match self.highest.take() {
            Some((chain, highest)) if chain == info.chain => (chain, highest),
            // What was there before was not processed in our time.
            _ => {
                self.background = info.background;
                (info.chain.clone(), info.blocks)
            }
        };
        let snapshot = info
            .background
            .map_or(0, |background| background.snapshot_height);
        let mut blocks = info.blocks.saturating_sub(highest.max(snapshot));
        blocks += match (self.background, info.background) {
            (Some(before), Some(now)) => {
                now.validated_height.saturating_sub(before.validated_height)
            }
            // It went on from the chain that was there when the snapshot was loaded.
            (None, Some(now)) => now.validated_height.saturating_sub(highest),
            // It is over, unless the snapshot is gone.
            (Some(before), None) if info.blocks >= before.snapshot_height => before
                .snapshot_height
                .saturating_sub(before.validated_height),
            (Some(_) | None, None) => 0,
        };
        self.blocks += u64::from(blocks);
        self.background = info.background;
        self.highest = Some((chain, highest.max(info.blocks)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(blocks: u32) -> ChainInfo {
        ChainInfo::bare("main", blocks, blocks)
    }

    fn behind_a_snapshot(blocks: u32, snapshot_height: u32, validated_height: u32) -> ChainInfo {
        ChainInfo {
            background: Some(BackgroundValidation {
                snapshot_height,
                validated_height,
            }),
            ..at(blocks)
        }
    }

    fn counted(readings: &[ChainInfo]) -> Option<u64> {
        let mut counts = ChainCounts::default();
        for info in readings {
            counts.read(info);
        }
        counts.blocks()
    }

    #[test]
    fn a_node_that_goes_up_the_same_heights_again_processes_nothing_new() {
        assert_eq!(counted(&[]), None);
        assert_eq!(
            counted(&[at(100), at(103), at(0), at(60), at(103), at(104)]),
            Some(4)
        );
    }

    #[test]
    fn another_chain_begins_a_new_count() {
        assert_eq!(
            counted(&[
                at(100),
                at(103),
                ChainInfo::bare("signet", 500, 500),
                at(104),
                at(105)
            ]),
            Some(4)
        );
    }

    #[test]
    fn blocks_under_a_snapshot_count_when_they_have_been_validated() {
        let loaded = [
            at(5),
            behind_a_snapshot(200, 200, 5),
            behind_a_snapshot(202, 200, 5),
        ];
        assert_eq!(counted(&loaded), Some(2), "two on top of it");
        let going_on = [
            behind_a_snapshot(202, 200, 150),
            behind_a_snapshot(203, 200, 199),
            at(203),
        ];
        assert_eq!(
            counted(&[&loaded[..], &going_on].concat()),
            Some(198),
            "from 6 to 203"
        );
        assert_eq!(
            counted(&[&loaded[..], &[at(5)]].concat()),
            Some(2),
            "a snapshot that is gone proves nothing"
        );
        assert_eq!(
            counted(&[
                behind_a_snapshot(250, 200, 0),
                behind_a_snapshot(250, 200, 1)
            ]),
            Some(1)
        );
    }

    #[test]
    fn where_a_reorganisation_may_be_missing_there_is_no_number() {
        let mut counts = ChainCounts::default();
        counts.read(&at(7));
        counts.reorganised();
        assert_eq!(counts.reorgs(), Some(1));
        counts.perhaps_reorganised();
        counts.reorganised();
        assert_eq!(counts.reorgs(), None);
    }

    proptest! {
        #[test]
        fn every_height_counts_once(heights in proptest::collection::vec(0_u32..1000, 1..40)) {
            let readings: Vec<_> = heights.iter().map(|height| at(*height)).collect();
            let highest = heights.iter().max().unwrap();
            prop_assert_eq!(counted(&readings), Some(u64::from(highest - heights[0])));
        }
    }
}
