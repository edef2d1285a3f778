//! Whatever was known of a former process of the node decides nothing for the next one, and what is
//! known of a node that does not answer is said to be old.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, FAKE_COOKIE, attached_to, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::fixture::Fixture;
use crate::support::http::basic;
use crate::support::sight::{Page, wait_metrics, wait_not_ready, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{throughout, wait_until};

const CORE: &str = "core-31.99/synced-prunable";
const INDEXED: &str = "core-31.99/synced-archive-indexed";
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
const SOON: Duration = Duration::from_mins(1);

fn beside(node: &FakeNode) -> Config {
    attached_to_fake(node).with(QUICK)
}

/// The recorded chain, with another tip.
fn tip(height: u32, hash: &str) -> Behaviour {
    let body: Value =
        serde_json::from_str(&Fixture::load(&format!("{CORE}/getblockchaininfo")).body).unwrap();
    let mut result = body["result"].clone();
    (result["blocks"], result["headers"]) = (height.into(), height.into());
    result["bestblockhash"] = hash.into();
    Behaviour::Result(result)
}

fn confirmations(number: i64) -> Behaviour {
    Behaviour::Result(json!({"confirmations": number}))
}

/// The process has been started again, so many seconds ago.
fn restarted(node: &FakeNode, seconds: u64) {
    node.set("uptime", Behaviour::Result(json!(seconds)));
}

/// Blocks processed, and reorganisations.
fn counts(page: &Page) -> (Option<f64>, Option<f64>) {
    (
        page.node("blocks_processed_total", &[]),
        page.node("chain_reorgs_total", &[]),
    )
}

/// Series that are of one process of the node.
fn of_the_process(page: &Page) -> Vec<&str> {
    let families = [
        "bllvm_chain_height",
        "bllvm_network_",
        "bllvm_mempool_",
        "bllvm_node_uptime",
        "bllvm_node_info",
    ];
    let others = ["bllvm_storage_utxos", "bllvm_chain_difficulty"];
    let is_one = |line: &&str| {
        families
            .iter()
            .chain(&others)
            .any(|family| line.starts_with(family))
    };
    page.text().lines().filter(is_one).collect()
}

#[test]
fn a_node_that_warms_up_again_is_not_reported_with_the_numbers_of_the_process_before() {
    let node = FakeNode::from_fixtures(INDEXED);
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "all of it", |page| {
        of_the_process(page).len() >= 10 && page.has("bllvm_storage_utxos")
    });
    node.override_all(Behaviour::warming_up());
    let page = wait_metrics(&daemon, "a node that starts", |page| {
        page.state() == "starting"
    });
    assert_eq!(of_the_process(&page), [""; 0]);
    assert_eq!(page.node("collector_up", &[("collector", "mempool")]), None);
    let document = daemon.get("/health/detailed").json();
    let of_the_node = [
        "uptime_secs",
        "version",
        "chain",
        "headers",
        "mempool_transactions",
    ];
    assert!(
        of_the_node
            .iter()
            .all(|name| document["node"][name].is_null()),
        "{document}"
    );
    assert_eq!(document["network"]["peers_connected"], Value::Null);
    assert!(counts(&page).0.is_some(), "counters go on");
    restarted(&node, 1);
    node.end_override();
    wait_metrics(&daemon, "the new process", |page| {
        page.node("node_uptime_seconds", &[]) == Some(1.0)
    });
    wait_ready(&daemon);
}

#[test]
fn unspent_outputs_are_not_asked_of_a_process_without_the_index_that_the_one_before_had() {
    let node = FakeNode::from_fixtures(INDEXED);
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "unspent outputs", |page| {
        page.has("bllvm_storage_utxos")
    });
    node.set("getindexinfo", Behaviour::Result(json!({})));
    node.set("getblockchaininfo", tip(1401, "aa"));
    let asked = node.count("getindexinfo");
    restarted(&node, 1);
    let page = wait_metrics(&daemon, "the new process", |page| {
        page.node("chain_height", &[]) == Some(1401.0)
    });
    assert!(!page.has("bllvm_storage_utxos"), "{}", page.text());
    wait_until("the new list of indexes", SOON, || {
        node.count("getindexinfo") > asked
    });
    throughout(
        "asked once",
        Duration::from_secs(1),
        || node.count("gettxoutsetinfo"),
        |asked| *asked == 1,
    );
    assert_eq!(
        Page::of(&daemon).node("collector_up", &[("collector", "utxos")]),
        None,
        "nobody asks for them"
    );
}

