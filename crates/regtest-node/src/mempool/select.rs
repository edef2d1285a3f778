//! Who goes into the next block. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::{Amount, Transaction, Txid};

use super::{Mempool, MempoolEntry};
use crate::chain::connect::ChainPosition;
use crate::chain::limits::{MAX_SIGOPS_COST, MAX_WEIGHT};
use crate::chain::transaction;

/// Kept for header, coinbase and what counts the transactions, as bitcoind keeps it.
const RESERVED_WEIGHT: u64 = 8_000;
const RESERVED_SIGOPS: usize = 400;

impl Mempool {
    /// The transactions for a block at `place`, parents first, and their fees: what pays most for
    /// its size goes first, with all that it builds on.
    pub(crate) fn select(&self, place: &ChainPosition<'_>) -> (Vec<Transaction>, Amount) {
        let max_weight = u64::try_from(MAX_WEIGHT).unwrap_or(u64::MAX) - RESERVED_WEIGHT;
        let (mut chosen, mut weight, mut sigops) = (HashSet::<Txid>::new(), 0_u64, RESERVED_SIGOPS);
        for (_, _, txid) in self.by_rate.iter().rev() {
            let Some(entry) = self.get(txid) else {
                continue;
            };
            let package = self.ancestors(&entry.tx).into_iter().chain([*txid]);
            let new: Vec<&MempoolEntry> = package
                .filter(|txid| !chosen.contains(txid))
                .filter_map(|txid| self.get(&txid))
                .collect();
            let more = new.iter().map(|entry| entry.weight).sum::<u64>();
            let more_sigops = new.iter().map(|entry| entry.sigops_cost).sum::<usize>();
            // After a reorganisation a lock may be shut again.
            let is_final = new
                .iter()
                .all(|entry| transaction::is_final(&entry.tx, place.height, place.median_time));
            if is_final && weight + more <= max_weight && sigops + more_sigops <= MAX_SIGOPS_COST {
                weight += more;
                sigops += more_sigops;
                chosen.extend(new.iter().map(|entry| entry.txid));
            }
        }
        let entries = self
            .in_order()
            .into_iter()
            .filter(|entry| chosen.contains(&entry.txid));
        let (transactions, fees): (Vec<_>, Vec<_>) = entries
            .map(|entry| (Transaction::clone(Arc::as_ref(&entry.tx)), entry.fee))
            .unzip();
        (transactions, fees.into_iter().sum())
    }
}
