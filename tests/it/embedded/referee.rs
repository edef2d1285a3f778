//! Bitcoin Core's validation as referee: of every block, also of those that break one rule, both
//! say the same.

use std::process::Command;
use std::time::Duration;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Amount, Block, ScriptBuf, Sequence, Transaction, Witness};
use serde_json::json;

use crate::support::child;
use crate::support::forge::{COINBASE, Forge, commit, seal, spend, work};
use crate::support::inside::Inside;
use crate::support::skip::or_skip;
use crate::support::surroundings::{env, repository};

/// Blocks that break a rule each, by what the rule is; on a chain of 120 blocks.
#[expect(clippy::too_many_lines, reason = "it is only a table")]
pub(super) fn broken(forge: &Forge) -> Vec<(&'static str, Block)> {
    let good = || commit(forge.draft(vec![forge.spend(1, COINBASE)]));
    let with = |change: &dyn Fn(&mut Block)| {
        let mut block = forge.draft(vec![forge.spend(1, COINBASE)]);
        change(&mut block);
        seal(commit(block))
    };
    let paying = |tx: Transaction| seal(commit(forge.draft(vec![tx])));
    let mut blocks = Vec::new();
    let mut add = |name, block| blocks.push((name, block));

    let mut block = seal(good());
    block.header.merkle_root = forge.coinbases[0].compute_txid().to_raw_hash().into();
    add("merkle root", work(block));
    let mut block = good();
    block.txdata[0].output[1].script_pubkey = {
        let mut script = block.txdata[0].output[1].script_pubkey.to_bytes();
        script[10] ^= 1;
        ScriptBuf::from_bytes(script)
    };
    add("witness commitment", seal(block));
    let mut block = good();
    block.txdata[0].input[0].witness = Witness::from_slice(&[[0_u8; 31]]);
    add("reserved value of 31 bytes", seal(block));
    let mut block = forge.draft(Vec::new());
    block.txdata[0].output.truncate(1);
    add("witness without commitment", seal(block));
    add("overspend", paying(forge.spend(1, COINBASE + 1)));
    add("immature coinbase", paying(forge.spend(22, COINBASE)));
    add(
        "spent twice",
        seal(commit(forge.draft(vec![
            forge.spend(1, COINBASE),
            forge.spend(1, COINBASE - 1),
        ]))),
    );
    add(
        "not there",
        paying(spend(&forge.spend(1, COINBASE), COINBASE)),
    );
    let mut tx = forge.spend(1, COINBASE);
    tx.input[0].script_sig = ScriptBuf::from_bytes(vec![0x00, 0x69]);
    add("script that fails", paying(tx));
    let mut tx = forge.spend(1, COINBASE);
    tx.input.push(tx.input[0].clone());
    add("the same input twice", paying(tx));
    let mut tx = forge.spend(1, COINBASE);
    tx.output.clear();
    add("no outputs", paying(tx));
    let mut tx = forge.spend(1, COINBASE);
    tx.lock_time = LockTime::from_consensus(forge.height + 1);
    add("lock time", paying(tx));
    let mut tx = forge.spend(1, COINBASE);
    tx.input[0].sequence = Sequence::from_height(121);
    add("relative lock", paying(tx));
    add(
        "wrong height",
        with(&|block| {
            let script = ScriptBuf::builder()
                .push_int(i64::from(forge.height) + 2)
                .push_int(0)
                .into_script();
            block.txdata[0].input[0].script_sig = script;
        }),
    );
    add(
        "coinbase too rich",
        with(&|block| block.txdata[0].output[0].value += Amount::from_sat(1)),
    );
    add(
        "coinbase script too long",
        with(&|block| {
            let mut script = block.txdata[0].input[0].script_sig.to_bytes();
            script.resize(101, 0);
            block.txdata[0].input[0].script_sig = ScriptBuf::from_bytes(script);
        }),
    );
    add(
        "two coinbases",
        with(&|block| block.txdata.push(block.txdata[0].clone())),
    );
    add("time too old", with(&|block| block.header.time -= 7));
    add("time too new", with(&|block| block.header.time = u32::MAX));
    add(
        "old version",
        with(&|block| block.header.version = bitcoin::block::Version::from_consensus(3)),
    );
    add(
        "wrong target",
        with(&|block| block.header.bits = bitcoin::CompactTarget::from_consensus(0x207f_fffe)),
    );
    add(
        "too heavy",
        with(&|block| {
            let big = ScriptBuf::from_bytes([&[0x6a][..], &vec![0; 1_000_000]].concat());
            block.txdata[1].output[0].script_pubkey = big;
        }),
    );
    add(
        "too many signature operations",
        with(&|block| {
            block.txdata[1].output[0].script_pubkey = ScriptBuf::from_bytes(vec![0xac; 20_001]);
        }),
    );
    let mut block =
        seal(commit(forge.draft(vec![
            forge.spend(1, COINBASE),
            forge.spend(2, COINBASE),
        ])));
    let last = block.txdata[2].clone();
    block.txdata.push(last);
    add("its last transaction twice", block);
    let mut block = seal(good());
    while block.header.target().is_met_by(block.header.block_hash()) {
        block.header.nonce += 1;
    }
    add("no work", block);
    blocks.extend(beyond(forge));
    blocks
}

