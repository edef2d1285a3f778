//! What is handed to the network reaches every node, without a connection between them.

use std::time::Duration;

use serde_json::{Value, json};

use super::three_nodes;
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::fleet::{NodeFleet, call};
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

const SOON: Duration = Duration::from_secs(30);

/// A transaction that spends an output which everybody can spend, as hex digits.
fn spend(fleet: &NodeFleet) -> Value {
    let node = &fleet.nodes[0];
    let hash = node.rpc("getblockhash", json!([1]));
    let block = node.rpc("getblock", json!([hash, 1]));
    let inputs = json!([{"txid": block["tx"][0], "vout": 0}]);
    let outputs = json!([{"data": "00".repeat(40)}]);
    node.rpc("createrawtransaction", json!([inputs, outputs]))
}

fn disconnect(fleet: &NodeFleet) {
    for node in &fleet.nodes {
        node.rpc("setnetworkactive", json!([false]));
    }
}

#[test]
fn a_transaction_that_is_sent_once_is_in_every_mempool() {
    let executable = bitcoind_or_skip!();
    // Blocks pay to a script that only these nodes relay.
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let fleet = NodeFleet::start(&executable, vec![options; 3], 110);
    let raw = spend(&fleet);
    disconnect(&fleet);
    let daemon = fleet.serve("[fleet]");
    // All of the output is the fee, which has no bound then.
    let answer = call(&daemon, "sendrawtransaction", json!([raw, 0]));
    let sent = answer.json();
    assert!(sent["result"].is_string(), "{sent}");
    wait_until("all have it", SOON, || {
        let has = |node: &Bitcoind| node.rpc("getrawmempool", json!([])) == json!([sent["result"]]);
        fleet.nodes.iter().all(has)
    });
    // The client is answered at the first success; each node's own answer counts when it comes.
    wait_until("the answers of all nodes", SOON, || {
        let page = Page::of(&daemon);
        let took = |node| {
            let series = format!("bllvm_broadcast_total{{node=\"{node}\",outcome=\"success\"}}");
            page.series(&series) == Some(1.0)
        };
        ["a", "b", "c"].into_iter().all(took)
    });
}

#[test]
fn a_block_is_a_success_though_one_node_lacks_its_parent() {
    let executable = bitcoind_or_skip!();
    let fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]");
    disconnect(&fleet);
    let [_, miner, third] = &fleet.nodes[..] else {
        panic!("three nodes");
    };
    let raw = |hash: &str| miner.rpc("getblock", json!([hash, 0]));
    let parent = raw(&miner.mine(1));
    let block = raw(&miner.mine(1));
    assert_eq!(third.rpc("submitblock", json!([parent])), Value::Null);
    let answer = call(&daemon, "submitblock", json!([block]));
    assert_eq!(
        (answer.status, &answer.json()["result"]),
        (200, &Value::Null)
    );
    assert_eq!(
        third.rpc("getblockcount", json!([])),
        miner.rpc("getblockcount", json!([]))
    );
}
