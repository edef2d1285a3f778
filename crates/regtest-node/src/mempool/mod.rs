//! Valid transactions that are in no block yet.
//!
//! Decides which may stay and in what order they go into a block. Refuses to know where one came
//! from. Invariant: each one's inputs are coins of the tip or outputs of others here, and no two
//! spend the same.

mod accept;
mod cluster;
mod diagram;
mod linearize;
mod reorganise;
mod replace;
mod select;
#[cfg(test)]
mod tests;
mod truc;

pub(crate) use accept::{AcceptedTransaction, MAX_FEE_EXCEEDED, TransactionOrigin};
pub(crate) use cluster::{MAX_CLUSTER_TRANSACTIONS, MAX_CLUSTER_VSIZE};
pub(crate) use linearize::FeeFrac;
pub(crate) use reorganise::DisconnectedTransactions;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bitcoin::{Amount, Block, OutPoint, Transaction, Txid, Wtxid};

use crate::chain::coins::{Coin, CoinView};
use crate::chain::connect::LockPoints;

/// What a transaction pays at least, satoshi per 1000 virtual bytes.
pub(crate) const MIN_FEE_RATE: u64 = 100;
/// The fee by which a replacement must exceed what it replaces, satoshi per 1000 virtual bytes of
/// its own.
pub(crate) const INCREMENTAL_FEE_RATE: u64 = 100;

/// The fee at `rate`, satoshi per 1000 virtual bytes, for `vsize`.
pub(crate) fn fee_at(rate: u64, vsize: u64) -> Amount {
    Amount::from_sat(rate.saturating_mul(vsize).div_ceil(1_000))
}

/// A transaction and what it costs.
#[derive(Clone, Debug)]
pub(crate) struct MempoolEntry {
    pub(crate) tx: Arc<Transaction>,
    pub(crate) txid: Txid,
    pub(crate) wtxid: Wtxid,
    pub(crate) fee: Amount,
    /// In weight units.
    pub(crate) weight: u64,
    /// As `weight`, but no less than its signature operations stand for.
    pub(crate) adjusted_weight: u64,
    /// In virtual bytes.
    pub(crate) vsize: u64,
    pub(crate) sigops_cost: usize,
    /// When it came, seconds since 1970.
    pub(crate) time: u64,
    /// Of the tip when it came.
    pub(crate) height: u32,
    /// Its relative lock times, as they were when it came or when they last held no more.
    lock_points: LockPoints,
    /// Counts the transactions as they came. A parent that came back from a block has a higher one
    /// than its children.
    sequence: u64,
}

impl MempoolEntry {
    /// Bytes of memory, about.
    fn usage(&self) -> u64 {
        /// The entry itself and its places in the maps.
        const FIXED: usize = 600;
        u64::try_from(self.tx.total_size().saturating_add(FIXED)).unwrap_or(u64::MAX)
    }

    fn fee_frac(&self) -> FeeFrac {
        FeeFrac {
            fee: self.fee.to_sat(),
            size: self.adjusted_weight,
        }
    }

    /// Satoshi per 1000 virtual bytes.
    pub(crate) fn rate(&self) -> u64 {
        self.fee.to_sat().saturating_mul(1_000) / self.vsize.max(1)
    }
}

/// The mempool.
#[derive(Debug, Default)]
pub(crate) struct Mempool {
    entries: HashMap<Txid, MempoolEntry>,
    by_wtxid: HashMap<Wtxid, Txid>,
    /// Which transaction here spends an outpoint.
    spenders: HashMap<OutPoint, Txid>,
    /// By fee rate, then by age, the younger ones first to go.
    by_rate: BTreeSet<(u64, std::cmp::Reverse<u64>, Txid)>,
    bytes: u64,
    usage: u64,
    fees: u64,
    next_sequence: u64,
    /// How often one came or went, but into a block.
    changes: u64,
}

impl Mempool {
    /// Memory for all, about.
    pub(crate) const MAX_USAGE: u64 = 50_000_000;
    const EXPIRY_SECS: u64 = 336 * 3600;

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Sum of the virtual sizes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of memory, about.
    pub(crate) fn usage(&self) -> u64 {
        self.usage
    }

    pub(crate) fn total_fee(&self) -> Amount {
        Amount::from_sat(self.fees)
    }

    pub(crate) fn get(&self, txid: &Txid) -> Option<&MempoolEntry> {
        self.entries.get(txid)
    }

    pub(crate) fn get_by_wtxid(&self, wtxid: &Wtxid) -> Option<&MempoolEntry> {
        self.entries.get(self.by_wtxid.get(wtxid)?)
    }

    /// Counts what came and went, but into a block, from 1 on.
    pub(crate) fn change_number(&self) -> u64 {
        self.changes.saturating_add(1)
    }

