//! The mempool and transactions.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hex::FromHex;
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid};
use serde_json::{Map, Value, json};

use super::blocks::{named, spent, stored};
use super::chain::confirmations_of;
use super::error::{
    ALREADY_IN_CHAIN, DESERIALIZATION, INVALID_PARAMETER, RpcError, VERIFY, VERIFY_REJECTED,
};
use super::json::Json;
use super::params::wrong_type;
use super::scripts::{self, btc};
use super::{MethodParams, MethodResult};
use crate::chain::coins::{CoinView, has_valid_ops, is_unspendable};
use crate::chain::decode;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::Id;
use crate::mempool::{
    FeeFrac, INCREMENTAL_FEE_RATE, MAX_CLUSTER_TRANSACTIONS, MAX_CLUSTER_VSIZE, MAX_FEE_EXCEEDED,
    MIN_FEE_RATE, Mempool, MempoolEntry, fee_at,
};
use crate::node_state::NodeState;

pub(super) fn info(state: &NodeState) -> Value {
    /// Bitcoin Core's: as much as a transaction may be.
    const MAX_DATA_CARRIER_BYTES: u64 = 100_000;
    let mempool = &state.validation.mempool;
    let rate = |rate| btc(Amount::from_sat(rate));
    json!({
        "loaded": true,
        "size": mempool.len(),
        "bytes": mempool.bytes(),
        "usage": mempool.usage(),
        "total_fee": btc(mempool.total_fee()),
        "maxmempool": Mempool::MAX_USAGE,
        "mempoolminfee": rate(MIN_FEE_RATE),
        "minrelaytxfee": rate(MIN_FEE_RATE),
        "incrementalrelayfee": rate(INCREMENTAL_FEE_RATE),
        "unbroadcastcount": 0,
        "permitbaremultisig": true,
        "maxdatacarriersize": MAX_DATA_CARRIER_BYTES,
        "limitclustercount": MAX_CLUSTER_TRANSACTIONS,
        "limitclustersize": MAX_CLUSTER_VSIZE,
        "optimal": true,
    })
}

fn describe(mempool: &Mempool, entry: &MempoolEntry, chunk: FeeFrac) -> Value {
    let ancestors = mempool.ancestors(&entry.tx);
    let descendants = mempool.with_descendants(&entry.txid);
    let sums = |of: &mut dyn Iterator<Item = &Txid>| {
        of.filter_map(|txid| mempool.get(txid))
            .fold((0, 0, Amount::ZERO), |(count, size, fee), entry| {
                (count + 1, size + entry.vsize, fee + entry.fee)
            })
    };
    let up = sums(&mut ancestors.iter().chain([&entry.txid]));
    let down = sums(&mut descendants.iter());
    let ids = |txids: BTreeSet<Txid>| txids.iter().map(Txid::to_string).collect::<Vec<_>>();
    // Those are in the order of their bytes, these in that of their text.
    let mut depends = ids(mempool.parents(&entry.tx));
    depends.sort();
    json!({
        "vsize": entry.vsize,
        "weight": entry.weight,
        "time": entry.time,
        "height": entry.height,
        "descendantcount": down.0,
        "descendantsize": down.1,
        "ancestorcount": up.0,
        "ancestorsize": up.1,
        "wtxid": entry.wtxid.to_string(),
        "chunkweight": chunk.size,
        "fees": {
            "base": btc(entry.fee),
            "modified": btc(entry.fee),
            "ancestor": btc(up.2),
            "descendant": btc(down.2),
            "chunk": btc(Amount::from_sat(chunk.fee)),
        },
        "depends": depends,
        "spentby": ids(mempool.children(&entry.txid)),
        "unbroadcast": false,
    })
}

pub(super) fn entry(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let txid: Txid = params.hash("txid")?;
    let entry = state.validation.mempool.get(&txid);
    let entry = entry.ok_or_else(|| RpcError::not_found("Transaction not in mempool"))?;
    let mempool = &state.validation.mempool;
    Ok(describe(mempool, entry, mempool.chunk_of(&txid)))
}

