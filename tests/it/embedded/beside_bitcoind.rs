//! The embedded node and a real bitcoind, as peers of each other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions, RpcFailure};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, wait_until};

const LONG: Duration = Duration::from_mins(2);

fn same_tip(inside: &Inside, bitcoind: &Bitcoind) {
    let tips = || {
        (
            inside.rpc("getbestblockhash", json!([])),
            bitcoind.rpc("getbestblockhash", json!([])),
        )
    };
    eventually("the same tip", LONG, tips, |(one, other)| one == other);
}

/// Both have the same coins, by the hash over all of them.
fn same_coins(inside: &Inside, bitcoind: &Bitcoind) {
    let coins = |answer: &Value| {
        [
            "bestblock",
            "txouts",
            "bogosize",
            "hash_serialized_3",
            "total_amount",
            "transactions",
        ]
        .map(|field| answer[field].clone())
    };
    let one = inside.rpc("gettxoutsetinfo", json!([]));
    assert_eq!(
        coins(&one),
        coins(&bitcoind.rpc("gettxoutsetinfo", json!([])))
    );
}

#[test]
fn it_syncs_two_thousand_blocks_from_bitcoind_and_follows_its_tip() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    bitcoind.mine(2_200);
    let inside = Inside::start(&[bitcoind.p2p_addr()]);
    same_tip(&inside, &bitcoind);
    same_coins(&inside, &bitcoind);
    for _ in 0..5 {
        bitcoind.mine(1);
        same_tip(&inside, &bitcoind);
    }
    let speed = |answer: Value| answer["networkhashps"].as_f64();
    let speeds = [
        speed(inside.rpc("getmininginfo", json!([]))),
        speed(bitcoind.rpc("getmininginfo", json!([]))),
    ];
    assert!(
        speeds[0] > Some(0.0) && speeds[0] == speeds[1],
        "{speeds:?}"
    );
    let peers = inside.rpc("getpeerinfo", json!([]));
    assert_eq!(peers[0]["addr"], bitcoind.p2p_addr());
    assert!(
        peers[0]["subver"]
            .as_str()
            .unwrap()
            .starts_with("/Satoshi:"),
        "{peers}"
    );
    assert!(
        inside.rpc("getnettotals", json!([]))["totalbytesrecv"]
            .as_u64()
            .unwrap()
            > 300_000
    );
}

#[test]
fn bitcoind_syncs_from_it_and_takes_what_it_mines_and_relays() {
    // The coins of these blocks are anyone's, which is not how people pay.
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), options);
    let inside = Inside::start(&[]);
    inside.mine(300);
    bitcoind.rpc("addnode", json!([inside.p2p_addr(), "add"]));
    same_tip(&inside, &bitcoind);
    same_coins(&inside, &bitcoind);

    let hash = inside.rpc("getblockhash", json!([1]));
    let coinbase = inside.rpc("getblock", json!([hash, 1]))["tx"][0].clone();
    let outputs = json!([{ "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080": 49.999 }]);
    let inputs = json!([{ "txid": coinbase, "vout": 0 }]);
    let payment = bitcoind.rpc("createrawtransaction", json!([inputs, outputs]));
    let txid = inside.rpc("sendrawtransaction", json!([payment]));
    let there = |pool: &Value| pool.as_array().unwrap().contains(&txid);
    eventually(
        "the payment at bitcoind",
        LONG,
        || bitcoind.rpc("getrawmempool", json!([])),
        there,
    );
    bitcoind.mine(1);
    same_tip(&inside, &bitcoind);
    assert_eq!(inside.rpc("getrawmempool", json!([])), json!([]));

    let hash = inside.rpc("getblockhash", json!([2]));
    let coinbase = inside.rpc("getblock", json!([hash, 1]))["tx"][0].clone();
    let inputs = json!([{ "txid": coinbase, "vout": 0 }]);
    let payment = bitcoind.rpc("createrawtransaction", json!([inputs, outputs]));
    let txid = bitcoind.rpc("sendrawtransaction", json!([payment]));
    let there = |pool: &Value| pool.as_array().unwrap().contains(&txid);
    eventually(
        "the payment here",
        LONG,
        || inside.rpc("getrawmempool", json!([])),
        there,
    );
    inside.mine(1);
    same_tip(&inside, &bitcoind);
    same_coins(&inside, &bitcoind);
    let peer = bitcoind.rpc("getpeerinfo", json!([]))[0].clone();
    assert!(
        peer["subver"].as_str().unwrap().starts_with("/bllvmctl:"),
        "{peer}"
    );
}

