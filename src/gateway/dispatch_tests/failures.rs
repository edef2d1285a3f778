//! Nodes that die, freeze or are busy while calls are at them.

use serde_json::json;

use super::*;

#[tokio::test]
async fn reads_at_a_node_that_is_killed_are_answered_by_the_next_and_charged_once() {
    let limits = Some(allowance(40));
    let fleet = StubFleet::start_with(2, GatewayPolicy { limits, ..policy() }).await;
    fleet.stubs[0].set("", Act::Hang);
    let reads = join_all((0..32).map(|_| fleet.call("getblockcount")));
    let kill = async {
        fleet.stubs[0].wait_for(32).await;
        fleet.stubs[0].kill().await;
    };
    for got in while_doing(reads, kill).await {
        got.is_from("b");
    }
    assert_eq!(fleet.counts(), [32, 32]);
    for _ in 32..40 {
        fleet.call("getblockcount").await.is_from("b");
    }
    assert_eq!(fleet.call("getblockcount").await.code(), -32005);
}

#[tokio::test]
async fn a_call_that_could_not_be_sent_goes_to_the_next_node_whatever_it_is() {
    let mut fleet = StubFleet::start(2).await;
    fleet.stubs[0].kill().await;
    for method in [
        "getblockcount",
        "sendrawtransaction",
        "gettxoutsetinfo",
        "nosuchmethod",
    ] {
        fleet.call(method).await.is_from("b");
    }
    fleet.change(0, |facts| facts.wallets = wallets(&[""]));
    fleet.call("sendtoaddress").await.is_refused(502, -32010);
}

#[tokio::test]
async fn reads_at_a_frozen_node_go_elsewhere_once_it_is_left_and_payments_stay() {
    let mut fleet = StubFleet::start(2).await;
    fleet.change(0, |facts| facts.wallets = wallets(&[""]));
    fleet.stubs[0].set("", Act::Hang);
    let reads = [
        "getblockcount",
        "getblock",
        "getnetworkinfo",
        "decodescript",
        "waitfornewblock",
    ];
    let asked = join_all(reads.map(|method| fleet.call(method)));
    let others = ["sendtoaddress", "gettxoutsetinfo", "nosuchmethod"];
    let stays = join_all(others.map(|method| fleet.call(method)));
    let mut facts = fleet.facts.clone();
    facts[0].rotation = Rotation::Unreachable;
    let leave = async {
        // A long poll and the others are there.
        fleet.stubs[0]
            .wait_for(reads.len() + others.len() - 1)
            .await;
        fleet.publish_only(&facts);
    };
    let both = async {
        let answers = Box::pin(while_doing(asked, leave)).await;
        fleet.stubs[0].kill().await;
        answers
    };
    let (answers, stayed) = tokio::join!(both, stays);
    for got in answers {
        got.is_from("b");
    }
    // gettxoutsetinfo goes to the last node by priority.
    stayed[0].is_refused(502, -32010);
    stayed[2].is_refused(502, -32010);
    let at_b = fleet.stubs[1].calls();
    assert!(
        at_b.iter()
            .all(|call| call.method != "sendtoaddress" && call.method != "nosuchmethod")
    );
}

#[tokio::test]
async fn a_busy_node_is_left_by_reads_of_the_chain_alone() {
    let mut fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", Act::Hang);
    fleet.facts[0].busy = true;
    let bodies = ["getblockcount", "getblock"].map(|method| call_with(method, &json!([HASH])));
    let chain = join_all(bodies.iter().map(|body| fleet.post("/", body)));
    let uptime = fleet.call("uptime");
    let publish = async {
        fleet.stubs[0].wait_for(3).await;
        fleet.publish();
    };
    let then = async {
        let answers = while_doing(chain, publish).await;
        assert_eq!(fleet.counts(), [3, 2]);
        fleet.stubs[0].kill().await;
        answers
    };
    let (answers, uptime) = tokio::join!(then, uptime);
    for got in answers {
        got.is_from("b");
    }
    // That one only since the node died.
    uptime.is_from("b");
}

#[tokio::test]
async fn an_answer_that_breaks_off_before_any_of_it_was_passed_on_is_asked_for_elsewhere() {
    let fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", Act::HalfAnswer);
    fleet.call("getblockcount").await.is_from("b");
    fleet.call("nosuchmethod").await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [2, 1]);
}

#[tokio::test]
async fn with_resend_never_nothing_that_may_have_run_is_sent_again() {
    let mut fleet = StubFleet::start(2).await;
    fleet.policy.never_resend = true;
    fleet.publish();
    fleet.stubs[0].set("", Act::Close);
    fleet.call("getblockcount").await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [1, 0]);
    fleet.stubs[0].kill().await;
    fleet.call("getblockcount").await.is_from("b");
}

#[tokio::test]
async fn a_call_that_nodes_die_of_does_not_end_all_of_them() {
    let fleet = StubFleet::start(5).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Close);
    }
    fleet.call("getblockcount").await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [1, 1, 1, 0, 0]);
}

#[tokio::test]
async fn all_nodes_down_is_502_at_once_and_none_is_asked() {
    let mut fleet = StubFleet::start(2).await;
    for index in [0, 1] {
        fleet.change(index, |facts| facts.rotation = Rotation::Unreachable);
    }
    fleet.call("getblockcount").await.is_refused(502, -32010);
    assert_eq!(fleet.counts(), [0, 0]);
}

#[tokio::test]
async fn a_call_that_comes_before_any_node_was_asked_waits_for_the_first_answer() {
    let mut fleet = StubFleet::start(2).await;
    let asked = fleet.facts.clone();
    for index in 0..2 {
        fleet.change(index, |facts| facts.rotation = Rotation::Unknown);
    }
    let mut first = fleet.facts.clone();
    first[1] = asked[1].clone();
    for method in ["getblockcount", "decodescript", "sendrawtransaction"] {
        fleet.publish();
        while_doing(fleet.call(method), async { fleet.publish_only(&first) })
            .await
            .is_from("b");
    }
    // Where none answers in time, it is told so.
    fleet.publish();
    fleet.call("getblockcount").await.is_refused(503, -32011);
    // One that has been asked, and does not answer, is no reason to give up the other.
    first[1].rotation = Rotation::Unreachable;
    fleet.publish_only(&first);
    let answers = async { fleet.publish_only(&asked) };
    while_doing(fleet.call("getblockcount"), answers)
        .await
        .is_from("a");
}
