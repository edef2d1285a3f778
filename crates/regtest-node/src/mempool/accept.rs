//! Who may come in.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use bitcoin::{OutPoint, Transaction, TxOut, Txid};

use super::replace::Conflicts;
use super::{MIN_FEE_RATE, Mempool, MempoolCoinView, MempoolEntry, fee_at};
use crate::chain::coins::CoinView;
use crate::chain::connect::{self, ChainPosition, ConnectError, LockPoints};
use crate::chain::reject::{Fault, Reject};
use crate::chain::scripts::Purpose;
use crate::chain::{scripts, sigops, transaction};

/// Core's policy: a tenth of a block.
const MAX_STANDARD_WEIGHT: u64 = 400_000;
/// Core's policy: a fifth of what a block may have.
const MAX_STANDARD_SIGOPS_COST: usize = 16_000;
/// Core's policy: the weight units that a signature operation counts for at least.
const WEIGHT_PER_SIGOP: u64 = 20;
/// A transaction of 64 bytes can be taken for a node of a merkle tree.
const MIN_STRIPPED_SIZE: usize = 65;
const STANDARD_VERSIONS: std::ops::RangeInclusive<i32> = 1..=3;

pub(super) fn non_final() -> Reject {
    Reject::new(Fault::NotYet, "non-final")
}

pub(super) fn non_bip68_final() -> Reject {
    Reject::new(Fault::NotYet, "non-BIP68-final")
}

/// It pays more than whoever sent it wanted.
pub(crate) const MAX_FEE_EXCEEDED: &str = "max-fee-exceeded";

/// Where a transaction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionOrigin {
    /// A peer or a caller: it pays for its relay.
    Relay,
    /// A block that is not in the chain any more, where it needed no fee.
    DisconnectedBlock,
}

/// A transaction that may come in, and what it drives out.
pub(crate) struct AcceptedTransaction {
    entry: MempoolEntry,
    replaced: HashSet<Txid>,
}

impl AcceptedTransaction {
    /// What would come in.
    pub(crate) fn entry(&self) -> &MempoolEntry {
        &self.entry
    }

    /// Itself, unless it pays more than `max_rate`, satoshi per 1000 virtual bytes.
    pub(crate) fn within(self, max_rate: Option<u64>) -> Result<Self, Reject> {
        let vsize = self.entry.weight.div_ceil(4);
        let is_over = |rate| self.entry.fee > fee_at(rate, vsize);
        if max_rate.is_some_and(is_over) {
            return Err(Reject::policy(MAX_FEE_EXCEEDED));
        }
        Ok(self)
    }
}

/// What the signature operations of `tx`, which spends `outputs`, cost by the rules of `flags`.
fn standard_sigops_cost(tx: &Transaction, outputs: &[TxOut], flags: u32) -> Result<usize, Reject> {
    let cost = sigops::cost(tx, outputs.iter(), flags);
    if cost > MAX_STANDARD_SIGOPS_COST {
        let reject = Reject::policy("bad-txns-too-many-sigops");
        return Err(reject.at(cost.to_string()));
    }
    Ok(cost)
}

/// The weight that signature operations count as.
fn weight_of_sigops(cost: usize) -> u64 {
    let cost = u64::try_from(cost).unwrap_or(u64::MAX);
    cost.saturating_mul(WEIGHT_PER_SIGOP)
}

