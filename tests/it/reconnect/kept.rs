//! `peers` and `queue` at an operator's hands, beside real nodes.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, SOON, entry, queue, reconnection, wait_all_kept, wait_gone, wait_reconnection};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, throughout, wait_until};

#[track_caller]
fn peer(daemon: &Daemon, address: &str) -> Option<Value> {
    let peers = daemon.cli(&["peers", "-o", "json"]);
    assert_eq!(peers.code, Some(0), "{peers:?}");
    peers
        .json()
        .as_array()
        .unwrap()
        .iter()
        .find(|peer| peer["address"] == address)
        .cloned()
}

#[test]
fn an_added_peer_is_kept_over_restarts_until_it_is_removed() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let mut daemon = Daemon::start(lab.config(&[]));
    let added = daemon.cli(&["peers", "add", &address]);
    assert_eq!(
        (added.code, added.stdout.contains("kept from now on")),
        (Some(0), true),
        "{added:?}"
    );
    wait_all_kept(&daemon, 1);
    lab.wait_listed(&daemon, &address);
    let again = daemon.cli(&["peers", "add", &address, "-o", "json"]);
    assert_eq!(
        (again.code, again.json()["new"].clone()),
        (Some(0), json!(false))
    );

    daemon.kill();
    daemon.restart();
    lab.peers[0].kill();
    wait_reconnection(&daemon, "a loss", |seen| {
        seen["kept"] == 1 && seen["kept_connected"] == 0
    });
    lab.peers[0].restart();
    wait_all_kept(&daemon, 1);
    let seen = peer(&daemon, &address).unwrap();
    assert_eq!(
        (seen["kept"].clone(), seen["connected"].clone()),
        (json!("added"), json!(true))
    );
    assert_eq!(seen["direction"], "outbound");

    let removed = daemon.cli(&["peers", "remove", &address]);
    assert_eq!(
        (removed.code, removed.stdout.contains("disconnected")),
        (Some(0), true),
        "{removed:?}"
    );
    wait_until("the end of the connection", SOON, || {
        !lab.listed().contains(&address)
    });
    let away = || (lab.listed().contains(&address), queue(&daemon).len());
    throughout("away", Duration::from_secs(3), away, |seen| {
        *seen == (false, 0)
    });
    let twice = daemon.cli(&["peers", "remove", &address]);
    assert_eq!(
        (twice.code, twice.stderr.contains("not kept")),
        (Some(1), true),
        "{twice:?}"
    );
    daemon.restart();
    assert_eq!(reconnection(&daemon)["kept"], 0);
}

#[test]
fn a_peer_that_takes_the_connection_and_says_nothing_is_not_connected() {
    let node = Bitcoind::start(
        bitcoind_or_skip!(),
        BitcoindOptions::default().with("-v2transport=0"),
    );
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let daemon = Daemon::start(attached_to(&node).with("[node]\npoll_interval_secs = 0.2"));
    node.rpc("addnode", json!([address, "onetry"]));
    let listed = |seen: &Option<Value>| {
        seen.as_ref()
            .is_some_and(|seen| seen["direction"] == "outbound")
    };
    let seen = eventually(
        "the peer in the list",
        SOON,
        || peer(&daemon, &address),
        listed,
    )
    .unwrap();
    assert_eq!(seen["connected"], false, "{seen}");
    let page = Page::of(&daemon);
    let detailed = daemon.get("/health/detailed").json();
    assert_eq!(
        page.node("network_peers", &[("direction", "outbound")]),
        Some(0.0)
    );
    assert_eq!(page.node("health_check", &[("check", "peers")]), Some(0.5));
    assert_eq!(detailed["network"]["peers_connected"], 0);
    assert_eq!(
        daemon.cli(&["status", "-o", "json"]).json()["network"]["peers_connected"],
        0
    );
}