/// Blocks whose numbers are one beyond what they may be.
fn beyond(forge: &Forge) -> Vec<(&'static str, Block)> {
    const ALL_MONEY: u64 = 2_100_000_000_000_000;
    let paying = |values: &[u64]| {
        let mut tx = forge.spend(1, COINBASE);
        let output = tx.output[0].clone();
        let pay = |value: &u64| bitcoin::TxOut {
            value: Amount::from_sat(*value),
            ..output.clone()
        };
        tx.output = values.iter().map(pay).collect();
        seal(commit(forge.draft(vec![tx])))
    };
    let coinbase = |script: Vec<u8>| {
        let mut block = forge.draft(Vec::new());
        block.txdata[0].input[0].script_sig = ScriptBuf::from_bytes(script);
        seal(commit(block))
    };
    let mut null = forge.spend(1, COINBASE);
    null.input.push(bitcoin::TxIn {
        previous_output: bitcoin::OutPoint::null(),
        ..null.input[0].clone()
    });
    // A height with a zero too many is another number.
    let padded = [&[0x03, 0x79, 0x00, 0x00][..], &[0; 4]].concat();
    vec![
        ("an output above all money", paying(&[ALL_MONEY + 1])),
        ("outputs above all money", paying(&[ALL_MONEY, 1])),
        ("a negative output", paying(&[u64::MAX])),
        (
            "an input that is none",
            seal(commit(forge.draft(vec![null]))),
        ),
        ("coinbase script too short", coinbase(vec![0x01])),
        ("a height that is not written shortly", coinbase(padded)),
        (
            "too heavy by four",
            seal(commit(forge.draft(vec![heavy(forge, 1, 4_000_004)]))),
        ),
    ]
}

/// A transaction that makes the next block so heavy.
fn heavy(forge: &Forge, coinbase: usize, weight: u64) -> Transaction {
    let filled = |bytes: usize| {
        let mut tx = forge.spend(coinbase, COINBASE);
        tx.output[0].script_pubkey = ScriptBuf::from_bytes([&[0x6a][..], &vec![0; bytes]].concat());
        tx
    };
    let guess = 900_000;
    let missing = weight - commit(forge.draft(vec![filled(guess)])).weight().to_wu();
    filled(guess + usize::try_from(missing / 4).unwrap())
}

/// Blocks at the edge of a rule, which keep it.
fn kept(forge: &Forge) -> Vec<(&'static str, Vec<Transaction>)> {
    let mut locked = forge.spend(3, COINBASE);
    locked.lock_time = LockTime::from_consensus(forge.height);
    let mut relative = forge.spend(4, COINBASE);
    relative.input[0].sequence = Sequence::from_height(100);
    let chained = forge.spend(5, COINBASE);
    let onto = spend(&chained, COINBASE - 5);
    let mut many = forge.spend(6, COINBASE);
    many.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0xac; 19_999]);
    vec![
        ("a lock that has just opened", vec![locked]),
        ("a relative lock that is open", vec![relative]),
        ("a coin made and spent in one block", vec![chained, onto]),
        ("just so many signature operations", vec![many]),
        (
            "the youngest coinbase that is ripe",
            vec![forge.spend(20, COINBASE)],
        ),
        (
            "just as heavy as a block may be",
            vec![heavy(forge, 7, 4_000_000)],
        ),
    ]
}

#[test]
fn of_good_and_of_broken_blocks_both_say_the_same() {
    let python = or_skip!(
        env("BITCOINKERNEL_PYTHON"),
        "BITCOINKERNEL_PYTHON is not set (a python that has py-bitcoinkernel from PyPI)"
    );
    let mut forge = Forge::new();
    let mut blocks: Vec<(&str, Block)> = Vec::new();
    for _ in 0..120 {
        let block = seal(commit(forge.draft(Vec::new())));
        forge.accept(&block);
        blocks.push(("a plain block", block));
    }
    blocks.extend(broken(&forge));
    for (name, transactions) in kept(&forge) {
        let block = seal(commit(forge.draft(transactions)));
        forge.accept(&block);
        blocks.push((name, block));
    }

    let inside = Inside::start(&[]);
    let ours: Vec<(String, String)> = blocks
        .iter()
        .map(|(_, block)| {
            let said = inside
                .rpc("submitblock", json!([serialize_hex(block)]))
                .to_string();
            (
                inside
                    .rpc("getbestblockhash", json!([]))
                    .as_str()
                    .unwrap()
                    .to_owned(),
                said,
            )
        })
        .collect();

    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command
        .arg(repository().join("tests/it/support/referee.py"))
        .arg(directory.path());
    let input: String = blocks
        .iter()
        .map(|(_, block)| serialize_hex(block) + "\n")
        .collect();
    let output = child::run(command, input.as_bytes(), Duration::from_mins(2));
    assert_eq!(output.code, Some(0), "{output:?}");
    let theirs: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| line.len() == 64)
        .collect();
    assert_eq!(theirs.len(), blocks.len(), "{output:?}");
    let mut refused = 0;
    for (((name, block), (tip, said)), referee) in blocks.iter().zip(&ours).zip(theirs) {
        assert_eq!(tip, referee, "{name}: we say {said}");
        refused += usize::from(*tip != block.block_hash().to_string());
    }
    assert_eq!(
        refused,
        broken(&forge).len(),
        "each broken block is refused, and no other"
    );
}
