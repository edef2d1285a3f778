//! Calls that are wrong in every way a parameter can be, as bitcoind answers them and as the
//! embedded node does.

use std::fs;
use std::net::SocketAddr;

use bitcoin::consensus::encode::serialize_hex;
use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::forge::{Forge, commit, seal};
use crate::support::http::{self, Request};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;

const GENESIS: &str = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
const ADDRESS: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/// Each method that both have, and its parameters, each with a value that it may have.
#[expect(clippy::too_many_lines, reason = "it is only a table")]
fn methods() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let hash = || json!(GENESIS);
    let no = || json!(false);
    vec![
        (
            "addnode",
            vec![
                ("node", json!("127.0.0.1:1")),
                ("command", json!("remove")),
                ("v2transport", no()),
            ],
        ),
        (
            "disconnectnode",
            vec![("address", json!("")), ("nodeid", json!(77))],
        ),
        (
            "generatetoaddress",
            vec![
                ("nblocks", json!(0)),
                ("address", json!(ADDRESS)),
                ("maxtries", json!(1)),
            ],
        ),
        (
            "generatetodescriptor",
            vec![
                ("num_blocks", json!(0)),
                ("descriptor", json!("raw(51)")),
                ("maxtries", json!(1)),
            ],
        ),
        ("getaddednodeinfo", vec![("node", json!("127.0.0.1:1"))]),
        ("getbestblockhash", vec![]),
        (
            "getblock",
            vec![("blockhash", hash()), ("verbosity", json!(1))],
        ),
        ("getblockchaininfo", vec![]),
        ("getblockcount", vec![]),
        ("getblockhash", vec![("height", json!(0))]),
        (
            "getblockheader",
            vec![("blockhash", hash()), ("verbose", no())],
        ),
        (
            "getblockstats",
            vec![("hash_or_height", json!(1)), ("stats", json!(["txs"]))],
        ),
        ("getchaintips", vec![]),
        ("getconnectioncount", vec![]),
        ("getdifficulty", vec![]),
        ("getindexinfo", vec![("index_name", json!("x"))]),
        ("getmempoolentry", vec![("txid", hash())]),
        ("getmempoolinfo", vec![]),
        ("getmininginfo", vec![]),
        ("getnettotals", vec![]),
        ("getnetworkinfo", vec![]),
        ("getpeerinfo", vec![]),
        (
            "getrawmempool",
            vec![("verbose", no()), ("mempool_sequence", no())],
        ),
        (
            "getrawtransaction",
            vec![
                ("txid", hash()),
                ("verbosity", json!(0)),
                ("blockhash", hash()),
            ],
        ),
        ("getrpcinfo", vec![]),
        (
            "gettxout",
            vec![("txid", hash()), ("n", json!(0)), ("include_mempool", no())],
        ),
        (
            "gettxoutsetinfo",
            vec![
                ("hash_type", json!("none")),
                ("hash_or_height", json!(1)),
                ("use_index", no()),
            ],
        ),
        ("help", vec![("command", json!("nosuch"))]),
        ("invalidateblock", vec![("blockhash", hash())]),
        ("ping", vec![]),
        ("preciousblock", vec![("blockhash", hash())]),
        ("pruneblockchain", vec![("height", json!(1))]),
        ("reconsiderblock", vec![("blockhash", hash())]),
        (
            "sendrawtransaction",
            vec![
                ("hexstring", json!("00")),
                ("maxfeerate", json!(0.1)),
                ("maxburnamount", json!(0)),
            ],
        ),
        ("setnetworkactive", vec![("state", json!(true))]),
        ("stop", vec![("wait", json!("x"))]),
        (
            "submitblock",
            vec![("hexdata", json!("00")), ("dummy", json!("x"))],
        ),
        ("uptime", vec![]),
    ]
}

/// Calls whose `args` is no list.
const NO_LIST: &str = "args";

/// What Bitcoin Core 31 takes otherwise than versions before it, or than Knots.
const CHANGED: [&str; 6] = [
    NO_LIST,
    "addnode",
    "getdifficulty",
    "getmempoolinfo",
    "help",
    "sendrawtransaction",
];

/// What a parameter may be, right or wrong.
fn values() -> Vec<Value> {
    let numbers = [
        "0",
        "-1",
        "1",
        "2",
        "3",
        "-2",
        "7",
        "1.5",
        "-0",
        "1e3",
        "0.1",
        "1e-9",
        "1e400",
        "2147483647",
        "2147483648",
    ];
    let wide = [
        "-2147483649",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999",
    ];
    let numbers = numbers
        .iter()
        .chain(&wide)
        .map(|number| Value::from_iter([("number", *number)]));
    let texts = [
        "",
        "x",
        "0",
        "1",
        "00",
        "0.1",
        "1.5",
        "-1",
        "1e3",
        " 1",
        "none",
        "hash_serialized_3",
        "raw(51)",
        "[::1]:1",
        GENESIS,
    ];
    let texts = texts.iter().map(|text| json!(text));
    let hashes = [
        "1".repeat(64),
        "G".repeat(64),
        "A".repeat(64),
        "0".repeat(63),
        "0".repeat(66),
        "é".repeat(32),
    ];
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([1]),
        json!(["x"]),
        json!([null]),
        json!({ "a": 1 }),
    ];
    texts
        .chain(hashes.into_iter().map(Value::from))
        .chain(others)
        .chain(numbers)
        .collect()
}

