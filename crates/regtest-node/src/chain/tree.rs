//! Every known header, as a tree, and the best chain through it. Pure.
//!
//! Invariant: a parent is in the tree before its children, so that an id is larger than its
//! parent's.

use std::collections::HashMap;

use bitcoin::block::Header;
use bitcoin::{BlockHash, Work};

/// A header's place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl Id {
    /// The genesis block.
    pub(crate) const GENESIS: Self = Self(0);
}

/// Where a block is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockLocation {
    /// Number of the segment.
    pub(crate) segment: u32,
    /// Where the block begins in it, behind its frame.
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

/// How far a block has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// Its header.
    Header,
    /// It was part of the best chain, with all its scripts.
    ConnectedBlock,
    /// It breaks a rule, or its operator called it invalid.
    Failed,
    /// It builds on one that failed.
    OnFailed,
}

impl Validity {
    pub(crate) fn has_failed(self) -> bool {
        matches!(self, Self::Failed | Self::OnFailed)
    }
}

/// A known header and what is known of its block.
#[derive(Clone, Debug)]
pub(crate) struct HeaderEntry {
    pub(crate) hash: BlockHash,
    pub(crate) header: Header,
    pub(crate) parent: Option<Id>,
    skip: Option<Id>,
    pub(crate) height: u32,
    /// Of the whole chain up to here.
    pub(crate) work: Work,
    pub(crate) validity: Validity,
    pub(crate) location: Option<BlockLocation>,
    /// Zero while the block has never been here.
    pub(crate) transactions: u32,
    /// Of the whole chain up to here; zero while a block of it has never been here.
    pub(crate) chain_transactions: u64,
    /// Counts the blocks as their chains became whole: of two chains with the same work the first
    /// stays. Zero before.
    pub(crate) sequence: u64,
}

impl HeaderEntry {
    /// Its block and all before it have been here.
    pub(crate) fn is_complete(&self) -> bool {
        self.chain_transactions > 0
    }
}

/// The tree.
#[derive(Debug)]
pub(crate) struct HeaderTree {
    entries: Vec<HeaderEntry>,
    by_hash: HashMap<BlockHash, Id>,
    best: Vec<Id>,
}

impl HeaderTree {
    /// With the genesis block alone.
    pub(crate) fn new(genesis: Header) -> Self {
        let hash = genesis.block_hash();
        let entry = HeaderEntry {
            hash,
            header: genesis,
            parent: None,
            skip: None,
            height: 0,
            work: genesis.work(),
            validity: Validity::ConnectedBlock,
            location: None,
            transactions: 1,
            chain_transactions: 1,
            sequence: 0,
        };
        Self {
            entries: vec![entry],
            by_hash: HashMap::from([(hash, Id::GENESIS)]),
            best: vec![Id::GENESIS],
        }
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "ids come from this tree, which only grows"
    )]
    pub(crate) fn get(&self, id: Id) -> &HeaderEntry {
        &self.entries[id.0 as usize]
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "ids come from this tree, which only grows"
    )]
    pub(crate) fn get_mut(&mut self, id: Id) -> &mut HeaderEntry {
        &mut self.entries[id.0 as usize]
    }

    pub(crate) fn find(&self, hash: &BlockHash) -> Option<Id> {
        self.by_hash.get(hash).copied()
    }

    /// How many headers there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All ids, parents before children.
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = Id> + use<> {
        (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).map(Id)
    }

    /// Adds a header that has been checked; `None` if its parent is not here, or the tree is full.
    pub(crate) fn insert(&mut self, header: Header) -> Option<Id> {
        let hash = header.block_hash();
        if let Some(known) = self.find(&hash) {
            return Some(known);
        }
        let parent = self.find(&header.prev_blockhash)?;
        let above = self.get(parent);
        let height = above.height.checked_add(1)?;
        let work = above.work + header.work();
        let validity = if above.validity.has_failed() {
            Validity::OnFailed
        } else {
            Validity::Header
        };
        let id = Id(u32::try_from(self.entries.len()).ok()?);
        let skip = self.ancestor(parent, skip_height(height));
        self.entries.push(HeaderEntry {
            hash,
            header,
            parent: Some(parent),
            skip,
            height,
            work,
            validity,
            location: None,
            transactions: 0,
            chain_transactions: 0,
            sequence: 0,
        });
        self.by_hash.insert(hash, id);
        Some(id)
    }

    /// The ancestor of `id` at `height`, which may be itself.
    pub(crate) fn ancestor(&self, id: Id, height: u32) -> Option<Id> {
        let mut at = id;
        if self.get(at).height < height {
            return None;
        }
        while self.get(at).height > height {
            if self.at_height(self.get(at).height) == Some(at) {
                return self.at_height(height);
            }
            let entry = self.get(at);
            let by_skip = entry.skip.filter(|skip| self.get(*skip).height >= height);
            at = by_skip.or(entry.parent)?;
        }
        Some(at)
    }

    /// The id and its ancestors, down to the genesis block.
    pub(crate) fn line(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |id| self.get(*id).parent)
    }

    /// The median of the times of `id` and the ten before it.
    pub(crate) fn median_time(&self, id: Id) -> u32 {
        let mut times: Vec<u32> = self
            .line(id)
            .take(11)
            .map(|id| self.get(id).header.time)
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }

    /// The tip of the best chain.
    pub(crate) fn tip(&self) -> Id {
        self.best.last().copied().unwrap_or(Id::GENESIS)
    }

    /// Height of the tip.
    pub(crate) fn height(&self) -> u32 {
        self.get(self.tip()).height
    }

    /// The block of the best chain at `height`.
    pub(crate) fn at_height(&self, height: u32) -> Option<Id> {
        self.best.get(usize::try_from(height).ok()?).copied()
    }

    /// `id` is part of the best chain.
    pub(crate) fn is_best(&self, id: Id) -> bool {
        self.at_height(self.get(id).height) == Some(id)
    }

    /// Puts `id` on top of the tip, which is its parent.
    pub(crate) fn push_best(&mut self, id: Id) {
        debug_assert_eq!(self.get(id).parent, Some(self.tip()));
        self.best.push(id);
    }

    /// Takes the tip from the best chain; the genesis block stays.
    pub(crate) fn pop_best(&mut self) {
        if self.best.len() > 1 {
            self.best.pop();
        }
    }

    /// Makes `id` the tip, as it was found stored.
    pub(crate) fn set_best(&mut self, id: Id) {
        let mut line: Vec<Id> = self.line(id).collect();
        line.reverse();
        self.best = line;
    }

    /// The last block that `id` has in common with the best chain.
    pub(crate) fn fork(&self, id: Id) -> Id {
        let tip = self.tip();
        let common = self
            .ancestor(id, self.height().min(self.get(id).height))
            .unwrap_or(Id::GENESIS);
        self.line(common)
            .find(|id| self.is_best(*id))
            .unwrap_or(tip)
    }

    /// The last block that two ids have in common.
    pub(crate) fn last_common(&self, one: Id, other: Id) -> Id {
        let height = self.get(one).height.min(self.get(other).height);
        let mut one = self.ancestor(one, height);
        let mut other = self.ancestor(other, height);
        while one != other {
            one = one.and_then(|id| self.get(id).parent);
            other = other.and_then(|id| self.get(id).parent);
        }
        one.unwrap_or(Id::GENESIS)
    }

    /// Hashes from `id` back to the genesis block, ever further apart, as `getheaders` wants them.
    pub(crate) fn locator(&self, id: Id) -> Vec<BlockHash> {
        let mut hashes = Vec::new();
        let mut at = id;
        let mut step = 1_u32;
        loop {
            let entry = self.get(at);
            hashes.push(entry.hash);
            if entry.height == 0 {
                return hashes;
            }
            if hashes.len() > 10 {
                step = step.saturating_mul(2);
            }
            at = self
                .ancestor(at, entry.height.saturating_sub(step))
                .unwrap_or(Id::GENESIS);
        }
    }

    /// The last block of the best chain that `locator` names.
    pub(crate) fn locate(&self, locator: &[BlockHash]) -> Id {
        for hash in locator {
            let Some(id) = self.find(hash) else { continue };
            if self.is_best(id) {
                return id;
            }
            // Whoever sent this is on a branch that has our tip in its past.
            if self.ancestor(id, self.height()) == Some(self.tip()) {
                return self.tip();
            }
        }
        Id::GENESIS
    }
}

