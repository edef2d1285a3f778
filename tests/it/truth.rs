//! Nothing is reported that the node did not say, and one answer that is missing takes no other
//! with it.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::fixture::Fixture;
use crate::support::sight::{Page, reasons, wait_metrics, wait_not_ready, wait_ready};
use crate::support::surroundings::{throughout, wait_until};

const CORE: &str = "core-31.99/synced-prunable";
const SOON: Duration = Duration::from_mins(1);

/// Asks often, so that tests wait little.
fn beside(node: &FakeNode) -> Config {
    attached_to_fake(node).with("[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n")
}

/// The recorded result of a method, with other values for some of its fields.
fn recorded(folder: &str, method: &str, changes: &[(&str, Value)]) -> Behaviour {
    let body: Value =
        serde_json::from_str(&Fixture::load(&format!("{folder}/{method}")).body).unwrap();
    let mut result = body["result"].clone();
    for (field, value) in changes {
        result[field] = value.clone();
    }
    Behaviour::Result(result)
}

fn refusal() -> Behaviour {
    Behaviour::Error {
        http_status: 500,
        code: -32603,
        message: "something broke".into(),
    }
}

/// Waits until `count` more of `method` have been asked.
#[track_caller]
fn wait_for_polls(node: &FakeNode, method: &str, count: usize) {
    let before = node.count(method);
    wait_until(method, SOON, || node.count(method) >= before + count);
}

#[test]
fn numbers_are_the_nodes_own_to_the_last_digit() {
    // As Core (16 digits) and bcoin (17) write them: of main, testnet, signet and regtest, and made
    // up.
    let written = [
        "4.656542373906925e-10",
        "4.6565423739069247e-10",
        "92049594548485.47",
        "97510243175846.91",
        "99989999999999.73",
        "0.9007199254740993",
        "0.9999971223456789",
        "0.9512345678901234",
        "1.862645149230957e-09",
        "123456789012345.6",
    ];
    let node = FakeNode::from_fixtures(CORE);
    let body = Fixture::load(&format!("{CORE}/getblockchaininfo")).body;
    let daemon = Daemon::start(beside(&node));
    for number in written {
        let body = body.replacen("4.656542373906925e-10", number, 1);
        let body = body.replacen(
            "\"verificationprogress\":1,",
            &format!("\"verificationprogress\":{number},"),
            1,
        );
        assert_eq!(body.matches(number).count(), 2, "{body}");
        node.set(
            "getblockchaininfo",
            Behaviour::Status {
                status: 200,
                content_type: "application/json".into(),
                body,
            },
        );
        // Rust's own parser rounds correctly, as IEEE 754 wants it.
        let exact: Option<f64> = number.parse().ok();
        let reported = |page: &Page| {
            (
                page.node("chain_difficulty", &[]),
                page.node("chain_verification_progress", &[]),
            ) == (exact, exact)
        };
        wait_metrics(&daemon, number, reported);
        let detailed = daemon.get("/health/detailed").text().to_owned();
        let reported = detailed
            .split("\"verification_progress\":")
            .nth(1)
            .and_then(|rest| rest.split([',', '}']).next());
        assert_eq!(
            reported.and_then(|reported| reported.parse().ok()),
            exact,
            "{detailed}"
        );
    }
}

