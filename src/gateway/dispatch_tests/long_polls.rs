//! A call that waits for a block goes to another node when its own is lost, and misses no block.

use super::*;
use crate::gateway::dispatch_tests::stub_node::StubCall;

/// The call that the second node gets of `method` with `params` after the first was lost, once it
/// had a tip with this `hash`.
async fn sent_again(method: &str, params: &Value, hash: &str, takes_current_tip: bool) -> StubCall {
    let mut fleet = StubFleet::start(2).await;
    fleet.change(1, |facts| {
        facts.takes_current_tip = takes_current_tip;
        facts.tip = Some(PublishedTip {
            hash: hash.into(),
            ..tip(100)
        });
    });
    fleet.stubs[0].set(method, Act::Hang);
    let lost = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.stubs[0].kill().await;
    };
    let body = call_with(method, params);
    while_doing(fleet.post("/", &body), lost).await.is_from("b");
    let [call] = &fleet.stubs[1].calls()[..] else {
        panic!("one call")
    };
    assert_eq!(call.id, "me");
    call.clone()
}

#[tokio::test]
async fn the_new_node_is_told_which_tip_the_caller_had() {
    let call = sent_again("waitfornewblock", &json!([60_000]), HASH, true).await;
    assert_eq!(call.method, "waitfornewblock");
    assert_eq!(call.params[1], HASH);
    let left = call.params[0].as_u64().unwrap();
    assert!((40_000..=60_000).contains(&left), "{left} ms are left");
}

#[tokio::test]
async fn a_node_that_cannot_be_told_answers_at_once_if_it_has_another_tip() {
    let other = "0".repeat(62) + "bb";
    let call = sent_again("waitfornewblock", &json!([]), &other, false).await;
    assert_eq!(call.method, "waitforblockheight");
    assert_eq!(call.params, json!([0, 0]));
    let call = sent_again("waitfornewblock", &json!([]), HASH, false).await;
    assert_eq!(call.params, json!([101, 0]));
}

#[tokio::test]
async fn what_was_never_sent_goes_to_the_next_node_as_it_came() {
    let mut fleet = StubFleet::start(2).await;
    fleet.change(1, |facts| facts.takes_current_tip = true);
    fleet.stubs[0].kill().await;
    fleet
        .post("/", &call_with("waitfornewblock", &json!([7])))
        .await
        .is_from("b");
    assert_eq!(fleet.stubs[1].calls()[0].params, json!([7]));
}
