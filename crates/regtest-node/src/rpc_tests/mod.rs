//! Whole calls, against what bitcoind answered.

mod mempool;

use std::path::Path;

use serde_json::{Value, json};

use crate::node::RegtestNode;
use crate::options::Options;
use crate::rpc_listener::RpcListener;

struct CalledNode {
    node: RegtestNode,
    _directory: tempfile::TempDir,
}

impl Drop for CalledNode {
    fn drop(&mut self) {
        self.node.stop();
    }
}

async fn node() -> CalledNode {
    let directory = tempfile::tempdir().unwrap();
    let (node, running) = RegtestNode::open(Options::new(directory.path()))
        .await
        .unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    tokio::spawn(running.run(RpcListener::none()));
    let node = CalledNode {
        node,
        _directory: directory,
    };
    while node.raw(&json!({"method": "uptime", "id": 1})).await.1["error"]["code"] == -28 {
        tokio::task::yield_now().await;
    }
    node
}

impl CalledNode {
    async fn raw(&self, request: &Value) -> (u16, Value) {
        let reply = self
            .node
            .rpc()
            .handle("/", request.to_string().as_bytes())
            .await;
        (
            reply.status,
            serde_json::from_slice(&reply.body).unwrap_or_default(),
        )
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let (_, mut answer) = self
            .raw(&json!({"id": "test", "method": method, "params": params}))
            .await;
        match answer["error"].take() {
            Value::Null => Ok(answer["result"].take()),
            error => Err((
                error["code"].as_i64().unwrap(),
                error["message"].as_str().unwrap().to_owned(),
            )),
        }
    }

