//! A pruned primary and an archive: blocks that one has deleted come from the other.

use serde_json::{Value, json};

use super::rounds;
use crate::support::bitcoind::BitcoindOptions;
use crate::support::fleet::{NodeFleet, answered_by, call, call_at};
use crate::support::http::{Request, basic, send};
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;

/// A pruned node keeps 288 blocks, and deletes whole files.
const BLOCKS: u32 = 700;

/// The pruned node's first block, once it has deleted what it may.
fn prune(fleet: &NodeFleet, blocks: u32) -> u32 {
    fleet.nodes[0].rpc("pruneblockchain", json!([blocks - 300]));
    let info = fleet.nodes[0].rpc("getblockchaininfo", json!([]));
    let height = info["pruneheight"].as_u64().expect("a height");
    u32::try_from(height).expect("a height of regtest")
}

#[test]
fn old_blocks_come_from_the_archive_byte_for_byte_and_cost_once() {
    let executable = bitcoind_or_skip!();
    let options = [
        BitcoindOptions::default().prunable(),
        BitcoindOptions::default().with("-fastprune=1"),
    ];
    let blocks = BLOCKS.max(rounds(50) + 600);
    let fleet = NodeFleet::start(&executable, options, blocks);
    let first_kept = prune(&fleet, blocks);
    let daemon = fleet.serve("[rpc.auth]\nrate_limit_enabled = true\nrate_limit_burst = 100000");
    let spent_before = spent(&daemon);
    let count = rounds(50);
    assert!(count < first_kept, "{first_kept}");
    for height in 1..=count {
        let hash = fleet.nodes[1].rpc("getblockhash", json!([height]));
        let params = json!([hash, 0]);
        let answer = call(&daemon, "getblock", params.clone());
        assert_eq!(answered_by(&answer), Some("b"), "{height}");
        assert_eq!(answer.status, 200);
        let body = json!({"id": 1, "method": "getblock", "params": params}).to_string();
        assert_eq!(answer.body, direct(&fleet, 1, &body), "{height}");
    }
    let spent = spent(&daemon) - spent_before;
    assert!(
        (spent - f64::from(count)).abs() < 0.5,
        "{spent} for {count}"
    );
    let new = fleet.nodes[1].rpc("getbestblockhash", json!([]));
    assert_eq!(
        answered_by(&call(&daemon, "getblock", json!([new, 0]))),
        Some("a"),
        "a new block is not asked of the archive"
    );
}

#[test]
fn without_an_archive_the_answer_is_the_nodes_own_error() {
    let executable = bitcoind_or_skip!();
    let options = vec![BitcoindOptions::default().prunable(); 2];
    let fleet = NodeFleet::start(&executable, options, BLOCKS);
    let hash = fleet.nodes[1].rpc("getblockhash", json!([1]));
    prune(&fleet, BLOCKS);
    fleet.nodes[1].rpc("pruneblockchain", json!([BLOCKS - 300]));
    let daemon = fleet.serve("");
    let body = json!({"id": 1, "method": "getblock", "params": [hash, 0]}).to_string();
    let answer = call_at(&daemon, "/", &body);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (500, &json!(-1))
    );
    assert_eq!(answer.body, direct(&fleet, 0, &body));
}

/// The calls that were counted.
fn spent(daemon: &crate::support::daemon::Daemon) -> f64 {
    let page = Page::of(daemon);
    let lines = page.text().lines();
    let counts = lines
        .filter(|line| line.starts_with("bllvm_rpc_requests_total{"))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    counts.sum()
}

/// The node's own answer.
fn direct(fleet: &NodeFleet, index: usize, body: &str) -> Vec<u8> {
    let node = &fleet.nodes[index];
    let cookie = std::fs::read(node.cookie_file()).unwrap();
    let authorization = basic(cookie);
    let headers = [("Authorization", authorization.as_str())];
    let addr = ([127, 0, 0, 1], node.rpc_port()).into();
    send(addr, Request::post("/", body.as_bytes()).with(&headers))
        .unwrap()
        .body
}

#[test]
fn a_block_that_no_node_has_is_the_nodes_own_error() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 10);
    let daemon = fleet.serve("");
    let answer = call(&daemon, "getblock", json!(["00".repeat(32)]));
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["error"]["code"], json!(-5));
    let answer: Value = call(&daemon, "getblockhash", json!([11])).json();
    assert_eq!(answer["error"]["code"], json!(-8));
}
