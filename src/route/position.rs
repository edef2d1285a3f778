//! How far a chain is, as far as that is known: its height, and the work in it. Pure.

use std::num::NonZeroU64;

use super::facts::PublishedTip;

/// How far a chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPosition {
    /// The height of its last block.
    pub height: u64,
    /// The work up to that block, where it is known.
    pub work: Option<u128>,
}

/// A block by its hash: the last 32 of the 64 hexadecimal digits, as a number. The first ones are
/// mostly zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockTag(u128);

impl ChainPosition {
    /// Of a chain of this height, with its work as the node writes it, if it does.
    #[must_use]
    pub fn new(height: u64, chainwork: Option<&str>) -> Self {
        let work = chainwork.and_then(work);
        Self { height, work }
    }

    /// Of a chain of which only this is known.
    #[must_use]
    pub fn of_height(height: u64) -> Self {
        Self { height, work: None }
    }

    /// Whether a chain that is here has at least the work of one that is at `mark`. Where the work
    /// of either is not known, the heights are compared.
    #[must_use]
    pub fn reaches(self, mark: Self) -> bool {
        match (self.work, mark.work) {
            (Some(own), Some(of_mark)) => own >= of_mark,
            _ => self.height >= mark.height,
        }
    }

    /// The farther of the two; of equal ones that of which the work is known.
    #[must_use]
    pub(super) fn farther(self, other: Self) -> Self {
        match (self.reaches(other), other.reaches(self)) {
            (true, true) if self.work.is_none() => other,
            (true, _) => self,
            (false, _) => other,
        }
    }
}

/// Of two positions that may be unknown the farther one.
fn farthest(a: Option<ChainPosition>, b: Option<ChainPosition>) -> Option<ChainPosition> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.farther(b)),
        (one, None) | (None, one) => one,
    }
}

/// How far a chain is at least: a position, and a height beyond it whose block is not known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ChainExtent {
    pub(super) known: Option<ChainPosition>,
    pub(super) height: Option<u64>,
}

impl ChainExtent {
    /// Of a chain that is at `position`.
    pub(super) fn at(position: ChainPosition) -> Self {
        if position.work.is_none() {
            return Self::of_height(position.height);
        }
        Self {
            known: Some(position),
            height: None,
        }
    }

    /// Of a chain of which only this is known.
    pub(super) fn of_height(height: u64) -> Self {
        Self {
            known: None,
            height: Some(height),
        }
    }

    /// How high it is at least.
    pub(super) fn highest(self) -> Option<u64> {
        let known = self.known.map(|position| position.height);
        self.height.max(known)
    }

    /// Whether a chain that is this far has all of one that is as far as `mark`.
    pub(super) fn covers(self, mark: Self) -> bool {
        let highest = self.highest();
        let covers_known = mark.known.is_none_or(|mark| {
            let has_work = self.known.is_some_and(|own| own.reaches(mark));
            has_work || self.height >= Some(mark.height)
        });
        covers_known && (mark.height.is_none() || highest >= mark.height)
    }

    /// What is known by either.
    pub(super) fn and(self, other: Self) -> Self {
        let known = farthest(self.known, other.known);
        let height = self.height.max(other.height);
        let is_beyond = |height: &u64| known.is_none_or(|known| known.height < *height);
        Self {
            known,
            height: height.filter(is_beyond),
        }
    }
}

impl From<&PublishedTip> for ChainPosition {
    fn from(tip: &PublishedTip) -> Self {
        Self::new(tip.height, tip.chainwork.as_deref())
    }
}

impl BlockTag {
    /// Its last 16 digits. If these are all zeros, which no block of a chain has, it is another
    /// number, so that zero can stand for no block.
    #[must_use]
    pub(super) fn low(self) -> NonZeroU64 {
        let low = u64::try_from(self.0 & u128::from(u64::MAX)).unwrap_or_default();
        NonZeroU64::new(low).unwrap_or(NonZeroU64::MAX)
    }

    /// That of the block with this hash, if it is one.
    #[must_use]
    pub fn of(hash: &str) -> Option<Self> {
        const HASH_DIGITS: usize = 64;
        if hash.len() != HASH_DIGITS {
            return None;
        }
        hex(hash.get(HASH_DIGITS / 2..)?).map(Self)
    }
}

/// The work that is written so: hexadecimal digits.
pub(super) fn work(digits: &str) -> Option<u128> {
    hex(digits.trim_start_matches('0')).or_else(|| digits.bytes().all(|b| b == b'0').then_some(0))
}

fn hex(digits: &str) -> Option<u128> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(height: u64, work: Option<u128>) -> ChainPosition {
        ChainPosition { height, work }
    }

    #[test]
    fn work_decides_and_height_only_where_a_work_is_not_known() {
        let short = at(9, Some(30));
        let long = at(10, Some(20));
        assert!(short.reaches(long) && !long.reaches(short));
        assert!(!at(9, Some(30)).reaches(at(10, None)));
        assert!(at(10, None).reaches(at(10, Some(20))));
        assert_eq!(short.farther(long), short);
        assert_eq!(long.farther(short), short);
        assert_eq!(at(10, None).farther(long), long);
        assert_eq!(long.farther(at(10, None)), long);
        assert_eq!(farthest(None, Some(long)), Some(long));
    }

    #[test]
    fn work_is_read_as_the_node_writes_it() {
        let digits = |digits: &str| format!("{digits:0>64}");
        assert_eq!(work(&digits("2a")), Some(42));
        assert_eq!(work(&digits("0")), Some(0));
        assert_eq!(work(&digits(&"f".repeat(32))), Some(u128::MAX));
        assert_eq!(work(&digits(&"f".repeat(33))), None);
        assert_eq!(work("+1"), None);
        assert_eq!(work(""), Some(0));
    }

    #[test]
    fn a_block_is_known_by_its_hash_and_by_nothing_else() {
        let hash = "00".repeat(30) + "beef";
        assert_eq!(BlockTag::of(&hash), Some(BlockTag(0xbeef)));
        assert_eq!(BlockTag(0xbeef).low().get(), 0xbeef);
        assert_eq!(BlockTag::of(&hash[1..]), None);
        assert_eq!(BlockTag::of(&"g".repeat(64)), None);
        assert_eq!(BlockTag::of(&"é".repeat(32)), None);
    }
}
