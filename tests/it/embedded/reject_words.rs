//! Why blocks and transactions are refused: in the words of a real bitcoind.

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hex::FromHex;
use bitcoin::{Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};
use serde_json::{Value, json};

use super::referee::broken;
use crate::support::bitcoind::{Bitcoind, BitcoindOptions, RpcFailure};
use crate::support::forge::{COINBASE, Forge, commit, seal, work};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::repository;

struct Both {
    bitcoind: Bitcoind,
    inside: Inside,
    forge: Forge,
}

impl Both {
    /// On the same chain of `count` blocks, the last of which has `last`.
    fn start(bitcoind: Bitcoind, count: u32, last: impl Fn(&Forge) -> Vec<Transaction>) -> Self {
        let mut both = Self {
            bitcoind,
            inside: Inside::start(&[]),
            forge: Forge::new(),
        };
        for height in 1..=count {
            let transactions = if height == count {
                last(&both.forge)
            } else {
                Vec::new()
            };
            let block = seal(commit(both.forge.draft(transactions)));
            assert_eq!(both.submit(&block), [Value::Null, Value::Null]);
            both.forge.accept(&block);
        }
        both
    }

    /// What bitcoind and we say of a block, in the words of Bitcoin Core 31.
    fn submit(&self, block: &Block) -> [Value; 2] {
        self.submit_bytes(&serialize_hex(block))
    }

    fn submit_bytes(&self, hex: &str) -> [Value; 2] {
        let theirs = match self.bitcoind.try_rpc("submitblock", json!([hex])) {
            Ok(Value::String(said)) => json!(said.replace("mandatory-script", "block-script")),
            Ok(said) => said,
            Err(RpcFailure::Refused { code, .. }) => json!(code),
            Err(failure) => panic!("{failure}"),
        };
        let ours = self
            .inside
            .try_rpc("submitblock", json!([hex]))
            .unwrap_or_else(|error| error["code"].clone());
        [theirs, ours]
    }
}

#[test]
fn broken_blocks_are_refused_in_bitcoinds_words() {
    let both = Both::start(
        Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default()),
        120,
        |_| Vec::new(),
    );
    let blocks = broken(&both.forge);
    for (name, block) in &blocks {
        let [theirs, ours] = both.submit(block);
        assert_eq!(ours, theirs, "{name}");
        assert!(theirs.is_string(), "{name}: {theirs}");
        // A second time: what is wrong with the block by itself is reported again.
        let [theirs, ours] = both.submit(block);
        assert_eq!(ours, theirs, "{name}, again");
    }
    assert!(blocks.len() > 20);
}

