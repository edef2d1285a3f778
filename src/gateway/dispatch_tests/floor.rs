//! No caller is shown less of the chain than before, whichever node answers.

use super::*;

/// Two nodes at height 100, with a floor.
async fn two_nodes() -> StubFleet {
    let mut fleet = StubFleet::start(2).await;
    fleet.policy.floor = Duration::from_secs(60);
    fleet.publish();
    for stub in &fleet.stubs {
        stub.set("getblockcount", Act::Result(json!(100)));
    }
    fleet
}

async fn height(fleet: &StubFleet) -> Value {
    let got = fleet.call("getblockcount").await;
    assert_eq!(got.status, 200, "{got:?}");
    got.body["result"].clone()
}

fn publish_height(fleet: &StubFleet, index: usize, height: u64) {
    let mut facts = fleet.facts.clone();
    facts[index].tip = Some(tip(height));
    fleet.publish_only(&facts);
}

#[tokio::test]
async fn after_a_failover_a_caller_waits_for_the_block_that_it_has_seen() {
    let mut fleet = two_nodes().await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    assert_eq!(height(&fleet).await, 102);
    fleet.stubs[0].kill().await;
    fleet.stubs[1].set("getblockcount", Act::Result(json!(103)));
    let caught_up = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(fleet.stubs[1].count(), 0, "it is below the floor");
        publish_height(&fleet, 1, 102);
    };
    assert_eq!(while_doing(height(&fleet), caught_up).await, 103);
    // Whoever asks for nothing of the chain waits for nobody.
    fleet.change(0, |facts| facts.rotation = Rotation::Unreachable);
    let got = fleet.call("decodescript").await;
    got.is_from("b");
}

#[tokio::test]
async fn without_a_node_at_the_floor_reads_of_the_tip_are_refused_and_say_when_to_come_back() {
    let mut fleet = two_nodes().await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    height(&fleet).await;
    fleet.change(0, |facts| facts.drained = true);
    for method in ["getblockcount", "gettxout", "getblocktemplate"] {
        fleet.call(method).await.is_refused(503, -32011);
    }
    assert_eq!(fleet.stubs[1].count(), 0);
    // By name it is asked whatever it has.
    let user = user(&["b"]);
    fleet.gateway.change_policy(
        GatewayPolicy {
            users: vec![user],
            ..policy()
        },
        clock::mono(),
    );
    let named = fleet.post("/node/b", &call("getblockcount")).await;
    assert_eq!(named.body["result"], 100);
}

#[tokio::test]
async fn a_node_that_lost_blocks_in_a_crash_does_not_show_that() {
    let mut fleet = two_nodes().await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    height(&fleet).await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(90)));
    fleet.change(1, |facts| facts.tip = Some(tip(102)));
    fleet.stubs[1].set("getblockcount", Act::Result(json!(102)));
    assert_eq!(height(&fleet).await, 102);
    assert_eq!(fleet.counts(), [2, 1]);
}

#[tokio::test]
async fn the_hash_of_an_old_block_is_answered_at_once() {
    let fleet = two_nodes().await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    height(&fleet).await;
    fleet.stubs[0].set("getblockhash", Act::Result(json!(HASH)));
    for height in [0, 5, 101, 102] {
        let body = call_with("getblockhash", &json!([height]));
        let got = fleet.post("/", &body).await;
        assert_eq!(
            (got.node.as_deref(), &got.body["result"]),
            (Some("a"), &json!(HASH))
        );
    }
    assert_eq!(height(&fleet).await, 102);
    assert_eq!(fleet.counts(), [6, 0]);
}

#[tokio::test]
async fn a_block_that_a_node_does_not_have_yet_is_waited_for() {
    let mut fleet = two_nodes().await;
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    height(&fleet).await;
    fleet.change(0, |facts| facts.rotation = Rotation::Unreachable);
    fleet.stubs[1].set("getblock", Act::Error(-5, "Block not found"));
    let getblock = call_with("getblock", &json!([HASH]));
    let comes = async {
        fleet.stubs[1].wait_for(2).await;
        fleet.stubs[1].set("getblock", Act::Result(json!("b")));
    };
    while_doing(fleet.post("/", &getblock), comes)
        .await
        .is_from("b");
    // One that does not come in time is no error of the node.
    fleet.stubs[1].set("getblock", Act::Error(-5, "Block not found"));
    fleet.post("/", &getblock).await.is_refused(503, -32011);
    // At the floor the node's own answer counts.
    publish_height(&fleet, 1, 102);
    let other = call_with("getblock", &json!(["0".repeat(62) + "bb"]));
    assert_eq!(fleet.post("/", &other).await.code(), -5);
}

#[tokio::test]
async fn what_waits_for_the_floor_is_charged_once() {
    let limits = Some(allowance(2));
    let mut fleet = StubFleet::start_with(2, GatewayPolicy { limits, ..policy() }).await;
    fleet.policy.floor = Duration::from_secs(60);
    fleet.publish();
    fleet.stubs[0].set("getblockcount", Act::Result(json!(102)));
    height(&fleet).await;
    fleet.change(0, |facts| facts.drained = true);
    fleet.call("gettxout").await.is_refused(503, -32011);
    fleet.change(1, |facts| facts.tip = Some(tip(102)));
    fleet.call("gettxout").await.is_from("b");
    assert_eq!(fleet.call("gettxout").await.code(), -32005);
}
