//! A call that waits for a block while its node dies: it waits on at another one, and misses none.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::three_nodes;
use crate::support::bitcoind::BitcoindOptions;
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, answered_by, call, wait_in_rotation};
use crate::support::http::Response;
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, wait_until};

const SOON: Duration = Duration::from_secs(30);

/// The answer to a call of `method` that waits at the primary, which is killed then; `then` happens
/// once it is gone.
#[track_caller]
fn while_primary_dies(
    daemon: &Daemon,
    fleet: &mut NodeFleet,
    (method, params): (&str, Value),
    then: impl FnOnce(&NodeFleet),
) -> Response {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| call(daemon, method, params));
        wait_until("the call at the primary", SOON, || {
            let page = Page::of(daemon);
            page.series("bllvm_upstream_in_flight{node=\"a\"}") == Some(1.0)
        });
        fleet.nodes[0].kill();
        wait_in_rotation(daemon, fleet.nodes.len() - 1);
        then(fleet);
        waiting.join().expect("an answer")
    })
}

#[track_caller]
fn assert_block(answer: &Response, height: u64, hash: &str) {
    assert_eq!(answered_by(answer), Some("b"), "{}", answer.text());
    let expected = json!({"hash": hash, "height": height});
    assert_eq!(answer.json()["result"], expected);
}

#[test]
fn a_call_for_a_new_block_goes_on_at_another_node() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    let daemon = fleet.serve("");
    let mut hash = String::new();
    let call = ("waitfornewblock", json!([25_000]));
    let answer = while_primary_dies(&daemon, &mut fleet, call, |fleet| {
        hash = fleet.nodes[2].mine(1);
    });
    assert_block(&answer, 111, &hash);
}

#[test]
fn a_call_for_a_height_goes_on_at_another_node_and_ends_in_its_own_time() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    fleet.flush();
    let daemon = fleet.serve("[fleet]\nfailback_secs = 0");
    let mut hash = String::new();
    let call = ("waitforblockheight", json!([112, 25_000]));
    let answer = while_primary_dies(&daemon, &mut fleet, call, |fleet| {
        fleet.nodes[2].mine(1);
        hash = fleet.nodes[2].mine(1);
    });
    assert_block(&answer, 112, &hash);

    fleet.nodes[0].restart();
    fleet.connect();
    wait_in_rotation(&daemon, 3);
    wait_until("the primary serves", SOON, || {
        answered_by(&crate::support::fleet::call(
            &daemon,
            "getblockcount",
            json!([]),
        )) == Some("a")
    });
    let asked = now();
    let call = ("waitforblockheight", json!([500, 6_000]));
    let answer = while_primary_dies(&daemon, &mut fleet, call, |_| {});
    let took = now() - asked;
    assert_block(&answer, 112, &hash);
    let promised = Duration::from_millis(6_000)..Duration::from_secs(11);
    assert!(
        promised.contains(&took),
        "{took:?}: the whole time, and not twice"
    );
}

#[test]
fn a_block_that_came_between_two_nodes_is_answered_at_once() {
    let executable = bitcoind_or_skip!();
    let mut fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 110);
    let daemon = fleet.serve("");
    for node in &fleet.nodes {
        node.rpc("setnetworkactive", json!([false]));
    }
    // The other node has a block that the caller's has not.
    let hash = fleet.nodes[1].mine(1);
    wait_until("the block is known", SOON, || {
        let page = Page::of(&daemon);
        page.series("bllvm_node_lag_blocks{node=\"a\"}") == Some(1.0)
    });
    let call = ("waitfornewblock", json!([25_000]));
    let answer = while_primary_dies(&daemon, &mut fleet, call, |_| {});
    assert_block(&answer, 111, &hash);
}
