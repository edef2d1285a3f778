//! What a block does to the coins, and the rules for it: amounts, maturity, relative locks,
//! scripts.

use bitcoin::{Amount, Block, OutPoint, Transaction, TxIn, Wtxid};

use super::coins::{self, Coin, CoinChanges, CoinView, Undo};
use super::limits::{MAX_SIGOPS_COST, WITNESS_SCALE_FACTOR};
use super::money::format_money;
use super::params::ChainParams;
use super::reject::{Fault, Reject, ensure};
use super::scripts::Purpose;
use super::transaction::SequenceLock;
use super::tree::{HeaderTree, Id};
use super::{scripts, sigops};

/// A coinbase's coins may be spent so many blocks later.
pub(crate) const COINBASE_MATURITY_BLOCKS: u32 = 100;

/// Where a block or a transaction would be in the chain.
pub(crate) struct ChainPosition<'a> {
    pub(crate) tree: &'a HeaderTree,
    pub(crate) params: &'a ChainParams,
    /// The block below.
    pub(crate) parent: Id,
    pub(crate) height: u32,
    /// Of the block below.
    pub(crate) median_time: u32,
}

impl<'a> ChainPosition<'a> {
    /// On top of `parent`.
    pub(crate) fn on(tree: &'a HeaderTree, params: &'a ChainParams, parent: Id) -> Self {
        let height = tree.get(parent).height.saturating_add(1);
        Self {
            tree,
            params,
            parent,
            height,
            median_time: tree.median_time(parent),
        }
    }
}

/// What connecting a block does.
pub(crate) struct ConnectedBlock {
    pub(crate) undo: Undo,
    pub(crate) changes: CoinChanges,
}

/// Why a block cannot be connected.
#[derive(Debug)]
pub(crate) enum ConnectError<E> {
    /// It breaks a rule.
    Reject(Reject),
    /// The coins cannot be read.
    Store(E),
}

impl<E> From<Reject> for ConnectError<E> {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

/// What a transaction spends, once it was held to the rules for amounts and times.
struct SpentInputs {
    /// The coins, in the order of its inputs.
    coins: Vec<Coin>,
    fee: Amount,
    sigops_cost: usize,
}

/// Connects `block` to the coins in `view` at `place`. Scripts of transactions that `is_checked`
/// names were run before.
pub(crate) fn connect<C: CoinView>(
    block: &Block,
    place: &ChainPosition<'_>,
    view: &C,
    is_checked: impl Fn(&Wtxid) -> bool,
) -> Result<ConnectedBlock, ConnectError<C::Error>> {
    let hash = block.block_hash();
    let flags = place.params.script_flags(place.height, &hash);
    let may_repeat = place.params.may_repeat_coinbase(place.height, &hash);
    let mut overlay = Overlay {
        view,
        changes: CoinChanges::new(),
    };
    let (mut undo, mut fees, mut sigops_cost, mut jobs) =
        (Undo::new(), Amount::ZERO, 0_usize, Vec::new());
    for tx in block.txdata.iter().filter(|_| !may_repeat) {
        refuse_repeated(tx, view)?;
    }
    for tx in &block.txdata {
        if tx.is_coinbase() {
            sigops_cost =
                sigops_cost.saturating_add(sigops::legacy(tx).saturating_mul(WITNESS_SCALE_FACTOR));
        } else {
            let spend = spend(tx, place, &overlay, flags)?;
            fees = fees
                .checked_add(spend.fee)
                .filter(|fees| *fees <= Amount::MAX_MONEY)
                .ok_or_else(fees_too_large)?;
            sigops_cost = sigops_cost.saturating_add(spend.sigops_cost);
            if !is_checked(&tx.compute_wtxid()) {
                let outputs = spend.coins.iter().map(|coin| coin.output.clone()).collect();
                jobs.push(scripts::ScriptCheck::new(tx, outputs, flags));
            }
            overlay
                .changes
                .extend(tx.input.iter().map(|input| (input.previous_output, None)));
            undo.push(spend.coins);
        }
        ensure(sigops_cost <= MAX_SIGOPS_COST, "bad-blk-sigops")?;
        overlay.changes.extend(
            coins::made_by(tx, place.height).map(|(outpoint, coin)| (outpoint, Some(coin))),
        );
    }
    let claimed: Amount = block.txdata.first().map_or(Amount::ZERO, value_of);
    ensure(
        claimed <= fees + place.params.subsidy(place.height),
        "bad-cb-amount",
    )?;
    scripts::check(&jobs, Purpose::Block)?;
    Ok(ConnectedBlock {
        undo,
        changes: overlay.changes,
    })
}

fn fees_too_large() -> Reject {
    Reject::consensus("bad-txns-accumulated-fee-outofrange")
}

fn value_of(tx: &Transaction) -> Amount {
    tx.output.iter().map(|output| output.value).sum()
}

/// BIP30: a transaction must not repeat one that has coins left.
fn refuse_repeated<C: CoinView>(tx: &Transaction, coins: &C) -> Result<(), ConnectError<C::Error>> {
    let txid = tx.compute_txid();
    for (vout, _) in (0_u32..).zip(&tx.output) {
        let there = coins
            .coin(&OutPoint { txid, vout })
            .map_err(ConnectError::Store)?;
        ensure(there.is_none(), "bad-txns-BIP30")?;
    }
    Ok(())
}

/// Checks the inputs of `tx`, which is not a coinbase, against `coins`: existence, maturity,
/// amounts and sequence locks. Scripts are not run; `flags` decides how their signature operations
/// are counted.
fn spend<C: CoinView>(
    tx: &Transaction,
    place: &ChainPosition<'_>,
    coins: &C,
    flags: u32,
) -> Result<SpentInputs, ConnectError<C::Error>> {
    let spent = spent_coins(tx, coins)?;
    let fee = check_values(tx, &spent, place)?;
    let is_open = LockPoints::new(tx, &spent, place).are_open(place);
    ensure(is_open, "bad-txns-nonfinal")?;
    let sigops_cost = sigops::cost(tx, spent.iter().map(|coin| &coin.output), flags);
    Ok(SpentInputs {
        coins: spent,
        fee,
        sigops_cost,
    })
}

/// The fee of `tx`, which spends `spent`: those are old enough and worth enough.
pub(crate) fn check_values(
    tx: &Transaction,
    spent: &[Coin],
    place: &ChainPosition<'_>,
) -> Result<Amount, Reject> {
    let mut value = Amount::ZERO;
    for coin in spent {
        let depth = place.height.saturating_sub(coin.height);
        if coin.is_coinbase && depth < COINBASE_MATURITY_BLOCKS {
            let detail = format!("tried to spend coinbase at depth {depth}");
            return Err(Reject::consensus("bad-txns-premature-spend-of-coinbase").at(detail));
        }
        let sum = value
            .checked_add(coin.output.value)
            .filter(|sum| *sum <= Amount::MAX_MONEY);
        value = sum.ok_or_else(|| Reject::consensus("bad-txns-inputvalues-outofrange"))?;
    }
    let paid = value_of(tx);
    value.checked_sub(paid).ok_or_else(|| {
        let detail = format!(
            "value in ({}) < value out ({})",
            format_money(value),
            format_money(paid)
        );
        Reject::consensus("bad-txns-in-belowout").at(detail)
    })
}

/// The relative lock times of a transaction (BIP68), as they were added up at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockPoints {
    lock: SequenceLock,
    /// The youngest block whose coins have a part in it. While that is in the chain it holds.
    youngest_input: Id,
}

