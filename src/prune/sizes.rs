//! How many bytes of blocks lie below a height, from a few blocks and the sum of all. Pure.
//!
//! Invariant: more heights are never fewer bytes. Whole numbers only, so that this holds exactly.

/// An estimate of where the bytes of the kept blocks are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Sizes of single blocks, by height, ascending.
    samples: Vec<(u32, u64)>,
}

impl Sizes {
    /// From the sizes of single blocks, by height. Without any, all blocks count as equally large.
    #[must_use]
    pub fn new(mut samples: Vec<(u32, u64)>) -> Self {
        samples.sort_unstable();
        samples.dedup_by_key(|(height, _)| *height);
        Self { samples }
    }

    /// Bytes of the blocks below `height`, in an unknown scale: straight lines between the samples.
    fn raw_below(&self, height: u32) -> u128 {
        let (Some(first), Some(last)) = (self.samples.first(), self.samples.last()) else {
            return u128::from(height);
        };
        // No block is empty, so that every height counts.
        let size = |bytes: u64| u128::from(bytes.max(1));
        let mut sum = u128::from(height.min(first.0)) * size(first.1);
        for pair in self.samples.windows(2) {
            let [(from, from_size), (to, to_size)] = *pair else {
                continue;
            };
            let width = u128::from(to - from);
            let part = u128::from(height.clamp(from, to) - from);
            let left = size(from_size);
            let right = size(to_size);
            // The size falls or rises from `left` by `part / width` of the way to `right`.
            sum +=
                (2 * width * part * left + part * part * right - part * part * left) / (2 * width);
        }
        sum + u128::from(height.saturating_sub(last.0)) * size(last.1)
    }
}

/// The kept blocks: their heights, their bytes, and where those are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock<'a> {
    pub(super) sizes: &'a Sizes,
    pub(super) first: u32,
    pub(super) tip: u32,
    /// Of all kept blocks; `None`: not known.
    pub(super) bytes: Option<u64>,
}

impl Stock<'_> {
    /// About how many bytes are freed when all kept blocks up to `last` go.
    pub(super) fn up_to(&self, last: u32) -> Option<u64> {
        let bytes = u128::from(self.bytes?);
        let begin = self.sizes.raw_below(self.first);
        let all = self
            .sizes
            .raw_below(self.tip.saturating_add(1))
            .saturating_sub(begin)
            .max(1);
        let part = self
            .sizes
            .raw_below(last.min(self.tip).saturating_add(1))
            .saturating_sub(begin);
        Some(u64::try_from(bytes * part / all).unwrap_or(u64::MAX))
    }

    /// The lowest height up to which blocks must go to free `bytes`; `None` if all of them are not
    /// enough.
    pub(super) fn height_for(&self, bytes: u64) -> Option<u32> {
        let enough = |last| self.up_to(last).is_some_and(|freed| freed >= bytes);
        if !enough(self.tip) {
            return None;
        }
        let mut low = self.first;
        let mut high = self.tip;
        while low < high {
            let middle = low + (high - low) / 2;
            if enough(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stock(sizes: &Sizes, first: u32, tip: u32, bytes: u64) -> Stock<'_> {
        Stock {
            sizes,
            first,
            tip,
            bytes: Some(bytes),
        }
    }

    #[test]
    fn without_samples_all_blocks_are_alike() {
        let sizes = Sizes::default();
        let stock = stock(&sizes, 0, 999, 1_000_000);
        assert_eq!(stock.up_to(99), Some(100_000));
        assert_eq!(stock.height_for(100_000), Some(99));
        assert_eq!(stock.height_for(1_000_001), None);
    }

    #[test]
    fn early_blocks_that_are_small_count_for_little() {
        let sizes = Sizes::new(vec![(0, 200), (500_000, 1_000_000), (800_000, 1_600_000)]);
        let stock = stock(&sizes, 0, 868_000, 700_000_000_000);
        let early = stock.up_to(100_000).unwrap();
        assert!(early < 20_000_000_000, "{early}");
        let height = stock.height_for(100_000_000_000).unwrap();
        assert!((200_000..350_000).contains(&height), "{height}");
    }

    proptest! {
        #[test]
        fn more_heights_are_never_fewer_bytes_and_all_of_them_are_all_bytes(
            samples in proptest::collection::vec((0_u32..5_000, 0_u64..2_000_000), 0..12),
            first in 0_u32..2_000,
            kept in 1_u32..5_000,
            bytes in 0_u64..1 << 50,
            height in 0_u32..8_000,
        ) {
            let sizes = Sizes::new(samples);
            let tip = first + kept;
            let stock = stock(&sizes, first, tip, bytes);
            prop_assert!(stock.up_to(height) <= stock.up_to(height + 1));
            prop_assert_eq!(stock.up_to(tip), Some(bytes));
            prop_assert_eq!(stock.up_to(first.saturating_sub(1)), Some(0).filter(|_| first > 0).or(stock.up_to(0)));
        }

        #[test]
        fn the_height_for_an_amount_is_the_lowest_that_frees_it(
            samples in proptest::collection::vec((0_u32..5_000, 1_u64..2_000_000), 0..12),
            first in 0_u32..2_000,
            kept in 1_u32..5_000,
            bytes in 1_u64..1 << 40,
            wanted in 1_u64..1 << 40,
        ) {
            let sizes = Sizes::new(samples);
            let tip = first + kept;
            let stock = stock(&sizes, first, tip, bytes);
            match stock.height_for(wanted) {
                None => prop_assert!(bytes < wanted),
                Some(height) => {
                    prop_assert!(stock.up_to(height) >= Some(wanted));
                    prop_assert!(height == first || stock.up_to(height - 1) < Some(wanted));
                }
            }
        }
    }
}
