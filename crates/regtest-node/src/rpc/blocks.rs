//! `getblock`, `getblockheader`

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hex::DisplayHex;
use bitcoin::{Block, BlockHash, Transaction};
use serde_json::{Map, Value, json};

use super::error::{MISC, RpcError};
use super::scripts::{self, SpentOutputs};
use super::{MethodParams, MethodResult};
use crate::chain::block::stripped_size;
use crate::chain::coins::Undo;
use crate::chain::header::difficulty;
use crate::chain::tree::{HeaderTree, Id};
use crate::node_state::NodeState;

/// The block that the parameter `name` names by its hash.
pub(super) fn named(state: &NodeState, params: &MethodParams, name: &str) -> Result<Id, RpcError> {
    let hash: BlockHash = params.hash(name)?;
    state
        .validation
        .chain
        .tree()
        .find(&hash)
        .ok_or_else(|| RpcError::not_found("Block not found"))
}

/// How many blocks of the best chain stand on it, itself included; -1 if it is not part of it.
pub(super) fn confirmations(tree: &HeaderTree, id: Id) -> i64 {
    if tree.is_best(id) {
        i64::from(tree.height()) - i64::from(tree.get(id).height) + 1
    } else {
        -1
    }
}

/// The fields of a header.
fn header_fields(tree: &HeaderTree, id: Id) -> Map<String, Value> {
    let entry = tree.get(id);
    let header = &entry.header;
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("hash", json!(entry.hash.to_string()));
    set("confirmations", json!(confirmations(tree, id)));
    set("height", json!(entry.height));
    set("version", json!(header.version.to_consensus()));
    set(
        "versionHex",
        json!(format!("{:08x}", header.version.to_consensus())),
    );
    set("merkleroot", json!(header.merkle_root.to_string()));
    set("time", json!(header.time));
    set("mediantime", json!(tree.median_time(id)));
    set("nonce", json!(header.nonce));
    set("bits", json!(format!("{:08x}", header.bits.to_consensus())));
    set(
        "target",
        json!(header.target().to_be_bytes().to_lower_hex_string()),
    );
    set("difficulty", json!(difficulty(header.bits)));
    set(
        "chainwork",
        json!(entry.work.to_be_bytes().to_lower_hex_string()),
    );
    set("nTx", json!(entry.transactions));
    if let Some(parent) = entry.parent {
        set(
            "previousblockhash",
            json!(tree.get(parent).hash.to_string()),
        );
    }
    if tree.is_best(id)
        && let Some(next) = tree.at_height(entry.height.saturating_add(1))
    {
        set("nextblockhash", json!(tree.get(next).hash.to_string()));
    }
    fields
}

pub(super) fn header(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let id = named(state, params, "blockhash")?;
    let tree = state.validation.chain.tree();
    if params.flag("verbose").unwrap_or(true) {
        Ok(Value::Object(header_fields(tree, id)))
    } else {
        Ok(json!(serialize_hex(&tree.get(id).header)))
    }
}

/// The block `id`, or why it is not there, in Bitcoin Core's words.
pub(super) fn stored(state: &NodeState, id: Id) -> Result<std::sync::Arc<Block>, RpcError> {
    if let Some(block) = state.validation.chain.block(id)? {
        return Ok(block);
    }
    let was_here = state.validation.chain.tree().get(id).transactions > 0;
    let message = if was_here {
        "Block not available (pruned data)"
    } else {
        "Block not found on disk"
    };
    Err(RpcError::new(MISC, message))
}

pub(super) fn block(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    // A malformed hash is reported before what is wrong with the level, and that before whether
    // there is such a block.
    params.hash::<BlockHash>("blockhash")?;
    let verbosity = params.level("verbosity", 1)?;
    let id = named(state, params, "blockhash")?;
    let block = stored(state, id)?;
    if verbosity <= 0 {
        return Ok(json!(serialize_hex(block.as_ref())));
    }
    let network = state.validation.chain.params().network();
    let mut fields = header_fields(state.validation.chain.tree(), id);
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("strippedsize", json!(stripped_size(&block)));
    set("size", json!(block.total_size()));
    set("weight", json!(block.weight().to_wu()));
    if let Some(coinbase) = block.txdata.first().and_then(coinbase) {
        set("coinbase_tx", coinbase);
    }
    let transactions: Vec<Value> = if verbosity == 1 {
        block
            .txdata
            .iter()
            .map(|tx| json!(tx.compute_txid().to_string()))
            .collect()
    } else {
        let undo = state.validation.chain.undo(id)?;
        let spent = |at: usize| spent(undo.as_ref(), at, verbosity > 2);
        let one = |(at, tx)| Value::Object(scripts::transaction(tx, network, spent(at)));
        block.txdata.iter().enumerate().map(one).collect()
    };
    set("tx", Value::Array(transactions));
    Ok(Value::Object(fields))
}

/// What a coinbase says that other transactions do not.
fn coinbase(tx: &Transaction) -> Option<Value> {
    let input = tx.input.first()?;
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("version", json!(tx.version.0.cast_unsigned()));
    set("locktime", json!(tx.lock_time.to_consensus_u32()));
    set("sequence", json!(input.sequence.to_consensus_u32()));
    set("coinbase", json!(input.script_sig.to_hex_string()));
    if let Some(witness) = input.witness.nth(0) {
        set("witness", json!(witness.to_lower_hex_string()));
    }
    Some(Value::Object(fields))
}

/// What the transaction at `at` of a block spent: the coinbase nothing.
pub(super) fn spent(undo: Option<&Undo>, at: usize, is_shown: bool) -> Option<SpentOutputs<'_>> {
    let coins = undo?.get(at.checked_sub(1)?)?;
    Some(SpentOutputs { coins, is_shown })
}