/// As it is written in a request: numbers as they stand.
fn text(value: &Value) -> String {
    value
        .get("number")
        .and_then(Value::as_str)
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// All calls: each parameter with each value behind good ones, by place and by name, and too many
/// of them.
fn calls() -> Vec<(&'static str, String)> {
    let mut calls = Vec::new();
    let values = values();
    for (method, params) in methods() {
        // Those that stop the node are no wrong calls.
        let is_run =
            |value: &Value| method != "stop" || !(value.is_null() || value.get("number").is_some());
        let mut ask = |params: String| {
            calls.push((
                method,
                format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#),
            ));
        };
        let good: Vec<String> = params.iter().map(|(_, value)| text(value)).collect();
        for (at, (name, _)) in params.iter().enumerate() {
            for value in values.iter().filter(|value| is_run(value)) {
                let before = &good[..at];
                ask(format!("[{}]", [before, &[text(value)]].concat().join(",")));
                let named = |(place, (name, _)): (usize, &(&str, Value))| {
                    format!(r#""{name}":{}"#, good[place])
                };
                let mut by_name: Vec<String> =
                    params.iter().take(at).enumerate().map(named).collect();
                by_name.push(format!(r#""{name}":{}"#, text(value)));
                ask(format!("{{{}}}", by_name.join(",")));
            }
        }
        let many = [good.as_slice(), &["null".to_owned()]].concat();
        ask(format!("[{}]", many.join(",")));
        if method != "stop" {
            ask(format!("[{}]", vec!["null"; params.len()].join(",")));
        }
        for count in 0..params.len() {
            if method != "stop" {
                ask(format!("[{}]", good[..count].join(",")));
            }
            ask(format!(
                r#"{{"args":[{}],"nosuch":1}}"#,
                good[..count].join(",")
            ));
            ask(format!(
                r#"{{"args":[{}],"{}":null}}"#,
                good.join(","),
                params[count].0
            ));
        }
        for odd in [r#""x""#, "7", "true", r#"{"nosuch":null}"#] {
            if method != "stop" || odd.starts_with('{') {
                ask(odd.to_owned());
            }
        }
    }
    calls.push((
        NO_LIST,
        r#"{"id":1,"method":"getblockhash","params":{"args":7}}"#.to_owned(),
    ));
    calls.push((
        NO_LIST,
        r#"{"id":1,"method":"getblockhash","params":{"args":7,"height":0}}"#.to_owned(),
    ));
    calls
}

/// What is compared of an answer: its status, and the code of its error or that there is none. The
/// message is for whoever reads that two differ.
type Outcome = (u16, Value, String);

fn outcome(status: u16, body: &[u8]) -> Outcome {
    let mut said: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = said["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (status, said["error"]["code"].take(), message)
}

#[test]
fn wrong_calls_are_refused_with_the_code_that_bitcoind_has() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    let inside = Inside::start(&[]);
    let mut forge = Forge::new();
    for _ in 0..110 {
        let block = seal(commit(forge.draft(Vec::new())));
        let hex = json!([serialize_hex(&block)]);
        assert_eq!(
            [
                bitcoind.rpc("submitblock", hex.clone()),
                inside.rpc("submitblock", hex)
            ],
            [Value::Null, Value::Null]
        );
        forge.accept(&block);
    }
    let address = SocketAddr::from(([127, 0, 0, 1], bitcoind.rpc_port()));
    let authorization = http::basic(fs::read(bitcoind.cookie_file()).unwrap());
    let headers = [("Authorization", authorization.as_str())];
    let is_meant = bitcoind.is_core_from(31);
    let mut different = Vec::new();
    let mut calls = calls();
    calls.retain(|(method, _)| is_meant || !CHANGED.contains(method));
    for (_, body) in &calls {
        let answer =
            http::send(address, Request::post("/", body.as_bytes()).with(&headers)).unwrap();
        let wanted = outcome(answer.status, &answer.body);
        let reply = inside.ask(inside.node.node().rpc().handle("/", body.as_bytes()));
        let reported = outcome(reply.status, &reply.body);
        if (wanted.0, &wanted.1) != (reported.0, &reported.1) {
            different.push(format!(
                "{body}\n    bitcoind {wanted:?}\n    we       {reported:?}"
            ));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} calls differ:\n{}",
        different.len(),
        calls.len(),
        different.join("\n")
    );
}
