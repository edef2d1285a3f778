//! What the daemon's own probes show of nodes that behave as real ones cannot be made to.

use std::time::Duration;

use serde_json::json;

use super::before_two_fakes;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::sight::{Page, reasons, wait_not_ready};
use crate::support::surroundings::{eventually, throughout, wait_until};

/// Ten times what is promised, and more than the ten seconds between two lines about a node.
const PATIENCE: Duration = Duration::from_secs(40);

/// Waits until so many nodes are in rotation, by the probe of readiness.
fn wait_for_number(daemon: &Daemon, count: usize) {
    let wanted = format!("{count} of 2 nodes in rotation");
    let look = || daemon.get("/health/ready?verbose").text().to_owned();
    eventually(&wanted, PATIENCE, look, |text| text.contains(&wanted));
}

#[test]
fn a_node_whose_chain_is_locked_is_busy_and_stays_in_rotation() {
    let ([node, _other], daemon) = before_two_fakes("");
    let asked = node.count("getbestblockhash");
    wait_until("the next probe", PATIENCE, || {
        node.count("getbestblockhash") > asked
    });

    for method in ["getbestblockhash", "getblockchaininfo", "getmempoolinfo"] {
        node.set(method, Behaviour::Hang);
    }
    wait_until("a line that says so", PATIENCE, || {
        let log = daemon.log();
        let mut lines = log.lines();
        lines.any(|line| line.contains(" rotation] node=a from=in to=busy "))
    });
    throughout(
        "ready",
        Duration::from_secs(2),
        || reasons(&daemon),
        Vec::is_empty,
    );
    assert_eq!(node.most_at_once_of("getbestblockhash"), 1);
    assert!(node.most_at_once() <= 4, "{}", node.most_at_once());
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_node_of_another_chain_at_a_known_address_is_out_with_its_next_answer() {
    let ([_node, other], daemon) = before_two_fakes("");
    let chain = json!({
        "chain": "main", "blocks": 900_000, "headers": 900_000, "bestblockhash": "01",
        "initialblockdownload": false,
    });
    other.set("getblockchaininfo", Behaviour::Result(chain));
    let reason = "b: chain: the node is on main, the others are on";
    wait_not_ready(&daemon, "node", &["1 of 2 nodes", reason]);
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_node_that_comes_and_goes_causes_one_failover_in_failback_secs() {
    let ([node, _other], daemon) = before_two_fakes("");
    for _ in 0..3 {
        node.override_all(Behaviour::Close);
        node.disconnect_all();
        wait_for_number(&daemon, 1);
        node.end_override();
        wait_for_number(&daemon, 2);
    }
    let page = Page::of(&daemon);
    let series: Vec<&str> = page
        .text()
        .lines()
        .filter(|line| line.starts_with("bllvm_failovers_total{node=\"a\""))
        .filter(|line| !line.ends_with(" 0"))
        .collect();
    let only = "bllvm_failovers_total{node=\"a\",reason=\"unreachable\"} 1";
    assert_eq!(series, [only]);
}