#[test]
fn an_index_that_was_listed_is_asked_for_again_right_before_what_needs_it() {
    let node = FakeNode::from_fixtures(INDEXED);
    let listed = Fixture::load(&format!("{INDEXED}/getindexinfo")).body;
    let listed = Box::new(Behaviour::Result(
        serde_json::from_str::<Value>(&listed).unwrap()["result"].take(),
    ));
    node.set(
        "getindexinfo",
        Behaviour::Then(listed, Box::new(Behaviour::Result(json!({})))),
    );
    let daemon = Daemon::start(beside(&node));
    wait_until("both lists", SOON, || node.count("getindexinfo") == 2);
    wait_metrics(&daemon, "no outputs", |page| {
        page.node("collector_up", &[("collector", "utxos")])
            .is_none()
    });
    throughout(
        "never asked",
        Duration::from_secs(1),
        || node.count("gettxoutsetinfo"),
        |asked| *asked == 0,
    );
}

#[test]
fn a_node_that_is_reindexed_has_neither_a_reorganisation_nor_new_blocks() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "the chain", |page| {
        counts(page) == (Some(0.0), Some(0.0))
    });
    node.set("getblockheader", confirmations(4));
    node.set("getblockchaininfo", tip(1403, "aa"));
    wait_metrics(&daemon, "three blocks", |page| {
        counts(page) == (Some(3.0), Some(0.0))
    });
    // The former tip is known to the new process, and not in its best chain, since that has only
    // begun.
    node.set("getblockheader", confirmations(-1));
    node.set("getblockchaininfo", tip(0, "genesis"));
    restarted(&node, 0);
    wait_metrics(&daemon, "the genesis", |page| {
        page.node("chain_height", &[]) == Some(0.0)
    });
    node.set("getblockheader", confirmations(700));
    node.set("getblockchaininfo", tip(700, "half"));
    let page = wait_metrics(&daemon, "half of it", |page| {
        page.node("chain_height", &[]) == Some(700.0)
    });
    assert_eq!(counts(&page), (Some(3.0), Some(0.0)));
    node.set("getblockchaininfo", tip(1404, "bb"));
    let page = wait_metrics(&daemon, "a new block", |page| {
        page.node("chain_height", &[]) == Some(1404.0)
    });
    assert_eq!(counts(&page), (Some(4.0), Some(0.0)));
}

/// Within two seconds of its start a process has an uptime that the one before may have as well.
#[test]
fn a_restart_that_the_uptime_does_not_show_is_known_by_the_new_cookie() {
    let node = FakeNode::from_fixtures(CORE);
    node.require(&basic(FAKE_COOKIE));
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "the chain", |page| {
        counts(page) == (Some(0.0), Some(0.0))
    });
    let next_cookie = "__cookie__:decaf";
    node.require(&basic(next_cookie));
    node.set("getblockheader", confirmations(-1));
    node.set("getblockchaininfo", tip(2, "aa"));
    write_private(&daemon.directory().join("node.cookie"), next_cookie);
    let page = wait_metrics(&daemon, "another chain", |page| {
        page.node("chain_height", &[]) == Some(2.0)
    });
    assert_eq!(counts(&page), (Some(0.0), Some(0.0)));
}

#[test]
fn the_plan_of_a_former_process_does_not_stand_until_the_next_look_at_the_disk() {
    let node = FakeNode::from_fixtures(CORE);
    let seldom = "[storage]\npruning_mode = \"normal\"\npruning_check_interval_secs = 3600\n";
    let daemon = Daemon::start(beside(&node).with(seldom));
    let reported = |usage: &str| {
        let text = format!("pruning: usage {usage} is not above the threshold");
        wait_until(&text, SOON, || {
            daemon.get("/health?verbose").text().contains(&text)
        });
    };
    reported("720.2 KB");
    let Behaviour::Result(mut chain) = tip(1400, "aa") else {
        panic!("no result")
    };
    chain["size_on_disk"] = json!(500_000);
    node.set("getblockchaininfo", Behaviour::Result(chain));
    restarted(&node, 1);
    reported("500.0 KB");
}

#[test]
fn where_the_node_does_not_say_whether_its_former_tip_is_in_its_chain_no_reorganisations_are_reported()
 {
    for refusal in [-5, -32603] {
        let node = FakeNode::from_fixtures(CORE);
        let daemon = Daemon::start(beside(&node));
        wait_metrics(&daemon, "the chain", |page| {
            counts(page) == (Some(0.0), Some(0.0))
        });
        let message = "Block not found".to_owned();
        node.set(
            "getblockheader",
            Behaviour::Error {
                http_status: 500,
                code: refusal,
                message,
            },
        );
        node.set("getblockchaininfo", tip(1402, "aa"));
        let page = wait_metrics(&daemon, "two blocks", |page| {
            page.node("chain_height", &[]) == Some(1402.0)
        });
        assert_eq!(counts(&page), (Some(2.0), None), "{refusal}");
    }
}

