//! A node that forbids us some methods is up and knows us; one that forbids all does not.

use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{attached_to, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::ready::healthy_node;
use crate::support::sight::{Page, wait_metrics, wait_not_ready, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

const SOON: Duration = Duration::from_mins(1);
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";

/// What Core answers to a method that is not on the user's rpcwhitelist.
fn forbidden() -> Behaviour {
    Behaviour::Status {
        status: 403,
        content_type: String::new(),
        body: String::new(),
    }
}

/// The node is up, knows us, and has reported its chain; what it forbids is asked once, and
/// reported with what to do.
#[track_caller]
fn assert_reported_forbidden(daemon: &Daemon, method: &str) {
    wait_ready(daemon);
    daemon.wait_for_log(&format!(
        "forbids us {method} (HTTP 403): add it to the node's rpcwhitelist"
    ));
    let page = wait_metrics(daemon, "the chain", |page| {
        page.node("chain_height", &[]).is_some()
    });
    assert_eq!(
        (page.state(), page.node("node_up", &[])),
        ("ready", Some(1.0))
    );
    assert_eq!(
        page.node("health_check", &[("check", "credentials")]),
        Some(1.0)
    );
    assert!(!page.has("bllvm_mempool_transactions"), "{}", page.text());
    let status = daemon.cli(&["status"]);
    assert_eq!(status.code, Some(0), "{status:?}");
}

/// Waits for many more liveness calls.
#[track_caller]
fn wait_many_polls(node: &FakeNode, method: &str) {
    let before = node.count(method);
    wait_until("many polls", SOON, || node.count(method) > before + 8);
}

#[test]
fn a_method_that_is_forbidden_is_asked_once_and_the_node_is_ready() {
    let node = healthy_node();
    node.set("getmempoolinfo", forbidden());
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    assert_reported_forbidden(&daemon, "getmempoolinfo");
    wait_many_polls(&node, "uptime");
    assert_eq!(node.count("getmempoolinfo"), 1);
    assert_eq!(daemon.get("/health/ready").status, 200);
}

#[test]
fn who_is_connected_is_unknown_where_the_node_does_not_tell_its_peers() {
    let node = healthy_node();
    node.set("getpeerinfo", forbidden());
    let kept = "[network]\npeers = [\"10.0.0.5:18444\"]\n";
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK).with(kept));
    wait_ready(&daemon);
    let detailed = daemon.get("/health/detailed").json();
    let network = &detailed["network"];
    let reconnection = &detailed["reconnection"];
    assert_eq!(
        (&network["peers_connected"], &reconnection["kept_connected"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(reconnection["kept"], 1);
    let peers = daemon.cli(&["peers", "-o", "json"]).json();
    assert_eq!(
        (&peers[0]["address"], &peers[0]["connected"]),
        (&json!("10.0.0.5:18444"), &json!(null))
    );
    assert!(daemon.cli(&["peers"]).stdout.contains("unknown"), "{peers}");
    assert!(
        daemon
            .cli(&["status"])
            .stdout
            .contains("- of 1 kept peers connected")
    );
}

#[test]
fn a_node_that_forbids_uptime_lives_by_another_answer() {
    let node = healthy_node();
    node.set("uptime", forbidden());
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[health]\nlive_timeout_secs = 1"),
    );
    wait_ready(&daemon);
    wait_many_polls(&node, "getblockchaininfo");
    let page = Page::of(&daemon);
    assert_eq!(
        (page.state(), page.node("node_up", &[])),
        ("ready", Some(1.0))
    );
    assert_eq!(
        page.node("health_check", &[("check", "credentials")]),
        Some(1.0)
    );
    assert!(
        page.node("node_uptime_seconds", &[]).is_none(),
        "{}",
        page.text()
    );
    assert_eq!(daemon.get("/health/live").status, 200);
    assert_eq!(node.count("uptime"), 1);
}

#[test]
fn a_node_that_forbids_everything_refuses_us_and_lives() {
    let node = healthy_node();
    node.override_all(forbidden());
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[health]\nlive_timeout_secs = 1"),
    );
    wait_not_ready(
        &daemon,
        "credentials",
        &["HTTP 403", "rpcallowip", "rpcwhitelist"],
    );
    wait_many_polls(&node, "uptime");
    assert_eq!(daemon.get("/health/live").status, 200);
    assert_eq!(node.count("getblockchaininfo"), 0);
    node.end_override();
    wait_ready(&daemon);
}

#[test]
fn the_whitelist_of_a_real_node_is_distinguished_from_wrong_credentials() {
    /// `me` with the password `second`, as `share/rpcauth/rpcauth.py` of Core writes it.
    const AUTH: &str = "me:0123456789abcdef0123456789abcdef$477c8d302fcfd5448d543500f0ac709cc9506\
                        332046cc2753725aac9200459a2";
    let options = BitcoindOptions::default()
        .with(format!("-rpcauth={AUTH}"))
        .with("-rpcwhitelist=me:uptime,getnetworkinfo,getblockchaininfo,getblockheader,getpeerinfo,getnettotals")
        .with("-rpcwhitelistdefault=0");
    let node = Bitcoind::start(bitcoind_or_skip!(), options);
    node.mine(1);
    let password = node.datadir().join("password");
    write_private(&password, "first");
    let credentials = format!(
        "[node]\nrpc_user = \"me\"\nrpc_password_file = \"{}\"",
        password.display()
    );
    let config = attached_to(&node)
        .with(QUICK)
        .without("node", "rpc_cookie_file")
        .with(&credentials);
    let daemon = Daemon::start(config);
    wait_not_ready(&daemon, "credentials", &["HTTP 401"]);
    write_private(&password, "second");
    assert_reported_forbidden(&daemon, "getmempoolinfo");
    assert_eq!(node.rpc("getblockcount", json!([])), 1);
}