#[test]
fn a_node_on_another_chain_than_the_wanted_one_is_not_ready() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node).with("[node]\nchain = \"main\""));
    wait_not_ready(
        &daemon,
        "chain",
        &["the node is on regtest, but node.chain is main"],
    );
    let page = Page::of(&daemon);
    assert_eq!(page.node("health_check", &[("check", "chain")]), Some(0.0));
    assert_eq!(page.node("node_up", &[]), Some(1.0));
    assert_ne!(page.state(), "ready");
    assert_eq!(daemon.get("/health/live").status, 200);
    let ready = daemon.get("/health/ready").json();
    assert_eq!(
        (&ready["chain_initialized"], &ready["storage_available"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(reasons(&daemon).len(), 1, "{:?}", reasons(&daemon));
}

#[test]
fn a_node_without_headers_is_not_ready_whatever_it_claims() {
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    let claims = [
        ("headers", json!(0)),
        ("initialblockdownload", json!(false)),
        ("verificationprogress", json!(1.0)),
    ];
    node.set(
        "getblockchaininfo",
        recorded("blvm-0.1.83/synced", "getblockchaininfo", &claims),
    );
    let daemon = Daemon::start(beside(&node));
    wait_not_ready(&daemon, "sync", &["no headers known, height 63"]);
    let page = Page::of(&daemon);
    assert_eq!(page.state(), "syncing");
    assert_eq!(
        (
            page.node("chain_headers", &[]),
            page.node("chain_height", &[])
        ),
        (Some(0.0), Some(63.0))
    );
}

#[test]
fn a_node_that_says_it_has_no_chain_yet_is_starting() {
    let node = FakeNode::from_fixtures("blvm-0.1.83/starting");
    let daemon = Daemon::start(beside(&node));
    wait_not_ready(
        &daemon,
        "chain",
        &["the node is starting: chain is not initialized"],
    );
    let page = wait_metrics(&daemon, "the node's name", |page| {
        page.has("bllvm_node_info")
    });
    assert_eq!(
        (page.state(), page.node("node_up", &[])),
        ("starting", Some(1.0))
    );
    assert_eq!(
        page.node("collector_up", &[("collector", "chain")]),
        Some(0.0)
    );
    let of_the_chain = page
        .text()
        .lines()
        .filter(|line| line.starts_with("bllvm_chain_"));
    assert_eq!(of_the_chain.count(), 0, "{}", page.text());
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_call_that_fails_or_hangs_blanks_nothing_but_its_own() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("getmempoolinfo", refusal());
    let daemon = Daemon::start(beside(&node));
    let up = |page: &Page, name| page.node("collector_up", &[("collector", name)]);
    let others = ["uptime", "network", "chain", "peers", "traffic"];
    // The refusal itself is waited for: a collector is also down before its first answer.
    let code =
        "bllvm_node_rpc_errors_total{code=\"-32603\",method=\"getmempoolinfo\",node=\"main\"}";
    let page = wait_metrics(&daemon, "all but the mempool", |page| {
        others.iter().all(|name| up(page, name) == Some(1.0)) && page.series(code) >= Some(1.0)
    });
    assert_eq!(up(&page, "mempool"), Some(0.0));
    assert_eq!(page.node("chain_height", &[]), Some(1400.0));
    assert!(!page.has("bllvm_mempool_transactions"), "{}", page.text());
    assert_eq!(page.state(), "ready");

    node.set("getmempoolinfo", recorded(CORE, "getmempoolinfo", &[]));
    wait_metrics(&daemon, "the mempool", |page| {
        page.node("mempool_transactions", &[]) == Some(0.0)
    });
    node.set("getmempoolinfo", Behaviour::Hang);
    wait_metrics(&daemon, "a mempool that hangs", |page| {
        up(page, "mempool") == Some(0.0)
    });
    wait_for_polls(&node, "getblockchaininfo", 3);
    let page = Page::of(&daemon);
    assert!(
        others.iter().all(|name| up(&page, name) == Some(1.0)),
        "{}",
        page.text()
    );
    assert!(
        page.node("collector_age_seconds", &[("collector", "chain")]) < Some(1.0),
        "{}",
        page.text()
    );
    assert_eq!(page.state(), "ready");
    assert_eq!(node.most_at_once_of("getmempoolinfo"), 1);
}

#[test]
fn who_the_node_is_may_stay_unknown_and_what_depends_on_it_is_then_not_reported() {
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    node.set("getnetworkinfo", refusal());
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    let page = Page::of(&daemon);
    assert_eq!(page.node("chain_height", &[]), Some(63.0));
    assert_eq!(
        page.node("collector_up", &[("collector", "network")]),
        Some(0.0)
    );
    for made_up in [
        "bllvm_chain_difficulty",
        "bllvm_chain_verification_progress",
        "bllvm_storage_blocks_bytes",
    ] {
        assert!(!page.has(made_up), "{made_up}");
    }
}

#[test]
fn a_node_whose_liveness_call_fails_is_asked_the_other_questions_all_the_same() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("uptime", refusal());
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    let page = Page::of(&daemon);
    assert_eq!(
        (page.node("node_up", &[]), page.node("chain_height", &[])),
        (Some(1.0), Some(1400.0))
    );
    assert!(!page.has("bllvm_node_uptime_seconds"));
}

#[test]
fn a_thinner_node_is_asked_once_for_what_it_lacks_and_no_series_stands_for_that() {
    let node = FakeNode::from_fixtures("bcoin-1.0.2/synced");
    let daemon = Daemon::start(beside(&node));
    // At genesis, without a header from anybody, it is not at the tip.
    wait_not_ready(&daemon, "sync", &["no headers known, height 0"]);
    wait_for_polls(&node, "getblockchaininfo", 8);
    assert_eq!(
        (
            node.count("uptime"),
            node.count("getindexinfo"),
            node.count("gettxoutsetinfo")
        ),
        (1, 1, 0)
    );
    let page = Page::of(&daemon);
    assert_eq!(page.node("node_up", &[]), Some(1.0));
    assert_eq!(
        page.node("collector_up", &[("collector", "uptime")]),
        Some(1.0)
    );
    assert_eq!(page.node("collector_up", &[("collector", "indexes")]), None);
    let info = "bllvm_node_info{node=\"main\",version=\"v1.0.2\",subversion=\"/bcoin:v1.0.2/\",chain=\"regtest\",";
    assert_eq!(
        page.series(&format!("{info}flavour=\"other\"}}")),
        Some(1.0),
        "{}",
        page.text()
    );
    let absent = [
        "node_uptime_seconds",
        "chain_initial_block_download",
        "chain_tip_timestamp_seconds",
    ];
    for name in absent.into_iter().chain([
        "storage_blocks_bytes",
        "storage_utxos",
        "chain_prune_height",
    ]) {
        assert!(!page.has(&format!("bllvm_{name}")), "{name}");
    }
    assert_eq!(daemon.get("/health/live").status, 200);
    assert_eq!(
        daemon.get("/health/detailed").json()["node"]["uptime_secs"],
        Value::Null
    );

    let blocks = [("blocks", json!(7)), ("headers", json!(7))];
    node.set(
        "getblockchaininfo",
        recorded("bcoin-1.0.2/synced", "getblockchaininfo", &blocks),
    );
    wait_ready(&daemon);
}

#[test]
fn a_node_that_comes_back_is_asked_again_for_what_the_one_before_lacked() {
    let node = FakeNode::from_fixtures("bcoin-1.0.2/synced");
    let port = node.port();
    let daemon = Daemon::start(beside(&node));
    wait_metrics(&daemon, "a chain", |page| page.has("bllvm_chain_height"));
    drop(node);
    wait_not_ready(&daemon, "node", &["cannot connect to"]);
    let node = FakeNode::from_fixtures_on(port, CORE);
    wait_ready(&daemon);
    let page = wait_metrics(&daemon, "an uptime", |page| {
        page.node("node_uptime_seconds", &[]) == Some(79.0)
    });
    assert_eq!(page.node("chain_height", &[]), Some(1400.0));
    wait_until("getindexinfo", SOON, || node.count("getindexinfo") == 1);
    assert!(
        node.count("uptime") > 0 && node.count("getconnectioncount") <= 1,
        "{:?}",
        node.calls()
    );
}

#[test]
fn what_blvm_makes_up_is_not_reported() {
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    let page = Page::of(&daemon);
    assert_eq!(page.node("chain_height", &[]), Some(63.0));
    assert_eq!(page.node("node_uptime_seconds", &[]), Some(15.0));
    for made_up in [
        "chain_difficulty",
        "chain_verification_progress",
        "storage_blocks_bytes",
        "storage_usage_bytes",
    ] {
        assert!(!page.has(&format!("bllvm_{made_up}")), "{made_up}");
    }
    let detailed = daemon.get("/health/detailed").json();
    assert_eq!(detailed["storage"]["size_bytes"], Value::Null);
    assert_eq!(detailed["node"]["verification_progress"], Value::Null);
    assert_eq!(node.count("gettxoutsetinfo"), 0);
}

#[test]
fn a_directory_that_is_laid_out_in_another_way_has_a_size_but_neither_block_files_nor_databases() {
    let data = tempfile::tempdir().unwrap();
    // As blvm-node has it: one file of a key-value store, and none of bitcoind's folders.
    fs::write(data.path().join("blvm.redb"), vec![7; 3 << 20]).unwrap();
    let node = FakeNode::from_fixtures("blvm-0.1.83/synced");
    let key = format!("[node]\ndata_dir = \"{}\"\n", data.path().display());
    let daemon = Daemon::start(beside(&node).with(&key));
    let page = wait_metrics(&daemon, "the usage", |page| {
        page.node("storage_usage_bytes", &[]).is_some()
    });
    assert!(
        page.node("storage_usage_bytes", &[]) >= Some(f64::from(3 << 20)),
        "{}",
        page.text()
    );
    for made_up in ["storage_blocks_bytes", "storage_database_bytes"] {
        assert!(!page.has(&format!("bllvm_{made_up}")), "{made_up}");
    }
}

#[test]
fn unspent_outputs_are_counted_only_where_an_index_answers() {
    let indexed = FakeNode::from_fixtures("core-31.99/synced-archive-indexed");
    let daemon = Daemon::start(beside(&indexed));
    let page = wait_metrics(&daemon, "unspent outputs", |page| {
        page.has("bllvm_storage_utxos")
    });
    assert_eq!(page.node("storage_utxos", &[]), Some(1400.0));
    assert_eq!(indexed.count("gettxoutsetinfo"), 1);

    let prunable = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&prunable));
    wait_for_polls(&prunable, "getblockchaininfo", 8);
    assert_eq!(
        (
            prunable.count("getindexinfo"),
            prunable.count("gettxoutsetinfo")
        ),
        (1, 0)
    );
    assert!(!Page::of(&daemon).has("bllvm_storage_utxos"));
}