/// What is reported of blocks that bitcoind takes up otherwise than they stand, or looks at in
/// another order.
#[test]
fn odd_blocks_are_answered_as_bitcoind_answers_them() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let is_core_31 = bitcoind.is_core_from(31);
    let mut both = Both::start(bitcoind, 120, |_| Vec::new());
    let same = |both: &Both, name: &str, hex: &str, wanted: Value| {
        assert_eq!(both.submit_bytes(hex), [wanted.clone(), wanted], "{name}");
    };
    let genesis = serialize_hex(&bitcoin::constants::genesis_block(
        bitcoin::Network::Regtest,
    ));
    same(&both, "genesis", &genesis, json!("duplicate"));
    same(&both, "nothing", "", json!(-22));
    same(&both, "half a byte", &genesis[1..], json!(-22));
    same(
        &both,
        "too short",
        &genesis[..genesis.len() - 2],
        json!(-22),
    );

    // Nothing is known of its parent, and it has no work: that is reported first.
    let mut orphan = seal(commit(both.forge.draft(Vec::new())));
    orphan.header.prev_blockhash =
        seal(commit(both.forge.draft(vec![both.forge.spend(1, 7)]))).block_hash();
    let orphan = work(orphan);
    same(
        &both,
        "no parent",
        &serialize_hex(&orphan),
        json!("prev-blk-not-found"),
    );
    let mut lazy = orphan.clone();
    while lazy.header.target().is_met_by(lazy.block_hash()) {
        lazy.header.nonce += 1;
    }
    same(
        &both,
        "no parent and no work",
        &serialize_hex(&lazy),
        json!("high-hash"),
    );
    let mut other = orphan;
    other.header.merkle_root = both.forge.coinbases[0].compute_txid().to_raw_hash().into();
    same(
        &both,
        "no parent and another root",
        &serialize_hex(&work(other)),
        json!("bad-txnmrklroot"),
    );
    if is_core_31 {
        let mut empty = both.forge.draft(Vec::new());
        empty.txdata.clear();
        empty.header.merkle_root =
            bitcoin::TxMerkleNode::from_raw_hash(bitcoin::hashes::Hash::all_zeros());
        same(
            &both,
            "no transaction",
            &serialize_hex(&work(empty)),
            json!("bad-blk-length"),
        );
    }

    // The value that the coinbase reserves is not there; and bytes come after it.
    let block = seal(commit(both.forge.draft(Vec::new())));
    let mut bare = block.clone();
    bare.txdata[0].input[0].witness = Witness::new();
    same(
        &both,
        "no reserved value, and bytes behind",
        &(serialize_hex(&bare) + "0102"),
        Value::Null,
    );
    same(
        &both,
        "once more",
        &serialize_hex(&bare),
        json!("duplicate"),
    );
    let hash = json!([block.block_hash().to_string(), 0]);
    assert_eq!(
        both.inside.rpc("getblock", hash.clone()),
        both.bitcoind.rpc("getblock", hash)
    );
    let side = seal(commit(both.forge.draft(vec![both.forge.spend(1, 7)])));
    same(
        &both,
        "another of that height",
        &serialize_hex(&side),
        json!("inconclusive"),
    );
    both.forge.accept(&block);
    let mut wrong = commit(both.forge.draft(Vec::new()));
    wrong.txdata[0].input[0].witness = Witness::from_slice(&[[0_u8; 31]]);
    same(
        &both,
        "a short reserved value",
        &serialize_hex(&seal(wrong)),
        json!("bad-witness-nonce-size"),
    );
}

