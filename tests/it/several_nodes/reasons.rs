//! `nodes explain` while nodes are apart: one that is a block behind for long, one that catches up.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, wait_in_rotation};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, throughout};

const SOON: Duration = Duration::from_secs(30);

/// Why the node `name` may not get a call of `method`, empty if it may.
pub(super) fn reason(daemon: &Daemon, method: &str, name: &str) -> String {
    let output = daemon.cli(&["nodes", "explain", method, "-o", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).expect("a document");
    let nodes = document["nodes"].as_array().expect("nodes");
    let of_name = nodes.iter().find(|node| node["name"] == name);
    let node = of_name.expect("the node");
    if node["candidate"] == true {
        return String::new();
    }
    node["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn a_node_that_is_one_block_behind_for_long_stays_and_another_block_puts_it_out() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 110);
    let daemon = fleet.serve("[fleet]\nlag_grace_secs = 1\nfailback_secs = 0");
    let [a, b] = &fleet.nodes[..] else {
        panic!("two nodes")
    };
    b.rpc("setnetworkactive", json!([false]));
    a.mine(1);
    let of_b = || reason(&daemon, "getblockcount", "b");
    throughout(
        "a candidate",
        Duration::from_secs(3),
        of_b,
        String::is_empty,
    );
    a.mine(1);
    eventually("out", SOON, of_b, |reason| {
        reason == "sync: 2 blocks behind the others, fleet.max_lag_blocks is 1"
    });
    b.rpc("setnetworkactive", json!([true]));
    fleet.connect();
    eventually("a candidate again", SOON, of_b, String::is_empty);
}

#[test]
fn a_node_in_its_initial_download_is_out_for_the_tip_until_it_has_caught_up() {
    let executable = bitcoind_or_skip!();
    let mut fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 1], 110);
    fleet
        .nodes
        .push(Bitcoind::start(executable, BitcoindOptions::default()));
    let daemon = Daemon::start(fleet.config());
    wait_in_rotation(&daemon, 1);
    let of_b = || reason(&daemon, "getblockcount", "b");
    eventually("out", SOON, of_b, |reason| reason.starts_with("sync: "));
    assert_eq!(
        reason(&daemon, "decodescript", "b"),
        "",
        "no chain is needed for it"
    );
    fleet.connect();
    fleet.mine(0, 1);
    eventually("a candidate", SOON, of_b, String::is_empty);
    wait_in_rotation(&daemon, 2);
}
