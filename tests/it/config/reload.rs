//! `config reload` and SIGHUP.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::json;

use super::{SOON, assert_reports};
use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::http::{self, Request};
use crate::support::ready::{healthy_node, ready_beside};
use crate::support::surroundings::{eventually, free_port, wait_until};

/// The value of the daemon's metric `name`, which has no labels.
fn metric(daemon: &Daemon, name: &str) -> Option<f64> {
    let page = daemon.get("/metrics");
    page.text()
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn a_reload_takes_up_what_changed_and_drops_no_connection() {
    let node = healthy_node();
    let config = attached_to_fake(&node);
    let mut daemon = ready_beside(&node, "");
    let listen = daemon.addr();
    let config = config.with(&format!("[rpc]\nlisten = \"{listen}\""));
    let mut kept = daemon.connect();
    assert_eq!(
        kept.send(Request::get("/health/ready")).unwrap().status,
        200
    );

    // A health threshold, by `config reload`.
    let strict = config
        .clone()
        .with("[storage]\nstorage_critical_gb = 1000000000\n[node]\ndata_dir = \"{dir}\"");
    daemon.rewrite_config(strict);
    let output = daemon.cli(&["config", "reload"]);
    assert_reports(
        &output,
        0,
        &[
            "is in force\n",
            "[!] node.data_dir has changed, and needs a restart\n",
        ],
    );
    let lax = config.clone().with(
        "[network]\nmin_peers = 1000\n[node]\npoll_interval_secs = 3600\n[logging]\nlevel \
            = \"debug\"",
    );
    daemon.rewrite_config(lax);
    let report = daemon.cli(&["config", "reload", "-o", "json"]).json();
    assert_eq!(
        (&report["applied"], &report["needs_restart"]),
        (&json!(true), &json!([]))
    );
    let peers = kept.send(Request::get("/health/detailed")).unwrap().json()["checks"].clone();
    let peers = peers
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "peers")
        .unwrap()
        .clone();
    assert_eq!(peers["level"], "warning");
    assert!(peers["text"].as_str().unwrap().contains("1000"), "{peers}");

    // The level of the log, seen by a request that is worth a line only at debug.
    kept.send(Request::get("/health/live").with(&[("X-Request-Id", "seen-at-debug")]))
        .unwrap();
    daemon.wait_for_log("seen-at-debug");

    // The interval: within the next second or two the node would have been asked again.
    let asked = node.count("uptime");
    let quick = config.clone().with("[node]\npoll_interval_secs = 1");
    daemon.rewrite_config(quick);
    daemon.signal(Signal::SIGHUP);
    eventually(
        "the node to be asked again",
        SOON,
        || node.count("uptime"),
        |&now| now > asked + 1,
    );
    assert_eq!(kept.send(Request::get("/health/live")).unwrap().status, 200);
}

#[test]
fn a_reload_takes_up_other_credentials() {
    let node = healthy_node();
    node.require(&http::basic("me:second"));
    let config = attached_to_fake(&node);
    let mut daemon = Daemon::start(config.clone());
    write_private(&daemon.directory().join("password"), "second");
    eventually(
        "a refusal",
        SOON,
        || daemon.get("/health/ready"),
        |answer| answer.text().contains("credentials: "),
    );
    let password = "[node]\nrpc_user = \"me\"\nrpc_password_file = \"{dir}/password\"";
    daemon.rewrite_config(config.without("node", "rpc_cookie_file").with(password));
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_status("/health/ready", 200, SOON);
}

