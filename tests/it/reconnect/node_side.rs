//! The network off, the node or the daemon started again, bans, and the node's few workers.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Lab, SOON, entry, queue, reconnection, wait_all_kept, wait_entry, wait_gone, wait_reconnection,
};
use crate::support::bitcoind::Bitcoind;
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::sight::{Page, wait_metrics, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{free_port, now, throughout, wait_until};

#[test]
fn while_the_network_is_off_no_retries_are_burnt_and_with_it_all_come_back() {
    let lab = Lab::start(&bitcoind_or_skip!(), 2);
    let daemon = Daemon::start(lab.config_for_peers());
    wait_all_kept(&daemon, 2);
    let began = now();
    lab.node.rpc("setnetworkactive", json!([false]));
    wait_reconnection(&daemon, "an outage", |seen| {
        seen["network_down"] == "switched_off"
    });
    wait_until("both lost", SOON, || queue(&daemon).len() == 2);
    let not_burnt = |entries: &Vec<Value>| {
        entries.len() == 2
            && entries
                .iter()
                .all(|entry| entry["attempts"] == 0 && entry["state"] != "abandoned")
    };
    // Three times as long as it would take to abandon them.
    throughout(
        "not burnt",
        Duration::from_secs(10),
        || queue(&daemon),
        not_burnt,
    );
    let attempts = reconnection(&daemon)["attempts"].clone();
    assert_eq!(attempts["failed"], 0, "{attempts}");
    let most = (now() - began).as_secs() / 4 + 1;
    assert!(
        (1..=most).contains(&attempts["uncounted"].as_u64().unwrap()),
        "a probe each 4 s: {attempts}"
    );
    lab.node.rpc("setnetworkactive", json!([true]));
    wait_all_kept(&daemon, 2);
    wait_reconnection(&daemon, "no outage", |seen| seen["network_down"].is_null());
    assert!(queue(&daemon).is_empty());
}

#[test]
fn without_any_peer_the_network_is_presumed_down_until_one_is_back() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 2);
    // The first that is back ends the outage; what the second still fails at then counts.
    let daemon = Daemon::start(
        lab.config_for_peers()
            .with("[network]\nreconnect_max_retries = 0"),
    );
    wait_all_kept(&daemon, 2);
    lab.witness.kill();
    lab.peers.iter_mut().for_each(Bitcoind::kill);
    wait_reconnection(&daemon, "an outage", |seen| {
        seen["network_down"] == "no_peers"
    });
    throughout(
        "not burnt",
        Duration::from_secs(8),
        || queue(&daemon),
        |entries| entries.len() == 2 && entries.iter().all(|entry| entry["attempts"] == 0),
    );
    lab.peers.iter_mut().for_each(Bitcoind::restart);
    wait_all_kept(&daemon, 2);
    assert_eq!(reconnection(&daemon)["network_down"], json!(null));
}

#[test]
fn a_restart_of_the_daemon_leaves_the_queue_as_it_was() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let config = lab
        .config_for_peers()
        .with("[network]\nreconnect_max_delay_secs = 600\nreconnect_max_retries = 0");
    let mut daemon = Daemon::start(config.clone());
    wait_all_kept(&daemon, 1);
    lab.peers[0].kill();
    let fails = |times: u64| move |entry: &Value| entry["attempts"].as_u64() >= Some(times);
    let seen = wait_entry(&daemon, &address, "two failures", fails(2));
    // From the next failure on the next attempt is far away.
    daemon.rewrite_config(config.with("[network]\nreconnect_initial_delay_secs = 100"));
    assert_eq!(daemon.cli(&["config", "reload"]).code, Some(0));
    let moment = |entry: &Value, key: &str| entry[key].as_str()?.parse::<jiff::Timestamp>().ok();
    let far = |entry: &Value| {
        let ends = moment(entry, "next_attempt_at").zip(moment(entry, "lost_at"));
        ends.is_some_and(|(next, lost)| {
            next.duration_since(lost) > jiff::SignedDuration::from_secs(60)
        })
    };
    wait_entry(&daemon, &address, "another failure", |entry| {
        fails(seen["attempts"].as_u64().unwrap() + 1)(entry) && far(entry)
    });
    assert_eq!(
        daemon.cli(&["queue", "add", "10.255.255.1:1"]).code,
        Some(0)
    );
    let before = queue(&daemon);
    let check = |after: &[Value]| {
        assert_eq!(after.len(), before.len(), "{after:?}");
        for (after, before) in after.iter().zip(&before) {
            for key in [
                "address",
                "state",
                "quality",
                "attempts",
                "max_retries",
                "last_error",
                "lost_at",
            ] {
                assert_eq!(after[key], before[key], "{key}");
            }
            let at = |entry: &Value| moment(entry, "next_attempt_at").unwrap();
            let moved = at(after).duration_since(at(before)).abs();
            assert!(
                moved < jiff::SignedDuration::from_secs(2),
                "{before} {after}"
            );
        }
    };
    daemon.restart();
    check(&queue(&daemon));
    daemon.kill();
    daemon.restart();
    check(&queue(&daemon));
}

