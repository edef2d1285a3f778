//! Clients whose credentials the nodes check.

use super::*;

const REFUSED: Act = Act::Status(401, "");

async fn passing_through() -> StubFleet {
    let users = Vec::new();
    let mut fleet = StubFleet::start_with(2, GatewayPolicy { users, ..policy() }).await;
    fleet.policy.pass_through = true;
    fleet.publish();
    fleet
}

#[tokio::test]
async fn a_node_that_alone_does_not_know_a_user_is_no_failed_login_and_a_read_goes_on() {
    let mut fleet = passing_through().await;
    fleet.change(0, |facts| facts.drained = true);
    fleet.call("getblockcount").await.is_from("b");
    fleet.change(0, |facts| facts.drained = false);
    fleet.stubs[0].set("", REFUSED);
    for _ in 0..30 {
        fleet.call("getblockcount").await.is_from("b");
    }
    // It is not asked again each time: it would take a quarter of a second to refuse.
    assert_eq!(fleet.counts()[0], 1);
    assert!(fleet.gateway.overview("a").has_unknown_user);
    assert!(!fleet.gateway.overview("b").has_unknown_user);
    // What is no read is answered by the node that got it.
    assert_eq!(fleet.call("nosuchmethod").await.status, 401);
}

#[tokio::test]
async fn a_node_that_knows_the_user_by_now_is_well_again() {
    let mut fleet = passing_through().await;
    fleet.change(0, |facts| facts.drained = true);
    fleet.call("getblockcount").await.is_from("b");
    fleet.change(0, |facts| facts.drained = false);
    fleet.stubs[0].set("", REFUSED);
    fleet.call("getblockcount").await.is_from("b");
    assert!(fleet.gateway.overview("a").has_unknown_user);
    fleet.stubs[0].set("", Act::Result(json!("a")));
    // What is no read goes to it all the same.
    fleet.call("nosuchmethod").await.is_from("a");
    assert!(!fleet.gateway.overview("a").has_unknown_user);
}

#[tokio::test]
async fn credentials_that_no_node_accepts_are_failed_logins() {
    let fleet = passing_through().await;
    for stub in &fleet.stubs {
        stub.set("", REFUSED);
    }
    for _ in 0..10 {
        assert_eq!(fleet.call("getblockcount").await.status, 401);
    }
    assert_eq!(fleet.call("getblockcount").await.code(), -32005);
    assert_eq!(fleet.counts(), [10, 0]);
}
