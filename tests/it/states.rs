//! Every state a node can be in is reported by the probes and the metrics, and none needs the
//! daemon to be restarted.

use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{attached_to, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::latencies;
use crate::support::sight::{
    PATIENCE, Page, peak_memory, wait_metrics, wait_not_ready, wait_ready,
};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, throughout};

/// Asks often, so that tests wait little.
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
const SYNCED: &str = "core-31.99/synced-prunable";

/// The metrics show that nobody who is a node answers, and no task of the daemon has fallen over
/// it.
#[track_caller]
fn assert_reported_unreachable(daemon: &Daemon) {
    let page = Page::of(daemon);
    assert_eq!(page.state(), "unreachable");
    assert_eq!(page.node("node_up", &[]), Some(0.0), "{}", page.text());
    assert_eq!(
        page.node("collector_up", &[("collector", "uptime")]),
        Some(0.0),
        "{}",
        page.text()
    );
    assert_eq!(
        page.node("health_check", &[("check", "node")]),
        Some(0.0),
        "{}",
        page.text()
    );
    assert!(
        page.all_are("bllvm_task_restarts_total{", "0"),
        "{}",
        daemon.log()
    );
    let answer = daemon.get("/health").json();
    assert_eq!(answer["status"], "unhealthy");
    assert_eq!(
        daemon.get("/health/detailed").json()["state"],
        "unreachable"
    );
    assert_eq!(daemon.get("/health/live?scope=daemon").status, 200);
}

#[track_caller]
fn assert_reported_ready(daemon: &Daemon) {
    let page = wait_metrics(daemon, "every collector", |page| {
        page.all_are("bllvm_collector_up{", "1") && page.node("chain_height", &[]).is_some()
    });
    assert_eq!(page.state(), "ready");
    assert_eq!(page.node("node_up", &[]), Some(1.0));
    assert_eq!(page.node("health_check", &[("check", "node")]), Some(1.0));
    assert_eq!(page.node("health_check", &[("check", "sync")]), Some(1.0));
    assert_eq!(daemon.get("/health").status, 200);
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_node_that_starts_beside_the_daemon_is_followed_until_it_is_ready() {
    let node = Bitcoind::launch(bitcoind_or_skip!(), BitcoindOptions::default());
    let daemon = Daemon::start(attached_to(&node).with("[node]\npoll_interval_secs = 0.02"));
    let page = wait_metrics(&daemon, "an answer of the node", |page| {
        let state = page.state();
        assert!(
            ["unreachable", "starting", "syncing"].contains(&state),
            "{state}"
        );
        state == "syncing" && page.node("chain_height", &[]).is_some()
    });
    assert_eq!(page.node("chain_initial_block_download", &[]), Some(1.0));
    wait_not_ready(&daemon, "sync", &["height 0"]);
    node.mine(1);
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}

#[test]
fn a_node_that_is_starting_says_so_and_lives() {
    let node = FakeNode::from_fixtures(SYNCED);
    node.override_all(Behaviour::warming_up());
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[health]\nlive_timeout_secs = 1"),
    );
    wait_not_ready(
        &daemon,
        "chain",
        &["the node is starting: Loading block index…"],
    );
    let page = Page::of(&daemon);
    assert_eq!(
        (page.state(), page.node("node_up", &[])),
        ("starting", Some(1.0))
    );
    assert_eq!(page.node("health_check", &[("check", "chain")]), Some(0.0));
    assert!(!page.has("bllvm_chain_height"), "{}", page.text());
    let live = || daemon.get("/health/live").status;
    throughout("alive", Duration::from_secs(3), live, |status| {
        *status == 200
    });
    assert_eq!(
        node.count("getblockchaininfo"),
        0,
        "a starting node is asked by the liveness call alone"
    );
    node.end_override();
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}

#[test]
fn a_node_that_has_headers_but_not_their_blocks_is_syncing_until_it_has() {
    let executable = bitcoind_or_skip!();
    let miner = Bitcoind::start(executable.clone(), BitcoindOptions::default());
    let follower = Bitcoind::start(executable, BitcoindOptions::default());
    let daemon = Daemon::start(attached_to(&follower).with(QUICK));
    miner.mine(40);
    for height in 1..=40 {
        let hash = miner.rpc("getblockhash", json!([height]));
        follower.rpc(
            "submitheader",
            json!([miner.rpc("getblockheader", json!([hash, false]))]),
        );
    }
    wait_not_ready(&daemon, "sync", &["40 blocks behind"]);
    let page = Page::of(&daemon);
    assert_eq!(page.state(), "syncing");
    assert_eq!(
        (
            page.node("chain_headers", &[]),
            page.node("chain_height", &[])
        ),
        (Some(40.0), Some(0.0))
    );
    assert_eq!(page.node("health_check", &[("check", "sync")]), Some(0.0));
    assert_eq!(
        daemon.get("/health/detailed").json()["node"]["blocks_behind"],
        40
    );
    assert_eq!(daemon.get("/health/live").status, 200);

    follower.connect_to(&miner);
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
    let page = Page::of(&daemon);
    assert_eq!(page.node("chain_height", &[]), Some(40.0));
    assert_eq!(page.node("blocks_processed_total", &[]), Some(40.0));
    assert_eq!(page.node("chain_reorgs_total", &[]), Some(0.0));
}

