//! What is handed to the network goes to all nodes, and the first success is the answer.

use super::*;

const REFUSED: Act = Act::Error(-26, "min relay fee not met");
const IN_CHAIN: Act = Act::Error(-27, "Transaction outputs already in utxo set");
/// A transaction without a witness: the coinbase of the first block of regtest.
const RAW: &str = "01000000010000000000000000000000000000000000000000000000000000000000000000ffff\
                   ffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e6365\
                   6c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e\
                   6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e0\
                   3909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000";
const TXID: &str = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";

fn send() -> String {
    call_with("sendrawtransaction", &json!([RAW]))
}

/// Nodes that take every transaction.
async fn fleet(nodes: usize) -> StubFleet {
    let fleet = StubFleet::start(nodes).await;
    for stub in &fleet.stubs {
        stub.set("sendrawtransaction", Act::Result(json!(TXID)));
        stub.set("submitblock", Act::Result(Value::Null));
    }
    fleet
}

#[tokio::test]
async fn all_nodes_in_rotation_get_a_transaction_once() {
    let mut fleet = fleet(3).await;
    let got = fleet.post("/", &send()).await;
    assert_eq!(got.body["result"], TXID);
    assert_eq!(got.node.as_deref(), Some("a"));
    for stub in &fleet.stubs {
        stub.wait_for(1).await;
    }
    fleet.change(1, |facts| facts.drained = true);
    fleet.post("/", &send()).await;
    fleet.stubs[2].wait_for(2).await;
    assert_eq!(fleet.counts(), [2, 1, 2]);
    // By name only the one that is named.
    fleet.policy.broadcast_to_primary = true;
    fleet.publish();
    fleet.post("/", &send()).await;
    assert_eq!(fleet.counts(), [3, 1, 2]);
}

#[tokio::test]
async fn what_the_callers_node_refuses_and_another_takes_is_a_success() {
    let fleet = fleet(2).await;
    fleet.stubs[0].set("sendrawtransaction", REFUSED);
    let got = fleet.post("/", &send()).await;
    assert_eq!(got.body["result"], TXID);
    assert_eq!(got.broadcast.as_deref(), Some("a=-26 b=ok"));
    fleet.stubs[1].set("sendrawtransaction", Act::Error(-25, "missing inputs"));
    let got = fleet.post("/", &send()).await;
    assert_eq!((got.code(), got.broadcast.as_deref()), (-26, None));
}

#[tokio::test]
async fn a_node_that_hangs_delays_nobody_for_long() {
    let fleet = fleet(2).await;
    fleet.stubs[0].set("sendrawtransaction", Act::Hang);
    let asked = clock::mono();
    let got = fleet.post("/", &send()).await;
    assert_eq!(got.body["result"], TXID);
    assert!(clock::mono().since(asked) >= Duration::from_millis(250));
    assert_eq!(got.node.as_deref(), Some("b"));
}

#[tokio::test]
async fn a_client_whose_answer_was_lost_has_its_txid() {
    let mut fleet = fleet(2).await;
    fleet.stubs[0].set("sendrawtransaction", Act::Close);
    fleet.stubs[1].set("sendrawtransaction", IN_CHAIN);
    let got = fleet.post("/", &send()).await;
    assert_eq!((got.status, &got.body["result"]), (200, &json!(TXID)));
    assert_eq!(got.body["id"], "me");
    // Also where one node after the other is asked.
    fleet.policy.broadcast_to_primary = true;
    fleet.publish();
    let got = fleet.post("/", &send()).await;
    assert_eq!((got.status, &got.body["result"]), (200, &json!(TXID)));
    // Without a lost answer it is the node's own.
    fleet.stubs[0].set("sendrawtransaction", IN_CHAIN);
    assert_eq!(fleet.post("/", &send()).await.code(), -27);
}

#[tokio::test]
async fn of_the_answers_to_a_block_the_best_counts() {
    let fleet = fleet(3).await;
    let submit = call_with("submitblock", &json!(["00"]));
    fleet.stubs[0].set("submitblock", Act::Result(json!("bad-prevblk")));
    fleet.stubs[1].set("submitblock", Act::Result(json!("inconclusive")));
    let got = fleet.post("/", &submit).await;
    assert_eq!((got.status, &got.body["result"]), (200, &Value::Null));
    fleet.stubs[2].set("submitblock", Act::Result(json!("duplicate")));
    assert_eq!(fleet.post("/", &submit).await.body["result"], "duplicate");
    fleet.stubs[0].set("submitblock", Act::Close);
    let got = fleet.post("/", &submit).await;
    assert_eq!((got.status, &got.body["result"]), (200, &Value::Null));
}

#[tokio::test]
async fn with_private_broadcast_no_other_node_gets_a_transaction() {
    let mut fleet = fleet(3).await;
    fleet.change(1, |facts| facts.is_private_broadcast = true);
    let got = fleet.post("/", &send()).await;
    assert_eq!(got.node.as_deref(), Some("b"));
    let batch = format!("[{},{}]", send(), call("getblockcount"));
    fleet.post("/", &batch).await;
    let package = call_with("submitpackage", &json!([[RAW]]));
    fleet.post("/", &package).await.is_refused(403, -32003);
    fleet.change(1, |facts| facts.rotation = Rotation::Unreachable);
    fleet.post("/", &send()).await.is_refused(502, -32010);
    assert_eq!(fleet.post("/", &batch).await.status, 502);
    fleet.change(2, |facts| facts.wallets = wallets(&["hot"]));
    fleet
        .post("/wallet/hot", &send())
        .await
        .is_refused(502, -32010);
    assert_eq!(fleet.counts(), [0, 2, 0]);
}

#[tokio::test]
async fn without_any_answer_the_client_is_told_that_it_may_have_run() {
    let fleet = fleet(2).await;
    fleet.stubs[0].set("sendrawtransaction", Act::Close);
    fleet.stubs[1].set("sendrawtransaction", Act::Error(-28, "Loading wallet…"));
    fleet.post("/", &send()).await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [1, 1]);
}