#[test]
fn a_node_that_is_busy_for_a_moment_is_asked_again_about_the_same_tip() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "the chain", |page| {
        counts(page) == (Some(0.0), Some(0.0))
    });
    node.set("getblockheader", Behaviour::queue_exceeded());
    node.set("getblockchaininfo", tip(1402, "aa"));
    wait_until("a refusal", SOON, || node.count("getblockheader") >= 2);
    node.set("getblockheader", confirmations(-1));
    let page = wait_metrics(&daemon, "two blocks", |page| {
        page.node("chain_height", &[]) == Some(1402.0)
    });
    assert_eq!(counts(&page), (Some(2.0), Some(1.0)));
}

#[test]
fn a_chain_on_a_snapshot_warns_and_counts_only_what_was_processed() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "the chain", |page| {
        counts(page) == (Some(0.0), Some(0.0))
    });
    node.set("getblockheader", confirmations(4));
    let loaded = |height: u32, hash: &str, validated: u32| {
        let Behaviour::Result(mut chain) = tip(height, hash) else {
            panic!("no result")
        };
        chain["backgroundvalidation"] =
            json!({"snapshotheight": 9000, "blocks": validated, "verificationprogress": 0.1});
        Behaviour::Result(chain)
    };
    node.set("getblockchaininfo", loaded(9002, "aa", 1400));
    let page = wait_metrics(&daemon, "the snapshot", |page| {
        page.node("chain_height", &[]) == Some(9002.0)
    });
    assert_eq!(counts(&page), (Some(2.0), Some(0.0)));
    assert_eq!(page.node("chain_snapshot_height", &[]), Some(9000.0));
    assert_eq!(
        page.node("chain_background_validation_height", &[]),
        Some(1400.0)
    );
    assert_eq!(page.node("health_check", &[("check", "sync")]), Some(0.5));
    let lines = daemon.get("/health?verbose").text().to_owned();
    let expected = "[!] sync: 0 blocks behind at height 9002, on an assumeutxo snapshot of which \
        1400 of 9000 blocks are validated";
    assert!(lines.contains(expected), "{lines}");
    assert_eq!(daemon.get("/health").status, 200, "a warning only");
    node.set("getblockchaininfo", tip(9003, "bb"));
    let page = wait_metrics(&daemon, "the end", |page| {
        page.node("chain_height", &[]) == Some(9003.0)
    });
    assert_eq!(
        (counts(&page).0, page.has("bllvm_chain_snapshot_height")),
        (Some(7603.0), false)
    );
}

#[test]
fn a_snapshot_of_a_node_that_tells_it_elsewhere_is_found_when_the_tip_has_changed() {
    let node = FakeNode::from_fixtures(CORE);
    let network = Fixture::load(&format!("{CORE}/getnetworkinfo")).body;
    let mut network = serde_json::from_str::<Value>(&network).unwrap()["result"].take();
    (network["version"], network["subversion"]) =
        (json!(290_400), json!("/Satoshi:29.4.0/Knots:20260101/"));
    node.set("getnetworkinfo", Behaviour::Result(network));
    let state = |blocks: u32, from: Option<&str>| {
        let mut state =
            json!({"blocks": blocks, "bestblockhash": "00", "validated": from.is_none()});
        if let Some(from) = from {
            state["snapshot_blockhash"] = json!(from);
        }
        state
    };
    node.set(
        "getchainstates",
        Behaviour::Result(json!({"headers": 1400, "chainstates": [state(1400, None)]})),
    );
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    wait_until("some polls", SOON, || node.count("getblockchaininfo") > 4);
    assert_eq!(node.count("getchainstates"), 1, "nothing has changed");
    let states = json!([state(0, None), state(9001, Some("ba5e"))]);
    node.set(
        "getchainstates",
        Behaviour::Result(json!({"headers": 9001, "chainstates": states})),
    );
    node.set(
        "getblockheader",
        Behaviour::Result(json!({"confirmations": 2, "height": 9000})),
    );
    node.set("getblockchaininfo", tip(9001, "aa"));
    let page = wait_metrics(&daemon, "the snapshot", |page| {
        page.has("bllvm_chain_snapshot_height")
    });
    assert_eq!(page.node("chain_snapshot_height", &[]), Some(9000.0));
    assert_eq!(
        page.node("chain_background_validation_height", &[]),
        Some(0.0)
    );
    assert_eq!(counts(&page).0, Some(1.0));
}

