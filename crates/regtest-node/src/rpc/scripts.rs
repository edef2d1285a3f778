//! Scripts and transactions as JSON. Pure.

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::ecdsa::Signature;
use bitcoin::hex::DisplayHex;
use bitcoin::opcodes::all::{OP_CLTV, OP_CSV, OP_PUSHNUM_1, OP_PUSHNUM_16, OP_PUSHNUM_NEG1};
use bitcoin::script::{Instruction, read_scriptint};
use bitcoin::sighash::EcdsaSighashType;
use bitcoin::{Address, Amount, Network, Script, Transaction, TxOut};
use serde_json::{Map, Value, json};

use super::descriptor;
use crate::chain::coins::Coin;

/// An amount in BTC, as all amounts in Bitcoin Core's answers are.
pub(super) fn btc(amount: Amount) -> Value {
    json!(amount.to_btc())
}

/// A script as Bitcoin Core writes it: small pushes are numbers, the others hexadecimal.
fn asm(script: &Script, names_signatures: bool) -> String {
    let mut words = Vec::new();
    for instruction in script.instructions() {
        match instruction {
            Ok(Instruction::PushBytes(bytes)) if bytes.len() <= 4 => {
                words.push(read_scriptint(bytes.as_bytes()).map_or_else(
                    |_| bytes.as_bytes().to_lower_hex_string(),
                    |n| n.to_string(),
                ));
            }
            Ok(Instruction::PushBytes(bytes)) => {
                let signature = names_signatures
                    .then(|| signature(bytes.as_bytes()))
                    .flatten();
                words.push(signature.unwrap_or_else(|| bytes.as_bytes().to_lower_hex_string()));
            }
            Ok(Instruction::Op(op)) => words.push(match op {
                OP_PUSHNUM_NEG1 => "-1".to_owned(),
                OP_CLTV => "OP_CHECKLOCKTIMEVERIFY".to_owned(),
                OP_CSV => "OP_CHECKSEQUENCEVERIFY".to_owned(),
                op if (OP_PUSHNUM_1.to_u8()..=OP_PUSHNUM_16.to_u8()).contains(&op.to_u8()) => {
                    (op.to_u8() - OP_PUSHNUM_1.to_u8() + 1).to_string()
                }
                op => op.to_string(),
            }),
            Err(_) => {
                words.push("[error]".to_owned());
                break;
            }
        }
    }
    words.join(" ")
}

/// A signature, with the name of what it signs in place of the last byte.
fn signature(bytes: &[u8]) -> Option<String> {
    let kind = match Signature::from_slice(bytes).ok()?.sighash_type {
        EcdsaSighashType::All => "ALL",
        EcdsaSighashType::None => "NONE",
        EcdsaSighashType::Single => "SINGLE",
        EcdsaSighashType::AllPlusAnyoneCanPay => "ALL|ANYONECANPAY",
        EcdsaSighashType::NonePlusAnyoneCanPay => "NONE|ANYONECANPAY",
        EcdsaSighashType::SinglePlusAnyoneCanPay => "SINGLE|ANYONECANPAY",
    };
    let (_, signature) = bytes.split_last()?;
    Some(format!("{}[{kind}]", signature.to_lower_hex_string()))
}

fn is_push_only_from(script: &Script, from: usize) -> bool {
    script
        .as_bytes()
        .get(from..)
        .is_none_or(|rest| Script::from_bytes(rest).is_push_only())
}

fn kind(script: &Script) -> &'static str {
    if script.is_p2pk() {
        "pubkey"
    } else if script.is_p2pkh() {
        "pubkeyhash"
    } else if script.is_p2sh() {
        "scripthash"
    } else if script.is_multisig() {
        "multisig"
    } else if script.is_op_return() && is_push_only_from(script, 1) {
        "nulldata"
    } else if script.is_p2wpkh() {
        "witness_v0_keyhash"
    } else if script.is_p2wsh() {
        "witness_v0_scripthash"
    } else if script.is_p2tr() {
        "witness_v1_taproot"
    } else if script.as_bytes() == [0x51, 0x02, 0x4e, 0x73] {
        "anchor"
    } else if script.is_witness_program() {
        "witness_unknown"
    } else {
        "nonstandard"
    }
}

/// `scriptPubKey`
pub(super) fn output_script(script: &Script, network: Network) -> Value {
    let address = Address::from_script(script, network).ok();
    let mut fields = Map::new();
    fields.insert("asm".into(), json!(asm(script, false)));
    fields.insert(
        "desc".into(),
        json!(descriptor::of_script(script, address.as_ref())),
    );
    fields.insert("hex".into(), json!(script.to_hex_string()));
    if let Some(address) = address {
        fields.insert("address".into(), json!(address.to_string()));
    }
    fields.insert("type".into(), json!(kind(script)));
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
            json!({ "asm": asm(script, true), "hex": script.to_hex_string() }),
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
        let (generated, height, value) = (coin.is_coinbase, coin.height, btc(coin.output.value));
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
