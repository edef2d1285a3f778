//! What a reorganisation does to the mempool: transactions of blocks that are no longer in the
//! chain come back, and what cannot be in the next block any more goes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use bitcoin::{Block, OutPoint, Transaction, Txid};

use super::accept::{non_bip68_final, non_final};
use super::{Mempool, MempoolCoinView, MempoolEntry};
use crate::chain::coins::CoinView;
use crate::chain::connect::{self, ChainPosition, ConnectError, LockPoints};
use crate::chain::transaction;

/// The transactions of blocks that were disconnected and are in no block since.
#[derive(Debug, Default)]
pub(crate) struct DisconnectedTransactions {
    /// Those of the youngest block first, and of each block the last one first.
    newest_first: Vec<Arc<Transaction>>,
}

impl DisconnectedTransactions {
    pub(crate) fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }

    /// The block, which was the tip, is disconnected.
    pub(crate) fn block_disconnected(&mut self, block: &Block) {
        let transactions = block.txdata.iter().rev();
        self.newest_first
            .extend(transactions.map(|tx| Arc::new(tx.clone())));
    }

    /// The transactions of `block` are in the chain.
    pub(crate) fn block_connected(&mut self, block: &Block) {
        if self.is_empty() {
            return;
        }
        let txids: HashSet<Txid> = block.txdata.iter().map(Transaction::compute_txid).collect();
        self.newest_first
            .retain(|tx| !txids.contains(&tx.compute_txid()));
    }

    /// The oldest of them.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<Transaction>> {
        self.newest_first.pop()
    }
}

impl Mempool {
    /// Drops `tx`, if it is here, and all that build on it.
    pub(crate) fn remove_recursive(&mut self, tx: &Transaction) {
        let txid = tx.compute_txid();
        self.remove_with_descendants(&txid);
        for (vout, _) in (0_u32..).zip(&tx.output) {
            if let Some(child) = self.spender(&OutPoint { txid, vout }) {
                self.remove_with_descendants(&child);
            }
        }
    }

    /// Drops what cannot be in a block at `place`, on the coins of `chain`, and what builds on it.
    /// The others stay as they are.
    pub(crate) fn remove_invalid<C: CoinView>(
        &mut self,
        place: &ChainPosition<'_>,
        chain: &C,
    ) -> Result<(), C::Error> {
        let mut invalid = Vec::new();
        let mut renewed = Vec::new();
        for entry in self.in_order() {
            match self.check_again(entry, place, chain) {
                Ok(lock_points) => renewed.push((entry.txid, lock_points)),
                Err(ConnectError::Reject(_)) => invalid.push(entry.txid),
                Err(ConnectError::Store(error)) => return Err(error),
            }
        }
        for (txid, lock_points) in renewed {
            if let Some(entry) = self.entries.get_mut(&txid) {
                entry.lock_points = lock_points;
            }
        }
        for txid in invalid {
            self.remove_with_descendants(&txid);
        }
        Ok(())
    }

    /// Its inputs are there, old enough and not locked. Its scripts were run before. As in Core,
    /// its lock points are not added up again while they hold: a coin that was in no block counts
    /// from the height that it was expected at.
    fn check_again<C: CoinView>(
        &self,
        entry: &MempoolEntry,
        place: &ChainPosition<'_>,
        chain: &C,
    ) -> Result<LockPoints, ConnectError<C::Error>> {
        let tx = entry.tx.as_ref();
        if !transaction::is_final(tx, place.height, place.median_time) {
            return Err(non_final().into());
        }
        let view = MempoolCoinView {
            mempool: self,
            chain,
            height: place.height,
        };
        let coins = connect::spent_coins(tx, &view)?;
        let lock_points = if entry.lock_points.hold(place.tree) {
            entry.lock_points
        } else {
            LockPoints::new(tx, &coins, place)
        };
        if !lock_points.are_open(place) {
            return Err(non_bip68_final().into());
        }
        connect::check_values(tx, &coins, place)?;
        Ok(lock_points)
    }

    /// Drops from each cluster that is too large what pays least, without what builds on it, until
    /// it is not. Only transactions that came back from a block can make one so.
    pub(crate) fn trim_clusters(&mut self) {
        let mut open: Vec<BTreeSet<Txid>> = self.clusters(self.entries.keys().copied());
        while let Some(cluster) = open.pop() {
            if !self.is_too_large(&cluster, None) {
                continue;
            }
            let leaves = cluster.iter().filter(|txid| self.children(txid).is_empty());
            let cheapest = leaves
                .filter_map(|txid| self.get(txid))
                .min_by_key(|entry| (entry.rate(), Reverse(entry.sequence)))
                .map(|entry| entry.txid);
            let Some(cheapest) = cheapest else {
                continue;
            };
            self.drop_one(&cheapest);
            open.extend(self.clusters(cluster.into_iter().filter(|txid| *txid != cheapest)));
        }
    }
}