#[test]
fn the_two_reorganise_to_the_same_tip_whoever_has_more_work() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let inside = Inside::start(&[]);
    let connect = || bitcoind.rpc("addnode", json!([inside.p2p_addr(), "onetry"]));
    let part = || {
        bitcoind.rpc("setnetworkactive", json!([false]));
        wait_until("nobody", LONG, || {
            inside.rpc("getconnectioncount", json!([])) == 0
        });
        bitcoind.rpc("setnetworkactive", json!([true]));
    };
    inside.mine(110);
    connect();
    same_tip(&inside, &bitcoind);
    for (ours, theirs) in [(3, 7), (12, 5), (40, 300)] {
        part();
        inside.mine(ours);
        bitcoind.mine(theirs);
        connect();
        same_tip(&inside, &bitcoind);
        same_coins(&inside, &bitcoind);
    }
}

#[test]
fn that_a_transaction_is_invalid_is_reported_before_that_it_pays_too_much() {
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), options);
    bitcoind.mine(110);
    let inside = Inside::start(&[bitcoind.p2p_addr()]);
    same_tip(&inside, &bitcoind);
    let coinbase = |height: u32| {
        let hash = inside.rpc("getblockhash", json!([height]));
        inside.rpc("getblock", json!([hash, 1]))["tx"][0].clone()
    };
    let unknown = json!("11".repeat(32));
    let cases = [(coinbase(1), -25), (coinbase(109), -26), (unknown, -25)];
    for (txid, code) in cases {
        let inputs = json!([{ "txid": txid, "vout": 0 }]);
        let outputs = json!([{ "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080": 1 }]);
        let payment = bitcoind.rpc("createrawtransaction", json!([inputs, outputs]));
        let reported = inside
            .try_rpc("sendrawtransaction", json!([payment]))
            .unwrap_err();
        let RpcFailure::Refused {
            code: wanted,
            message,
        } = bitcoind
            .try_rpc("sendrawtransaction", json!([payment]))
            .unwrap_err()
        else {
            panic!("bitcoind refused nothing");
        };
        assert_eq!(
            (reported["code"].as_i64(), wanted),
            (Some(code), code),
            "{reported} {message}"
        );
        // bitcoind reports more of some.
        assert!(
            message.starts_with(reported["message"].as_str().unwrap()),
            "{reported} {message}"
        );
    }
    let wanted = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
    let payment = json!([{ "txid": coinbase(1), "vout": 0 }]);
    let outputs = json!([{ "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080": 49.99 }]);
    let payment = bitcoind.rpc("createrawtransaction", json!([payment, outputs]));
    let reported = inside
        .try_rpc("sendrawtransaction", json!([payment, 0.1]))
        .unwrap_err();
    assert_eq!(reported, json!({ "code": -25, "message": wanted }));
    assert_eq!(
        inside.rpc("getrawmempool", json!([])),
        json!([]),
        "what is refused is not kept"
    );
    inside.rpc("sendrawtransaction", json!([payment, 0.9]));
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[test]
fn pruned_it_still_serves_the_last_blocks_and_the_wallet_chain_is_the_same_to_both() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let inside = Inside::start(&[]);
    let file = crate::support::surroundings::repository()
        .join("crates/regtest-node/tests/data/regtest-wallet-chain.dat");
    let bytes = std::fs::read(file).unwrap();
    let mut rest = bytes.as_slice();
    while rest.len() > 8 {
        let length = usize::try_from(u32::from_le_bytes(rest[4..8].try_into().unwrap())).unwrap();
        inside.rpc("submitblock", json!([hex(&rest[8..8 + length])]));
        rest = &rest[8 + length..];
    }
    inside.mine(400);
    bitcoind.rpc("addnode", json!([inside.p2p_addr(), "add"]));
    same_tip(&inside, &bitcoind);
    same_coins(&inside, &bitcoind);
    for height in [5, 120, 200, 236, 400] {
        let hash = inside.rpc("getblockhash", json!([height]));
        for verbosity in [0, 2] {
            let ours = inside.rpc("getblock", json!([hash, verbosity]));
            let theirs = bitcoind.rpc("getblock", json!([hash, verbosity]));
            if verbosity == 0 {
                assert_eq!(ours, theirs);
            } else {
                assert_eq!(ours["tx"], theirs["tx"], "at height {height}");
            }
        }
        let ours = inside.rpc("getblockstats", json!([height]));
        let mut theirs = bitcoind.rpc("getblockstats", json!([height]));
        if !bitcoind.is_core_from(31) {
            // Before Core 31 each output was one byte larger.
            for (size, outputs) in [
                ("utxo_size_inc", "utxo_increase"),
                ("utxo_size_inc_actual", "utxo_increase_actual"),
            ] {
                theirs[size] =
                    json!(theirs[size].as_i64().unwrap() - theirs[outputs].as_i64().unwrap());
            }
        }
        assert_eq!(ours, theirs, "at height {height}");
    }
    let pruned = inside.rpc("pruneblockchain", json!([300]));
    assert!(pruned.as_i64().unwrap() > 0);
    bitcoind.mine(1);
    same_tip(&inside, &bitcoind);
    inside.mine(1);
    same_tip(&inside, &bitcoind);
}
