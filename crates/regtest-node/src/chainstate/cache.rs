//! The coins as they are now: the database, and above it what has changed since it was last
//! written.

use std::collections::HashSet;

use bitcoin::OutPoint;

use crate::chain::coins::{Changes, Coin, Coins};
use crate::store::{CoinStats, Database, Flush, StoreError};

/// The coins.
#[derive(Debug)]
pub(super) struct CoinCache {
    pub(super) database: Database,
    changes: Changes,
    /// Not in the database: if it is spent there is nothing to delete.
    fresh: HashSet<OutPoint>,
    pub(super) stats: CoinStats,
}

impl CoinCache {
    pub(super) fn new(database: Database) -> Result<Self, StoreError> {
        let stats = database.stats()?;
        Ok(Self {
            database,
            changes: Changes::new(),
            fresh: HashSet::new(),
            stats,
        })
    }

    /// How many coins differ from the database.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Takes up what a block did. A coin it made was not there before; one it spent was.
    pub(super) fn apply(&mut self, changes: Changes) {
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

    /// Writes `flush` with the coins and their sums.
    pub(super) fn flush(&mut self, flush: Flush<'_>) -> Result<(), StoreError> {
        self.database.flush(&Flush {
            coins: &self.changes,
            stats: self.stats,
            ..flush
        })?;
        self.changes.clear();
        self.fresh.clear();
        Ok(())
    }
}

impl Coins for CoinCache {
    type Error = StoreError;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StoreError> {
        match self.changes.get(outpoint) {
            Some(coin) => Ok(coin.clone()),
            None => self.database.coin(outpoint),
        }
    }
}
