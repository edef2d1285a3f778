//! `getblockstats`

use std::collections::BTreeSet;

use bitcoin::consensus::encode::VarInt;
use bitcoin::{BlockHash, TxOut};
use serde_json::{Map, Value, json};

use super::error::RpcError;
use super::json::Json;
use super::{MethodParams, MethodResult, blocks, params};
use crate::chain::coins::is_unspendable;
use crate::chain::tree::Id;
use crate::node_state::NodeState;

/// Outpoint, and height with a flag in it: what Bitcoin Core adds to each output.
const PER_OUTPUT: i64 = 36 + 4;

fn found(state: &NodeState, params: &MethodParams) -> Result<Id, RpcError> {
    let tree = state.validation.chain.tree();
    let not_found = || RpcError::not_found("Block not found");
    match params.get("hash_or_height") {
        Some(Json::Text(text)) => {
            let hash: BlockHash = params::hash("hash_or_height", text)?;
            tree.find(&hash).ok_or_else(not_found)
        }
        Some(Json::Number(_)) => {
            let height: i32 = params.integer("hash_or_height")?.unwrap_or(-1);
            if height < 0 {
                return Err(RpcError::parameter(format!(
                    "Target block height {height} is negative"
                )));
            }
            let tip = tree.height();
            let too_high = || {
                RpcError::parameter(format!(
                    "Target block height {height} after current tip {tip}"
                ))
            };
            u32::try_from(height)
                .ok()
                .and_then(|height| tree.at_height(height))
                .ok_or_else(too_high)
        }
        other => Err(params::wrong_type(other.unwrap_or(&Json::Null), "string")),
    }
}

#[derive(Default)]
struct Sums {
    inputs: i64,
    outputs: i64,
    spendable: i64,
    total_out: u64,
    total_size: u64,
    total_weight: u64,
    witness: [u64; 3],
    size_increase: i64,
    size_increase_actual: i64,
    fees: Vec<u64>,
    sizes: Vec<u64>,
    /// Satoshi per virtual byte, and weight.
    rates: Vec<(u64, u64)>,
}

fn serialized(output: &TxOut) -> i64 {
    let script = output.script_pubkey.len();
    i64::try_from(8 + VarInt::from(script).size() + script).unwrap_or(i64::MAX)
}

impl Sums {
    fn add_outputs(&mut self, outputs: &[TxOut], is_genesis: bool) {
        for output in outputs {
            let size = serialized(output) + PER_OUTPUT;
            self.outputs += 1;
            self.size_increase += size;
            if !is_unspendable(output) && !is_genesis {
                self.spendable += 1;
                self.size_increase_actual += size;
            }
        }
    }
}

fn sums(state: &NodeState, id: Id) -> Result<Sums, RpcError> {
    let block = blocks::stored(state, id)?;
    let undo = state.validation.chain.undo(id)?;
    let is_genesis = id == Id::GENESIS;
    let mut sums = Sums::default();
    for (at, tx) in block.txdata.iter().enumerate() {
        sums.add_outputs(&tx.output, is_genesis);
        if tx.is_coinbase() {
            continue;
        }
        let size = u64::try_from(tx.total_size()).unwrap_or(u64::MAX);
        let weight = tx.weight().to_wu();
        let out: u64 = tx.output.iter().map(|output| output.value.to_sat()).sum();
        sums.inputs += i64::try_from(tx.input.len()).unwrap_or(i64::MAX);
        sums.total_out += out;
        sums.total_size += size;
        sums.total_weight += weight;
        sums.sizes.push(size);
        if tx.input.iter().any(|input| !input.witness.is_empty()) {
            sums.witness = [
                sums.witness[0] + 1,
                sums.witness[1] + size,
                sums.witness[2] + weight,
            ];
        }
        let coins = blocks::spent(undo.as_ref(), at, false)
            .map(|spent| spent.coins)
            .unwrap_or_default();
        for coin in coins {
            let size = serialized(&coin.output) + PER_OUTPUT;
            sums.size_increase -= size;
            sums.size_increase_actual -= size;
        }
        let paid: u64 = coins.iter().map(|coin| coin.output.value.to_sat()).sum();
        let fee = paid.saturating_sub(out);
        sums.fees.push(fee);
        sums.rates
            .push((fee.saturating_mul(4) / weight.max(1), weight));
    }
    Ok(sums)
}

