//! The health paths, byte by byte where the contract fixes the bytes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::Response;
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::surroundings::eventually;

const SOON: Duration = Duration::from_mins(1);

/// The `timestamp` in a body, as text, and that it is about now.
#[track_caller]
fn timestamp(answer: &Response) -> i64 {
    let seconds = answer.json()["timestamp"].as_i64().expect("a timestamp");
    let date = answer.header("date").expect("a Date");
    let date = jiff::fmt::rfc2822::parse(date)
        .expect("a Date of RFC 9110")
        .timestamp()
        .as_second();
    assert!((seconds - date).abs() <= 2, "{seconds} at {date}");
    seconds
}

#[track_caller]
fn assert_answer(answer: &Response, status: u16, body: &str) {
    let line = format!("{body}\n");
    assert_eq!((answer.status, answer.text()), (status, &*line));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

/// The names of the members, in their order.
fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_healthy_node_is_answered_in_these_bytes() {
    let (_node, daemon) = ready("");
    assert_answer(&daemon.get("/health/live"), 200, r#"{"status":"alive"}"#);
    assert_answer(
        &daemon.get("/health/live?scope=daemon"),
        200,
        r#"{"status":"alive"}"#,
    );
    let body = r#"{"status":"ready","chain_initialized":true,"storage_available":true}"#;
    assert_answer(&daemon.get("/health/ready"), 200, body);
    let health = daemon.get("/health");
    assert_answer(
        &health,
        200,
        &format!(
            r#"{{"status":"healthy","timestamp":{}}}"#,
            timestamp(&health)
        ),
    );
}

#[test]
fn a_node_that_starts_is_answered_in_these_bytes() {
    let node = healthy_node();
    let daemon = ready_beside(&node, "");
    node.override_all(Behaviour::warming_up());
    let answer = daemon.wait_for_status("/health/ready", 503, SOON);
    let reasons = answer.json()["reasons"].to_string();
    let body =
        r#"{"status":"not_ready","chain_initialized":false,"storage_available":true,"reasons":"#;
    assert_answer(&answer, 503, &format!("{body}{reasons}}}"));
    assert!(
        reasons.contains("\"chain: ") && reasons.contains("Loading block index"),
        "{reasons}"
    );
    let health = daemon.get("/health");
    let time = timestamp(&health);
    let reasons = health.json()["reasons"].to_string();
    assert_answer(
        &health,
        503,
        &format!(r#"{{"status":"unhealthy","timestamp":{time},"reasons":{reasons}}}"#),
    );
    assert_answer(&daemon.get("/health/live"), 200, r#"{"status":"alive"}"#);
    assert_eq!(daemon.get("/health/detailed").json()["state"], "starting");
}

#[test]
fn a_node_that_answers_nothing_is_dead_after_its_time_and_the_daemon_is_not() {
    let node = healthy_node();
    let daemon = ready_beside(
        &node,
        "[health]\nlive_timeout_secs = 2\n[node]\ntimeout_secs = 1",
    );
    node.override_all(Behaviour::Hang);
    let answer = daemon.wait_for_status("/health/live", 503, SOON);
    let reasons = answer.json()["reasons"].to_string();
    assert_answer(
        &answer,
        503,
        &format!(r#"{{"status":"dead","reasons":{reasons}}}"#),
    );
    assert!(reasons.starts_with("[\"node: "), "{reasons}");
    assert_answer(
        &daemon.get("/health/live?scope=daemon"),
        200,
        r#"{"status":"alive"}"#,
    );
    let lines = daemon.get("/health/live?verbose");
    assert_eq!(lines.status, 503);
    assert!(
        lines.text().starts_with("[-] node: ") || lines.text().contains("\n[-] node: "),
        "{lines:?}"
    );
    node.end_override();
    daemon.wait_for_status("/health/live", 200, SOON);
}

#[test]
fn a_refusal_is_an_answer_and_keeps_the_node_alive() {
    let node = healthy_node();
    node.require("Basic something-else");
    let daemon = Daemon::start(attached_to_fake(&node).with("[health]\nlive_timeout_secs = 2"));
    let ready = || daemon.get("/health/ready").json()["reasons"].to_string();
    let reasons = eventually("the refusal", SOON, ready, |reasons| {
        reasons.contains("credentials: ")
    });
    assert!(!reasons.contains("c0ffee"), "{reasons}");
    crate::support::surroundings::throughout(
        "alive",
        Duration::from_secs(3),
        || daemon.get("/health/live").status,
        |&status| status == 200,
    );
}

#[test]
fn the_detailed_answer_has_these_fields() {
    let (_node, daemon) = ready("[network]\nmax_peers = 125");
    // Ready is reported as soon as the chain is known; the peers are asked for beside it.
    let known = |answer: &Response| answer.json()["network"]["peers_connected"].is_u64();
    let answer = eventually("the peers", SOON, || daemon.get("/health/detailed"), known);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json"))
    );
    let detailed = answer.json();
    timestamp(&answer);
    assert_eq!(
        members(&detailed["chain"]),
        ["initialized", "height", "tip_hash"]
    );
    assert_eq!(members(&detailed["storage"]), ["available", "size_bytes"]);
    assert_eq!(
        members(&detailed["network"]),
        ["peers_connected", "peers_max"]
    );
    assert_eq!(members(&detailed["rpc"]), ["enabled", "requests_processed"]);
    assert_eq!(detailed["status"], "healthy");
    let tip = "340c6eba81b0c47b90bd00fb4595d013243ace5a8d868ebed248782b6deb4165";
    assert_eq!(
        detailed["chain"],
        json!({"initialized": true, "height": 1400, "tip_hash": tip})
    );
    assert_eq!(
        detailed["storage"],
        json!({"available": true, "size_bytes": 720_239})
    );
    assert_eq!(detailed["network"]["peers_max"], 125);
    for beside in [
        "state",
        "reasons",
        "checks",
        "pruning",
        "reconnection",
        "limits",
        "node",
        "daemon",
    ] {
        assert!(detailed.get(beside).is_some(), "no {beside} in {detailed}");
    }
    assert_eq!(detailed["state"], "ready");
    let names: Vec<_> = detailed["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| &check["name"])
        .collect();
    let mut expected = [
        "daemon",
        "node",
        "chain",
        "sync",
        "stall",
        "storage",
        "disk",
        "peers",
        "pruning",
        "credentials",
    ];
    let mut sorted: Vec<_> = names.iter().filter_map(|name| name.as_str()).collect();
    expected.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[test]
fn before_any_answer_the_detailed_one_is_null_where_nothing_is_known() {
    let node = healthy_node();
    node.override_all(Behaviour::Hang);
    let daemon = Daemon::start(attached_to_fake(&node));
    let answer = daemon.get("/health/detailed");
    assert_eq!(answer.status, 503);
    let detailed = answer.json();
    assert_eq!(
        detailed["chain"],
        json!({"initialized": false, "height": null, "tip_hash": null})
    );
    assert_eq!(
        detailed["network"],
        json!({"peers_connected": null, "peers_max": null})
    );
    assert_eq!(detailed["storage"]["size_bytes"], Value::Null);
    assert_eq!(detailed["status"], "unhealthy");
}

#[test]
fn verbose_is_a_line_for_each_check() {
    let (_node, daemon) = ready("");
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
    ] {
        for query in ["?verbose", "?verbose=1", "?verbose&x=y"] {
            let answer = daemon.get(&format!("{path}{query}"));
            assert_eq!(answer.status, 200);
            assert!(
                answer
                    .header("content-type")
                    .unwrap()
                    .starts_with("text/plain"),
                "{answer:?}"
            );
            let text = answer.text();
            let lines = text.lines().filter(|line| {
                ["[+] ", "[!] ", "[-] "]
                    .iter()
                    .any(|mark| line.starts_with(mark))
            });
            assert_eq!(lines.count(), text.lines().count(), "{text}");
        }
    }
    assert_eq!(daemon.get("/health?verbose").text().lines().count(), 10);
}

#[test]
fn a_check_may_be_left_out_of_the_answer() {
    let full = "[node]\ndata_dir = \"{dir}\"\n[storage]\nstorage_critical_gb = \
        1000000000\nmin_free_gb = 0";
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node).with(full));
    daemon.wait_for_status("/health?exclude=storage", 200, SOON);
    for path in ["/health", "/health/ready", "/health/detailed"] {
        let answer = daemon.get(path);
        assert_eq!(answer.status, 503, "{path}");
        let reasons = answer.json()["reasons"].clone();
        assert_eq!(reasons.as_array().map(Vec::len), Some(1), "{reasons}");
        assert!(
            reasons[0].as_str().unwrap().starts_with("storage: "),
            "{reasons}"
        );
        assert_eq!(
            daemon.get(&format!("{path}?exclude=storage")).status,
            200,
            "{path}"
        );
        assert_eq!(
            daemon
                .get(&format!("{path}?exclude=peers&exclude=storage"))
                .status,
            200,
            "{path}"
        );
        assert_eq!(
            daemon.get(&format!("{path}?exclude=peers")).status,
            503,
            "{path}"
        );
        let verbose = daemon.get(&format!("{path}?verbose&exclude=storage"));
        assert!(
            verbose.status == 200 && !verbose.text().contains("storage:"),
            "{path}: {verbose:?}"
        );
        let plain = daemon.get(&format!("{path}?exclude=storrage,storage"));
        assert_eq!(plain.status, 200, "{path}");
        let warning = plain.json()["warnings"][0]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(warning.starts_with("exclude: storrage"), "{path} {plain:?}");
        assert!(
            daemon
                .get(&format!("{path}?exclude=storage"))
                .json()
                .get("warnings")
                .is_none(),
            "{path}"
        );
        let unknown = daemon.get(&format!("{path}?verbose&exclude=storrage,storage"));
        assert_eq!(unknown.status, 200, "{path}");
        assert!(
            unknown.text().contains("[!] exclude: storrage")
                && unknown.text().contains("storage, "),
            "{unknown:?}"
        );
    }
    let answer = daemon.get("/health/ready");
    assert_eq!(answer.json()["storage_available"], false);
    assert_eq!(daemon.get("/health/live").status, 200);
    assert_eq!(daemon.get("/health/live?scope=nosuch").status, 400);
}

#[test]
fn a_slash_at_the_end_makes_no_other_path() {
    let (_node, daemon) = ready("");
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
    ] {
        let slash = daemon.get(&format!("{path}/"));
        assert_eq!(slash.status, 200, "{path}/");
        assert_eq!(
            slash.header("content-type"),
            daemon.get(path).header("content-type"),
            "{path}/"
        );
    }
    assert_eq!(
        daemon.get("/health/live/?scope=daemon").json()["status"],
        "alive"
    );
    assert_eq!(daemon.get("/health//").status, 404);
    assert_eq!(daemon.get("/healthy/").status, 404);
}
