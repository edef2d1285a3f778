//! The chain as it is here: every header, the blocks on the disk, the coins at the tip.
//!
//! Decides which chain is the best one and moves to it a block at a time. Refuses to know peers and
//! clocks. Invariant: between two calls the coins are exactly those of the tip, and the database,
//! when it is written, says the same.

mod accept;
mod cache;
mod open;
mod prune;
mod step;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use accept::{Accepted, BlockError};
pub(crate) use open::Settings;
pub(crate) use step::Step;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bitcoin::consensus::deserialize;
use bitcoin::{Block, BlockHash, OutPoint, Work};

use self::cache::CoinCache;
use super::chain::block;
use super::chain::coins::{Changes, Coin, Coins};
use super::chain::connect::Place;
use super::chain::params::Params;
use super::chain::tree::{Id, Tree};
use super::store::{CoinStats, Flush, Segments, StoreError};

/// A tip that could be the best one: the most work, then the one whose chain was whole first.
type Candidate = (Work, Reverse<u64>, Id);

/// The chain as it is here.
#[derive(Debug)]
pub(crate) struct Chainstate {
    params: Params,
    tree: Tree,
    segments: Segments,
    coins: CoinCache,
    /// Tips whose blocks are all here.
    candidates: BTreeSet<Candidate>,
    /// The blocks in each segment.
    contents: BTreeMap<u32, Vec<Id>>,
    /// Blocks that came before their parents, by the parent.
    waiting: HashMap<Id, Vec<Id>>,
    /// Entries that the database does not have as they are.
    dirty: BTreeSet<Id>,
    new_undo: Vec<(BlockHash, Vec<u8>)>,
    new_undo_bytes: usize,
    old_undo: Vec<BlockHash>,
    /// Segments to delete once the database names them no more.
    doomed: Vec<u32>,
    /// Headers without blocks came since the database was written.
    has_new_headers: bool,
    /// The last blocks that came, so that they need not be read again.
    recent: VecDeque<(Id, Arc<Block>)>,
    next_sequence: u64,
    best_header: Id,
    /// Every block on the way to this tip is on the disk.
    open_way: Option<Id>,
    /// The height at which a better chain forks off that cannot be gone to was told.
    told_fork: Option<Id>,
    is_pruned: bool,
    /// From here to the tip all blocks are on the disk.
    first_stored: u32,
}

impl Chainstate {
    /// So much may be unwritten before it is written in one go.
    const MAX_UNWRITTEN_COINS: usize = 100_000;
    const MAX_UNWRITTEN_UNDO: usize = 16 * 1024 * 1024;
    const RECENT: usize = 16;

    pub(crate) fn params(&self) -> &Params {
        &self.params
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Of all headers that are not known to be bad, the one with the most work.
    pub(crate) fn best_header(&self) -> Id {
        self.best_header
    }

    /// Where a block on top of the tip would be.
    pub(crate) fn next_place(&self) -> Place<'_> {
        Place::on(&self.tree, &self.params, self.tree.tip())
    }

    /// How many coins there are.
    pub(crate) fn coin_stats(&self) -> CoinStats {
        self.coins.stats
    }

    /// Bytes of the block files.
    pub(crate) fn size_on_disk(&self) -> u64 {
        self.segments.total_bytes()
    }

    /// Bytes of the database's file.
    pub(crate) fn database_bytes(&self) -> Result<u64, StoreError> {
        let path = self.coins.database.path();
        Ok(std::fs::metadata(path)
            .map_err(StoreError::io("measure", path))?
            .len())
    }

    /// Hands each coin to `take` in the order of their outpoints, after writing what is not
    /// written.
    pub(crate) fn all_coins(&mut self, take: impl FnMut(OutPoint, Coin)) -> Result<(), StoreError> {
        self.flush()?;
        self.coins.database.coins(take)
    }