impl LockPoints {
    /// Those of `tx`, which spends `spent`, seen from `place`. A coin of that height is in no block
    /// yet.
    pub(crate) fn new(tx: &Transaction, spent: &[Coin], place: &ChainPosition<'_>) -> Self {
        let mut points = Self {
            lock: SequenceLock::default(),
            youngest_input: Id::GENESIS,
        };
        if place.height < place.params.csv_height || tx.version.0.cast_unsigned() < 2 {
            return points;
        }
        let mut youngest = 0;
        for (input, coin) in tx.input.iter().zip(spent) {
            points.lock.add(input.sequence, coin.height, || {
                median_time_before(place, coin.height)
            });
            if input.sequence.is_relative_lock_time() && coin.height != place.height {
                youngest = youngest.max(coin.height);
            }
        }
        let youngest = place.tree.ancestor(place.parent, youngest);
        points.youngest_input = youngest.unwrap_or(Id::GENESIS);
        points
    }

    /// Whether the sums equal those computed anew from all entries.
    pub(crate) fn hold(&self, tree: &HeaderTree) -> bool {
        tree.is_best(self.youngest_input)
    }

    /// Whether the transaction may be in a block at `place`.
    pub(crate) fn are_open(&self, place: &ChainPosition<'_>) -> bool {
        self.lock.is_open(place.height, place.median_time)
    }
}

/// What the inputs of `tx` spend. A missing one is reported before any other fault.
pub(crate) fn spent_coins<C: CoinView>(
    tx: &Transaction,
    coins: &C,
) -> Result<Vec<Coin>, ConnectError<C::Error>> {
    let one = |input: &TxIn| {
        let coin = coins
            .coin(&input.previous_output)
            .map_err(ConnectError::Store)?;
        coin.ok_or_else(|| Reject::new(Fault::Missing, "bad-txns-inputs-missingorspent").into())
    };
    tx.input.iter().map(one).collect()
}

/// Median time of the block before the one at `height`, where a coin was made.
fn median_time_before(place: &ChainPosition<'_>, height: u32) -> u32 {
    let before = place.tree.ancestor(place.parent, height.saturating_sub(1));
    place.tree.median_time(before.unwrap_or(place.parent))
}

/// The changes so far, above what they change.
struct Overlay<'a, C> {
    view: &'a C,
    changes: CoinChanges,
}

impl<C: CoinView> CoinView for Overlay<'_, C> {
    type Error = C::Error;

    fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, C::Error> {
        match self.changes.get(outpoint) {
            Some(coin) => Ok(coin.clone()),
            None => self.view.coin(outpoint),
        }
    }
}

/// What taking `block` from the top again does to the coins, with what connecting it kept; `None`
/// if the two do not belong together.
pub(crate) fn disconnect(block: &Block, undo: Undo, height: u32) -> Option<CoinChanges> {
    let mut changes = CoinChanges::new();
    let spenders = block.txdata.get(1..)?;
    if spenders.len() != undo.len() {
        return None;
    }
    // What one transaction makes another of the same block may spend: the last word is that of the
    // first.
    for (tx, coins) in spenders.iter().zip(undo).rev() {
        if tx.input.len() != coins.len() {
            return None;
        }
        changes.extend(coins::made_by(tx, height).map(|(outpoint, _)| (outpoint, None)));
        changes.extend(
            tx.input
                .iter()
                .map(|input| input.previous_output)
                .zip(coins.into_iter().map(Some)),
        );
    }
    changes.extend(
        coins::made_by(block.txdata.first()?, height).map(|(outpoint, _)| (outpoint, None)),
    );
    Some(changes)
}
