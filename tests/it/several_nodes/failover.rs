//! A node that is lost, and one that comes back.

use std::time::Duration;

use serde_json::json;

use super::{rounds, three_nodes};
use crate::support::bitcoind::BitcoindOptions;
use crate::support::fleet::{NodeFleet, alice, answered_by, call, in_rotation, wait_in_rotation};
use crate::support::load::Load;
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{throughout, wait_until};

/// Reads of three classes: the tip, a node, a function.
const READS: [&str; 3] = [
    r#"{"id":1,"method":"getblockcount"}"#,
    r#"{"id":1,"method":"getbestblockhash"}"#,
    r#"{"id":1,"method":"getblockchaininfo"}"#,
];
const CLIENTS: usize = 32;
const SOON: Duration = Duration::from_secs(30);

#[test]
fn no_read_fails_while_the_primary_is_killed() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    for round in 0..rounds(3) {
        wait_until("the primary serves", SOON, || {
            answered_by(&call(&daemon, "getblockcount", json!([]))) == Some("a")
        });
        let load = Load::start(daemon.addr(), &alice(), CLIENTS, &READS);
        load.wait_for(500);
        fleet.nodes[0].kill();
        // One that is back within a second may not have been missed.
        wait_in_rotation(&daemon, 2);
        load.wait_for(500);
        let report = load.stop();
        println!("killed, round {round}: {}", report.summary());
        assert!(report.failures.is_empty(), "{round}: {:?}", report.failures);
        assert!(report.nodes.get("b") > Some(&0), "{:?}", report.nodes);
        fleet.nodes[0].restart();
        fleet.connect();
        wait_in_rotation(&daemon, 3);
    }
    let page = Page::of(&daemon);
    let failovers = page.series("bllvm_failovers_total{node=\"a\",reason=\"unreachable\"}");
    assert!(failovers >= Some(f64::from(rounds(3))), "{failovers:?}");
}

#[test]
fn a_better_node_that_came_back_is_used_after_its_time_and_nothing_fails() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 5");
    let load = Load::start(daemon.addr(), &alice(), 8, &READS);
    fleet.nodes[0].kill();
    wait_in_rotation(&daemon, 2);
    fleet.nodes[0].restart();
    fleet.connect();
    wait_in_rotation(&daemon, 3);
    throughout(
        "another node serves",
        Duration::from_secs(2),
        || call(&daemon, "getblockcount", json!([])),
        |answer| answered_by(answer) != Some("a"),
    );
    wait_until("the primary serves again", SOON, || {
        answered_by(&call(&daemon, "getblockcount", json!([]))) == Some("a")
    });
    let report = load.stop();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

#[test]
fn a_node_whose_network_is_off_leaves_the_rotation_once_it_lags() {
    let executable = bitcoind_or_skip!();
    let fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nlag_grace_secs = 1\nfailback_secs = 1");
    fleet.nodes[0].rpc("setnetworkactive", json!([false]));
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    fleet.nodes[1].mine(3);
    wait_until("one node fewer", SOON, || in_rotation(&daemon) == Some(2));
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(answer.json()["result"], 113);
    assert_ne!(answered_by(&answer), Some("a"));
    let lag = Page::of(&daemon).series("bllvm_node_lag_blocks{node=\"a\"}");
    assert_eq!(lag, Some(3.0));
    fleet.nodes[0].rpc("setnetworkactive", json!([true]));
    fleet.connect();
    wait_in_rotation(&daemon, 3);
}

#[test]
fn no_read_fails_at_nodes_whose_own_work_queues_are_full() {
    let executable = bitcoind_or_skip!();
    let options = vec![BitcoindOptions::default().with_one_worker(); 3];
    let mut fleet = NodeFleet::start(&executable, options, 10);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1\n[rpc]\nqueue_timeout_ms = 20000");
    let load = Load::start(daemon.addr(), &alice(), CLIENTS, &READS);
    load.wait_for(1_000);
    fleet.nodes[0].kill();
    load.wait_for(1_000);
    let report = load.stop();
    println!("one worker and a queue of one: {}", report.summary());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}