#[test]
fn a_restart_of_the_node_starts_no_storm_and_burns_no_retry() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let alive = lab.peers[0].p2p_addr();
    let mut peers: Vec<String> = (0..20)
        .map(|_| format!("127.0.0.1:{}", free_port()))
        .collect();
    peers.push(alive.clone());
    let config = lab.config(&peers).with(
        "[network]\nreconnect_initial_delay_secs = 3\nreconnect_max_delay_secs = \
            3\nreconnect_max_retries = 100",
    );
    let daemon = Daemon::start(config);
    wait_reconnection(&daemon, "a first round", |seen| {
        seen["attempts"]["failed"].as_u64() >= Some(20)
    });
    wait_gone(&daemon, &alive);
    lab.node.kill();
    wait_until("the node to be missed", SOON, || {
        daemon.get("/health/ready").status == 503
    });
    let before = reconnection(&daemon)["attempts"]["failed"].clone();
    throughout(
        "idle",
        Duration::from_secs(4),
        || reconnection(&daemon),
        |seen| {
            seen["attempts"]["failed"] == before && seen["queue"]["connecting"].as_u64() <= Some(4)
        },
    );
    lab.node.restart();
    throughout(
        "no storm",
        Duration::from_secs(3),
        || reconnection(&daemon)["queue"]["connecting"].as_u64(),
        |connecting| *connecting <= Some(4),
    );
    lab.wait_listed(&daemon, &alive);
}

#[test]
fn a_banned_peer_is_left_alone_until_the_ban_ends() {
    let lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let daemon = Daemon::start(
        lab.config_for_peers()
            .with("[network]\nreconnect_max_delay_secs = 1"),
    );
    wait_all_kept(&daemon, 1);
    lab.node.rpc("setban", json!(["127.0.0.1", "add", 3600]));
    let seen = wait_entry(&daemon, &address, "a banned peer", |entry| {
        entry["state"] == "paused"
    });
    assert!(
        seen["last_error"].as_str().unwrap().contains("banned"),
        "{seen}"
    );
    throughout(
        "left alone",
        Duration::from_secs(3),
        || entry(&daemon, &address),
        |entry| {
            entry
                .as_ref()
                .is_some_and(|entry| entry["state"] == "paused" && entry["attempts"] == 0)
        },
    );
    lab.node.rpc("clearbanned", json!([]));
    wait_all_kept(&daemon, 1);
}

const CORE: &str = "core-31.99/synced-prunable";

fn beside(node: &FakeNode, peers: usize) -> Daemon {
    let peers: Vec<String> = (1..=peers).map(|n| format!("10.0.0.{n}:1")).collect();
    let network = format!("[network]\npeers = {peers:?}\nreconnect_initial_delay_secs = 0.2");
    Daemon::start(
        attached_to_fake(node)
            .with("[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.5")
            .with(&network),
    )
}

#[test]
fn dials_that_hang_leave_the_node_workers_for_the_polls_and_for_the_liveness_call() {
    for (version, dials) in [(319_900, 2), (280_000, 1)] {
        let node = FakeNode::from_fixtures(CORE);
        let who =
            json!({"version": version, "subversion": "/Satoshi:0.0.0/", "networkactive": true});
        node.set("getnetworkinfo", Behaviour::Result(who));
        node.set("addnode", Behaviour::Hang);
        let daemon = beside(&node, 9);
        wait_ready(&daemon);
        wait_until("dials", SOON, || node.count("addnode") == dials);
        let uptime = node.count("uptime");
        let peers = node.count("getpeerinfo");
        wait_until("the liveness call", SOON, || {
            node.count("uptime") >= uptime + 10
        });
        assert!(
            node.most_at_once() <= dials + 2,
            "{} at once",
            node.most_at_once()
        );
        assert_eq!(node.most_at_once_of("addnode"), dials);
        assert_eq!(Page::of(&daemon).node("node_up", &[]), Some(1.0));
        if dials > 1 {
            assert!(node.count("getpeerinfo") > peers, "the polls go on");
        }
    }
}

