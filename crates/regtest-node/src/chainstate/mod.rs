//! The chain as it is here: every header, the blocks on the disk, the coins at the tip.
//!
//! Decides which chain is the best one and moves to it a block at a time. Refuses to know peers and
//! clocks. Invariant: between two calls the coins are exactly those of the tip, and the database,
//! when it is written, says the same.

mod block_files;
mod candidates;
mod coin_cache;
mod headers;
mod open;
mod step;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use open::ChainstateSettings;
pub(crate) use step::ChainStep;

use std::sync::Arc;

use bitcoin::block::Header;
use bitcoin::{Block, OutPoint};

use self::block_files::{BlockFiles, PrunedSegments};
use self::candidates::{Candidates, are_stored};
use self::coin_cache::CoinCache;
use self::headers::HeaderIndex;
use crate::chain::coins::{Coin, CoinChanges, CoinView, Undo};
use crate::chain::connect::ChainPosition;
use crate::chain::params::ChainParams;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::{BlockLocation, HeaderTree, Id};
use crate::store::{CoinStats, FlushBatch, StorageError};

/// Why a block is not taken.
#[derive(Debug)]
pub(crate) enum BlockError {
    /// It breaks a rule.
    Reject(Reject),
    /// It cannot be written.
    Store(StorageError),
}

impl From<Reject> for BlockError {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<StorageError> for BlockError {
    fn from(error: StorageError) -> Self {
        Self::Store(error)
    }
}

/// A block that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AcceptedBlock {
    pub(crate) id: Id,
    /// It was not here before.
    pub(crate) is_new: bool,
}

/// The chain as it is here.
#[derive(Debug)]
pub(crate) struct Chainstate {
    headers: HeaderIndex,
    candidates: Candidates,
    files: BlockFiles,
    coins: CoinCache,
}

/// What others read.
impl Chainstate {
    pub(crate) fn params(&self) -> &ChainParams {
        self.headers.params()
    }

    pub(crate) fn tree(&self) -> &HeaderTree {
        &self.headers.tree
    }

    /// Of all headers that are not known to be bad, the one with the most work.
    pub(crate) fn best_header(&self) -> Id {
        self.headers.best()
    }

    /// Where a block on top of the tip would be.
    pub(crate) fn next_place(&self) -> ChainPosition<'_> {
        ChainPosition::on(self.tree(), self.params(), self.tree().tip())
    }

    /// How many coins there are.
    pub(crate) fn coin_stats(&self) -> CoinStats {
        self.coins.stats()
    }

    /// Bytes of the block files.
    pub(crate) fn size_on_disk(&self) -> u64 {
        self.files.segments.total_bytes()
    }

    /// Bytes of the database's file.
    pub(crate) fn database_bytes(&self) -> Result<u64, StorageError> {
        let path = self.coins.database.path();
        Ok(std::fs::metadata(path)
            .map_err(StorageError::io("measure", path))?
            .len())
    }

    /// Hands each coin to `take` in the order of their outpoints, after writing what is not
    /// written.
    pub(crate) fn all_coins(
        &mut self,
        take: impl FnMut(OutPoint, Coin),
    ) -> Result<(), StorageError> {
        self.flush()?;
        self.coins.database.coins(take)
    }

    /// The block `id`; `None` if it is not here.
    pub(crate) fn block(&self, id: Id) -> Result<Option<Arc<Block>>, StorageError> {
        self.files.read(self.tree(), id)
    }

    /// What connecting the block kept: the coins it spent. `None` if it was not connected, or is
    /// pruned.
    pub(crate) fn undo(&self, id: Id) -> Result<Option<Undo>, StorageError> {
        self.coins.undo(self.tree().get(id).hash)
    }

    /// Whether the block can be undone, with all that are on top of it, as far as they are
    /// connected.
    pub(crate) fn can_undo(&self, id: Id) -> bool {
        let tree = self.tree();
        let below = tree.get(id).parent;
        !tree.is_best(id) || below.is_some_and(|below| are_stored(tree, tree.tip(), below))
    }

    /// Blocks were deleted at some time.
    pub(crate) fn is_pruned(&self) -> bool {
        self.files.is_pruned
    }

    /// From this height to the tip all blocks are on the disk.
    pub(crate) fn first_stored(&self) -> u32 {
        self.files.first_stored()
    }

    /// Something is not written yet.
    pub(crate) fn is_dirty(&self) -> bool {
        self.headers.is_dirty() || self.coins.is_dirty()
    }
}

/// Headers and blocks as they come, what is kept of them, and what is written.
impl Chainstate {
    /// Blocks that are always kept, so that peers can be served and a reorganisation undone.
    pub(crate) const MIN_BLOCKS_TO_KEEP: u32 = 288;

    /// Takes up headers of blocks that are to be fetched.
    pub(crate) fn accept_headers(
        &mut self,
        headers: &[Header],
        now_secs: u64,
    ) -> Result<Option<Id>, Reject> {
        self.headers.accept_all(headers, now_secs)
    }

