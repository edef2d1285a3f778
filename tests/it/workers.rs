//! The daemon takes few of the node's workers, gives each back, and never queues up behind itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, attached_to, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::sight::{Page, wait_metrics, wait_not_ready, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, now, throughout, wait_until};

const CORE: &str = "core-31.99/synced-prunable";
const SOON: Duration = Duration::from_mins(1);
const CALLS: [&str; 6] = [
    "uptime",
    "getnetworkinfo",
    "getblockchaininfo",
    "getpeerinfo",
    "getnettotals",
    "getmempoolinfo",
];

fn beside(node: &FakeNode) -> Config {
    attached_to_fake(node).with("[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.5\n")
}

/// `CORE`, as if it were of another version.
fn version(number: u32) -> Behaviour {
    Behaviour::Result(
        json!({"version": number, "subversion": "/Satoshi:0.0.0/", "networkactive": true}),
    )
}

/// Freezes every call while the daemon runs: at most `limit` are outstanding, and all go on
/// afterwards.
#[track_caller]
fn at_most(limit: usize, node: &FakeNode) {
    let daemon = Daemon::start(beside(node));
    wait_ready(&daemon);
    let counts = || CALLS.map(|method| node.count(method));
    let before = counts();
    wait_until("two polls", SOON, || {
        counts()
            .iter()
            .zip(before)
            .all(|(count, before)| *count >= before + 2)
    });

    node.override_all(Behaviour::Hang);
    wait_until("all workers that are taken", SOON, || {
        node.outstanding() == limit
    });
    wait_not_ready(&daemon, "node", &["no answer for"]);
    throughout(
        "bounded",
        Duration::from_secs(2),
        || node.outstanding(),
        |outstanding| *outstanding <= limit,
    );
    assert!(
        node.most_at_once() <= limit,
        "{} at once",
        node.most_at_once()
    );
    for method in CALLS {
        assert!(
            node.most_at_once_of(method) <= 1,
            "{method}: {} at once",
            node.most_at_once_of(method)
        );
    }

    let before = counts();
    node.end_override();
    wait_ready(&daemon);
    wait_until("two polls", SOON, || {
        counts()
            .iter()
            .zip(before)
            .all(|(count, before)| *count >= before + 2)
    });
    assert!(
        node.most_at_once() <= limit,
        "{} at once",
        node.most_at_once()
    );
}

#[test]
fn four_workers_at_most_are_held_in_a_node_of_sixteen() {
    at_most(4, &FakeNode::from_fixtures(CORE));
}

#[test]
fn one_worker_beside_the_liveness_call_is_held_in_a_node_of_four() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("getnetworkinfo", version(289_900));
    at_most(2, &node);
}

#[test]
fn a_node_that_hangs_from_the_start_is_asked_one_thing() {
    let node = FakeNode::from_fixtures(CORE);
    for method in CALLS.into_iter().filter(|method| *method != "uptime") {
        node.set(method, Behaviour::Hang);
    }
    let daemon = Daemon::start(beside(&node));
    wait_not_ready(&daemon, "chain", &[]);
    wait_until("uptime", SOON, || node.count("uptime") > 8);
    assert!(node.most_at_once() <= 2, "{} at once", node.most_at_once());
    let page = Page::of(&daemon);
    assert_eq!(page.node("node_up", &[]), Some(1.0), "{}", page.text());
    assert_eq!(
        page.node("collector_up", &[("collector", "network")]),
        Some(0.0),
        "{}",
        page.text()
    );
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_question_that_waits_for_a_worker_is_late_too() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("getnetworkinfo", version(279_900));
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    node.set("getmempoolinfo", Behaviour::Hang);
    let up = |page: &Page, name| page.node("collector_up", &[("collector", name)]);
    let page = wait_metrics(&daemon, "a chain that is not asked", |page| {
        up(page, "chain") == Some(0.0)
    });
    assert_eq!(up(&page, "uptime"), Some(1.0));
    let ready = || daemon.get("/health/ready?verbose");
    let reported = eventually("a warning", SOON, ready, |answer| {
        answer.text().contains("[!] chain: ")
    });
    assert_eq!(reported.status, 200, "the last answer stands for a while");
    node.set(
        "getmempoolinfo",
        Behaviour::Result(json!({"size": 0, "bytes": 0})),
    );
    wait_metrics(&daemon, "a chain again", |page| {
        up(page, "chain") == Some(1.0)
    });
}

#[test]
fn a_restarted_node_is_asked_who_it_is_once_at_a_time() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    node.set("getnetworkinfo", Behaviour::Hang);
    wait_metrics(&daemon, "a hanging question", |page| {
        page.node("collector_up", &[("collector", "network")]) == Some(0.0)
    });
    node.set("uptime", Behaviour::Result(json!(1)));
    let chain = node.count("getblockchaininfo");
    wait_until("the chain", SOON, || {
        node.count("getblockchaininfo") > chain + 3
    });
    assert_eq!(node.most_at_once_of("getnetworkinfo"), 1);
}