#[test]
fn a_configured_peer_is_taken_out_where_it_was_written() {
    let lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let config = lab.config_for_peers();
    let daemon = Daemon::start(config.clone());
    wait_all_kept(&daemon, 1);
    let refused = daemon.cli(&["peers", "remove", &address]);
    assert_eq!(
        (refused.code, refused.stderr.contains("network.peers")),
        (Some(1), true),
        "{refused:?}"
    );
    daemon.rewrite_config(config.with("[network]\npeers = []"));
    assert_eq!(daemon.cli(&["config", "reload"]).code, Some(0));
    assert_eq!(daemon.cli(&["peers", "remove", &address]).code, Some(0));
    wait_until("the end of the connection", SOON, || {
        !lab.listed().contains(&address)
    });
}

#[test]
fn a_queued_peer_is_dialled_for_one_episode_and_dropped_on_request() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let daemon = Daemon::start(lab.config(&[]));
    wait_reconnection(&daemon, "a start", |seen| seen["enabled"] == true);
    let absent = "127.0.0.1:9";
    for address in [address.as_str(), absent] {
        let queued = daemon.cli(&["queue", "add", address]);
        assert_eq!(
            (queued.code, queued.stdout.contains("is queued")),
            (Some(0), true),
            "{queued:?}"
        );
    }
    wait_gone(&daemon, &address);
    lab.wait_listed(&daemon, &address);
    let connected = daemon.cli(&["queue", "add", &address]);
    assert_eq!(
        (connected.code, connected.stderr.contains("is connected")),
        (Some(1), true),
        "{connected:?}"
    );
    lab.peers[0].kill();
    wait_until("the end of the connection", SOON, || {
        !lab.listed().contains(&address)
    });
    throughout(
        "one episode",
        Duration::from_secs(2),
        || entry(&daemon, &address),
        Option::is_none,
    );

    assert_eq!(daemon.cli(&["queue", "drop", absent]).code, Some(0));
    assert_eq!(daemon.cli(&["queue", "drop", absent]).code, Some(1));
    assert_eq!(daemon.cli(&["queue", "retry", absent]).code, Some(1));
    assert_eq!(daemon.cli(&["queue", "retry"]).code, Some(2));
    assert_eq!(daemon.cli(&["queue", "retry", "--all"]).code, Some(0));
    let empty = daemon.cli(&["queue"]);
    assert_eq!(empty.stdout, "the queue is empty\n");
}

#[test]
fn reconnection_that_is_off_says_so() {
    let lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let daemon = Daemon::start(
        lab.config_for_peers()
            .with("[network]\nreconnect_enabled = false"),
    );
    throughout(
        "off",
        Duration::from_secs(2),
        || queue(&daemon).len(),
        |queued| *queued == 0,
    );
    let refused = daemon.cli(&["queue", "add", &address]);
    assert_eq!(
        (refused.code, refused.stderr.contains("reconnect_enabled")),
        (Some(1), true),
        "{refused:?}"
    );
    assert_eq!(reconnection(&daemon)["enabled"], false);
    assert!(!lab.listed().contains(&address));
}

#[test]
fn every_form_of_output_is_for_its_reader() {
    let lab = Lab::start(&bitcoind_or_skip!(), 1);
    let daemon = Daemon::start(lab.config_for_peers());
    wait_all_kept(&daemon, 1);
    let table = daemon.cli(&["peers", "-o", "wide"]);
    let columns = [
        "ADDRESS", "STATE", "QUALITY", "TIME", "PING", "BLOCKS", "TXS", "RECORD",
    ];
    assert!(
        columns.iter().all(|column| table.stdout.contains(column)),
        "{table:?}"
    );
    assert!(!table.stdout.contains('\u{1b}'));
    let tsv = daemon.cli(&["peers", "list", "-o", "tsv"]);
    assert_eq!(
        tsv.stdout
            .lines()
            .map(|line| line.split('\t').count())
            .max(),
        Some(18),
        "{tsv:?}"
    );
    assert_eq!(
        daemon.cli(&["queue", "pause", "-o", "json"]).json(),
        json!({"paused": true})
    );
    let status = daemon.cli(&["status"]);
    assert!(
        status
            .stdout
            .contains("the queue is paused; 1 of 1 kept peers connected"),
        "{status:?}"
    );
    let resumed = daemon.cli(&["queue", "resume"]);
    assert_eq!(resumed.stdout, "resumed\n");
}
