//! The blocks on the disk: where each is, which are kept, and the last ones in memory.
//!
//! Refuses to know what is the best chain. Invariant: a segment is deleted only once the database
//! names nothing in it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bitcoin::consensus::{deserialize, serialize};
use bitcoin::p2p::Magic;
use bitcoin::{Block, BlockHash};

use super::headers::HeaderIndex;
use crate::chain::block;
use crate::chain::params::ChainParams;
use crate::chain::tree::{BlockLocation, HeaderTree, Id};
use crate::store::{BlockSegments, StorageError};

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrunedSegments {
    pub(crate) segments: u32,
    /// Of block files.
    pub(crate) bytes: u64,
}

/// The blocks on the disk.
#[derive(Debug)]
pub(super) struct BlockFiles {
    pub(super) segments: BlockSegments,
    /// The blocks in each segment.
    contents: BTreeMap<u32, Vec<Id>>,
    /// Segments to delete once the database names them no more.
    doomed: Vec<u32>,
    /// The last blocks that came, so that they need not be read again.
    recent: VecDeque<(Id, Arc<Block>)>,
    /// Blocks were deleted at some time.
    pub(super) is_pruned: bool,
    /// From here to the tip all blocks are on the disk.
    first_stored: u32,
    /// From this height on blocks have witnesses.
    segwit_height: u32,
}

impl BlockFiles {
    const RECENT: usize = 16;

    /// Those in `directory`; what is in them is yet to be placed.
    pub(super) fn open(directory: PathBuf, params: &ChainParams) -> Result<Self, StorageError> {
        let magic = Magic::from(params.network());
        Ok(Self {
            segments: BlockSegments::open(directory, magic, params.segment_bytes)?,
            contents: BTreeMap::new(),
            doomed: Vec::new(),
            recent: VecDeque::new(),
            is_pruned: false,
            first_stored: 0,
            segwit_height: params.segwit_height,
        })
    }

    pub(super) fn directory(&self) -> &Path {
        self.segments.directory()
    }

    /// The block `id`; `None` if it is not here.
    pub(super) fn read(
        &self,
        tree: &HeaderTree,
        id: Id,
    ) -> Result<Option<Arc<Block>>, StorageError> {
        let entry = tree.get(id);
        let Some(location) = entry.location else {
            return Ok(None);
        };
        if let Some((_, block)) = self.recent.iter().find(|(recent, _)| *recent == id) {
            return Ok(Some(Arc::clone(block)));
        }
        let bytes = self.segments.read(location)?;
        let read: Option<Block> = deserialize(&bytes).ok();
        let has_segwit = entry.height >= self.segwit_height;
        let whole = read.filter(|read| {
            read.block_hash() == entry.hash && block::check_copy(read, has_segwit).is_ok()
        });
        let damaged = || StorageError::Damaged {
            path: self.segments.path(location.segment),
            detail: format!(
                "the block at byte {} is not {}",
                location.offset, entry.hash
            ),
        };
        whole.map(Arc::new).map(Some).ok_or_else(damaged)
    }

    pub(super) fn append(&mut self, block: &Block) -> Result<BlockLocation, StorageError> {
        self.segments.append(&serialize(block))
    }

    /// The block `id` is in that segment.
    pub(super) fn place(&mut self, id: Id, location: BlockLocation) {
        self.contents.entry(location.segment).or_default().push(id);
    }

    pub(super) fn remember(&mut self, id: Id, block: Arc<Block>) {
        self.recent.push_back((id, block));
        if self.recent.len() > Self::RECENT {
            self.recent.pop_front();
        }
    }

    /// The segments in which blocks are known, and which.
    pub(super) fn contents(&self) -> impl DoubleEndedIterator<Item = (u32, &[Id])> {
        self.contents
            .iter()
            .map(|(segment, ids)| (*segment, ids.as_slice()))
    }

    /// The segments in which no block is known.
    pub(super) fn unknown_segments(&self) -> Vec<u32> {
        let segments = self.segments.sizes().map(|(segment, _)| segment);
        segments
            .filter(|segment| !self.contents.contains_key(segment))
            .collect()
    }

    /// Up to where blocks are known in `segment`, bytes.
    pub(super) fn known_end(&self, tree: &HeaderTree, segment: u32) -> u32 {
        let ids = self.contents.get(&segment).into_iter().flatten();
        let ends = ids.filter_map(|id| tree.get(*id).location);
        ends.map(|location| location.offset.saturating_add(location.length))
            .max()
            .unwrap_or(0)
    }

    pub(super) fn first_stored(&self) -> u32 {
        self.first_stored
    }

    pub(super) fn find_first_stored(&mut self, tree: &HeaderTree) {
        let stored = tree
            .line(tree.tip())
            .take_while(|id| tree.get(*id).location.is_some());
        let lowest = stored.last().map(|id| tree.get(id).height);
        self.first_stored = lowest.unwrap_or_else(|| tree.height().saturating_add(1));
    }

    /// Gives up the segments whose blocks are all at or below `height`, and those in which a start
    /// found only blocks without their ancestors: these came from peers again, and are in others.
    /// They are deleted by the next `delete_doomed`. What that will free, and whose blocks they are.
    pub(super) fn doom(
        &mut self,
        headers: &mut HeaderIndex,
        height: u32,
    ) -> (PrunedSegments, Vec<BlockHash>) {
        let current = self.segments.last();
        let is_old = |ids: &[Id]| ids.iter().all(|id| headers.tree.get(*id).height <= height);
        let mut old: Vec<u32> = self
            .contents()
            .filter(|(_, ids)| is_old(ids))
            .map(|(segment, _)| segment)
            .collect();
        old.extend(self.unknown_segments());
        old.retain(|segment| *segment != current && !self.doomed.contains(segment));
        let mut pruned = PrunedSegments::default();
        let mut hashes = Vec::new();
        for segment in old {
            pruned.segments += 1;
            pruned.bytes += u64::from(self.segments.size(segment).unwrap_or(0));
            for id in self.contents.remove(&segment).unwrap_or_default() {
                let entry = headers.change(id);
                entry.location = None;
                hashes.push(entry.hash);
                self.recent.retain(|(recent, _)| *recent != id);
            }
            self.doomed.push(segment);
        }
        if !hashes.is_empty() {
            self.is_pruned = true;
            self.find_first_stored(&headers.tree);
        }
        (pruned, hashes)
    }

    pub(super) fn has_doomed(&self) -> bool {
        !self.doomed.is_empty()
    }

    /// Deletes what the database names no more. A crash before this leaves files that nothing
    /// names, which the next start deletes.
    pub(super) fn delete_doomed(&mut self) -> Result<(), StorageError> {
        while let Some(segment) = self.doomed.last().copied() {
            self.segments.delete(segment)?;
            self.doomed.pop();
        }
        Ok(())
    }
}