impl Mempool {
    /// Whether `tx` may come in at `now_secs`: it could be in a block at `place`, on the coins of
    /// `chain`, and pays its way. The first rule that it breaks is the one that Core finds first.
    pub(crate) fn examine<C: CoinView>(
        &self,
        tx: &Arc<Transaction>,
        place: &ChainPosition<'_>,
        chain: &C,
        now_secs: u64,
        origin: TransactionOrigin,
    ) -> Result<AcceptedTransaction, ConnectError<C::Error>> {
        self.look(tx, place)?;
        let view = MempoolCoinView {
            mempool: self,
            chain,
            height: place.height,
        };
        let coins =
            connect::spent_coins(tx, &view).map_err(|failure| known_before(tx, chain, failure))?;
        let lock_points = LockPoints::new(tx, &coins, place);
        if !lock_points.are_open(place) {
            return Err(non_bip68_final().into());
        }
        let fee = connect::check_values(tx, &coins, place)?;
        // The next block's rules; no block of the exceptions is to come.
        let flags = place
            .params
            .script_flags(place.height, &place.tree.get(place.parent).hash);
        let outputs: Vec<TxOut> = coins.into_iter().map(|coin| coin.output).collect();
        let sigops_cost = standard_sigops_cost(tx, &outputs, flags)?;
        let weight = tx.weight().to_wu();
        let adjusted_weight = weight.max(weight_of_sigops(sigops_cost));
        let entry = MempoolEntry {
            tx: Arc::clone(tx),
            txid: tx.compute_txid(),
            wtxid: tx.compute_wtxid(),
            fee,
            weight,
            adjusted_weight,
            vsize: adjusted_weight.div_ceil(4),
            sigops_cost,
            time: now_secs,
            height: place.height.saturating_sub(1),
            lock_points,
            sequence: self.next_sequence,
        };
        let replaced = self.check_policy(&entry, origin)?;
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
            Err(Reject::policy("mempool full"))
        }
    }

    /// What can be said without coins.
    fn look(&self, tx: &Transaction, place: &ChainPosition<'_>) -> Result<(), Reject> {
        transaction::check(tx)?;
        if tx.is_coinbase() {
            return Err(Reject::consensus("coinbase"));
        }
        if !STANDARD_VERSIONS.contains(&tx.version.0) {
            return Err(Reject::policy("version"));
        }
        if tx.weight().to_wu() > MAX_STANDARD_WEIGHT {
            return Err(Reject::policy("tx-size"));
        }
        if tx.base_size() < MIN_STRIPPED_SIZE {
            return Err(Reject::policy("tx-size-small"));
        }
        if !transaction::is_final(tx, place.height, place.median_time) {
            return Err(non_final());
        }
        match self.get(&tx.compute_txid()) {
            Some(known) if known.wtxid == tx.compute_wtxid() => {
                Err(Reject::policy("txn-already-in-mempool"))
            }
            Some(_) => Err(Reject::policy("txn-same-nonwitness-data-in-mempool")),
            None => Ok(()),
        }
    }

    /// Checks its fee and its relatives in the mempool; returns every transaction that it replaces.
    fn check_policy(
        &self,
        entry: &MempoolEntry,
        origin: TransactionOrigin,
    ) -> Result<HashSet<Txid>, Reject> {
        let spent = entry.tx.input.iter();
        let direct: BTreeSet<Txid> = spent
            .filter_map(|input| self.spender(&input.previous_output))
            .collect();
        let mut conflicts = Conflicts {
            txids: direct,
            has_sibling: false,
        };
        if origin == TransactionOrigin::Relay {
            check_min_fee(entry)?;
            if let Some(sibling) = self.check_truc(entry, &conflicts.txids)? {
                conflicts.txids.insert(sibling);
                conflicts.has_sibling = true;
            }
        }
        if conflicts.txids.is_empty() {
            self.check_cluster(entry, &HashSet::new())?;
            return Ok(HashSet::new());
        }
        let replaced = self.check_replacement(entry, &conflicts)?;
        let ancestors = self.ancestors(&entry.tx);
        match conflicts
            .txids
            .iter()
            .find(|txid| ancestors.contains(*txid))
        {
            Some(conflict) => {
                let detail = format!("{} spends conflicting transaction {conflict}", entry.txid);
                Err(Reject::policy("bad-txns-spends-conflicting-tx").at(detail))
            }
            None => Ok(replaced),
        }
    }

    /// Drops the cheapest while there are too many.
    pub(crate) fn make_room(&mut self) {
        while self.usage > Self::MAX_USAGE
            && let Some((_, _, cheapest)) = self.by_rate.first().copied()
        {
            self.remove_with_descendants(&cheapest);
        }
    }
}

fn check_min_fee(entry: &MempoolEntry) -> Result<(), Reject> {
    let least = fee_at(MIN_FEE_RATE, entry.vsize);
    if entry.fee < least {
        let detail = format!("{} < {}", entry.fee.to_sat(), least.to_sat());
        return Err(Reject::policy("min relay fee not met").at(detail));
    }
    Ok(())
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
        Reject::policy("txn-already-known").into()
    } else {
        failure
    }
}
