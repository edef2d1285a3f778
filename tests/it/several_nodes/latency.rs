//! Nodes at very different distances: what is said of each is right at each moment.

use std::time::Duration;

use serde_json::json;

use super::reasons::reason;
use super::three_nodes;
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::delay::DelayedLink;
use crate::support::fleet::{answered_by, call, in_rotation, wait_in_rotation};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, throughout, wait_until};

const SOON: Duration = Duration::from_secs(60);
const NAMES: [&str; 3] = ["a", "b", "c"];
const ROUND_TRIPS: [Duration; 3] = [
    Duration::from_millis(1),
    Duration::from_millis(50),
    Duration::from_millis(500),
];

#[test]
fn nodes_with_latencies_of_1_50_and_500_ms_are_candidates_until_one_is_lost() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    let mut config = fleet.config();
    for (node, round_trip) in fleet.nodes.iter().zip(ROUND_TRIPS) {
        let link = DelayedLink::to(node.rpc_port(), round_trip);
        let direct = format!("127.0.0.1:{}\"", node.rpc_port());
        let far = format!("127.0.0.1:{}\"", link.port());
        config = config.replace(&direct, &far);
    }
    // What a call for the chain takes on the longest line is not yet a locked chain.
    let more = "[fleet]\nfailback_secs = 0\nlag_grace_secs = 5";
    let daemon = Daemon::start(Config::of(&config).with(more));
    wait_in_rotation(&daemon, 3);
    let reasons = || NAMES.map(|name| reason(&daemon, "getblockcount", name));
    let none = |reasons: &[String; 3]| reasons.iter().all(String::is_empty);
    // Also while blocks come: the far node hears of each a second later.
    for _ in 0..3 {
        fleet.mine(0, 1);
        throughout("all are candidates", Duration::from_secs(2), reasons, none);
    }
    let nodes = daemon.cli(&["nodes", "explain", "getblockcount"]).stdout;
    let order: Vec<_> = nodes
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let order: Vec<_> = order
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.len() == 1)
        .collect();
    assert_eq!(order, NAMES, "{nodes}");
    assert_eq!(
        answered_by(&call(&daemon, "getblockcount", json!([]))),
        Some("a")
    );

    fleet.nodes[0].freeze();
    let silent = |reasons: &[String; 3]| {
        reasons[0].starts_with("node: ") && reasons[1].is_empty() && reasons[2].is_empty()
    };
    eventually("the near node is out, and says why", SOON, reasons, silent);
    assert_eq!(
        answered_by(&call(&daemon, "getblockcount", json!([]))),
        Some("b")
    );
    fleet.nodes[0].thaw();
    eventually("all are candidates again", SOON, reasons, none);

    fleet.nodes[1].kill();
    let gone = |reasons: &[String; 3]| reasons[1].starts_with("node: ") && reasons[2].is_empty();
    eventually("the second is out", SOON, reasons, gone);
    fleet.nodes[0].kill();
    wait_until("only the far node", SOON, || {
        in_rotation(&daemon) == Some(1)
    });
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(answered_by(&answer), Some("c"), "{}", answer.text());
}
