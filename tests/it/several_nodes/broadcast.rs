//! What is handed to the network reaches every node, without a connection between them.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::three_nodes;
use crate::support::bitcoind::{Bitcoind, BitcoindOptions, RpcFailure};
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, call, wait_in_rotation};
use crate::support::http::Response;
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

/// The same with an output that is among the unspent ones once it is in the chain: only then a node
/// says that it is.
fn spend_to_an_address(fleet: &NodeFleet) -> Value {
    let node = &fleet.nodes[0];
    let hash = node.rpc("getblockhash", json!([2]));
    let block = node.rpc("getblock", json!([hash, 1]));
    let inputs = json!([{"txid": block["tx"][0], "vout": 0}]);
    let script = node.rpc("decodescript", json!(["51"]));
    let address = script["p2sh"].as_str().expect("an address");
    let outputs = json!([{address: 49.99}]);
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

/// The answer to `sendrawtransaction` while the primary is killed in the middle of the call.
#[track_caller]
fn send_while_primary_dies(daemon: &Daemon, fleet: &mut NodeFleet, raw: &Value) -> Response {
    fleet.nodes[0].freeze();
    thread::scope(|scope| {
        let sent = scope.spawn(|| call(daemon, "sendrawtransaction", json!([raw, 0])));
        wait_until("the call at the primary", SOON, || {
            let page = Page::of(daemon);
            page.series("bllvm_upstream_in_flight{node=\"a\"}") == Some(1.0)
        });
        fleet.nodes[0].kill();
        sent.join().expect("an answer")
    })
}

#[test]
fn a_client_whose_answer_was_lost_by_a_kill_has_its_txid() {
    let executable = bitcoind_or_skip!();
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let mut fleet = NodeFleet::start(&executable, vec![options; 3], 110);
    let raw = spend_to_an_address(&fleet);
    let txid = fleet.nodes[0].rpc("decoderawtransaction", json!([raw]))["txid"].clone();
    disconnect(&fleet);
    fleet.flush();
    let daemon = fleet.serve("[fleet]\ndead_secs = 20\nbusy_secs = 20");
    // Another node takes it.
    let answer = send_while_primary_dies(&daemon, &mut fleet, &raw);
    assert_eq!((answer.status, &answer.json()["result"]), (200, &txid));
    for node in &fleet.nodes[1..] {
        wait_until("the transaction", SOON, || {
            node.rpc("getrawmempool", json!([])) == json!([txid])
        });
    }
    // It is in the chain of all that are left: -27, which is a success after an answer that was
    // lost.
    fleet.nodes[0].restart();
    let hash = fleet.nodes[1].mine(1);
    let block = fleet.nodes[1].rpc("getblock", json!([hash, 0]));
    for index in [0, 2] {
        let taken = fleet.nodes[index].rpc("submitblock", json!([block]));
        assert_eq!(taken, Value::Null);
    }
    wait_in_rotation(&daemon, 3);
    let known = call(&daemon, "sendrawtransaction", json!([raw, 0]));
    assert_eq!(known.json()["error"]["code"], -27, "no answer was lost");
    let answer = send_while_primary_dies(&daemon, &mut fleet, &raw);
    assert_eq!((answer.status, &answer.json()["result"]), (200, &txid));
}

#[test]
fn a_package_that_every_node_refuses_is_refused() {
    let executable = bitcoind_or_skip!();
    let options = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    let fleet = NodeFleet::start(&executable, vec![options; 3], 110);
    let node = &fleet.nodes[0];
    let parent = spend(&fleet);
    let txid = node.rpc("decoderawtransaction", json!([parent]))["txid"].clone();
    let inputs = json!([{"txid": txid, "vout": 0}]);
    let outputs = json!([{"data": "00".repeat(40)}]);
    // What it spends cannot be spent.
    let child = node.rpc("createrawtransaction", json!([inputs, outputs]));
    disconnect(&fleet);
    let daemon = fleet.serve("[fleet]");
    let package = json!([[parent, child], 0]);
    let own = node.try_rpc("submitpackage", package.clone());
    let answer = call(&daemon, "submitpackage", package);
    assert_eq!(answer.header("x-bllvmctl-broadcast"), None);
    let body = answer.json();
    match own {
        Ok(result) => {
            assert_ne!(result["package_msg"], "success");
            assert_eq!(body["result"]["package_msg"], result["package_msg"]);
        }
        Err(RpcFailure::Refused { code, .. }) => assert_eq!(body["error"]["code"], code),
        Err(other) => panic!("{other}"),
    }
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
