//! Mining on request.

use std::sync::Arc;

use bitcoin::hex::DisplayHex;
use bitcoin::{BlockHash, Network, ScriptBuf};
use serde_json::{Value, json};

use super::MethodParams;
use super::descriptor;
use super::error::{INVALID_ADDRESS_OR_KEY, MISC, RpcError};
use crate::chain::header;
use crate::chain::tree::{HeaderTree, Id};
use crate::mining;
use crate::node_state::NodeState;

/// What is to be mined.
pub(super) struct GenerateRequest {
    pub(super) blocks: u32,
    pub(super) script: ScriptBuf,
    pub(super) max_tries: u64,
}

/// The only chain whose work is done at once.
const NETWORK: Network = Network::Regtest;
const MAX_TRIES: u64 = 1_000_000;

/// How many blocks: looked at before the script, as bitcoind does. A negative number is none.
fn count(params: &MethodParams, name: &str) -> Result<u32, RpcError> {
    let blocks: i32 = params.integer(name)?.unwrap_or(0);
    Ok(u32::try_from(blocks).unwrap_or(0))
}

pub(super) fn to_address(params: &MethodParams) -> Result<GenerateRequest, RpcError> {
    let blocks = count(params, "nblocks")?;
    // Here a number has 32 bits with a sign, and below zero there is no end; below it has 64
    // without one.
    let max_tries: Option<i32> = params.integer("maxtries")?;
    let max_tries = max_tries.map_or(MAX_TRIES, |tries| u64::try_from(tries).unwrap_or(u64::MAX));
    let script = descriptor::address_script(params.text("address").unwrap_or_default(), NETWORK);
    let script = script.ok_or_else(|| RpcError::not_found("Error: Invalid address"))?;
    Ok(GenerateRequest {
        blocks,
        script,
        max_tries,
    })
}

pub(super) fn to_descriptor(params: &MethodParams) -> Result<GenerateRequest, RpcError> {
    let blocks = count(params, "num_blocks")?;
    let max_tries = params.integer("maxtries")?.unwrap_or(MAX_TRIES);
    let script = descriptor::script(params.text("descriptor").unwrap_or_default(), NETWORK);
    let script = script.map_err(|message| RpcError::new(INVALID_ADDRESS_OR_KEY, message))?;
    Ok(GenerateRequest {
        blocks,
        script,
        max_tries,
    })
}

/// Mines a block on the tip, with at most `tries` nonces, and says how many it took.
pub(crate) fn mine(
    state: &mut NodeState,
    script: ScriptBuf,
    tries: u64,
) -> Result<Option<(BlockHash, u64)>, RpcError> {
    let place = state.validation.chain.next_place();
    let (transactions, fees) = state.validation.mempool.select(&place);
    let block = mining::assemble(&place, script, transactions, fees, state.now.unix_seconds());
    let Some(block) = mining::solve(block, tries, |hash| {
        state.validation.chain.tree().find(hash).is_some()
    }) else {
        return Ok(None);
    };
    let hash = block.block_hash();
    let used = u64::from(block.header.nonce) + 1;
    let failed = |reason: &str| {
        RpcError::new(
            MISC,
            format!("ProcessNewBlock, block not accepted: {reason}"),
        )
    };
    let accepted = state
        .take_block(Arc::new(block), None)
        .map_err(|reject| failed(&reject.reason))?;
    match state.validation.last_refusal(accepted.id) {
        Some(reject) => Err(failed(&reject.reason)),
        None => Ok(Some((hash, used))),
    }
}

/// Hashes per second that the last blocks took, by their work and the span of their times.
fn hashes_per_second(tree: &HeaderTree) -> f64 {
    /// Bitcoin Core's default.
    const HASHRATE_WINDOW_BLOCKS: usize = 120;
    let last: Vec<Id> = tree
        .line(tree.tip())
        .take(HASHRATE_WINDOW_BLOCKS + 1)
        .collect();
    let times = || last.iter().map(|id| tree.get(*id).header.time);
    let span = times().max().unwrap_or(0) - times().min().unwrap_or(0);
    let (Some(newest), Some(oldest), true) = (last.first(), last.last(), span > 0) else {
        return 0.0;
    };
    let work = tree.get(*newest).work - tree.get(*oldest).work;
    let work = work
        .to_be_bytes()
        .iter()
        .fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte));
    work / f64::from(span)
}

pub(super) fn info(state: &NodeState) -> Value {
    let chain = &state.validation.chain;
    let tree = chain.tree();
    let tip = tree.get(tree.tip());
    let now = u32::try_from(state.now.unix_seconds()).unwrap_or(u32::MAX);
    let next = header::next_bits(tree, chain.params(), tree.tip(), now);
    let target = bitcoin::Target::from_compact(next);
    json!({
        "blocks": tip.height,
        "bits": format!("{:08x}", tip.header.bits.to_consensus()),
        "difficulty": header::difficulty(tip.header.bits),
        "target": tip.header.target().to_be_bytes().to_lower_hex_string(),
        "networkhashps": hashes_per_second(tree),
        "pooledtx": state.validation.mempool.len(),
        "chain": chain.params().network().to_core_arg(),
        "next": {
            "height": u64::from(tip.height) + 1,
            "bits": format!("{:08x}", next.to_consensus()),
            "difficulty": header::difficulty(next),
            "target": target.to_be_bytes().to_lower_hex_string(),
        },
        "warnings": [],
    })
}
