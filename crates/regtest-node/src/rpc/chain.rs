//! The chain, its coins, and what an operator may say about it.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::hex::DisplayHex;
use bitcoin::{Amount, OutPoint};
use serde_json::{Map, Value, json};

use super::blocks::{confirmations, named};
use super::error::{DATABASE, DESERIALIZATION, MISC, RpcError};
use super::scripts::{btc, output_script};
use super::{MethodParams, MethodResult};
use crate::chain::coins::CoinView;
use crate::chain::summary::UtxoSummary;
use crate::chain::tree::{HeaderTree, Id, Validity};
use crate::chain::{block, decode, header};
use crate::node_state::NodeState;

pub(super) fn info(state: &NodeState) -> Value {
    let chain = &state.validation.chain;
    let tree = state.validation.chain.tree();
    let tip = tree.get(tree.tip());
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("chain", json!(chain.params().network().to_core_arg()));
    set("blocks", json!(tip.height));
    set("headers", json!(tree.get(chain.best_header()).height));
    set("bestblockhash", json!(tip.hash.to_string()));
    set(
        "bits",
        json!(format!("{:08x}", tip.header.bits.to_consensus())),
    );
    set(
        "target",
        json!(tip.header.target().to_be_bytes().to_lower_hex_string()),
    );
    set("difficulty", json!(header::difficulty(tip.header.bits)));
    set("time", json!(tip.header.time));
    set("mediantime", json!(tree.median_time(tree.tip())));
    set("verificationprogress", json!(state.validation.progress()));
    set(
        "initialblockdownload",
        json!(state.is_in_initial_download()),
    );
    set(
        "chainwork",
        json!(tip.work.to_be_bytes().to_lower_hex_string()),
    );
    set("size_on_disk", json!(chain.size_on_disk()));
    set("pruned", json!(chain.is_pruned()));
    if chain.is_pruned() {
        set("pruneheight", json!(chain.first_stored()));
        set("automatic_pruning", json!(false));
    }
    set("warnings", json!([]));
    Value::Object(fields)
}

pub(super) fn best_block_hash(state: &NodeState) -> Value {
    let tree = state.validation.chain.tree();
    json!(tree.get(tree.tip()).hash.to_string())
}

pub(super) fn block_count(state: &NodeState) -> Value {
    json!(state.validation.chain.tree().height())
}

pub(super) fn difficulty(state: &NodeState) -> Value {
    let tree = state.validation.chain.tree();
    json!(header::difficulty(tree.get(tree.tip()).header.bits))
}

pub(super) fn block_hash(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let tree = state.validation.chain.tree();
    let height: Option<i32> = params.integer("height")?;
    let id = height
        .and_then(|height| u32::try_from(height).ok())
        .and_then(|height| tree.at_height(height));
    let id = id.ok_or_else(|| RpcError::parameter("Block height out of range"))?;
    Ok(json!(tree.get(id).hash.to_string()))
}

pub(super) fn tips(state: &NodeState) -> Value {
    let tree = state.validation.chain.tree();
    let parents: HashSet<Id> = tree.ids().filter_map(|id| tree.get(id).parent).collect();
    let mut ends: Vec<Id> = tree
        .ids()
        .filter(|id| !parents.contains(id) || *id == tree.tip())
        .collect();
    ends.sort_by_key(|id| (std::cmp::Reverse(tree.get(*id).height), *id));
    let describe = |id: Id| {
        let entry = tree.get(id);
        let fork = tree.fork(id);
        let length = entry.height - tree.get(fork).height;
        let height = entry.height;
        let hash = entry.hash.to_string();
        let status = status(tree, id);
        json!({ "height": height, "hash": hash, "branchlen": length, "status": status })
    };
    ends.into_iter().map(describe).collect()
}

fn status(tree: &HeaderTree, id: Id) -> &'static str {
    let entry = tree.get(id);
    match entry.validity {
        _ if tree.is_best(id) => "active",
        Validity::Failed | Validity::OnFailed => "invalid",
        _ if !entry.is_complete() => "headers-only",
        Validity::ConnectedBlock => "valid-fork",
        Validity::Header => "valid-headers",
    }
}

pub(super) fn tx_out(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let txid = params.hash("txid")?;
    let vout = params.integer("n")?.unwrap_or_default();
    let outpoint = OutPoint { txid, vout };
    let tree = state.validation.chain.tree();
    let best = tree.get(tree.tip()).hash;
    let mut output = None;
    let mut confirmed = 0;
    let mut is_coinbase = false;
    let with_mempool = params.flag("include_mempool").unwrap_or(true);
    if with_mempool && state.validation.mempool.spender(&outpoint).is_some() {
        return Ok(Value::Null);
    }
    if with_mempool && let Some(entry) = state.validation.mempool.get(&outpoint.txid) {
        output = entry
            .tx
            .output
            .get(usize::try_from(outpoint.vout).unwrap_or(usize::MAX))
            .cloned();
    } else if let Some(coin) = state.validation.chain.coin(&outpoint)? {
        confirmed = tree.height().saturating_sub(coin.height) + 1;
        is_coinbase = coin.is_coinbase;
        output = Some(coin.output);
    }
    let Some(output) = output else {
        return Ok(Value::Null);
    };
    Ok(json!({
        "bestblock": best.to_string(),
        "confirmations": confirmed,
        "value": btc(output.value),
        "scriptPubKey": output_script(&output.script_pubkey, state.validation.chain.params().network()),
        "coinbase": is_coinbase,
    }))
}