#[test]
fn blvm_is_asked_to_add_an_address_in_numbers_and_its_refusals_are_failures() {
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    let peers = json!([{"addr": "10.9.9.9:1", "inbound": false, "version": 70015, "bytesrecv": 1}]);
    node.set("getpeerinfo", Behaviour::Result(peers));
    let refusal = "Failed to connect to 127.0.0.1:7: Connection refused";
    node.set(
        "addnode",
        Behaviour::Error {
            http_status: 200,
            code: -32603,
            message: refusal.to_owned(),
        },
    );
    let network = "[network]\npeers = [\"localhost:7\"]\nreconnect_initial_delay_secs = 0.2";
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with("[node]\npoll_interval_secs = 0.2")
            .with(network),
    );
    wait_until("a dial", SOON, || node.count("addnode") > 0);
    let seen = wait_entry(&daemon, "localhost:7", "a failure", |entry| {
        entry["attempts"] == 1
    });
    assert!(
        seen["last_error"]
            .as_str()
            .unwrap()
            .contains("Connection refused"),
        "{seen}"
    );
    let dialled = node
        .calls()
        .into_iter()
        .filter(|call| call.method == "addnode");
    let dialled: Vec<Value> = dialled.map(|call| call.params).collect();
    assert!(
        dialled.iter().all(|params| params[1] == "add"),
        "{dialled:?}"
    );
    assert!(
        dialled.contains(&json!(["127.0.0.1:7", "add"]))
            || dialled.contains(&json!(["[::1]:7", "add"]))
    );
    // Two minutes to the next attempt, whatever the delay is.
    let next: jiff::Timestamp = seen["next_attempt_at"].as_str().unwrap().parse().unwrap();
    let lost: jiff::Timestamp = seen["lost_at"].as_str().unwrap().parse().unwrap();
    assert!(
        lost.duration_until(next) >= jiff::SignedDuration::from_secs(120),
        "{seen}"
    );
}

#[test]
fn a_node_that_goes_away_in_the_middle_of_a_dial_burns_no_retry() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = beside(&node, 3);
    node.set("addnode", Behaviour::Close);
    wait_ready(&daemon);
    wait_reconnection(&daemon, "dials", |seen| {
        seen["attempts"]["uncounted"].as_u64() >= Some(3)
    });
    assert!(
        queue(&daemon).iter().all(|entry| entry["attempts"] == 0),
        "{:?}",
        queue(&daemon)
    );
}

#[test]
fn while_the_node_does_not_say_whom_it_has_banned_it_dials_nobody() {
    let node = FakeNode::from_fixtures(CORE);
    node.set(
        "listbanned",
        Behaviour::Status {
            status: 503,
            content_type: String::new(),
            body: String::new(),
        },
    );
    let daemon = beside(&node, 3);
    wait_reconnection(&daemon, "attempts", |seen| {
        seen["attempts"]["uncounted"].as_u64() >= Some(3)
    });
    assert_eq!(node.count("addnode"), 0);
    assert!(queue(&daemon).iter().all(|entry| entry["attempts"] == 0));
}

#[test]
fn a_node_that_forbids_the_call_is_reported_once_and_burns_no_retry() {
    let node = FakeNode::from_fixtures(CORE);
    for method in ["addnode", "listbanned"] {
        node.set(
            method,
            Behaviour::Status {
                status: 403,
                content_type: String::new(),
                body: String::new(),
            },
        );
    }
    let daemon = beside(&node, 3);
    wait_reconnection(&daemon, "attempts", |seen| {
        seen["attempts"]["uncounted"].as_u64() >= Some(9)
    });
    let reported = daemon
        .log()
        .matches("lost peers cannot be dialled again")
        .count();
    assert_eq!(reported, 1, "{}", daemon.log());
    let entries = queue(&daemon);
    assert!(
        entries.iter().all(|entry| entry["attempts"] == 0),
        "{entries:?}"
    );
    let why = |entry: &Value| {
        entry["last_error"]
            .as_str()
            .is_some_and(|why| why.contains("rpcwhitelist"))
    };
    assert!(entries.iter().any(why), "{entries:?}");
}

#[test]
fn with_reconnection_off_nothing_is_said_to_go_on() {
    let node = FakeNode::from_fixtures(CORE);
    let off = "[network]\nreconnect_enabled = false";
    let daemon = Daemon::start(attached_to_fake(&node).with(off));
    wait_ready(&daemon);
    for wish in [
        &["resume"][..],
        &["retry", "--all"],
        &["retry", "10.0.0.1:1"],
        &["add", "10.0.0.1:1"],
    ] {
        let output = daemon.cli(&[&["queue"], wish].concat());
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (Some(1), ""),
            "{output:?}"
        );
        assert!(
            output.stderr.contains("reconnect_enabled = false"),
            "{output:?}"
        );
    }
    assert_eq!(daemon.cli(&["queue", "pause"]).code, Some(0));
}

#[test]
fn the_queue_is_in_the_metrics() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("addnode", Behaviour::Result(json!(null)));
    let daemon = beside(&node, 3);
    let page = wait_metrics(&daemon, "failures", |page| {
        page.node("reconnect_attempts_total", &[("outcome", "failed")]) >= Some(3.0)
    });
    let in_state = |state| page.node("reconnect_queue", &[("state", state)]).unwrap();
    let all: f64 = ["waiting", "connecting", "abandoned", "paused"]
        .map(in_state)
        .iter()
        .sum();
    assert!((all - 3.0).abs() < 0.1, "{}", page.text());
    assert!(
        page.node("reconnect_next_attempt_seconds", &[]).is_some(),
        "{}",
        page.text()
    );
    assert_eq!(
        page.node("reconnect_attempts_total", &[("outcome", "succeeded")]),
        Some(0.0)
    );
}
