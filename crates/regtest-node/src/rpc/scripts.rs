//! Scripts and transactions as JSON. Pure.

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hex::DisplayHex;
use bitcoin::{Address, Amount, Network, Script, Transaction, TxOut};
use serde_json::{Map, Value, json};

use super::{asm, descriptor};
use crate::chain::coins::Coin;
use crate::chain::script_type::ScriptType;

/// An amount in BTC, as all amounts in Bitcoin Core's answers are.
pub(super) fn btc(amount: Amount) -> Value {
    json!(amount.to_btc())
}

/// `scriptPubKey`
pub(super) fn output_script(script: &Script, network: Network) -> Value {
    let address = Address::from_script(script, network).ok();
    let script_type = ScriptType::of(script);
    let mut fields = Map::new();
    fields.insert("asm".into(), json!(asm::output_script(script)));
    fields.insert(
        "desc".into(),
        json!(descriptor::of_script(
            script,
            &script_type,
            address.as_ref()
        )),
    );
    fields.insert("hex".into(), json!(script.to_hex_string()));
    if let Some(address) = address {
        fields.insert("address".into(), json!(address.to_string()));
    }
    fields.insert("type".into(), json!(script_type.name()));
    Value::Object(fields)
}

/// What a transaction spends, where that is known and wanted.
#[derive(Clone, Copy)]
pub(super) struct SpentOutputs<'a> {
    pub(super) coins: &'a [Coin],
    /// Each input with what it spends.
    pub(super) is_shown: bool,
}

/// A transaction, with its fee if what it spends is known.
pub(super) fn transaction(
    tx: &Transaction,
    network: Network,
    spent: Option<SpentOutputs<'_>>,
) -> Map<String, Value> {
    let weight = tx.weight().to_wu();
    let coin = |at: usize| spent.filter(|spent| spent.is_shown)?.coins.get(at);
    let vin: Vec<Value> = tx
        .input
        .iter()
        .enumerate()
        .map(|(at, input)| self::input(input, tx.is_coinbase(), coin(at), network))
        .collect();
    let vout: Vec<Value> = tx
        .output
        .iter()
        .enumerate()
        .map(|(n, output)| self::output(n, output, network))
        .collect();
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("txid", json!(tx.compute_txid().to_string()));
    set("hash", json!(tx.compute_wtxid().to_string()));
    set("version", json!(tx.version.0.cast_unsigned()));
    set("size", json!(tx.total_size()));
    set("vsize", json!(weight.div_ceil(4)));
    set("weight", json!(weight));
    set("locktime", json!(tx.lock_time.to_consensus_u32()));
    set("vin", Value::Array(vin));
    set("vout", Value::Array(vout));
    if let Some(spent) = spent.filter(|_| !tx.is_coinbase()) {
        let paid: Amount = spent.coins.iter().map(|coin| coin.output.value).sum();
        let taken: Amount = tx.output.iter().map(|output| output.value).sum();
        set("fee", btc(paid.checked_sub(taken).unwrap_or(Amount::ZERO)));
    }
    set("hex", json!(serialize_hex(tx)));
    fields
}

fn input(input: &bitcoin::TxIn, is_coinbase: bool, coin: Option<&Coin>, network: Network) -> Value {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    let script = &input.script_sig;
    if is_coinbase {
        set("coinbase", json!(script.to_hex_string()));
    } else {
        set("txid", json!(input.previous_output.txid.to_string()));
        set("vout", json!(input.previous_output.vout));
        set(
            "scriptSig",
            json!({ "asm": asm::input_script(script), "hex": script.to_hex_string() }),
        );
    }
    if !input.witness.is_empty() {
        let items: Vec<String> = input
            .witness
            .iter()
            .map(DisplayHex::to_lower_hex_string)
            .collect();
        set("txinwitness", json!(items));
    }
    if let Some(coin) = coin {
        let script = output_script(&coin.output.script_pubkey, network);
        let generated = coin.is_coinbase;
        let height = coin.height;
        let value = btc(coin.output.value);
        set(
            "prevout",
            json!({ "generated": generated, "height": height, "value": value, "scriptPubKey": script }),
        );
    }
    set("sequence", json!(input.sequence.to_consensus_u32()));
    Value::Object(fields)
}

fn output(n: usize, output: &TxOut, network: Network) -> Value {
    let script = output_script(&output.script_pubkey, network);
    json!({ "value": btc(output.value), "n": n, "scriptPubKey": script })
}

#[cfg(test)]
mod tests {
    use bitcoin::ScriptBuf;

    use super::*;

    /// What `decodescript` of Bitcoin Core 31.99 answered.
    #[test]
    fn output_scripts_are_shown_as_bitcoind_shows_them() {
        let text = include_str!("../../tests/data/output-scripts.json");
        let recorded: Vec<Value> = serde_json::from_str(text).unwrap();
        assert!(recorded.len() > 300);
        for case in recorded {
            let script = ScriptBuf::from_hex(case["hex"].as_str().unwrap()).unwrap();
            assert_eq!(output_script(&script, Network::Regtest), case);
        }
    }
}
