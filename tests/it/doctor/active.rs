//! `doctor --active`: a lease, the limits and the notifications are tried, and nobody else notices.

use serde_json::{Value, json};

use super::{assert_exit, levels};
use crate::several_nodes::before_two_fakes;
use crate::support::daemon::Daemon;
use crate::support::http::basic;
use crate::support::ready::ready;
use crate::support::sight::Page;

/// As good as no refill during a test. The password of alice is "secret".
const LIMITS: &str = r#"
[rpc.auth]
rate_limit_rate = 0.001
rate_limit_burst = 40
[rpc.auth.per_method_limits]
getblocktemplate = { rate = 0.001, burst = 3 }
[[rpc.auth.users]]
name = "alice"
rpcauth = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937"
rate = 50
burst = 10
"#;

fn active(daemon: &Daemon) -> Value {
    daemon.cli(&["doctor", "--active", "-o", "json"]).json()
}

/// What was found of `check`.
fn texts(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let of_check = findings.filter(|finding| finding["check"] == check);
    of_check
        .map(|finding| finding["text"].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn a_lease_is_taken_and_none_is_left() {
    let (_node, daemon) = ready("");
    let report = active(&daemon);
    for check in ["lease", "limits", "notify"] {
        assert_eq!(levels(&report, check), ["good"], "{report}");
    }
    let leases = daemon.cli(&["lease", "list", "-o", "json"]).json();
    assert_eq!(leases, Value::Array(Vec::new()));
}

#[test]
fn of_several_nodes_each_has_its_lease_tried() {
    let (_nodes, daemon) = before_two_fakes("");
    let report = active(&daemon);
    assert_eq!(levels(&report, "lease"), ["good", "good"], "{report}");
    let leases = daemon.cli(&["lease", "list", "-o", "json"]);
    assert_exit(&leases, 0);
    assert!(!leases.stdout.contains("doctor-"), "{leases:?}");
}

#[test]
fn limits_are_tried_until_they_refuse_and_nobody_else_pays_for_it() {
    let (node, daemon) = ready(LIMITS);
    let alice = basic("alice:secret");
    let call = json!({"id": 1, "method": "getblocktemplate", "params": []}).to_string();
    let headers = [("Authorization", alice.as_str())];
    daemon.post("/", &headers, call.as_bytes());
    let calls = node.count("getblocktemplate");
    assert_eq!(calls, 1, "the call went to the node");
    let explain = || {
        let line = [
            "limits",
            "explain",
            "--user",
            "alice",
            "--method",
            "getblocktemplate",
        ];
        let explained = daemon.cli(&[&line[..], &["-o", "json"]].concat()).json();
        let steps = explained["layers"].as_array().expect("layers").iter();
        steps.map(|step| step["tokens"].clone()).collect::<Vec<_>>()
    };
    let before = explain();

    let report = active(&daemon);
    assert_eq!(levels(&report, "limits"), ["good"], "{report}");
    let text = &texts(&report, "limits")[0];
    for part in [
        "each address: 40 calls passed",
        "user alice: 10 calls passed, the next had to wait 20 ms",
        "getblocktemplate: 3 calls passed",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(explain()[0], before[0], "the address has what it had");
    assert_eq!(explain()[2], before[2], "so has the method of alice");
    assert_eq!(
        node.count("getblocktemplate"),
        calls,
        "no call went to the node"
    );
    let page = Page::of(&daemon);
    assert!(
        !page
            .text()
            .contains("bllvm_rpc_rate_limited_total{layer=\"address\"} 1"),
        "{}",
        page.text()
    );
    let status = daemon.control_get("/api/v1/status").json();
    let events = status["history"]["events"]
        .as_array()
        .expect("events")
        .iter();
    let asked: Vec<&Value> = events.map(|event| &event["reason"]).collect();
    assert!(
        !asked
            .iter()
            .any(|reason| reason.as_str() == Some("an operator: limits try")),
        "{asked:?}"
    );
}

#[test]
fn limits_that_refuse_nothing_or_are_not_there_are_said_to() {
    let (_node, daemon) = ready("[rpc.auth]\nrate_limit_mode = \"observe\"\n");
    let report = active(&daemon);
    assert_eq!(levels(&report, "limits"), ["good", "warning"], "{report}");

    let (_node, daemon) = ready("[rpc.auth]\nrate_limit_enabled = false\n");
    let report = active(&daemon);
    assert_eq!(levels(&report, "limits"), ["warning"], "{report}");

    let (_node, daemon) = ready("[rpc]\nenabled = false\n");
    let report = active(&daemon);
    assert_eq!(levels(&report, "limits"), ["bad"], "{report}");
    assert!(
        texts(&report, "limits")[0].contains("rpc.enabled is false"),
        "{report}"
    );
}
