//! Who may come in.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid};

use super::{Mempool, MempoolEntry};
use crate::chain::coins::{Coin, CoinView};
use crate::chain::connect::{self, ChainPosition, ConnectError};
use crate::chain::reject::{Fault, Reject};
use crate::chain::scripts::Purpose;
use crate::chain::{scripts, transaction};

/// Satoshi per 1000 virtual bytes.
pub(crate) const MIN_FEE_RATE: u64 = 1_000;
/// Core's policy: a tenth of a block.
const MAX_STANDARD_WEIGHT: u64 = 400_000;
/// Core's policy: a fifth of what a block may have.
const MAX_STANDARD_SIGOPS_COST: usize = 16_000;
/// Core's policy: a signature operation counts as so many bytes at least.
const BYTES_PER_SIGOP: u64 = 20;
/// A transaction of 64 bytes can be taken for a node of a merkle tree.
const MIN_STRIPPED_SIZE: usize = 65;
const STANDARD_VERSIONS: std::ops::RangeInclusive<i32> = 1..=3;
const MAX_ANCESTORS: usize = 25;
const MAX_REPLACED: usize = 100;

fn policy(reason: &'static str) -> Reject {
    Reject::new(Fault::Policy, reason)
}

/// It pays more than whoever sent it wanted.
pub(crate) const MAX_FEE_EXCEEDED: &str = "max-fee-exceeded";

/// A transaction that may come in, and what it drives out.
pub(crate) struct AcceptedTransaction {
    entry: MempoolEntry,
    replaced: HashSet<Txid>,
}

impl AcceptedTransaction {
    /// Itself, unless it pays more than `max_rate`, satoshi per 1000 virtual bytes.
    pub(crate) fn within(self, max_rate: Option<u64>) -> Result<Self, Reject> {
        let most = max_rate.map(|rate| {
            rate.saturating_mul(self.entry.weight.div_ceil(4))
                .div_ceil(1_000)
        });
        if most.is_some_and(|most| self.entry.fee.to_sat() > most) {
            return Err(policy(MAX_FEE_EXCEEDED));
        }
        Ok(self)
    }
}

impl Mempool {
    /// Whether `tx` may come in at `now_secs`: it could be in a block at `place`, on the coins of
    /// `chain`, and pays its way.
    pub(crate) fn examine<C: CoinView>(
        &self,
        tx: &Arc<Transaction>,
        place: &ChainPosition<'_>,
        chain: &C,
        now_secs: u64,
    ) -> Result<AcceptedTransaction, ConnectError<C::Error>> {
        self.look(tx, place)?;
        let conflicts: HashSet<Txid> = tx
            .input
            .iter()
            .filter_map(|input| self.spender(&input.previous_output))
            .collect();
        let replaced: HashSet<Txid> = conflicts
            .iter()
            .flat_map(|txid| self.with_descendants(txid))
            .collect();
        let view = MempoolCoinView {
            mempool: self,
            chain,
            height: place.height,
        };
        // The next block's rules; no block of the exceptions is to come.
        let flags = place
            .params
            .script_flags(place.height, &place.tree.get(place.parent).hash);
        let spend = connect::spend(tx, place, &view, flags)
            .map_err(|failure| known_before(tx, chain, failure))?;
        if spend.sigops_cost > MAX_STANDARD_SIGOPS_COST {
            return Err(policy("bad-txns-too-many-sigops").into());
        }
        let entry = self.entry(tx, spend.fee, spend.sigops_cost, place, now_secs);
        self.look_at_fee(&entry, &conflicts, &replaced)?;
        let ancestors = self.ancestors(tx);
        if ancestors.len() >= MAX_ANCESTORS {
            return Err(policy("too-long-mempool-chain").into());
        }
        if !ancestors.is_disjoint(&replaced) {
            return Err(policy("bad-txns-spends-conflicting-tx").into());
        }
        let outputs: Vec<TxOut> = spend.coins.into_iter().map(|coin| coin.output).collect();
        scripts::check(
            &[scripts::ScriptCheck::new(tx, outputs, flags)],
            Purpose::Mempool,
        )?;
        Ok(AcceptedTransaction { entry, replaced })
    }