/// The middle, or the mean of the two in the middle.
fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    match (
        values.get(middle),
        middle.checked_sub(1).and_then(|below| values.get(below)),
    ) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => {
            u64::midpoint(*lower, *upper)
        }
        (Some(middle), _) => *middle,
        (None, _) => 0,
    }
}

/// The rates below which a tenth, a quarter, a half, … of the block's weight is.
fn percentiles(mut rates: Vec<(u64, u64)>) -> [u64; 5] {
    rates.sort_unstable();
    let total: u64 = rates.iter().map(|(_, weight)| weight).sum();
    [10, 25, 50, 75, 90].map(|percent| {
        let mut sum = 0;
        let reached = rates.iter().find(|(_, weight)| {
            sum += weight;
            sum * 100 >= total * percent
        });
        reached.map_or(0, |(rate, _)| *rate)
    })
}

pub(super) fn block_stats(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let id = found(state, params)?;
    let wanted = wanted(params)?;
    let sums = sums(state, id)?;
    let tree = state.validation.chain.tree();
    let entry = tree.get(id);
    let count = u64::try_from(sums.fees.len()).unwrap_or(0);
    let total_fee = sums.fees.iter().sum::<u64>();
    let rates = sums.rates.iter().map(|(rate, _)| *rate);
    let mean = |sum: u64, of: u64| sum.checked_div(of).unwrap_or(0);
    let all = json!({
        "avgfee": mean(total_fee, count),
        "avgfeerate": mean(total_fee.saturating_mul(4), sums.total_weight),
        "avgtxsize": mean(sums.total_size, count),
        "blockhash": entry.hash.to_string(),
        "feerate_percentiles": percentiles(sums.rates.clone()),
        "height": entry.height,
        "ins": sums.inputs,
        "maxfee": sums.fees.iter().max().unwrap_or(&0),
        "maxfeerate": rates.clone().max().unwrap_or(0),
        "maxtxsize": sums.sizes.iter().max().unwrap_or(&0),
        "medianfee": median(sums.fees.clone()),
        "mediantime": tree.median_time(id),
        "mediantxsize": median(sums.sizes.clone()),
        "minfee": sums.fees.iter().min().unwrap_or(&0),
        "minfeerate": rates.min().unwrap_or(0),
        "mintxsize": sums.sizes.iter().min().unwrap_or(&0),
        "outs": sums.outputs,
        "subsidy": state.validation.chain.params().subsidy(entry.height).to_sat(),
        "swtotal_size": sums.witness[1],
        "swtotal_weight": sums.witness[2],
        "swtxs": sums.witness[0],
        "time": entry.header.time,
        "total_out": sums.total_out,
        "total_size": sums.total_size,
        "total_weight": sums.total_weight,
        "totalfee": total_fee,
        "txs": entry.transactions,
        "utxo_increase": sums.outputs - sums.inputs,
        "utxo_size_inc": sums.size_increase,
        "utxo_increase_actual": sums.spendable - sums.inputs,
        "utxo_size_inc_actual": sums.size_increase_actual,
    });
    if wanted.is_empty() {
        return Ok(all);
    }
    chosen(&all, wanted)
}

/// The statistics that are named in `wanted`.
fn chosen(all: &Value, wanted: BTreeSet<String>) -> MethodResult {
    let mut chosen = Map::new();
    for name in wanted {
        let value = all
            .get(&name)
            .ok_or_else(|| RpcError::parameter(format!("Invalid selected statistic '{name}'")))?;
        chosen.insert(name, value.clone());
    }
    Ok(Value::Object(chosen))
}

/// The statistics that are asked for, each once; none: all.
fn wanted(params: &MethodParams) -> Result<BTreeSet<String>, RpcError> {
    let one = |item: Json| match item {
        Json::Text(name) => Ok(name),
        other => Err(params::wrong_type(&other, "string")),
    };
    params
        .get("stats")
        .and_then(Json::items)
        .unwrap_or_default()
        .into_iter()
        .map(one)
        .collect()
}