    /// The block `id`; `None` if it is not here.
    pub(crate) fn block(&self, id: Id) -> Result<Option<Arc<Block>>, StoreError> {
        let entry = self.tree.get(id);
        let Some(location) = entry.location else {
            return Ok(None);
        };
        if let Some((_, block)) = self.recent.iter().find(|(recent, _)| *recent == id) {
            return Ok(Some(Arc::clone(block)));
        }
        let bytes = self.segments.read(location)?;
        let read: Option<Block> = deserialize(&bytes).ok();
        let whole = read
            .filter(|read| read.block_hash() == entry.hash && block::check_itself(read).is_ok());
        let damaged = || StoreError::Damaged {
            path: self.segments.path(location.segment),
            detail: format!(
                "the block at byte {} is not {}",
                location.offset, entry.hash
            ),
        };
        whole.map(Arc::new).map(Some).ok_or_else(damaged)
    }

    fn remember(&mut self, id: Id, block: Arc<Block>) {
        self.recent.push_back((id, block));
        if self.recent.len() > Self::RECENT {
            self.recent.pop_front();
        }
    }

    fn candidate(&self, id: Id) -> Candidate {
        let entry = self.tree.get(id);
        (entry.work, Reverse(entry.sequence), id)
    }

    /// Looks at all entries anew: after an operator's word on one of them anything may be the best.
    fn rebuild_candidates(&mut self) {
        self.open_way = None;
        let tip = self.tree.tip();
        let floor = (!self.tree.get(tip).validity.has_failed()).then(|| self.candidate(tip));
        let good = |id: &Id| {
            let entry = self.tree.get(*id);
            entry.is_complete()
                && !entry.validity.has_failed()
                && (entry.location.is_some() || self.tree.is_best(*id))
        };
        let found = self.tree.ids().filter(good).map(|id| self.candidate(id));
        self.candidates = found
            .filter(|found| floor.is_none_or(|floor| *found >= floor))
            .collect();
        let best = self
            .tree
            .ids()
            .filter(|id| !self.tree.get(*id).validity.has_failed());
        self.best_header = best
            .max_by_key(|id| (self.tree.get(*id).work, Reverse(*id)))
            .unwrap_or(Id::GENESIS);
    }

    /// Something is not written yet.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || self.coins.len() > 0
    }

    fn flush_if_much(&mut self) -> Result<(), StoreError> {
        if self.coins.len() > Self::MAX_UNWRITTEN_COINS
            || self.new_undo_bytes > Self::MAX_UNWRITTEN_UNDO
        {
            self.flush()?;
        }
        Ok(())
    }

    /// As `flush`, after a write that failed: the database takes nothing more until it is opened
    /// anew.
    pub(crate) fn recover(&mut self) -> Result<(), StoreError> {
        // On a full disk what is to be deleted is what makes room, and the database may need none
        // to say so.
        if self.doomed.is_empty() {
            self.try_writing()?;
        }
        self.coins.database.reopen()?;
        self.flush()
    }

    /// Writes something, whether or not there is anything to be written.
    pub(crate) fn try_writing(&self) -> Result<(), StoreError> {
        self.segments.try_writing()
    }

    /// Writes everything: first the blocks, then what names them.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        if !self.is_dirty() && self.old_undo.is_empty() && self.doomed.is_empty() {
            return Ok(());
        }
        self.segments.sync()?;
        let none = Changes::new();
        let flush = Flush {
            headers: self.dirty.iter().map(|id| self.tree.get(*id)).collect(),
            coins: &none,
            new_undo: &self.new_undo,
            old_undo: &self.old_undo,
            best: self.tree.get(self.tree.tip()).hash,
            stats: CoinStats::default(),
            is_pruned: self.is_pruned,
        };
        self.coins.flush(flush)?;
        self.dirty.clear();
        self.new_undo.clear();
        self.new_undo_bytes = 0;
        self.old_undo.clear();
        self.has_new_headers = false;
        // A crash before this leaves files that nothing names, which the next start deletes.
        while let Some(segment) = self.doomed.last().copied() {
            self.segments.delete(segment)?;
            self.doomed.pop();
        }
        Ok(())
    }
}

impl Coins for Chainstate {
    type Error = StoreError;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StoreError> {
        self.coins.coin(outpoint)
    }
}
