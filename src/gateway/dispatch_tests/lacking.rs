//! Answers that say that a node lacks what was asked for.

use super::*;

const PRUNED: Act = Act::Error(-1, "Block not available (pruned data)");
const UNKNOWN: Act = Act::Error(-5, "Block not found");

fn getblock() -> String {
    call_with("getblock", &json!([HASH]))
}

/// The node has no block below `kept_from`.
fn prune(fleet: &mut StubFleet, index: usize, kept_from: u64) {
    fleet.change(index, |facts| {
        facts.kept_from = Some(kept_from);
        facts.has = Needs::NONE;
    });
}

#[tokio::test]
async fn a_pruned_block_is_asked_for_at_the_archive_and_charged_once() {
    let limits = Some(allowance(10));
    let mut fleet = StubFleet::start_with(3, GatewayPolicy { limits, ..policy() }).await;
    fleet.stubs[0].set("", PRUNED);
    for (index, kept_from) in [(0, 1000), (1, 5000)] {
        prune(&mut fleet, index, kept_from);
    }
    for _ in 0..10 {
        fleet.post("/", &getblock()).await.is_from("c");
    }
    assert_eq!(fleet.post("/", &getblock()).await.code(), -32005);
    assert_eq!(fleet.counts()[1], 0, "it has fewer blocks still");
}

#[tokio::test]
async fn without_an_archive_the_answer_is_the_nodes_own() {
    let mut fleet = StubFleet::start(2).await;
    for index in [0, 1] {
        fleet.stubs[index].set("", PRUNED);
        prune(&mut fleet, index, 1000);
    }
    let got = fleet.post("/", &getblock()).await;
    assert_eq!((got.code(), got.node.as_deref()), (-1, Some("a")));
    assert_eq!(fleet.counts(), [1, 0]);
}

#[tokio::test]
async fn an_archive_that_dies_leaves_the_first_nodes_own_answer() {
    let mut fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", PRUNED);
    prune(&mut fleet, 0, 1000);
    fleet.stubs[1].set("", Act::Close);
    let got = fleet.post("/", &getblock()).await;
    assert_eq!((got.code(), got.node.as_deref()), (-1, Some("a")));
}

#[tokio::test]
async fn an_unknown_block_is_asked_for_only_where_there_is_more_work() {
    let mut fleet = StubFleet::start(3).await;
    fleet.stubs[0].set("", UNKNOWN);
    let got = fleet.post("/", &getblock()).await;
    assert_eq!((got.code(), fleet.counts()), (-5, vec![1, 0, 0]));
    fleet.change(2, |facts| facts.tip = Some(tip(101)));
    fleet.post("/", &getblock()).await.is_from("c");
    let height = call_with("getblockhash", &json!([101]));
    fleet.stubs[0].set("", Act::Error(-8, "Block height out of range"));
    fleet.post("/", &height).await.is_from("c");
    assert_eq!(fleet.counts(), [3, 0, 2]);
}

#[tokio::test]
async fn it_is_asked_elsewhere_once() {
    let mut fleet = StubFleet::start(3).await;
    for index in [0, 1, 2] {
        fleet.stubs[index].set("", Act::Error(-28, "Loading block index…"));
    }
    fleet.change(0, |_| {});
    assert_eq!(fleet.call("getblockcount").await.code(), -28);
    assert_eq!(fleet.counts(), [1, 1, 0]);
}

#[tokio::test]
async fn a_node_that_starts_runs_nothing_so_any_call_goes_on() {
    let fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", Act::Error(-28, "Verifying blocks…"));
    for method in ["getblockcount", "nosuchmethod", "sendrawtransaction"] {
        fleet.call(method).await.is_from("b");
    }
}

#[tokio::test]
async fn errors_within_an_http_success_of_version_2_count_too() {
    let mut fleet = StubFleet::start(2).await;
    let error = r#"{"jsonrpc":"2.0","error":{"code":-1,"message":"Block not available (pruned data)"},"id":1}"#;
    fleet.stubs[0].set("", Act::Status(200, error));
    prune(&mut fleet, 0, 7);
    fleet.post("/", &getblock()).await.is_from("b");
}

#[tokio::test]
async fn neither_batches_nor_named_nodes_nor_other_errors_are_asked_for_elsewhere() {
    let users = vec![user(&["a"])];
    let mut fleet = StubFleet::start_with(2, GatewayPolicy { users, ..policy() }).await;
    fleet.stubs[0].set("", PRUNED);
    prune(&mut fleet, 0, 7);
    fleet.post("/", &format!("[{}]", getblock())).await;
    assert_eq!(fleet.post("/node/a", &getblock()).await.code(), -1);
    fleet.stubs[0].set("", Act::Error(-5, "Invalid address"));
    assert_eq!(fleet.call("getblockcount").await.code(), -5);
    // A method that nobody knows may have done something before it failed.
    fleet.stubs[0].set("", PRUNED);
    assert_eq!(fleet.call("nosuchmethod").await.code(), -1);
    assert_eq!(fleet.counts(), [4, 0]);
}
