//! What was learnt of a former process of the node, or of another chain, decides nothing: neither
//! while the next one starts, nor after both have been restarted together.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::fixture::Fixture;
use crate::support::sight::{Page, wait_metrics, wait_ready};
use crate::support::surroundings::{throughout, wait_until};

const CORE: &str = "core-31.99/synced-prunable";
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
/// What is to come with another process does not wait for these looks.
const SELDOM: &str =
    "[storage]\npruning_mode = \"normal\"\npruning_check_interval_secs = 3600\nmin_free_gb = 0\n";
const SOON: Duration = Duration::from_mins(1);

fn beside(node: &FakeNode) -> Config {
    attached_to_fake(node).with(QUICK)
}

/// The recorded chain under another name.
fn named(chain: &str) -> Behaviour {
    let body: Value =
        serde_json::from_str(&Fixture::load(&format!("{CORE}/getblockchaininfo")).body).unwrap();
    let mut result = body["result"].clone();
    result["chain"] = chain.into();
    Behaviour::Result(result)
}

/// The process has been started again, a second ago.
fn restarted(node: &FakeNode) {
    node.set("uptime", Behaviour::Result(json!(1)));
}

fn pruning(daemon: &Daemon) -> String {
    let page = daemon.get("/health?verbose");
    let line = page.text().lines().find(|line| line.contains("pruning"));
    line.unwrap_or_default().to_owned()
}

#[test]
fn the_plan_of_a_former_process_does_not_stand_while_the_next_one_starts() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(beside(&node).with(SELDOM));
    let is_planned = || pruning(&daemon).contains("is not above the threshold");
    wait_until("a plan", SOON, is_planned);
    node.override_all(Behaviour::warming_up());
    wait_until("no plan", SOON, || pruning(&daemon).contains("no plan yet"));
    let plan = daemon.get("/health/detailed").json()["pruning"]["plan"].take();
    assert_eq!(plan, Value::Null);
    restarted(&node);
    node.end_override();
    wait_until("a plan for the new process", SOON, is_planned);
}

#[test]
fn a_run_that_was_begun_for_a_former_process_deletes_nothing_of_the_next_one() {
    let node = FakeNode::from_fixtures(CORE);
    node.set("pruneblockchain", Behaviour::Hang);
    let daemon = Daemon::start(beside(&node).with(SELDOM));
    wait_ready(&daemon);
    let begun = daemon.cli(&["prune", "--to-height", "600", "--no-wait", "-o", "json"]);
    assert_eq!(begun.code, Some(0), "{begun:?}");
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    restarted(&node);
    wait_metrics(&daemon, "the new process", |page| {
        page.node("node_uptime_seconds", &[]) == Some(1.0)
    });
    node.set("pruneblockchain", Behaviour::Result(json!(100)));
    let last = || daemon.get("/health/detailed").json()["pruning"]["last"].take();
    wait_until("the end of the run", SOON, || last().is_object());
    let error = last()["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("started again"), "{}", last());
    assert_eq!(node.count("pruneblockchain"), 1);
}

/// A block file of this chain, so long.
fn block_file(data: &Path, chain: &str, length: usize) {
    let blocks = data.join(chain).join("blocks");
    fs::create_dir_all(&blocks).unwrap();
    fs::write(blocks.join("blk00000.dat"), vec![1; length]).unwrap();
}

#[test]
fn of_several_chains_in_one_directory_none_is_taken_for_the_nodes_before_it_says_which() {
    let data = tempfile::tempdir().unwrap();
    block_file(data.path(), "regtest", 3_000_000);
    block_file(data.path(), "signet", 9_000_000);
    let node = FakeNode::from_fixtures(CORE);
    let directory = format!("[node]\ndata_dir = \"{}\"\n", data.path().display());
    let daemon = Daemon::start(beside(&node).with(SELDOM).with(&directory));
    let measures = |page: &Page, bytes: f64| {
        let usage = page.node("storage_usage_bytes", &[]);
        usage.is_some_and(|usage| (bytes..bytes + 100_000.0).contains(&usage))
    };
    wait_metrics(&daemon, "the chain's usage", |page| measures(page, 3e6));
    node.override_all(Behaviour::warming_up());
    wait_metrics(&daemon, "no usage", |page| {
        page.state() == "starting" && !page.has("bllvm_storage_usage_bytes")
    });
    node.set("getblockchaininfo", named("signet"));
    restarted(&node);
    node.end_override();
    wait_metrics(&daemon, "the other chain's", |page| measures(page, 9e6));
}

/// The addresses that the node was told to dial.
fn dialled(node: &FakeNode) -> Vec<String> {
    let calls = node
        .calls()
        .into_iter()
        .filter(|call| call.method == "addnode");
    let address = |params: &Value| params[0].as_str().map(str::to_owned);
    let mut dialled: Vec<_> = calls.filter_map(|call| address(&call.params)).collect();
    dialled.sort();
    dialled.dedup();
    dialled
}

#[test]
fn started_again_together_with_the_node_on_another_chain_no_port_of_the_former_one_is_dialled() {
    let peers = "[network]\npeers = [\"10.0.0.5\"]\nreconnect_initial_delay_secs = 0.2\n\
                 reconnect_max_delay_secs = 1\nreconnect_max_retries = 0\n";
    let node = FakeNode::from_fixtures(CORE);
    node.set("getblockchaininfo", named("signet"));
    node.set("addnode", Behaviour::Result(Value::Null));
    let mut daemon = Daemon::start(beside(&node).with(peers));
    wait_until("a dial", SOON, || dialled(&node) == ["10.0.0.5:38333"]);
    daemon.stop();
    let port = node.port();
    drop(node);
    let node = FakeNode::from_fixtures_on(port, CORE);
    node.set("addnode", Behaviour::Result(Value::Null));
    // The peers are known long before the chain is.
    let chain = Box::new(named("regtest"));
    node.set(
        "getblockchaininfo",
        Behaviour::Late(Duration::from_millis(500), chain),
    );
    daemon.restart();
    wait_until("a dial", SOON, || !dialled(&node).is_empty());
    throughout(
        "its own port only",
        Duration::from_secs(2),
        || dialled(&node),
        |dialled| dialled == &["10.0.0.5:18444"],
    );
}