#[test]
fn blocks_and_reorganisations_are_counted() {
    let node = FakeNode::from_fixtures(CORE);
    let tip = |height: u32, hash: &str| {
        recorded(
            CORE,
            "getblockchaininfo",
            &[
                ("blocks", height.into()),
                ("headers", height.into()),
                ("bestblockhash", hash.into()),
            ],
        )
    };
    let confirmed = |confirmations: i64| {
        recorded(
            CORE,
            "getblockheader",
            &[("confirmations", confirmations.into())],
        )
    };
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    let counts = |page: &Page| {
        (
            page.node("blocks_processed_total", &[]),
            page.node("chain_reorgs_total", &[]),
        )
    };
    assert_eq!(
        counts(&Page::of(&daemon)),
        (Some(0.0), Some(0.0)),
        "what was there before was not processed"
    );

    node.set("getblockheader", confirmed(4));
    node.set("getblockchaininfo", tip(1403, "aa"));
    wait_metrics(&daemon, "three blocks", |page| {
        counts(page) == (Some(3.0), Some(0.0))
    });
    node.set("getblockheader", confirmed(-1));
    node.set("getblockchaininfo", tip(1404, "bb"));
    wait_metrics(&daemon, "a reorganisation", |page| {
        counts(page) == (Some(4.0), Some(1.0))
    });
    // Where the node cannot say, a tip that is no higher has replaced the other.
    node.set("getblockheader", refusal());
    node.set("getblockchaininfo", tip(1404, "cc"));
    wait_metrics(&daemon, "another reorganisation", |page| {
        counts(page) == (Some(4.0), Some(2.0))
    });
    wait_for_polls(&node, "getblockchaininfo", 3);
    assert_eq!(counts(&Page::of(&daemon)), (Some(4.0), Some(2.0)));
    assert_eq!(
        node.count("getblockheader"),
        3,
        "asked only when the tip changes"
    );
}

#[test]
fn a_node_that_starts_again_is_not_vouched_for_by_what_it_was_before() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node));
    wait_ready(&daemon);
    node.set("getblockchaininfo", Behaviour::Hang);
    node.set("uptime", Behaviour::Result(json!(1)));
    wait_not_ready(&daemon, "chain", &[]);
    throughout(
        "not ready",
        Duration::from_secs(2),
        || daemon.get("/health/ready").status,
        |status| *status == 503,
    );
    assert!(!Page::of(&daemon).has("bllvm_chain_height"));
    node.set(
        "getblockchaininfo",
        recorded(CORE, "getblockchaininfo", &[]),
    );
    wait_ready(&daemon);
}