/// Scripts that fail: what unlocks them, what locks them, the witness.
#[expect(clippy::too_many_lines, reason = "it is only a table")]
fn failing() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let long = "4d0902".to_owned() + &"00".repeat(521);
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let long = leak(long);
    let many = leak("61".repeat(202) + "51");
    let deep = leak("51".repeat(1_001));
    vec![
        ("", "", vec![]),
        ("00", "69", vec![]),
        ("00", "", vec![]),
        ("0180", "", vec![]),
        ("51", "616a", vec![]),
        ("51", "63", vec![]),
        ("51", "68", vec![]),
        ("51", "6700", vec![]),
        ("", "63", vec![]),
        ("51", "6500", vec![]),
        ("51", "006365685168", vec![]),
        ("51", "ff", vec![]),
        ("51", "50", vec![]),
        ("51", "0063506800", vec![]),
        ("51", "0063ab50", vec![]),
        ("51", "7e", vec![]),
        ("51", "00637e68", vec![]),
        ("51", "4c", vec![]),
        ("51", "05ffff", vec![]),
        ("", "75", vec![]),
        ("51", "6c", vec![]),
        ("5152", "88", vec![]),
        ("5152", "9d", vec![]),
        ("5152", "87", vec![]),
        ("5152", "9f91", vec![]),
        ("0500000000ff", "8b", vec![]),
        ("5151", "93529d00", vec![]),
        ("51", long, vec![]),
        ("51", many, vec![]),
        ("", deep, vec![]),
        ("5152", "7900", vec![]),
        ("5155", "79", vec![]),
        ("514f", "7a", vec![]),
        ("515253", "7b7b7b9c9100", vec![]),
        ("535153", "a5", vec![]),
        ("00", "82", vec![]),
        ("5152", "6e6d8788", vec![]),
        ("00", "a9a6a7a8aa00", vec![]),
        ("51", "4f81", vec![]),
        ("4f", "b1", vec![]),
        ("02e803", "b1", vec![]),
        ("02e803", "b2", vec![]),
        ("4f", "b2", vec![]),
        ("", "b2", vec![]),
        ("0000", "ac", vec![]),
        ("0000", "ad51", vec![]),
        ("0151", "0102ac", vec![]),
        ("00", "51515200ae", vec![]),
        ("00", "0151ae", vec![]),
        ("0000", "0115ae", vec![]),
        ("00", "000053ae51", vec![]),
        ("51", "0000aeac", vec![]),
        ("51", "000051ae", vec![]),
        ("51", "0000ae91", vec![]),
        ("00", "4f0000ae", vec![]),
        ("00", "004f00ae", vec![]),
        ("00", "00af69", vec![]),
        ("000051", "02aaaa51af51", vec![]),
        // To a hash: the last push is the script.
        ("", "a914da1745e9b549bd0bfa1a569971c77eba30cd5a4b87", vec![]),
        (
            "0151",
            "a914000000000000000000000000000000000000000087",
            vec![],
        ),
        (
            "610151",
            "a914da1745e9b549bd0bfa1a569971c77eba30cd5a4b87",
            vec![],
        ),
        (
            "0100",
            "a9149f7fd096d37ed2c0e3f7f0cfc924beef4ffceb6887",
            vec![],
        ),
        // Witness programs.
        (
            "51",
            "0014000000000000000000000000000000000000000000",
            vec![],
        ),
        ("", "00140000000000000000000000000000000000000000", vec![]),
        (
            "",
            "00140000000000000000000000000000000000000000",
            vec!["01", "02"],
        ),
        (
            "51",
            "00140000000000000000000000000000000000000000",
            vec!["01", "02"],
        ),
        (
            "",
            "00200000000000000000000000000000000000000000000000000000000000000000",
            vec![],
        ),
        (
            "",
            "00200000000000000000000000000000000000000000000000000000000000000000",
            vec!["51"],
        ),
        // The hash of 51, and of 00.
        (
            "",
            "00204ae81572f06e1b88fd5ced7a1a000945432e83e1551e6f721ee9c00b8cc33260",
            vec!["01", "51"],
        ),
        (
            "",
            "00206e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            vec!["00"],
        ),
        ("", "0010000000000000000000000000000000ff", vec!["51"]),
        ("51", "51", vec!["01"]),
        (
            "",
            "51200000000000000000000000000000000000000000000000000000000000000000",
            vec![],
        ),
        (
            "",
            "51200000000000000000000000000000000000000000000000000000000000000001",
            vec!["00"],
        ),
    ]
}

fn script(hex: &str) -> ScriptBuf {
    ScriptBuf::from_bytes(Vec::from_hex(hex).unwrap())
}

/// A transaction whose outputs are locked by the scripts.
fn fund(forge: &Forge) -> Transaction {
    let mut tx = forge.spend(1, COINBASE);
    let lock = |lock: &str| TxOut {
        value: Amount::from_sat(100_000),
        script_pubkey: script(lock),
    };
    tx.output = failing()
        .iter()
        .map(|(_, locked, _)| lock(locked))
        .collect();
    tx
}