    async fn ok(&self, method: &str, params: Value) -> Value {
        self.call(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    async fn mine(&self, blocks: u32) -> Vec<String> {
        let hashes = self
            .ok("generatetodescriptor", json!([blocks, "raw(51)"]))
            .await;
        serde_json::from_value(hashes).unwrap()
    }

    /// Hands in the blocks of a file of block files.
    async fn submit(&self, file: &str) {
        // The first is the genesis block, which is there.
        for block in crate::chainstate::tests::blocks(file).into_iter().skip(1) {
            let hex = bitcoin::consensus::encode::serialize_hex(block.as_ref());
            assert_eq!(self.ok("submitblock", json!([hex])).await, Value::Null);
        }
    }
}

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/core-31.99/genesis")
        .join(name);
    serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap()
}

fn fields(value: &Value) -> Vec<String> {
    value
        .as_object()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}

/// What is asked of every node is answered with the same status, and errors with the same code and
/// words.
#[tokio::test]
async fn refusals_are_those_of_bitcoind() {
    let node = node().await;
    for name in [
        "addnode_onetry_closed_port",
        "addnode_remove_absent",
        "disconnectnode_absent",
        "empty_batch",
        "getblockhash_0",
        "getblockhash_out_of_range",
        "named_params",
        "not_an_object",
        "notification_v2",
        "parse_error",
        "pruneblockchain_string",
        "unknown_method",
        "unknown_method_v2",
    ] {
        let recorded = fixture(name);
        let body = recorded["request"]["body"].as_str().unwrap();
        let reply = node.node.rpc().handle("/", body.as_bytes()).await;
        assert_eq!(
            json!(reply.status),
            recorded["response"]["status"],
            "{name}"
        );
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        assert_eq!(answer, recorded["response"]["json"], "{name}");
    }
}

/// What clients look for in an answer is there.
#[tokio::test]
async fn answers_have_the_fields_of_bitcoinds() {
    let node = node().await;
    // Of an index, of a coinbase shown by itself: what this node does not have.
    let absent = [
        "bytes_left_in_cycle",
        "currentblockweight",
        "currentblocktx",
        "blockmintxfee",
        "signet_challenge",
        "automatic_pruning",
        "pruneheight",
    ];
    for name in [
        "getblockchaininfo",
        "getnetworkinfo",
        "getnettotals",
        "getmempoolinfo",
        "getmininginfo",
        "getrpcinfo",
        "gettxoutsetinfo_none",
        "getblockheader",
        "getblock_v1",
        "getblockstats",
        "getindexinfo",
    ] {
        let recorded = fixture(name);
        let body = recorded["request"]["body"].as_str().unwrap();
        let reply = node.node.rpc().handle("/", body.as_bytes()).await;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let has = fields(&answer["result"]);
        for field in fields(&recorded["response"]["json"]["result"]) {
            assert!(
                has.contains(&field) || absent.contains(&field.as_str()),
                "{name} has no {field}: {has:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_batch_is_answered_call_by_call_in_both_versions() {
    let node = node().await;
    let batch = json!([
        {"id": 1, "method": "getblockcount"},
        {"id": 2, "method": "nosuch"},
        {"jsonrpc": "2.0", "id": 3, "method": "getblockcount"},
        {"jsonrpc": "2.0", "method": "getblockcount"},
        7,
    ]);
    let (status, answers) = node.raw(&batch).await;
    assert_eq!(status, 200);
    assert_eq!(answers[0], json!({"result": 0, "error": null, "id": 1}));
    assert_eq!(answers[1]["error"]["code"], -32601);
    assert_eq!(answers[2], json!({"jsonrpc": "2.0", "result": 0, "id": 3}));
    assert_eq!(answers[3]["error"]["code"], -32600);
    assert_eq!(answers.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_mined_is_reported_as_bitcoind_reports_it() {
    let node = node().await;
    let hashes = node.mine(102).await;
    assert_eq!(node.ok("getblockcount", json!([])).await, 102);
    let block = node.ok("getblock", json!([hashes[0], 2])).await;
    let coinbase = &block["tx"][0];
    assert_eq!(coinbase["vin"][0]["coinbase"], "5100");
    assert_eq!(coinbase["vout"][0]["scriptPubKey"]["asm"], "1");
    assert_eq!(
        coinbase["vout"][0]["scriptPubKey"]["desc"],
        "raw(51)#8lvh9jxk"
    );
    assert_eq!(coinbase["vout"][1]["scriptPubKey"]["type"], "nulldata");
    let hex = node.ok("getblock", json!([hashes[0], 0])).await;
    assert_eq!(
        block["size"].as_u64().unwrap() * 2,
        u64::try_from(hex.as_str().unwrap().len()).unwrap()
    );
    let out = node.ok("gettxout", json!([coinbase["txid"], 0])).await;
    assert_eq!(
        (&out["confirmations"], &out["coinbase"], &out["value"]),
        (&json!(102), &json!(true), &json!(50.0))
    );
    assert_eq!(
        node.ok("gettxout", json!([coinbase["txid"], 1])).await,
        Value::Null,
        "it can never be spent"
    );
    let stats = node.ok("getblockstats", json!([1])).await;
    let wanted = json!([2, 137, 1, 50, 5_000_000_000_u64]);
    let got = [
        "utxo_increase",
        "utxo_size_inc",
        "utxo_increase_actual",
        "utxo_size_inc_actual",
        "subsidy",
    ];
    assert_eq!(
        Value::from_iter(got.map(|name| stats[name].clone())),
        wanted
    );
    let raw = node
        .ok("getrawtransaction", json!([coinbase["txid"], 1, hashes[0]]))
        .await;
    assert_eq!(
        (&raw["confirmations"], &raw["hex"]),
        (&json!(102), &coinbase["hex"])
    );
    assert_eq!(
        node.call("getblockhash", json!([])).await.unwrap_err().0,
        -1
    );
    let short = node
        .call("getblockheader", json!(["00"]))
        .await
        .unwrap_err();
    assert_eq!(
        short,
        (
            -8,
            "blockhash must be of length 64 (not 2, for '00')".into()
        )
    );
    assert_eq!(
        node.call("getblock", json!(["00".repeat(32)]))
            .await
            .unwrap_err(),
        (-5, "Block not found".into())
    );
}

#[tokio::test]
async fn the_coins_of_a_real_chain_have_the_hash_that_bitcoind_computed() {
    let node = node().await;
    node.submit("regtest-wallet-chain.dat").await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/regtest-wallet-chain.json");
    let reported: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let coins = node.ok("gettxoutsetinfo", json!([])).await;
    for field in ["bestblock", "txouts", "hash_serialized_3", "total_amount"] {
        assert_eq!(coins[field], reported[field], "{field}");
    }
    let tip = coins["bestblock"].clone();
    let block = node.ok("getblock", json!([tip, 3])).await;
    let payment = block["tx"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tx| tx["fee"].is_number());
    if let Some(payment) = payment {
        assert!(
            payment["vin"][0]["prevout"]["value"].is_number(),
            "{payment}"
        );
    }
    let hex = node.ok("getblock", json!([tip, 0])).await;
    assert_eq!(node.ok("submitblock", json!([hex])).await, "duplicate");
}

#[tokio::test]
async fn an_operator_can_call_a_block_invalid_and_take_it_back() {
    let node = node().await;
    let hashes = node.mine(5).await;
    node.ok("invalidateblock", json!([hashes[2]])).await;
    assert_eq!(node.ok("getblockcount", json!([])).await, 2);
    let tips = node.ok("getchaintips", json!([])).await;
    assert_eq!(tips[0]["status"], "invalid");
    assert_eq!(tips[1]["status"], "active");
    node.mine(1).await;
    node.ok("reconsiderblock", json!([hashes[2]])).await;
    assert_eq!(node.ok("getbestblockhash", json!([])).await, hashes[4]);
    let tips = node.ok("getchaintips", json!([])).await;
    assert_eq!(
        (&tips[1]["status"], &tips[1]["branchlen"]),
        (&json!("valid-fork"), &json!(1))
    );
}

#[tokio::test]
async fn pruning_by_hand_says_what_is_left() {
    let node = node().await;
    assert_eq!(
        node.call("pruneblockchain", json!([1]))
            .await
            .unwrap_err()
            .1,
        "Blockchain is too short for pruning."
    );
    let hashes = node.mine(1_000).await;
    assert_eq!(
        node.call("pruneblockchain", json!([-1])).await.unwrap_err(),
        (-8, "Negative block height.".into())
    );
    assert_eq!(
        node.call("pruneblockchain", json!([1_001]))
            .await
            .unwrap_err(),
        (
            -8,
            "Blockchain is shorter than the attempted prune height.".into()
        )
    );
    let before = node.ok("getblockchaininfo", json!([])).await;
    assert_eq!(
        (&before["pruned"], before.get("pruneheight")),
        (&json!(false), None)
    );
    let last = node
        .ok("pruneblockchain", json!([1_000]))
        .await
        .as_i64()
        .unwrap();
    assert!((1..=712).contains(&last), "{last}");
    let after = node.ok("getblockchaininfo", json!([])).await;
    assert_eq!(
        (&after["pruned"], &after["pruneheight"]),
        (&json!(true), &json!(last + 1))
    );
    assert!(after["size_on_disk"].as_u64() < before["size_on_disk"].as_u64());
    let gone = node.call("getblock", json!([hashes[0]])).await.unwrap_err();
    assert_eq!(gone, (-1, "Block not available (pruned data)".into()));
    assert_eq!(
        node.call("invalidateblock", json!([hashes[0]]))
            .await
            .unwrap_err()
            .0,
        -20
    );
    assert_eq!(node.ok("getblockcount", json!([])).await, 1_000);
    let names = node.ok("getnetworkinfo", json!([])).await["localservicesnames"].clone();
    assert_eq!(names, json!(["WITNESS", "NETWORK_LIMITED"]));
}