/// How far back an entry's second pointer goes, so that any ancestor is found in few steps.
fn skip_height(height: u32) -> u32 {
    let without_lowest_one = |number: u32| number & number.wrapping_sub(1);
    match height {
        0 | 1 => 0,
        odd if odd % 2 == 1 => without_lowest_one(without_lowest_one(odd - 1)) + 1,
        even => without_lowest_one(even),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use bitcoin::hashes::Hash;
    use bitcoin::{CompactTarget, TxMerkleNode};
    use proptest::prelude::*;

    use super::*;

    /// A header on `parent` that nobody mined.
    pub(crate) fn header_on(parent: &HeaderEntry, time: u32, nonce: u32) -> Header {
        Header {
            version: bitcoin::block::Version::from_consensus(4),
            prev_blockhash: parent.hash,
            merkle_root: TxMerkleNode::all_zeros(),
            time,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce,
        }
    }

    fn genesis() -> Header {
        bitcoin::constants::genesis_block(bitcoin::Network::Regtest).header
    }

    proptest! {
        #[test]
        fn ancestors_and_forks_are_those_a_walk_finds(parents in prop::collection::vec(0_usize..1_000, 1..150)) {
            let mut tree = HeaderTree::new(genesis());
            for (nonce, parent) in (0_u32..).zip(parents) {
                let parent = tree.ids().nth(parent % tree.ids().count()).unwrap();
                let header = header_on(tree.get(parent), nonce, nonce);
                tree.insert(header).unwrap();
            }
            let best = tree.ids().max_by_key(|id| tree.get(*id).work).unwrap();
            tree.set_best(best);
            for id in tree.ids() {
                let line: Vec<Id> = tree.line(id).collect();
                for height in 0..=tree.get(id).height {
                    let walked = line.iter().copied().find(|id| tree.get(*id).height == height);
                    prop_assert_eq!(tree.ancestor(id, height), walked);
                }
                prop_assert_eq!(tree.ancestor(id, tree.get(id).height + 1), None);
                let fork = line.iter().copied().find(|id| tree.is_best(*id)).unwrap();
                prop_assert_eq!(tree.fork(id), fork);
                prop_assert_eq!(tree.last_common(id, best), fork);
                prop_assert_eq!(tree.locate(&tree.locator(id)), if tree.is_best(id) { id } else {
                    // A locator has gaps: what is found is at or below the fork, and all of it is
                    // shared.
                    let found = tree.locate(&tree.locator(id));
                    prop_assert!(tree.get(found).height <= tree.get(fork).height);
                    found
                });
            }
        }
    }
}
