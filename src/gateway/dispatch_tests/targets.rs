//! Which node a path, a wallet or a method leads to.

use std::sync::Arc;

use super::*;
use crate::gateway::UpstreamUpdate;

async fn with_wallets() -> StubFleet {
    let mut fleet = StubFleet::start(3).await;
    fleet.change(1, |facts| facts.wallets = wallets(&[""]));
    fleet.change(2, |facts| facts.wallets = wallets(&["hot/1"]));
    fleet
}

#[tokio::test]
async fn reads_go_to_the_primary_and_its_name_is_said() {
    let fleet = StubFleet::start(3).await;
    for _ in 0..3 {
        fleet.call("getblockcount").await.is_from("a");
    }
    assert_eq!(fleet.counts(), [3, 0, 0]);
    assert_eq!(fleet.stubs[0].calls()[0].path, "/below/");
}

#[tokio::test]
async fn calls_of_a_wallet_go_to_the_node_that_has_it() {
    let mut fleet = with_wallets().await;
    fleet.call("getnewaddress").await.is_from("b");
    let body = call("getblockcount");
    for path in ["/wallet/hot%2F1", "/wallet/hot/1"] {
        fleet.post(path, &body).await.is_from("c");
    }
    assert_eq!(fleet.stubs[2].calls()[0].path, "/below/wallet/hot%2F1");
    for path in ["/wallet/cold", "/wallet/hot%252F1", "/wallet/hot/1?x"] {
        let got = fleet.post(path, &body).await;
        got.is_refused(500, -18);
        let message = got.body["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("nodes.wallets"), "{message}");
    }
    fleet.change(2, |facts| facts.rotation = Rotation::Unreachable);
    let got = fleet.post("/wallet/hot/1", &call("sendtoaddress")).await;
    got.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [0, 1, 2]);
}

#[tokio::test]
async fn a_node_is_changed_only_by_name_and_only_by_whom_that_is_allowed() {
    let users = vec![user(&["b", "arch-*"])];
    let fleet = StubFleet::start_with(3, GatewayPolicy { users, ..policy() }).await;
    for (method, status) in [
        ("stop", 403),
        ("addnode", 403),
        ("loadwallet", 403),
        // bitcoin-cli -getinfo takes this status for no balances, and ends with 403.
        ("listwallets", 500),
    ] {
        let got = fleet.call(method).await;
        got.is_refused(status, -32003);
        let message = got.body["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains(method) && message.contains("/node/"),
            "{message}"
        );
        fleet.post("/node/b", &call(method)).await.is_from("b");
    }
    // Also where the path names a wallet, or others are in the batch.
    let got = fleet.post("/wallet/hot", &call("stop")).await;
    got.is_refused(403, -32003);
    let batch = format!("[{},{}]", call("getblockcount"), call("stop"));
    let got = fleet.post("/", &batch).await;
    assert_eq!(
        (got.status, got.body[0]["error"]["code"].as_i64()),
        (403, Some(-32003))
    );
    let got = fleet.post("/node/a", &call("getblockcount")).await;
    got.is_refused(403, -32003);
    let got = fleet.post("/node/arch-1", &call("getblockcount")).await;
    got.is_refused(404, -32600);
    assert_eq!(fleet.counts(), [0, 4, 0]);
}

#[tokio::test]
async fn a_named_node_gets_the_path_behind_its_name_also_when_it_is_drained() {
    let users = vec![user(&["*"])];
    let mut fleet = StubFleet::start_with(2, GatewayPolicy { users, ..policy() }).await;
    fleet.change(1, |facts| facts.drained = true);
    for path in ["/node/b", "/node/b/", "/node/b/wallet/x%20y"] {
        fleet.post(path, &call("uptime")).await.is_from("b");
    }
    let paths: Vec<_> = fleet.stubs[1]
        .calls()
        .into_iter()
        .map(|call| call.path)
        .collect();
    assert_eq!(paths, ["/below/", "/below/", "/below/wallet/x%20y"]);
    fleet.stubs[1].set("", Act::Close);
    fleet
        .post("/node/b", &call("uptime"))
        .await
        .is_refused(502, -32010);
    assert_eq!(fleet.counts()[0], 0, "another node is not it");
}

#[tokio::test]
async fn an_archive_is_pruned_by_no_caller() {
    let users = vec![user(&["*"])];
    let fleet = StubFleet::start_with(3, GatewayPolicy { users, ..policy() }).await;
    let got = fleet.post("/node/c", &call("pruneblockchain")).await;
    got.is_refused(403, -32003);
    let got = fleet.post("/node/a", &call("pruneblockchain")).await;
    got.is_from("a");
    assert_eq!(fleet.counts(), [1, 0, 0]);
}

#[tokio::test]
async fn the_only_node_can_be_named_too_and_else_nothing_changes() {
    let users = vec![user(&["a"])];
    let fleet = StubFleet::start_with(1, GatewayPolicy { users, ..policy() }).await;
    for (path, method) in [
        ("/", "stop"),
        ("/node/a", "stop"),
        ("/wallet/x", "nosuchmethod"),
    ] {
        let got = fleet.post(path, &call(method)).await;
        assert_eq!((got.status, got.node), (200, None));
    }
    let paths: Vec<_> = fleet.stubs[0]
        .calls()
        .into_iter()
        .map(|call| call.path)
        .collect();
    assert_eq!(paths, ["/below/", "/below/", "/below/wallet/x"]);
    fleet
        .post("/node/b", &call("stop"))
        .await
        .is_refused(403, -32003);
}

#[tokio::test]
async fn a_reload_adds_nodes_and_takes_others_away_without_ending_a_call() {
    let fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", Act::Hang);
    let hangs = fleet.call("nosuchmethod");
    let reload = async {
        fleet.stubs[0].wait_for(1).await;
        let only = vec![UpstreamUpdate {
            name: "b".into(),
            destination: None,
            is_archive: false,
        }];
        fleet.gateway.change_nodes(only);
        let got = fleet.call("getblockcount").await;
        assert_eq!((got.status, got.node), (200, None), "there is one now");
        fleet.stubs[0].kill().await;
    };
    while_doing(hangs, reload).await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [1, 1]);
}

#[tokio::test]
async fn the_only_node_keeps_its_calls_while_a_reload_adds_another() {
    let fleet = StubFleet::start(1).await;
    let names = ["a", "new"].map(|name| UpstreamUpdate {
        name: name.into(),
        destination: (name == "new").then(|| Arc::into_inner(destination(1)).unwrap()),
        is_archive: false,
    });
    fleet.gateway.change_nodes(names.into());
    for method in ["getblockcount", "getnewaddress"] {
        fleet.call(method).await.is_from("a");
    }
}
