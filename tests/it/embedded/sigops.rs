//! What scripts count for, with a real bitcoind as referee: a block that is just full of signature
//! operations is refused for its scripts, and with one more for their number.

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hex::FromHex;
use bitcoin::script::PushBytesBuf;
use bitcoin::{Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};
use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::forge::{COINBASE, Forge, commit, seal};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::repository;

/// What the scripts of a block may count for, where one counts as it did before there were
/// witnesses.
const MOST: usize = 20_000;

struct Case {
    script: ScriptBuf,
    accurate: usize,
}

fn cases() -> Vec<Case> {
    let text =
        std::fs::read(repository().join("crates/regtest-node/tests/data/sigops.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let read = |case: &Value| Case {
        script: ScriptBuf::from_bytes(Vec::from_hex(case["script"].as_str().unwrap()).unwrap()),
        accurate: usize::try_from(case["accurate"].as_u64().unwrap()).unwrap(),
    };
    // The first are made by hand, the others by chance: of those a part is enough here.
    let is_run = |at: usize| at < 16 || at.is_multiple_of(5);
    cases
        .iter()
        .enumerate()
        .filter(|(at, _)| is_run(*at))
        .map(|(_, case)| read(case))
        .collect()
}

/// One output that nobody can spend, then for each case one to its hash, and four to its witness
/// program.
fn fund(forge: &Forge, cases: &[Case]) -> Transaction {
    let pay = |script_pubkey: ScriptBuf| TxOut {
        value: Amount::from_sat(1_000),
        script_pubkey,
    };
    let mut tx = forge.spend(1, COINBASE);
    tx.output = vec![pay(ScriptBuf::from_bytes(vec![0x00]))];
    for Case { script, .. } in cases {
        tx.output.push(pay(script.to_p2sh()));
        tx.output
            .extend(std::iter::repeat_n(pay(script.to_p2wsh()), 4));
    }
    tx
}

/// A block in which the inputs and `legacy` more signature operations count, and whose scripts
/// fail.
fn block(forge: &Forge, funds: &Transaction, inputs: Vec<TxIn>, legacy: usize) -> Block {
    let mut filler = forge.spend(2, COINBASE);
    filler.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0xac; legacy]);
    let mut spender = forge.spend(3, 1);
    spender.input = inputs;
    spender.input.push(input(funds, 0));
    seal(commit(forge.draft(vec![filler, spender])))
}

fn input(funds: &Transaction, vout: usize) -> TxIn {
    let previous_output = OutPoint {
        txid: funds.compute_txid(),
        vout: u32::try_from(vout).unwrap(),
    };
    TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    }
}

/// The inputs that spend the case `at` by its hash, and as a witness program: the four of those
/// weigh as much.
fn spends(funds: &Transaction, cases: &[Case], at: usize) -> [Vec<TxIn>; 2] {
    let script = &cases[at].script;
    let vout = 1 + at * 5;
    let push = PushBytesBuf::try_from(script.to_bytes()).unwrap();
    let script_sig = ScriptBuf::builder().push_slice(push).into_script();
    let by_hash = TxIn {
        script_sig,
        ..input(funds, vout)
    };
    let witness = Witness::from_slice(&[script.to_bytes()]);
    let by_witness = (1..5).map(|more| TxIn {
        witness: witness.clone(),
        ..input(funds, vout + more)
    });
    [vec![by_hash], by_witness.collect()]
}

#[test]
fn a_block_may_have_as_many_signature_operations_as_bitcoind_lets_it_have() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let inside = Inside::start(&[]);
    let mut forge = Forge::new();
    let cases = cases();
    let both = |block: &Block| {
        let hex = json!([serialize_hex(block)]);
        [
            inside.rpc("submitblock", hex.clone()),
            bitcoind.rpc("submitblock", hex),
        ]
    };
    for height in 1..=120 {
        let funds = if height == 120 {
            vec![fund(&forge, &cases)]
        } else {
            Vec::new()
        };
        let block = seal(commit(forge.draft(funds)));
        assert_eq!(both(&block), [Value::Null, Value::Null]);
        forge.accept(&block);
    }
    let funds = fund(&forge, &cases);
    for (at, case) in cases.iter().enumerate() {
        for inputs in spends(&funds, &cases, at) {
            let full = both(&block(&forge, &funds, inputs.clone(), MOST - case.accurate));
            let for_scripts = |said: &Value| {
                said.as_str()
                    .is_some_and(|said| said.contains("script-verify-flag"))
            };
            assert!(full.iter().all(for_scripts), "{}: {full:?}", case.script);
            let over = both(&block(&forge, &funds, inputs, MOST - case.accurate + 1));
            assert_eq!(
                over,
                [json!("bad-blk-sigops"), json!("bad-blk-sigops")],
                "{}",
                case.script
            );
        }
    }
}
