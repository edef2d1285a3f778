//! What has happened is in `history` of `/health/detailed`, also after a restart, and who did it
//! for those who may know.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::fixture::Fixture;
use crate::support::ready::{healthy_node, ready_beside, ready_with};
use crate::support::surroundings::eventually;

const SOON: Duration = Duration::from_mins(1);
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";

/// The events that loopback sees, the newest first.
#[track_caller]
fn events(daemon: &Daemon) -> Vec<Value> {
    of(&daemon.get("/health/detailed").json())
}

#[track_caller]
fn of(document: &Value) -> Vec<Value> {
    let events = document["history"]["events"].as_array();
    events.expect("a list of events").clone()
}

/// Waits for an event with these members.
#[track_caller]
fn wait_event(daemon: &Daemon, members: &[(&str, &str)]) -> Value {
    let is_it = |event: &Value| members.iter().all(|(name, value)| event[name] == *value);
    let found = eventually(
        &format!("an event {members:?}"),
        SOON,
        || events(daemon),
        |events| events.iter().any(is_it),
    );
    found.into_iter().find(is_it).expect("it was there")
}

#[test]
fn each_change_is_an_event_with_its_reason_and_how_long_it_was_otherwise() {
    let node = healthy_node();
    let daemon = ready_beside(&node, QUICK);
    let port = node.port();
    drop(node);
    let gone = wait_event(&daemon, &[("kind", "state"), ("to", "unreachable")]);
    assert_eq!(gone["severity"], "critical");
    assert_eq!(gone["node"], "main");
    let reason = gone["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("node: cannot connect to 127.0.0.1:"),
        "{reason}"
    );
    let check = wait_event(
        &daemon,
        &[("kind", "check"), ("check", "node"), ("to", "bad")],
    );
    assert_eq!(check["from"], "good");
    let _back = FakeNode::from_fixtures_on(port, "core-31.99/synced-prunable");
    let back = wait_event(
        &daemon,
        &[("kind", "state"), ("to", "ready"), ("from", "unreachable")],
    );
    let time = |event: &Value, name: &str| -> jiff::Timestamp {
        event[name].as_str().unwrap().parse().unwrap()
    };
    let lasted = time(&back, "since").duration_since(time(&gone, "since"));
    assert_eq!(
        back["lasted_secs"].as_i64(),
        Some(lasted.as_secs()),
        "{gone}\n{back}"
    );
    let ids: Vec<u64> = events(&daemon)
        .iter()
        .map(|event| event["id"].as_u64().unwrap())
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
}

#[test]
fn events_are_there_after_a_restart_and_their_numbers_go_on() {
    let node = healthy_node();
    let mut daemon = ready_beside(&node, QUICK);
    wait_event(&daemon, &[("kind", "state"), ("to", "ready")]);
    let before = events(&daemon);
    daemon.restart();
    daemon.wait_for_status("/health/ready", 200, SOON);
    let after = eventually(
        "an event of this run",
        SOON,
        || events(&daemon),
        |events| events[0]["to"] == "ready" && events.len() > before.len(),
    );
    assert!(after.ends_with(&before), "{before:?}\n{after:?}");
    // Also after an end that it did not see coming.
    let seen = events(&daemon).len();
    daemon.cli(&["queue", "pause"]);
    wait_event(&daemon, &[("kind", "operator")]);
    eventually(
        "the event on the disk",
        SOON,
        || std::fs::read(daemon.state_dir().join("state.redb")).unwrap_or_default(),
        |file| file.windows(11).any(|part| part == b"queue pause"),
    );
    daemon.kill();
    daemon.restart();
    wait_event(&daemon, &[("kind", "operator")]);
    assert!(events(&daemon).len() > seen);
}

#[test]
fn a_reload_is_an_event_that_says_what_is_wrong() {
    let node = healthy_node();
    let config = attached_to_fake(&node).with(QUICK);
    let mut daemon = ready_with(config.clone());
    daemon.rewrite_config(config.clone().with("[rpc]\nmax_batch = 0"));
    daemon.signal(Signal::SIGHUP);
    let refused = wait_event(&daemon, &[("kind", "reload"), ("to", "not_valid")]);
    assert_eq!(refused["severity"], "warning");
    assert_eq!(refused["from"], "valid");
    let reason = refused["reason"].as_str().unwrap();
    assert!(
        reason.contains("rpc.max_batch must be at least 1"),
        "{reason}"
    );
    daemon.rewrite_config(config);
    daemon.signal(Signal::SIGHUP);
    let taken = wait_event(&daemon, &[("kind", "reload"), ("to", "valid")]);
    assert_eq!(
        (&taken["from"], &taken["severity"]),
        (&"not_valid".into(), &"info".into())
    );
    assert!(taken["lasted_secs"].is_u64(), "{taken}");
}