pub(super) fn tx_out_set_info(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let with_hash = match params.text("hash_type").unwrap_or("hash_serialized_3") {
        "hash_serialized_3" => true,
        "none" => false,
        "muhash" => {
            return Err(RpcError::parameter(
                "'muhash' is not offered; use hash_serialized_3 or none",
            ));
        }
        other => {
            return Err(RpcError::parameter(format!(
                "'{other}' is not a valid hash_type"
            )));
        }
    };
    if params.get("hash_or_height").is_some() {
        return Err(RpcError::parameter(
            "Querying specific block heights requires coinstatsindex",
        ));
    }
    let mut summary = UtxoSummary::new(with_hash);
    state
        .validation
        .chain
        .all_coins(|outpoint, coin| summary.add(outpoint, &coin))?;
    let tree = state.validation.chain.tree();
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("height", json!(tree.height()));
    set("bestblock", json!(tree.get(tree.tip()).hash.to_string()));
    set("txouts", json!(summary.outputs));
    set("bogosize", json!(summary.bogosize));
    if let Some(hash) = summary.hash() {
        set("hash_serialized_3", json!(hash.to_string()));
    }
    set("total_amount", btc(Amount::from_sat(summary.amount)));
    set("transactions", json!(summary.transactions));
    set("disk_size", json!(state.validation.chain.database_bytes()?));
    Ok(Value::Object(fields))
}

pub(super) fn submit_block(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let failure = RpcError::new(DESERIALIZATION, "Block decode failed");
    let bytes = params.bytes("hexdata", &failure)?;
    let mut block = decode::block(&bytes).map_err(|_| failure)?;
    let tree = state.validation.chain.tree();
    let rules = state.validation.chain.params();
    let parent = tree
        .find(&block.header.prev_blockhash)
        .map(|id| tree.get(id));
    if parent.is_some_and(|parent| parent.height.saturating_add(1) >= rules.segwit_height) {
        block::add_reserved_value(&mut block);
    }
    match state.take_block(Arc::new(block), None) {
        Err(reject) => Ok(json!(reject.reason)),
        Ok(accepted) if !accepted.is_new => Ok(json!("duplicate")),
        // It was the tip, or below it, for a moment at least.
        Ok(accepted)
            if state.validation.chain.tree().get(accepted.id).validity
                == Validity::ConnectedBlock =>
        {
            Ok(Value::Null)
        }
        Ok(accepted) => {
            let refused = state
                .validation
                .last_refusal(accepted.id)
                .map(|reject| reject.reason.clone());
            Ok(json!(refused.unwrap_or("inconclusive".into())))
        }
    }
}

pub(super) fn invalidate(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let id = named(state, params, "blockhash")?;
    if id == Id::GENESIS {
        return Ok(Value::Null);
    }
    if !state.validation.chain.can_undo(id) {
        let kept = state.validation.chain.first_stored();
        return Err(RpcError::new(
            DATABASE,
            format!("Blocks below height {kept} are pruned: it cannot be undone"),
        ));
    }
    state.validation.invalidate(id);
    state.advance();
    Ok(Value::Null)
}

pub(super) fn reconsider(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let id = named(state, params, "blockhash")?;
    state.validation.chain.reconsider(id);
    state.advance();
    Ok(Value::Null)
}

pub(super) fn precious(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let id = named(state, params, "blockhash")?;
    state.validation.chain.prefer(id);
    state.advance();
    Ok(Value::Null)
}

/// A larger number is a time.
const FIRST_TIME: i64 = 1_000_000_000;
/// A block's time may be so much off.
const TIME_WINDOW: i64 = 2 * 60 * 60;

pub(super) fn prune(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let wanted = i64::from(params.integer::<i32>("height")?.unwrap_or(0));
    if wanted < 0 {
        return Err(RpcError::parameter("Negative block height."));
    }
    let tree = state.validation.chain.tree();
    let tip = tree.height();
    let height = if wanted > FIRST_TIME {
        first_after(tree, wanted - TIME_WINDOW)?
    } else {
        wanted
    };
    // That the chain is too short is reported before that the height is too high, as bitcoind does.
    let known = u32::try_from(height).ok().filter(|height| *height <= tip);
    let too_short = || RpcError::new(MISC, "Blockchain is too short for pruning.");
    let too_high = || RpcError::parameter("Blockchain is shorter than the attempted prune height.");
    if !state.validation.is_prunable() {
        return Err(too_short());
    }
    // Within the last 288 as many are pruned as may be.
    let first_stored = state
        .validation
        .prune(known.ok_or_else(too_high)?)
        .ok_or_else(too_short)?;
    Ok(json!(i64::from(first_stored) - 1))
}

fn first_after(tree: &HeaderTree, time: i64) -> Result<i64, RpcError> {
    let is_after = |height: &u32| {
        let id = tree.at_height(*height);
        id.is_some_and(|id| i64::from(tree.get(id).header.time) >= time)
    };
    let found = (0..=tree.height()).find(is_after).map(i64::from);
    found.ok_or_else(|| {
        RpcError::parameter("Could not find block with at least the specified timestamp.")
    })
}

/// How many blocks stand on the block of the best chain with that hash.
pub(super) fn confirmations_of(state: &NodeState, id: Id) -> i64 {
    confirmations(state.validation.chain.tree(), id).max(0)
}