#[test]
fn listeners_and_directories_are_said_to_need_a_restart() {
    let node = healthy_node();
    let daemon = ready_beside(&node, "");
    let elsewhere = free_port();
    let changed = attached_to_fake(&node).with(&format!(
        "[rpc]\nlisten = \"127.0.0.1:{elsewhere}\"\n[node]\nstate_dir = \"{{dir}}/other\""
    ));
    daemon.rewrite_config(changed);
    // The file says already what the daemon does not do yet.
    let cookie = daemon.state_dir().join("control.cookie");
    let output = daemon.cli(&[
        "config",
        "reload",
        "--url",
        &daemon.url(),
        "--token-file",
        cookie.to_str().unwrap(),
    ]);
    let expected = "the configuration was reloaded and is in force\n\
                [!] state_dir has changed, and needs a restart\n\
                [!] rpc.listen has changed, and needs a restart\n";
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), expected),
        "{output:?}"
    );
    assert_eq!(daemon.get("/health/live").status, 200);
    daemon.wait_for_log("changed, and needs a restart");
}

#[test]
fn another_kind_of_node_is_not_taken_up_by_halves() {
    let node = healthy_node();
    let daemon = ready_beside(&node, "");
    let other = attached_to_fake(&node).with("[node]\nkind = \"embedded\"\nname = \"other\"");
    let same = |config: Config| config.with(&format!("[rpc]\nlisten = \"{}\"", daemon.addr()));
    daemon.rewrite_config(same(other.clone()));
    let cookie = daemon.state_dir().join("control.cookie");
    let line = [
        "config",
        "reload",
        "-o",
        "json",
        "--url",
        &daemon.url(),
        "--token-file",
        cookie.to_str().unwrap(),
    ];
    let report = daemon.cli(&line).json();
    assert_eq!(
        (&report["applied"], &report["needs_restart"]),
        (&json!(true), &json!(["node.kind"]))
    );
    daemon.rewrite_config(
        other.with("[node]\nstate_dir = \"{dir}/other\"\n[rpc]\nlisten = \"127.0.0.1:1\""),
    );
    let report = daemon.cli(&line).json();
    assert_eq!(
        report["needs_restart"],
        json!(["state_dir", "node.kind", "rpc.listen"])
    );
    let detailed = daemon.get("/health/detailed").json();
    assert_eq!(
        (&detailed["pruning"]["mode"], &detailed["node"]["name"]),
        (&json!("disabled"), &json!("main"))
    );
}

#[test]
fn a_file_that_is_not_valid_changes_nothing_until_it_is_mended() {
    let node = healthy_node();
    let mut daemon = ready_beside(&node, "[node]\nname = \"alpha\"");
    let good = fs::read_to_string(daemon.config_file()).unwrap();
    assert_eq!(metric(&daemon, "bllvm_config_reload_success"), Some(1.0));
    let since = metric(&daemon, "bllvm_config_last_reload_timestamp_seconds");

    daemon.rewrite_config(
        good.replace("alpha", "")
            .replace("timeout_secs = 2", "timeout_secs = \"2\""),
    );
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(78), "{output:?}");
    for part in [
        "the one in force stays",
        "node.name = \"\": must not be empty",
        "node.timeout_secs",
        "config.toml:",
    ] {
        assert!(output.stderr.contains(part), "no {part:?} in {output:?}");
    }
    let cookie = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let bearer = format!("Bearer {cookie}");
    let answer = daemon.post("/api/v1/config/reload", &[("Authorization", &bearer)], b"");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (422, Some("application/problem+json"))
    );
    assert_eq!(answer.json()["problems"].as_array().map(Vec::len), Some(2));
    assert_eq!(metric(&daemon, "bllvm_config_reload_success"), Some(0.0));
    assert_eq!(
        metric(&daemon, "bllvm_config_last_reload_timestamp_seconds"),
        since
    );
    assert!(daemon.get("/metrics").text().contains("node=\"alpha\""));
    daemon.wait_for_log("configuration not reloaded");

    daemon.rewrite_config(good);
    daemon.signal(Signal::SIGHUP);
    wait_until("a good reload", SOON, || {
        metric(&daemon, "bllvm_config_reload_success") == Some(1.0)
    });
    assert!(metric(&daemon, "bllvm_config_last_reload_timestamp_seconds") > since);
    assert_eq!(daemon.get("/health/ready").status, 200);
}