#[test]
fn what_operators_change_is_an_event_with_who_and_what_and_what_they_read_or_are_refused_is_none() {
    let node = healthy_node();
    let peer = "192.0.2.7:8333";
    let daemon = ready_beside(
        &node,
        &format!("{QUICK}[network]\nreconnect_enabled = true"),
    );
    let added = daemon.cli(&["queue", "add", peer]);
    assert_eq!(added.code, Some(0), "{added:?}");
    daemon.cli(&["queue"]);
    daemon.cli(&["prune", "--dry-run"]);
    daemon.cli(&["queue", "drop", "192.0.2.8:8333"]);
    let paused = daemon.cli(&["queue", "pause"]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let events: Vec<Value> = events(&daemon)
        .into_iter()
        .filter(|event| event["kind"] == "operator")
        .collect();
    let reasons: Vec<&str> = events
        .iter()
        .map(|event| event["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["an operator: queue pause", "an operator: queue add"]
    );
    assert_eq!(events[1]["request"], format!("{{\"address\":\"{peer}\"}}"));
    let by = events[1]["by"].as_str().unwrap();
    // Over the control socket.
    assert!(by.starts_with("uid="), "{by}");
}

#[test]
fn a_stranger_sees_what_happened_and_no_address_and_an_operator_with_the_token_all() {
    let node = healthy_node();
    let peer = "192.0.2.7:8333";
    // Loopback is a proxy here, which forwards requests of others.
    let more = format!("{QUICK}[rpc]\ntrusted_proxies = [\"127.0.0.1\"]");
    let daemon = ready_beside(&node, &more);
    assert_eq!(daemon.cli(&["queue", "add", peer]).code, Some(0));
    let stranger = ("X-Forwarded-For", "203.0.113.9");
    let seen = daemon.get_with("/health/detailed", &[stranger]);
    let events = of(&seen.json());
    let added = |events: &[Value]| -> Value {
        let mut found = events.iter().filter(|event| event["kind"] == "operator");
        found.next().expect("the operator's change").clone()
    };
    let hidden = added(&events);
    assert_eq!(hidden["reason"], "an operator: queue add");
    for member in ["by", "request", "peer"] {
        assert!(hidden.get(member).is_none(), "{hidden}");
    }
    assert!(!seen.text().contains("192.0.2.7"), "{}", seen.text());
    let token = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    for (token, sees_all) in [(token.trim(), true), ("wrong", false)] {
        let authorization = format!("Bearer {token}");
        let headers = [stranger, ("Authorization", authorization.as_str())];
        let seen = daemon.get_with("/health/detailed", &headers);
        assert_eq!(seen.status, 200);
        assert_eq!(added(&of(&seen.json())).get("by").is_some(), sees_all);
    }
    assert!(
        added(&self::events(&daemon)).get("by").is_some(),
        "over loopback"
    );
}

#[test]
fn a_network_that_is_switched_off_is_an_event_and_so_is_its_return() {
    let node = healthy_node();
    let daemon = ready_beside(&node, QUICK);
    let recorded = Fixture::load("core-31.99/synced-prunable/getnetworkinfo");
    let recorded: Value = serde_json::from_str(&recorded.body).unwrap();
    let mut network = recorded["result"].clone();
    network["networkactive"] = false.into();
    node.set("getnetworkinfo", Behaviour::Result(network.clone()));
    let down = wait_event(&daemon, &[("kind", "reconnect"), ("to", "down")]);
    assert_eq!(down["severity"], "warning");
    network["networkactive"] = true.into();
    node.set("getnetworkinfo", Behaviour::Result(network));
    let up = wait_event(&daemon, &[("kind", "reconnect"), ("to", "up")]);
    assert_eq!(
        (&up["from"], &up["severity"]),
        (&"down".into(), &"info".into())
    );
}