    /// Accepts a block and writes it. `step` decides whether it becomes part of the best chain.
    ///
    /// A block that is bad by itself leaves no trace: with the same header there may be a good one,
    /// as a merkle tree can be read in more than one way.
    pub(crate) fn accept_block(
        &mut self,
        block: Arc<Block>,
        now_secs: u64,
    ) -> Result<AcceptedBlock, BlockError> {
        self.headers.check_itself(&block)?;
        let id = self.headers.accept(&block.header, now_secs)?;
        if self.tree().get(id).transactions > 0 {
            return Ok(AcceptedBlock { id, is_new: false });
        }
        self.check_place(id, &block)?;
        let parent = self.tree().get(id).parent;
        let is_out_of_order = parent.is_some_and(|parent| !self.tree().get(parent).is_complete());
        if is_out_of_order && self.headers.has_new() {
            // After a crash the block alone could not say where it belongs.
            self.flush()?;
        }
        let location = self.files.append(&block)?;
        self.place(id, &block, location);
        self.files.remember(id, block);
        Ok(AcceptedBlock { id, is_new: true })
    }

    /// As `accept_block`, for a block that was found on the disk.
    fn adopt(&mut self, block: &Block, location: BlockLocation) -> Result<AcceptedBlock, Reject> {
        self.headers.check_itself(block)?;
        // It was written at a time when it was not in the future.
        let id = self.headers.accept(&block.header, u64::MAX)?;
        if self.tree().get(id).location.is_some() {
            return Ok(AcceptedBlock { id, is_new: false });
        }
        self.check_place(id, block)?;
        self.place(id, block, location);
        Ok(AcceptedBlock { id, is_new: true })
    }

    fn check_place(&mut self, id: Id, block: &Block) -> Result<(), Reject> {
        let checked = self.headers.check_place(id, block);
        // Another copy of a mutated block may be good; the header of any other is not.
        if checked
            .as_ref()
            .is_err_and(|reject| reject.fault == Fault::Consensus)
        {
            self.fail(id);
        }
        checked
    }

    fn place(&mut self, id: Id, block: &Block, location: BlockLocation) {
        let entry = self.headers.change(id);
        entry.location = Some(location);
        entry.transactions = u32::try_from(block.txdata.len()).unwrap_or(u32::MAX);
        self.files.place(id, location);
        self.candidates.complete(&mut self.headers, id);
    }

    /// Notes that the block breaks a rule, and that all on top of it are lost with it.
    fn fail(&mut self, id: Id) {
        self.headers.fail(id);
        self.find_best_header();
    }

    fn find_best_header(&mut self) {
        self.candidates.rebuild(&self.headers.tree);
        self.headers.find_best();
    }

    /// An operator's word that the block is bad. The genesis block stays.
    pub(crate) fn invalidate(&mut self, id: Id) {
        if id != Id::GENESIS {
            self.fail(id);
        }
    }

    /// An operator's word that the block, what is below it and what is above it may be good after
    /// all.
    pub(crate) fn reconsider(&mut self, id: Id) {
        self.headers.reconsider(id);
        self.find_best_header();
    }

    /// Of tips with the same work the operator's choice goes first: the others count as having come
    /// after it.
    pub(crate) fn prefer(&mut self, id: Id) {
        self.candidates.prefer(&mut self.headers.tree, id);
    }

    /// Deletes the segments whose blocks are all at or below `height`, and never one of the last
    /// 288.
    pub(crate) fn prune(&mut self, height: u32) -> Result<PrunedSegments, StorageError> {
        let limit = height.min(
            self.tree()
                .height()
                .saturating_sub(Self::MIN_BLOCKS_TO_KEEP),
        );
        let (pruned, blocks) = self.files.doom(&mut self.headers, limit);
        if pruned.segments == 0 {
            return Ok(pruned);
        }
        for block in blocks {
            self.coins.drop_undo(block);
        }
        self.candidates.pruned();
        self.flush()?;
        Ok(pruned)
    }

    /// As `flush`, after a write that failed: the database takes nothing more until it is opened
    /// anew.
    pub(crate) fn recover(&mut self) -> Result<(), StorageError> {
        // On a full disk what is to be deleted is what makes room, and the database may need none
        // to say so.
        if !self.files.has_doomed() {
            self.try_writing()?;
        }
        self.coins.database.reopen()?;
        self.flush()
    }

    /// Writes something, whether or not there is anything to be written.
    pub(crate) fn try_writing(&self) -> Result<(), StorageError> {
        self.files.segments.try_writing()
    }

    /// Writes everything: first the blocks, then what names them.
    pub(crate) fn flush(&mut self) -> Result<(), StorageError> {
        if !self.is_dirty() && !self.coins.has_old_undo() && !self.files.has_doomed() {
            return Ok(());
        }
        self.files.segments.sync()?;
        let none = CoinChanges::new();
        let tree = &self.headers.tree;
        self.coins.flush(FlushBatch {
            headers: self.headers.unwritten(),
            coins: &none,
            new_undo: &[],
            old_undo: &[],
            best: tree.get(tree.tip()).hash,
            stats: CoinStats::default(),
            is_pruned: self.files.is_pruned,
        })?;
        self.headers.written();
        self.files.delete_doomed()
    }
}

impl CoinView for Chainstate {
    type Error = StorageError;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StorageError> {
        self.coins.coin(outpoint)
    }
}