    /// Takes in what has just been examined.
    pub(crate) fn admit(&mut self, admission: AcceptedTransaction) -> Result<Txid, Reject> {
        let AcceptedTransaction { entry, replaced } = admission;
        for txid in replaced {
            self.drop_one(&txid);
        }
        let txid = entry.txid;
        self.insert(entry);
        self.make_room();
        if self.entries.contains_key(&txid) {
            Ok(txid)
        } else {
            Err(policy("mempool full"))
        }
    }

    /// What can be said without coins.
    fn look(&self, tx: &Transaction, place: &ChainPosition<'_>) -> Result<(), Reject> {
        transaction::check(tx)?;
        if tx.is_coinbase() {
            return Err(Reject::consensus("coinbase"));
        }
        if !STANDARD_VERSIONS.contains(&tx.version.0) {
            return Err(policy("version"));
        }
        if tx.weight().to_wu() > MAX_STANDARD_WEIGHT {
            return Err(policy("tx-size"));
        }
        if tx.base_size() < MIN_STRIPPED_SIZE {
            return Err(policy("tx-size-small"));
        }
        if !transaction::is_final(tx, place.height, place.median_time) {
            return Err(Reject::new(Fault::NotYet, "non-final"));
        }
        match self.get(&tx.compute_txid()) {
            Some(known) if known.wtxid == tx.compute_wtxid() => {
                Err(policy("txn-already-in-mempool"))
            }
            Some(_) => Err(policy("txn-same-nonwitness-data-in-mempool")),
            None => Ok(()),
        }
    }

    fn entry(
        &self,
        tx: &Arc<Transaction>,
        fee: Amount,
        sigops: usize,
        place: &ChainPosition<'_>,
        now_secs: u64,
    ) -> MempoolEntry {
        let weight = tx.weight().to_wu();
        let by_sigops = u64::try_from(sigops)
            .unwrap_or(u64::MAX)
            .saturating_mul(BYTES_PER_SIGOP);
        MempoolEntry {
            tx: Arc::clone(tx),
            txid: tx.compute_txid(),
            wtxid: tx.compute_wtxid(),
            fee,
            weight,
            vsize: weight.max(by_sigops).div_ceil(4),
            sigops_cost: sigops,
            time: now_secs,
            height: place.height.saturating_sub(1),
            sequence: self.next_sequence,
        }
    }

    /// It pays for itself, and for what it drives out, more than they did.
    fn look_at_fee(
        &self,
        entry: &MempoolEntry,
        conflicts: &HashSet<Txid>,
        replaced: &HashSet<Txid>,
    ) -> Result<(), Reject> {
        let relay = MIN_FEE_RATE.saturating_mul(entry.vsize).div_ceil(1_000);
        if entry.fee.to_sat() < relay {
            return Err(policy("min relay fee not met"));
        }
        if replaced.len() > MAX_REPLACED {
            return Err(policy("too many potential replacements"));
        }
        let rates = conflicts
            .iter()
            .filter_map(|txid| self.get(txid))
            .map(MempoolEntry::rate);
        if rates.max().is_some_and(|rate| entry.rate() <= rate) {
            return Err(policy("insufficient fee"));
        }
        let fees = replaced
            .iter()
            .filter_map(|txid| self.get(txid))
            .map(|entry| entry.fee.to_sat())
            .sum::<u64>();
        if !replaced.is_empty() && entry.fee.to_sat() < fees.saturating_add(relay) {
            return Err(policy("insufficient fee"));
        }
        Ok(())
    }

    /// Drops the cheapest while there are too many.
    fn make_room(&mut self) {
        while self.usage > Self::MAX_USAGE
            && let Some((_, _, cheapest)) = self.by_rate.first().copied()
        {
            self.remove_with_descendants(&cheapest);
        }
    }
}

/// A transaction whose inputs are spent because it is in the chain already is reported as such.
fn known_before<C: CoinView>(
    tx: &Transaction,
    chain: &C,
    failure: ConnectError<C::Error>,
) -> ConnectError<C::Error> {
    let is_missing =
        matches!(&failure, ConnectError::Reject(reject) if reject.fault == Fault::Missing);
    let txid = tx.compute_txid();
    let there = |vout| {
        chain
            .coin(&OutPoint { txid, vout })
            .ok()
            .flatten()
            .is_some()
    };
    let mut outputs = (0_u32..).zip(&tx.output).map(|(vout, _)| vout);
    if is_missing && outputs.any(there) {
        policy("txn-already-known").into()
    } else {
        failure
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