pub(super) fn raw(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let entries = state.validation.mempool.in_order();
    let verbose = params.flag("verbose") == Some(true);
    let sequence = params.flag("mempool_sequence") == Some(true);
    if verbose && sequence {
        return Err(RpcError::parameter(
            "Verbose results cannot contain mempool sequence values.",
        ));
    }
    if verbose {
        let mempool = &state.validation.mempool;
        let chunks = mempool.all_chunks();
        let all = entries.into_iter().map(|entry| {
            let chunk = chunks.get(&entry.txid).copied().unwrap_or_default();
            (entry.txid.to_string(), describe(mempool, entry, chunk))
        });
        return Ok(Value::Object(all.collect()));
    }
    let ids: Vec<String> = entries
        .into_iter()
        .map(|entry| entry.txid.to_string())
        .collect();
    if sequence {
        return Ok(
            json!({ "txids": ids, "mempool_sequence": state.validation.mempool.change_number() }),
        );
    }
    Ok(json!(ids))
}

const GENESIS_COINBASE: &str =
    "The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved";
const NOT_IN_MEMPOOL: &str = "No such mempool transaction. Use -txindex or provide a block hash to \
                              enable blockchain transaction queries. Use gettransaction for wallet \
                              transactions.";

const NOT_IN_BLOCK: &str =
    "No such transaction found in the provided block. Use gettransaction for wallet transactions.";

pub(super) fn raw_transaction(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let txid: Txid = params.hash("txid")?;
    let genesis = state
        .validation
        .chain
        .tree()
        .get(Id::GENESIS)
        .header
        .merkle_root;
    if txid.to_raw_hash() == genesis.to_raw_hash() {
        return Err(RpcError::not_found(GENESIS_COINBASE));
    }
    let verbosity = params.level("verbosity", 0)?;
    if params.get("blockhash").is_none() {
        of_mempool(state, &txid, verbosity)
    } else {
        let id = named(state, params, "blockhash").map_err(|error| {
            if error.code == INVALID_PARAMETER {
                error
            } else {
                RpcError::not_found("Block hash not found")
            }
        })?;
        of_block(state, id, &txid, verbosity)
    }
}

fn of_mempool(state: &NodeState, txid: &Txid, verbosity: i32) -> MethodResult {
    let entry = state.validation.mempool.get(txid);
    let entry = entry.ok_or_else(|| RpcError::not_found(NOT_IN_MEMPOOL))?;
    if verbosity <= 0 {
        return Ok(json!(serialize_hex(entry.tx.as_ref())));
    }
    let network = state.validation.chain.params().network();
    let fields = scripts::transaction(&entry.tx, network, None);
    Ok(Value::Object(fields))
}

fn of_block(state: &NodeState, id: Id, txid: &Txid, verbosity: i32) -> MethodResult {
    let chain = &state.validation.chain;
    let block = stored(state, id)?;
    let mut transactions = block.txdata.iter().enumerate();
    let Some((at, tx)) = transactions.find(|(_, tx)| tx.compute_txid() == *txid) else {
        return Err(RpcError::not_found(NOT_IN_BLOCK));
    };
    if verbosity <= 0 {
        return Ok(json!(serialize_hex(tx)));
    }
    let undo = if verbosity > 1 { chain.undo(id)? } else { None };
    let is_best = chain.tree().is_best(id);
    let mut fields = Map::new();
    fields.insert("in_active_chain".into(), json!(is_best));
    fields.extend(scripts::transaction(
        tx,
        chain.params().network(),
        spent(undo.as_ref(), at, true),
    ));
    fields.insert("blockhash".into(), json!(block.block_hash().to_string()));
    fields.insert("confirmations".into(), json!(confirmations_of(state, id)));
    fields.insert("time".into(), json!(block.header.time));
    fields.insert("blocktime".into(), json!(block.header.time));
    Ok(Value::Object(fields))
}

/// A higher fee rate is taken for a slip, for 1000 virtual bytes.
const MAX_FEE_RATE: Amount = Amount::from_sat(10_000_000);

fn max_rate(params: &MethodParams) -> Result<Option<u64>, RpcError> {
    let rate = params.amount("maxfeerate")?.unwrap_or(MAX_FEE_RATE);
    if rate >= Amount::ONE_BTC {
        return Err(RpcError::parameter(
            "Fee rates larger than or equal to 1BTC/kvB are not accepted",
        ));
    }
    Ok((rate > Amount::ZERO).then_some(rate.to_sat()))
}

