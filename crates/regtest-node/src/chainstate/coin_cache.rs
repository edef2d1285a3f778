//! The coins as they are now, and how to go back: the database, and above it what has changed since
//! it was last written.

use std::collections::HashSet;

use bitcoin::{BlockHash, OutPoint};

use crate::chain::coins::{self, Coin, CoinChanges, CoinView, Undo};
use crate::store::{CoinStats, Database, FlushBatch, StorageError};

/// The coins.
#[derive(Debug)]
pub(super) struct CoinCache {
    pub(super) database: Database,
    changes: CoinChanges,
    /// Not in the database: if it is spent there is nothing to delete.
    fresh: HashSet<OutPoint>,
    stats: CoinStats,
    /// The undo data of blocks that were connected since the database was written.
    new_undo: Vec<(BlockHash, Vec<u8>)>,
    new_undo_bytes: usize,
    /// Blocks whose undo data is to go from the database.
    old_undo: Vec<BlockHash>,
}

impl CoinCache {
    /// So much may be unwritten before it is written in one go.
    const MAX_UNWRITTEN_COINS: usize = 100_000;
    const MAX_UNWRITTEN_UNDO: usize = 16 * 1024 * 1024;

    pub(super) fn new(database: Database) -> Result<Self, StorageError> {
        let stats = database.stats()?;
        Ok(Self {
            database,
            changes: CoinChanges::new(),
            fresh: HashSet::new(),
            stats,
            new_undo: Vec::new(),
            new_undo_bytes: 0,
            old_undo: Vec::new(),
        })
    }

    /// How many coins there are, and what they are worth.
    pub(super) fn stats(&self) -> CoinStats {
        self.stats
    }

    /// Coins differ from the database.
    pub(super) fn is_dirty(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(super) fn has_old_undo(&self) -> bool {
        !self.old_undo.is_empty()
    }

    /// It is time to write.
    pub(super) fn is_much(&self) -> bool {
        self.changes.len() > Self::MAX_UNWRITTEN_COINS
            || self.new_undo_bytes > Self::MAX_UNWRITTEN_UNDO
    }

    /// Takes up what a block did. A coin it made was not there before; one it spent was.
    pub(super) fn apply(&mut self, changes: CoinChanges) {
        for (outpoint, coin) in changes {
            let is_known = self.changes.contains_key(&outpoint);
            match coin {
                None if self.fresh.remove(&outpoint) => {
                    self.changes.remove(&outpoint);
                }
                coin => {
                    if coin.is_some() && !is_known {
                        self.fresh.insert(outpoint);
                    }
                    self.changes.insert(outpoint, coin);
                }
            }
        }
    }

    /// Counts coins made and spent.
    pub(super) fn count<'a>(
        &mut self,
        made: impl Iterator<Item = &'a Coin>,
        spent: impl Iterator<Item = &'a Coin>,
    ) {
        for coin in made {
            self.stats.outputs = self.stats.outputs.saturating_add(1);
            self.stats.amount = self.stats.amount.saturating_add(coin.output.value.to_sat());
        }
        for coin in spent {
            self.stats.outputs = self.stats.outputs.saturating_sub(1);
            self.stats.amount = self.stats.amount.saturating_sub(coin.output.value.to_sat());
        }
    }

    /// Keeps what connecting the block spent.
    pub(super) fn push_undo(&mut self, block: BlockHash, undo: &Undo) {
        let undo = coins::write_undo(undo);
        self.new_undo_bytes = self.new_undo_bytes.saturating_add(undo.len());
        self.new_undo.push((block, undo));
    }

    /// The block is pruned, and its undo data with it.
    pub(super) fn drop_undo(&mut self, block: BlockHash) {
        self.new_undo.retain(|(new, _)| *new != block);
        self.old_undo.push(block);
    }

    /// What connecting the block kept: the coins it spent. `None` if it was not connected, or is
    /// pruned.
    pub(super) fn undo(&self, block: BlockHash) -> Result<Option<Undo>, StorageError> {
        let unwritten = self.new_undo.iter().rev().find(|(new, _)| *new == block);
        let bytes = match unwritten {
            Some((_, undo)) => Some(undo.clone()),
            None => self.database.undo(&block)?,
        };
        Ok(bytes.and_then(|bytes| coins::read_undo(&bytes).ok()))
    }

    /// Writes `flush` with the coins, their sums and the undo data.
    pub(super) fn flush(&mut self, flush: FlushBatch<'_>) -> Result<(), StorageError> {
        self.database.flush(&FlushBatch {
            coins: &self.changes,
            new_undo: &self.new_undo,
            old_undo: &self.old_undo,
            stats: self.stats,
            ..flush
        })?;
        self.changes.clear();
        self.fresh.clear();
        self.new_undo.clear();
        self.new_undo_bytes = 0;
        self.old_undo.clear();
        Ok(())
    }
}

impl CoinView for CoinCache {
    type Error = StorageError;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StorageError> {
        match self.changes.get(outpoint) {
            Some(coin) => Ok(coin.clone()),
            None => self.database.coin(outpoint),
        }
    }
}