#[test]
fn a_frozen_node_is_reported_as_fast_as_ever_and_is_back_once_it_goes_on() {
    const PROBES: usize = 2000;
    let mut node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(1);
    let config = attached_to(&node)
        .with(QUICK)
        .with("[health]\nlive_timeout_secs = 8");
    let daemon = Daemon::start(config);
    wait_ready(&daemon);
    let healthy = latencies(daemon.addr(), "/health/live", 200, PROBES).p99();

    let begin = now();
    node.freeze();
    wait_not_ready(&daemon, "node", &["no answer for", "last answer"]);
    assert!(
        now() - begin < Duration::from_secs(5),
        "reported after {:?}",
        now() - begin
    );
    assert_reported_unreachable(&daemon);
    let frozen = latencies(daemon.addr(), "/health/live", 200, PROBES).p99();
    // Ten times what is promised: other tests run beside this one.
    assert!(
        frozen < Duration::from_millis(10) || frozen <= healthy * 3,
        "p99 {frozen:?}, healthy {healthy:?}"
    );
    let dead = daemon.wait_for_status("/health/live", 503, PATIENCE);
    assert_eq!(dead.json()["status"], "dead");
    let reason = dead.json()["reasons"][0].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("node: no answer at all for ") && reason.contains("(8.0 s)"),
        "{reason}"
    );
    assert!(
        now() - begin >= Duration::from_secs(7),
        "dead after {:?}",
        now() - begin
    );

    node.thaw();
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}

#[test]
fn a_killed_node_is_back_with_its_new_cookie_and_whoever_takes_its_port_meanwhile_is_no_node() {
    let mut node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(1);
    let daemon = Daemon::start(attached_to(&node).with(QUICK));
    wait_ready(&daemon);
    let address = format!("127.0.0.1:{}", node.rpc_port());

    node.kill();
    wait_not_ready(
        &daemon,
        "node",
        &["cannot connect to", &address, "refused", "last answer"],
    );
    assert_reported_unreachable(&daemon);
    let page = Page::of(&daemon);
    let errors = page
        .series("bllvm_node_rpc_errors_total{code=\"connect\",method=\"uptime\",node=\"main\"}");
    assert!(
        errors.is_some_and(|errors| errors >= 1.0),
        "{}",
        page.text()
    );

    let page = Behaviour::Status {
        status: 200,
        content_type: "text/html".into(),
        body: "<p>hello</p>".into(),
    };
    let stranger = FakeNode::start_on(node.rpc_port(), []);
    stranger.override_all(page);
    wait_not_ready(
        &daemon,
        "node",
        &[&address, "not as a Bitcoin node", "text/html"],
    );
    assert_reported_unreachable(&daemon);
    drop(stranger);

    node.restart();
    // What it had not written when it was killed is gone.
    node.mine(1);
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}

#[test]
fn a_wrong_password_is_reported_without_hammering_and_the_right_one_needs_no_restart() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(1);
    let config = attached_to(&node).with(
        "[node]\nrpc_cookie_file = \"{dir}/cookie\"\npoll_interval_secs = \
            0.5\n[health]\nlive_timeout_secs = 2",
    );
    let daemon = Daemon::start(config);
    wait_not_ready(&daemon, "credentials", &["HTTP 401", "cannot read cookie"]);
    write_private(&daemon.directory().join("cookie"), "__cookie__:wrong");
    let address = format!("127.0.0.1:{}", node.rpc_port());
    let reason = wait_not_ready(
        &daemon,
        "credentials",
        &[&address, "refused", "(HTTP 401): cookie"],
    );
    assert!(!reason.contains("wrong"), "{reason}");
    let page = Page::of(&daemon);
    assert_eq!(
        (
            page.state(),
            page.node("health_check", &[("check", "credentials")])
        ),
        ("unreachable", Some(0.0))
    );
    // A 401 is an answer.
    let live = || daemon.get("/health/live").status;
    throughout("alive", Duration::from_secs(4), live, |status| {
        *status == 200
    });

    std::fs::copy(node.cookie_file(), daemon.directory().join("cookie")).unwrap();
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}