#[test]
fn of_a_stopped_node_old_values_carry_their_age_and_no_check_rests_on_them() {
    let node = FakeNode::from_fixtures(CORE);
    let port = node.port();
    // The default interval: what is old is so before the next poll is due.
    let daemon = Daemon::start(
        attached_to_fake(&node).with("[node]\npoll_interval_secs = 5\ntimeout_secs = 5\n"),
    );
    wait_metrics(&daemon, "peers", |page| {
        page.node("health_check", &[("check", "peers")]) == Some(1.0)
    });
    let status = daemon.cli(&["status"]).stdout;
    assert!(
        status.contains(", up 79 s") && status.contains("[+] peers: 1 connected"),
        "{status}"
    );
    drop(node);
    wait_not_ready(&daemon, "node", &["cannot connect to"]);
    let status = daemon.cli(&["status"]).stdout;
    assert!(
        !status.contains(", up 79 s") && !status.contains("[+] peers"),
        "{status}"
    );
    let line = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .to_owned()
    };
    let carries_its_age = |name: &str| line(name).ends_with(" s ago");
    assert!(
        line("peers").starts_with("peers     1 connected, ") && carries_its_age("peers"),
        "{status}"
    );
    assert!(
        ["chain", "tip", "mempool"].into_iter().all(carries_its_age),
        "{status}"
    );
    assert!(
        status.contains("[!] peers: the node does not answer; 1 connected "),
        "{status}"
    );
    let nagios = daemon.cli(&["health", "--nagios"]).stdout;
    assert!(
        nagios.contains("peers=U") && nagios.contains("height=U"),
        "{nagios}"
    );
    let page = Page::of(&daemon);
    assert_eq!(
        (
            page.node("health_check", &[("check", "peers")]),
            page.has("bllvm_node_uptime_seconds")
        ),
        (None, false)
    );
    let _back = FakeNode::from_fixtures_on(port, CORE);
    wait_ready(&daemon);
}

#[test]
fn a_gap_between_blocks_goes_on_over_a_restart_of_the_daemon_and_is_reported_by_the_header_where_that_is_older()
 {
    let node = FakeNode::from_fixtures(CORE);
    let Behaviour::Result(mut chain) = tip(1400, "aa") else {
        panic!("no result")
    };
    chain.as_object_mut().unwrap().shift_remove("time");
    node.set("getblockchaininfo", Behaviour::Result(chain));
    let mut daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    let gap = |daemon: &Daemon| {
        let lines = daemon.get("/health?verbose").text().to_owned();
        let reported = lines
            .lines()
            .find_map(|line| line.strip_prefix("[+] stall: no new block for "));
        reported
            .unwrap_or_else(|| panic!("{lines}"))
            .strip_suffix(" s")
            .and_then(|gap| gap.parse::<f64>().ok())
            .unwrap()
    };
    wait_until("a gap", SOON, || gap(&daemon) >= 4.0);
    daemon.restart();
    wait_ready(&daemon);
    assert!(gap(&daemon) >= 3.0, "{}", gap(&daemon));

    node.set("getblockchaininfo", tip(1400, "aa"));
    let by_header = || {
        daemon
            .get("/health?verbose")
            .text()
            .contains("by the time in the tip's header\n")
    };
    wait_until("the header's time", SOON, by_header);
}

#[test]
fn a_real_node_that_is_reindexed_without_its_index_is_reported_as_the_process_that_it_is() {
    let indexed = BitcoindOptions::default().with("-coinstatsindex=1");
    let mut node = Bitcoind::start(bitcoind_or_skip!(), indexed);
    node.mine(120);
    let daemon = Daemon::start(attached_to(&node).with(QUICK));
    wait_metrics(&daemon, "unspent outputs", |page| {
        page.node("storage_utxos", &[]) == Some(120.0)
    });
    node.mine(3);
    wait_metrics(&daemon, "three blocks", |page| {
        counts(page) == (Some(3.0), Some(0.0))
    });

    node.restart_with(BitcoindOptions::default().with("-reindex=1"));
    let page = wait_metrics(&daemon, "the tip of the new process", |page| {
        page.node("chain_height", &[]) == Some(123.0) && !page.has("bllvm_storage_utxos")
    });
    assert_eq!(counts(&page), (Some(3.0), Some(0.0)));
    let scans = |page: &Page| {
        page.series(
            "bllvm_node_rpc_duration_seconds_count{method=\"gettxoutsetinfo\",node=\"main\"}",
        )
    };
    let before = scans(&page);
    node.mine(1);
    let page = wait_metrics(&daemon, "a block", |page| {
        counts(page) == (Some(4.0), Some(0.0))
    });
    assert_eq!(scans(&page), before);

    // An empty directory: nothing of what went is a reorganisation, and what comes again is not
    // new.
    node.stop();
    for folder in ["blocks", "chainstate", "indexes"] {
        remove(&node.datadir().join("regtest").join(folder));
    }
    node.restart_with(BitcoindOptions::default());
    node.mine(2);
    let page = wait_metrics(&daemon, "a new chain", |page| {
        page.node("chain_height", &[]) == Some(2.0)
    });
    assert_eq!(counts(&page), (Some(4.0), Some(0.0)));
}

fn remove(folder: &Path) {
    if folder.is_dir() {
        std::fs::remove_dir_all(folder).unwrap();
    }
}