#[test]
fn a_client_of_a_real_node_with_few_workers_is_answered_while_the_daemon_polls() {
    let executable = bitcoind_or_skip!();
    let narrow = [
        BitcoindOptions::default().with("-rpcthreads=1"),
        BitcoindOptions::default()
            .with("-rpcthreads=4")
            .with("-rpcworkqueue=8"),
    ];
    for options in narrow {
        let mut node = Bitcoind::start(executable.clone(), options);
        node.mine(1);
        let config = attached_to(&node).with("[node]\npoll_interval_secs = 0.05\ntimeout_secs = 1");
        let daemon = Daemon::start(config);
        wait_ready(&daemon);
        for _ in 0..200 {
            let asked = now();
            node.rpc("uptime", json!([]));
            assert!(
                now() - asked < Duration::from_secs(1),
                "uptime took {:?}",
                now() - asked
            );
        }

        node.freeze();
        wait_not_ready(&daemon, "node", &["no answer for"]);
        throughout(
            "down",
            Duration::from_secs(1),
            || daemon.get("/health/ready").status,
            |status| *status == 503,
        );
        node.thaw();
        // What was sent meanwhile is answered now; had it piled up, it would be seen here.
        let ours = node.rpc("getrpcinfo", json!([]))["active_commands"]
            .as_array()
            .map_or(0, Vec::len);
        assert!(ours <= 5, "{ours} commands");
        wait_ready(&daemon);
        assert_eq!(node.rpc("uptime", json!([])).as_u64().map(|_| ()), Some(()));
    }
}

#[test]
fn a_node_that_says_its_queue_is_full_is_alive_and_keeps_what_is_known() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node).with("[health]\nlive_timeout_secs = 30"));
    wait_ready(&daemon);
    node.override_all(Behaviour::queue_exceeded());
    let busy = "bllvm_node_rpc_errors_total{code=\"http_503\",method=\"uptime\",node=\"main\"}";
    let page = wait_metrics(&daemon, "a full queue", |page| {
        page.series(busy) >= Some(3.0)
    });
    assert_eq!(
        (page.node("node_up", &[]), page.node("chain_height", &[])),
        (Some(1.0), Some(1400.0))
    );
    let detailed = daemon.get("/health/detailed").json();
    let chain = |detailed: &Value| -> Value {
        let checks = detailed["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["name"] == "chain")
            .unwrap()
            .clone()
    };
    assert_eq!(chain(&detailed)["level"], "warning", "{detailed}");
    node.end_override();
    eventually(
        "a good chain",
        SOON,
        || chain(&daemon.get("/health/detailed").json()),
        |chain| chain["level"] == "good",
    );
}

#[test]
fn a_node_that_is_busy_now_and_then_is_asked_no_more_often_than_planned() {
    let node = FakeNode::from_fixtures(CORE);
    let up = || Behaviour::Result(json!(1_000_000));
    node.set("uptime", up());
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    wait_until("the first round", SOON, || node.count("getindexinfo") > 0);
    let asked = || ["uptime", "getnetworkinfo", "getindexinfo"].map(|method| node.count(method));
    let before = asked();
    let began = now();
    for behaviour in [Behaviour::queue_exceeded(), up()]
        .into_iter()
        .cycle()
        .take(12)
    {
        node.set("uptime", behaviour);
        let uptime = node.count("uptime");
        wait_until("a look", SOON, || node.count("uptime") > uptime);
    }
    let polls = usize::try_from((now() - began).as_millis() / 200).unwrap() + 2;
    let after = asked();
    for ((method, before), after) in ["uptime", "getnetworkinfo"]
        .into_iter()
        .zip(before)
        .zip(after)
    {
        assert!(
            after - before <= polls,
            "{method}: {} times in {polls} polls",
            after - before
        );
    }
    assert_eq!(after[2], 1, "getindexinfo");
}

#[test]
fn a_node_that_stays_busy_is_not_asked_sooner_than_one_that_answers() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node).with("[node]\npoll_interval_secs = 1.5"));
    wait_ready(&daemon);
    node.set("uptime", Behaviour::queue_exceeded());
    let wait_asked = |times| {
        let before = node.count("uptime");
        wait_until("questions", SOON, || node.count("uptime") >= before + times);
    };
    wait_asked(1);
    let began = now();
    wait_asked(2);
    assert!(
        now() - began >= Duration::from_millis(2900),
        "two more after {:?}",
        now() - began
    );
}

#[test]
fn the_unspent_outputs_are_never_counted_by_one_of_few_workers_and_once_by_one_of_many() {
    for (number, times) in [(280_000, 0), (310_000, 1)] {
        let node = FakeNode::from_fixtures(CORE);
        node.set("getnetworkinfo", version(number));
        node.set("getindexinfo", Behaviour::Result(json!({})));
        let daemon = Daemon::start(beside(&node).with("[node]\nutxo_stats = \"always\""));
        wait_ready(&daemon);
        let chain = node.count("getblockchaininfo");
        wait_until("many polls", SOON, || {
            node.count("getblockchaininfo") > chain + 8
        });
        assert_eq!(node.count("gettxoutsetinfo"), times, "version {number}");
        assert_eq!(
            Page::of(&daemon).has("bllvm_storage_utxos"),
            times > 0,
            "version {number}"
        );
    }
}