pub(super) fn send(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let burn = params.amount("maxburnamount")?.unwrap_or(Amount::ZERO);
    let failure = RpcError::new(
        DESERIALIZATION,
        "TX decode failed. Make sure the tx has at least one input.",
    );
    let bytes = params.bytes("hexstring", &failure)?;
    let tx = decode::whole_transaction(&bytes).ok_or(failure)?;
    let txid = tx.compute_txid();
    let burns = |output: &TxOut| is_unspendable(output) || !has_valid_ops(&output.script_pubkey);
    if tx
        .output
        .iter()
        .any(|output| output.value > burn && burns(output))
    {
        let message = "Unspendable output exceeds maximum configured by user (maxburnamount)";
        return Err(RpcError::new(VERIFY, message));
    }
    let rate = max_rate(params)?;
    refuse_in_chain(state, txid, &tx)?;
    if state.validation.mempool.get(&txid).is_none() {
        let now = state.now;
        state
            .validation
            .take_transaction(&Arc::new(tx), now, rate)
            .map_err(|reject| rejected(&reject))?;
    }
    state.announce_transaction(txid);
    Ok(json!(txid.to_string()))
}

/// Refuses a transaction with an output that is unspent in the chain.
fn refuse_in_chain(state: &NodeState, txid: Txid, tx: &Transaction) -> Result<(), RpcError> {
    for (vout, _) in (0_u32..).zip(&tx.output) {
        let outpoint = OutPoint { txid, vout };
        if state.validation.chain.coin(&outpoint)?.is_some() {
            let message = "Transaction outputs already in utxo set";
            return Err(RpcError::new(ALREADY_IN_CHAIN, message));
        }
    }
    Ok(())
}

/// The error of a transaction that is sent and not taken.
fn rejected(reject: &Reject) -> RpcError {
    if reject.reason == MAX_FEE_EXCEEDED {
        let message = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
        return RpcError::new(VERIFY, message);
    }
    let code = match reject.fault {
        Fault::Missing => VERIFY,
        _ => VERIFY_REJECTED,
    };
    RpcError::new(code, reject.to_string())
}

/// `testmempoolaccept`. It tests one transaction: packages are not known here.
pub(super) fn test_accept(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let given = params
        .get("rawtxs")
        .and_then(Json::items)
        .unwrap_or_default();
    let [given] = given.as_slice() else {
        return Err(RpcError::parameter(
            "Array must contain exactly 1 transaction: this node tests no packages.",
        ));
    };
    let Json::Text(hex) = given else {
        return Err(wrong_type(given, "string"));
    };
    let rate = max_rate(params)?;
    let bytes = Vec::from_hex(hex).ok();
    let tx = bytes.and_then(|bytes| decode::whole_transaction(&bytes));
    let tx = Arc::new(tx.ok_or_else(|| {
        let message = format!("TX decode failed: {hex} Make sure the tx has at least one input.");
        RpcError::new(DESERIALIZATION, message)
    })?);
    let now = state.now;
    let mut fields = Map::new();
    fields.insert("txid".into(), json!(tx.compute_txid().to_string()));
    fields.insert("wtxid".into(), json!(tx.compute_wtxid().to_string()));
    let tested = state.validation.test_transaction(&tx, now);
    fields.extend(match tested {
        Ok(admission) => allowed(admission.entry(), rate),
        Err(reject) => refused(&reject),
    });
    Ok(json!([fields]))
}

fn allowed(entry: &MempoolEntry, max_rate: Option<u64>) -> Map<String, Value> {
    let mut fields = Map::new();
    let is_over = |rate| entry.fee > fee_at(rate, entry.vsize);
    if max_rate.is_some_and(is_over) {
        fields.insert("allowed".into(), json!(false));
        fields.insert("reject-reason".into(), json!(MAX_FEE_EXCEEDED));
        return fields;
    }
    fields.insert("allowed".into(), json!(true));
    fields.insert("vsize".into(), json!(entry.vsize));
    let fees = json!({
        "base": btc(entry.fee),
        "effective-feerate": btc(Amount::from_sat(entry.rate())),
        "effective-includes": [entry.wtxid.to_string()],
    });
    fields.insert("fees".into(), fees);
    fields
}

fn refused(reject: &Reject) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("allowed".into(), json!(false));
    if reject.fault == Fault::Missing {
        fields.insert("reject-reason".into(), json!("missing-inputs"));
    } else {
        fields.insert("reject-reason".into(), json!(reject.reason));
        fields.insert("reject-details".into(), json!(reject.to_string()));
    }
    fields
}
