//! How far a chain is, as far as that is known: its height, and the work in it. Pure.

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
    /// Of a chain of which only this is known.
    #[must_use]
    pub fn of_height(height: u64) -> Self {
        Self { height, work: None }
    }

    /// Whether a chain that is here has at least the work of one that is at `mark`. Where the work of
    /// either is not known, the heights are compared.
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
pub(super) fn farthest(
    a: Option<ChainPosition>,
    b: Option<ChainPosition>,
) -> Option<ChainPosition> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.farther(b)),
        (one, None) | (None, one) => one,
    }
}

impl From<&PublishedTip> for ChainPosition {
    fn from(tip: &PublishedTip) -> Self {
        Self {
            height: tip.height,
            work: tip.chainwork.as_deref().and_then(work),
        }
    }
}

impl BlockTag {
    /// Its last 16 digits.
    #[must_use]
    pub(super) fn low(self) -> u64 {
        u64::try_from(self.0 & u128::from(u64::MAX)).unwrap_or_default()
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
        let (short, long) = (at(9, Some(30)), at(10, Some(20)));
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
        assert_eq!(BlockTag::of(&hash[1..]), None);
        assert_eq!(BlockTag::of(&"g".repeat(64)), None);
        assert_eq!(BlockTag::of(&"é".repeat(32)), None);
    }
}