#[test]
fn scripts_fail_for_the_reason_that_bitcoind_finds() {
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), options);
    let is_core_31 = bitcoind.is_core_from(31);
    let both = Both::start(bitcoind, 120, |forge| vec![fund(forge)]);
    let funds = fund(&both.forge);
    let mut words = std::collections::BTreeSet::new();
    let mut different = Vec::new();
    for (vout, (unlock, lock, witness)) in (0_u32..).zip(failing()) {
        let mut tx = both.forge.spend(2, 1_000);
        tx.lock_time = LockTime::from_consensus(7);
        tx.input = vec![TxIn {
            previous_output: OutPoint {
                txid: funds.compute_txid(),
                vout,
            },
            script_sig: script(unlock),
            sequence: Sequence::from_consensus(1),
            witness: Witness::from_slice(
                &witness
                    .iter()
                    .map(|item| Vec::from_hex(item).unwrap())
                    .collect::<Vec<_>>(),
            ),
        }];
        let block = seal(commit(both.forge.draft(vec![tx.clone()])));
        let [theirs, ours] = both.submit(&block);
        if ours.is_null() || theirs.is_null() {
            let hash = json!([block.block_hash().to_string()]);
            let _ = (
                both.inside.try_rpc("invalidateblock", hash.clone()),
                both.bitcoind.try_rpc("invalidateblock", hash),
            );
        }
        let fails = theirs
            .as_str()
            .is_some_and(|said| said.starts_with("block-script-verify-flag-failed ("));
        // Core 31 has other words for some.
        if (ours != theirs && is_core_31) || !fails {
            different.push(format!(
                "{unlock} {lock} {witness:?}: bitcoind {theirs}, we {ours}"
            ));
        }
        words.insert(theirs.to_string());
    }
    assert!(different.is_empty(), "{different:#?}");
    assert!(words.len() > 25, "{words:#?}");
}

/// The last block of a wallet's chain, each signed input of which is spoilt in turn.
#[test]
fn signatures_that_are_not_right_are_refused_in_bitcoinds_words() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let is_core_31 = bitcoind.is_core_from(31);
    let mut both = Both::start(bitcoind, 0, |_| Vec::new());
    let bytes =
        std::fs::read(repository().join("crates/regtest-node/tests/data/regtest-wallet-chain.dat"))
            .unwrap();
    let mut rest = bytes.as_slice();
    let mut blocks = Vec::new();
    while rest.len() > 8 {
        let length = usize::try_from(u32::from_le_bytes(rest[4..8].try_into().unwrap())).unwrap();
        blocks.push(bitcoin::consensus::deserialize::<Block>(&rest[8..8 + length]).unwrap());
        rest = &rest[8 + length..];
    }
    let is_signed = |block: &Block| block.txdata.len() > 3;
    let last = blocks.iter().rposition(is_signed).unwrap();
    for block in &blocks[1..last] {
        assert_eq!(both.submit(block), [Value::Null, Value::Null]);
        both.forge.accept(block);
    }
    let mut words = std::collections::BTreeSet::new();
    for tx in blocks[last].txdata.iter().skip(1) {
        for input in 0..tx.input.len() {
            for at in [1, 20, 60] {
                let Some(spoilt) = spoil(tx, input, at) else {
                    continue;
                };
                let [theirs, ours] =
                    both.submit(&seal(commit(both.forge.draft(vec![spoilt.clone()]))));
                assert_eq!(
                    ours,
                    theirs,
                    "byte {at} of input {input} of {}",
                    serialize_hex(&spoilt)
                );
                if !theirs.as_str().unwrap().starts_with("block-script") {
                    continue;
                }
                words.insert(theirs.to_string());
                let sent = json!([serialize_hex(&spoilt)]);
                let Err(RpcFailure::Refused { code, message }) =
                    both.bitcoind.try_rpc("sendrawtransaction", sent.clone())
                else {
                    panic!("bitcoind takes what is not signed");
                };
                let reported = both.inside.try_rpc("sendrawtransaction", sent).unwrap_err();
                assert_eq!(reported["code"], code, "{message}");
                if is_core_31 {
                    assert_eq!(reported["message"], message);
                }
            }
        }
    }
    assert!(words.len() > 1, "{words:?}");
}

/// `tx` with another bit in what signs `input`.
fn spoil(tx: &Transaction, input: usize, at: usize) -> Option<Transaction> {
    let mut spoilt = tx.clone();
    let signed = &mut spoilt.input[input];
    if signed.witness.is_empty() {
        let mut bytes = signed.script_sig.to_bytes();
        *bytes.get_mut(at + 1)? ^= 1;
        signed.script_sig = ScriptBuf::from_bytes(bytes);
    } else {
        let mut items = signed.witness.to_vec();
        *items.first_mut()?.get_mut(at)? ^= 1;
        signed.witness = Witness::from_slice(&items);
    }
    Some(spoilt)
}