#[test]
fn a_node_that_refuses_the_credentials_is_asked_once_a_poll_and_nothing_but_whether_it_lives() {
    let node = FakeNode::from_fixtures(SYNCED);
    node.require("Basic bm9ib2R5Om5vYm9keQ==");
    let daemon = Daemon::start(attached_to_fake(&node).with("[node]\npoll_interval_secs = 0.5"));
    wait_not_ready(&daemon, "credentials", &["HTTP 401", "node.cookie"]);
    let begin = (node.calls().len(), now());
    throughout(
        "not ready",
        Duration::from_secs(4),
        || daemon.get("/health/ready").status,
        |status| *status == 503,
    );
    let asked = node.calls().len() - begin.0;
    let polls = (now() - begin.1).as_millis() / 500 + 1;
    assert!(
        u128::try_from(asked).unwrap() <= polls,
        "asked {asked} times in {polls} polls"
    );
    assert_eq!(node.count("uptime"), node.calls().len());
}

/// One way in which the answer is not a node's, and what the reason says of it.
fn strangers() -> Vec<(Behaviour, &'static str)> {
    let page = |status, body: &str| Behaviour::Status {
        status,
        content_type: "text/html".into(),
        body: body.into(),
    };
    let endless = {
        const LENGTH: usize = 9 << 20;
        let head = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{LENGTH:x}\r\n{{\"result\":\""
        );
        Behaviour::Garbage([head.as_bytes(), &vec![b'0'; LENGTH]].concat())
    };
    let json_rpc_of_another_kind = Behaviour::Error {
        http_status: 200,
        code: -32601,
        message: "the method does not exist".into(),
    };
    vec![
        (
            page(200, "<p>It works!</p>"),
            "not as a Bitcoin node: HTTP 200 with text/html",
        ),
        (
            page(404, "{\"error\":\"not found\"}"),
            "not as a Bitcoin node: HTTP 404 with text/html",
        ),
        (
            Behaviour::Garbage(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()),
            "not as a Bitcoin node: not HTTP",
        ),
        (
            Behaviour::Garbage(vec![0x15, 3, 3, 0, 2, 2, 50]),
            "not as a Bitcoin node: not HTTP",
        ),
        (Behaviour::Huge(100_000_000), "longer than 8388608 bytes"),
        (endless, "longer than 8388608 bytes"),
        (
            json_rpc_of_another_kind,
            "not as a Bitcoin node: it has none of uptime",
        ),
        (Behaviour::HalfAnswerHang, "no answer for"),
        (Behaviour::Hang, "no answer for"),
        (
            Behaviour::HalfAnswer,
            "closed the connection before the answer to uptime was whole",
        ),
        (
            Behaviour::Close,
            "closed the connection before the answer to uptime was whole",
        ),
    ]
}

/// Each of these strangers takes the place of a good node, which then comes back.
fn strangers_are_reported_and_the_node_is_back(strangers: &[(Behaviour, &'static str)]) {
    let node = FakeNode::from_fixtures(SYNCED);
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    wait_ready(&daemon);
    for (stranger, reason) in strangers {
        node.override_all(stranger.clone());
        node.disconnect_all();
        let begin = now();
        wait_not_ready(&daemon, "node", &[reason]);
        assert!(
            now() - begin < Duration::from_secs(6),
            "{reason}: reported after {:?}",
            now() - begin
        );
        assert_reported_unreachable(&daemon);
        assert_eq!(
            daemon.get("/health/live").status,
            200,
            "the node answered a moment ago"
        );
        node.end_override();
        node.disconnect_all();
        wait_ready(&daemon);
    }
    assert_reported_ready(&daemon);
    // The program itself, unoptimised, and a few answers of 8 MB at once; a hundred times as much
    // was offered.
    let peak = peak_memory(&daemon);
    assert!(peak < 160 << 20, "the daemon took {peak} bytes");
}

#[test]
fn whoever_answers_at_the_nodes_port_but_is_no_node_is_distinguished_from_it_in_bounded_memory() {
    strangers_are_reported_and_the_node_is_back(&strangers()[..6]);
}

#[test]
fn a_node_that_answers_by_half_or_not_at_all_is_reported_and_is_back_once_it_does() {
    strangers_are_reported_and_the_node_is_back(&strangers()[6..]);
}

#[test]
fn a_daemon_beside_a_port_that_never_answers_is_up_and_says_that_it_is_dead() {
    let node = FakeNode::start([]);
    node.override_all(Behaviour::Hang);
    let port = node.port();
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[health]\nlive_timeout_secs = 2"),
    );
    wait_not_ready(
        &daemon,
        "node",
        &["no answer for", "no answer since the daemon's start"],
    );
    assert_reported_unreachable(&daemon);
    daemon.wait_for_status("/health/live", 503, PATIENCE);
    assert_eq!(node.calls().len(), 1, "an open question is not asked again");
    drop(node);
    let _node = FakeNode::from_fixtures_on(port, SYNCED);
    wait_ready(&daemon);
    assert_reported_ready(&daemon);
}