    /// The transaction here that spends `outpoint`.
    pub(crate) fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.spenders.get(outpoint).copied()
    }

    /// All, as they came, but parents before children.
    pub(crate) fn in_order(&self) -> Vec<&MempoolEntry> {
        let by_age: BTreeMap<u64, &MempoolEntry> = self
            .entries
            .values()
            .map(|entry| (entry.sequence, entry))
            .collect();
        let mut ordered = Vec::with_capacity(by_age.len());
        let mut placed = HashSet::with_capacity(by_age.len());
        let mut open: Vec<&MempoolEntry> = by_age.into_values().rev().collect();
        while let Some(entry) = open.pop() {
            if placed.contains(&entry.txid) {
                continue;
            }
            let parents = self.parents(&entry.tx);
            let mut missing = parents
                .iter()
                .filter(|txid| !placed.contains(*txid))
                .filter_map(|txid| self.get(txid))
                .peekable();
            if missing.peek().is_some() {
                open.push(entry);
                open.extend(missing);
            } else {
                placed.insert(entry.txid);
                ordered.push(entry);
            }
        }
        ordered
    }

    /// Those here whose outputs it spends.
    pub(crate) fn parents(&self, tx: &Transaction) -> BTreeSet<Txid> {
        let spent = tx.input.iter().map(|input| input.previous_output.txid);
        spent
            .filter(|txid| self.entries.contains_key(txid))
            .collect()
    }

    /// Those here that spend its outputs.
    pub(crate) fn children(&self, txid: &Txid) -> BTreeSet<Txid> {
        let Some(entry) = self.entries.get(txid) else {
            return BTreeSet::new();
        };
        let outputs = (0_u32..)
            .zip(&entry.tx.output)
            .map(|(vout, _)| OutPoint { txid: *txid, vout });
        outputs
            .filter_map(|outpoint| self.spender(&outpoint))
            .collect()
    }

    /// All that `tx` builds on, here.
    pub(crate) fn ancestors(&self, tx: &Transaction) -> HashSet<Txid> {
        let mut found = HashSet::new();
        let mut left = self.parents(tx);
        while let Some(txid) = left.pop_first() {
            if found.insert(txid)
                && let Some(entry) = self.entries.get(&txid)
            {
                left.extend(self.parents(&entry.tx));
            }
        }
        found
    }

    /// `txid` and all that build on it, here.
    pub(crate) fn with_descendants(&self, txid: &Txid) -> HashSet<Txid> {
        let mut found = HashSet::new();
        let mut left = BTreeSet::from([*txid]);
        while let Some(txid) = left.pop_first() {
            if found.insert(txid) {
                left.extend(self.children(&txid));
            }
        }
        found
    }

    fn insert(&mut self, mut entry: MempoolEntry) {
        entry.sequence = self.next_sequence;
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.changes = self.changes.saturating_add(1);
        self.by_wtxid.insert(entry.wtxid, entry.txid);
        self.spenders.extend(
            entry
                .tx
                .input
                .iter()
                .map(|input| (input.previous_output, entry.txid)),
        );
        self.by_rate
            .insert((entry.rate(), std::cmp::Reverse(entry.sequence), entry.txid));
        self.bytes = self.bytes.saturating_add(entry.vsize);
        self.usage = self.usage.saturating_add(entry.usage());
        self.fees = self.fees.saturating_add(entry.fee.to_sat());
        self.entries.insert(entry.txid, entry);
    }

    fn remove_one(&mut self, txid: &Txid) -> Option<MempoolEntry> {
        let entry = self.entries.remove(txid)?;
        self.by_wtxid.remove(&entry.wtxid);
        for input in &entry.tx.input {
            self.spenders.remove(&input.previous_output);
        }
        self.by_rate
            .remove(&(entry.rate(), std::cmp::Reverse(entry.sequence), *txid));
        self.bytes = self.bytes.saturating_sub(entry.vsize);
        self.usage = self.usage.saturating_sub(entry.usage());
        self.fees = self.fees.saturating_sub(entry.fee.to_sat());
        Some(entry)
    }

    /// As `remove_one`, for one that is in no block.
    fn drop_one(&mut self, txid: &Txid) {
        if self.remove_one(txid).is_some() {
            self.changes = self.changes.saturating_add(1);
        }
    }

    fn remove_with_descendants(&mut self, txid: &Txid) {
        for txid in self.with_descendants(txid) {
            self.drop_one(&txid);
        }
    }

    /// The transactions of `block` are in a block now, and what conflicts with them never will be.
    pub(crate) fn block_connected(&mut self, block: &Block) {
        for tx in &block.txdata {
            self.remove_one(&tx.compute_txid());
        }
        for input in block.txdata.iter().flat_map(|tx| &tx.input) {
            if let Some(conflict) = self.spender(&input.previous_output) {
                self.remove_with_descendants(&conflict);
            }
        }
    }

    /// Lets go of those that nobody mined for two weeks.
    pub(crate) fn expire(&mut self, now_secs: u64) {
        let is_old =
            |entry: &&MempoolEntry| entry.time.saturating_add(Self::EXPIRY_SECS) < now_secs;
        let old: Vec<Txid> = self
            .entries
            .values()
            .filter(is_old)
            .map(|entry| entry.txid)
            .collect();
        for txid in old {
            self.remove_with_descendants(&txid);
        }
    }
}

/// The coins of the tip and what the mempool makes of them. What it spends is there still: that is
/// a conflict.
struct MempoolCoinView<'a, C> {
    mempool: &'a Mempool,
    chain: &'a C,
    height: u32,
}

impl<C: CoinView> CoinView for MempoolCoinView<'_, C> {
    type Error = C::Error;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, C::Error> {
        let Some(entry) = self.mempool.get(&outpoint.txid) else {
            return self.chain.coin(outpoint);
        };
        let vout = usize::try_from(outpoint.vout).unwrap_or(usize::MAX);
        let output = entry.tx.output.get(vout).cloned();
        Ok(output.map(|output| Coin {
            output,
            height: self.height,
            is_coinbase: false,
        }))
    }
}
