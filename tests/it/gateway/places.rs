//! The places at the node: how many there are, who waits for one, and who keeps one.

use std::time::Duration;

use serde_json::json;

use super::refusals::wait_for_size;
use super::{
    ECHO, SOON, ask, assert_answered, assert_probes_are_fast, assert_refused, before, echo,
    echo_node,
};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::sight::Page;
use crate::support::surroundings::{throughout, wait_until};

/// A front with so many places, before a node at which "slow" hangs.
#[track_caller]
fn places(count: u64, more: &str) -> (FakeNode, Daemon) {
    let node = echo_node();
    node.set("slow", Behaviour::Hang);
    let daemon =
        Daemon::start(before(&node, &format!("[rpc]\nmax_in_flight = {count}")).with(more));
    wait_for_size(&daemon, count);
    (node, daemon)
}

fn in_flight(daemon: &Daemon) -> Option<f64> {
    Page::of(daemon).series("bllvm_rpc_in_flight")
}

#[test]
fn no_more_calls_are_at_the_node_than_there_are_places_and_the_rest_wait() {
    let (node, daemon) = places(3, "[rpc]\nqueue_timeout_ms = 20000");
    let mut clients: Vec<_> = (0..12).map(|_| ask(&daemon, "slow")).collect();
    wait_until("taken places", SOON, || node.count("slow") == 3);
    throughout(
        "bounded",
        Duration::from_millis(200),
        || node.count("slow"),
        |count| *count == 3,
    );
    assert_eq!(in_flight(&daemon), Some(3.0));
    assert_probes_are_fast(&daemon);
    node.set("slow", Behaviour::Result(json!(1)));
    for client in &mut clients {
        assert_answered(&client.read(false).unwrap());
    }
    assert_eq!((node.count("slow"), node.most_at_once_of("slow")), (12, 3));
    wait_until("free places", SOON, || in_flight(&daemon) == Some(0.0));
}

#[test]
fn the_kind_of_node_says_how_many_places_there_are() {
    for (version, places) in [(319_900, 8), (289_900, 2)] {
        let node = echo_node();
        node.set(
            "getnetworkinfo",
            Behaviour::Result(
                json!({"version": version, "subversion": "/Satoshi:0.0.0/", "networkactive": true}),
            ),
        );
        let daemon = Daemon::start(before(&node, ""));
        wait_for_size(&daemon, places);
    }
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    let daemon = Daemon::start(before(&node, ""));
    wait_for_size(&daemon, 4);
}

#[test]
fn a_client_that_goes_away_keeps_its_place_until_the_node_answers() {
    let (node, daemon) = places(1, "[rpc]\nqueue_timeout_ms = 200");
    let gone = ask(&daemon, "slow");
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    drop(gone);
    daemon.wait_for_log("outcome=client_gone");
    for _ in 0..3 {
        assert_refused(&echo(&daemon, &[]), 503, -32011);
    }
    assert_eq!((node.outstanding() >= 1, node.count(ECHO)), (true, 0));
    node.set("slow", Behaviour::Result(json!(1)));
    wait_until("a free place", SOON, || echo(&daemon, &[]).status == 200);
    assert_eq!(node.count("slow"), 1);
}

#[test]
fn a_call_whose_client_went_away_while_it_waited_is_never_sent() {
    let (node, daemon) = places(
        1,
        "[rpc]\nqueue_timeout_ms = 20000\n[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst \
         = 3",
    );
    let mut first = ask(&daemon, "slow");
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    let waiting: Vec<_> = (0..5).map(|_| ask(&daemon, "later")).collect();
    // They are known to have come once another is answered.
    daemon.get("/health/live");
    drop(waiting);
    wait_until("five that are gone", SOON, || {
        daemon.log().matches("outcome=client_gone").count() == 5
    });
    node.set("slow", Behaviour::Result(json!(1)));
    assert_answered(&first.read(false).unwrap());
    assert_answered(&echo(&daemon, &[]));
    assert_answered(&echo(&daemon, &[]));
    assert_eq!(node.count("later"), 0);
    assert_refused(&echo(&daemon, &[]), 429, -32005);
}

#[test]
fn who_is_over_a_limit_does_not_wait_for_a_place_to_hear_of_it() {
    let (node, daemon) = places(
        1,
        "[rpc]\nqueue_timeout_ms = 20000\n[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst \
         = 1",
    );
    let mut first = ask(&daemon, "slow");
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    assert_refused(&echo(&daemon, &[]), 429, -32005);
    node.set("slow", Behaviour::Result(json!(1)));
    assert_answered(&first.read(false).unwrap());
}

#[test]
fn a_place_is_free_as_soon_as_the_answer_begins() {
    let (node, daemon) = places(1, "[rpc]\nqueue_timeout_ms = 20000");
    node.set("huge", Behaviour::Huge(32 << 20));
    let mut slow_reader = ask(&daemon, "huge");
    wait_until("a call at the node", SOON, || node.count("huge") == 1);
    assert_answered(&echo(&daemon, &[]));
    let answer = slow_reader.read(false).unwrap();
    assert_eq!((answer.status, answer.body.len() > 32 << 20), (200, true));
}

#[test]
fn the_daemons_own_questions_never_wait_behind_clients() {
    let (node, daemon) = places(
        1,
        "[node]\npoll_interval_secs = 0.1\n[rpc]\nqueue_timeout_ms = 20000",
    );
    let mut clients: Vec<_> = (0..20).map(|_| ask(&daemon, "slow")).collect();
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    let before = (node.count("uptime"), node.count("getblockchaininfo"));
    wait_until("polls", SOON, || {
        node.count("uptime") > before.0 + 5 && node.count("getblockchaininfo") > before.1 + 2
    });
    assert_eq!(daemon.get("/health/ready").status, 200);
    node.set("slow", Behaviour::Result(json!(1)));
    for client in &mut clients {
        assert_answered(&client.read(false).unwrap());
    }
}
