//! Who in the node needs blocks: an index that is being built, a prune lock. What it needs stays,
//! and it is named.

use super::*;
use crate::support::config::attached_to_fake;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::skip::{bitcoind_or_skip, or_skip};

/// A node of 1400 blocks that can be pruned, with this list of indexes.
fn fake(indexes: Behaviour) -> FakeNode {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    node.set("getindexinfo", indexes);
    node.set("pruneblockchain", Behaviour::Result(json!(600)));
    node
}

fn building(height: u32) -> Behaviour {
    Behaviour::Result(json!({"coinstatsindex": {"synced": false, "best_block_height": height}}))
}

#[test]
fn an_index_that_is_being_built_holds_what_it_has_not_read_and_is_named() {
    let node = fake(building(0));
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    for arguments in [
        &["prune", "--to-height", "600"][..],
        &["prune", "--to-height", "600", "--dry-run"],
    ] {
        let output = daemon.cli(arguments);
        assert_exit(&output, 1);
        let reported = output.stdout + &output.stderr;
        assert!(
            reported.contains("the node's index coinstatsindex at height 0"),
            "{reported}"
        );
    }
    assert_eq!(node.count("pruneblockchain"), 0);

    // It holds as a lease does: what is below goes.
    node.set("getindexinfo", building(500));
    let output = daemon.cli(&["prune", "--to-height", "600", "-o", "json"]);
    assert_exit(&output, 1);
    let job = output.json();
    assert_eq!(
        job["held_by"], "the node's index coinstatsindex at height 500",
        "{job}"
    );
    let asked: Vec<_> = node
        .calls()
        .into_iter()
        .filter(|call| call.method == "pruneblockchain")
        .collect();
    assert_eq!(
        asked
            .iter()
            .map(|call| call.params.clone())
            .collect::<Vec<_>>(),
        [json!([499])]
    );

    let synced = json!({"coinstatsindex": {"synced": true, "best_block_height": 1400}});
    node.set("getindexinfo", Behaviour::Result(synced));
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
}

#[test]
fn the_indexes_are_asked_for_right_before_each_call_and_without_an_answer_nothing_goes() {
    let node = fake(building(1400));
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
    let calls: Vec<String> = node.calls().into_iter().map(|call| call.method).collect();
    let prune = calls
        .iter()
        .position(|method| method == "pruneblockchain")
        .unwrap();
    let last = calls[..prune]
        .iter()
        .rposition(|method| method == "getindexinfo")
        .unwrap();
    let between = &calls[last + 1..prune];
    assert!(
        between
            .iter()
            .all(|method| method != "getblockchaininfo" && method != "pruneblockchain"),
        "{between:?}"
    );

    let refusals = [
        Behaviour::Status {
            status: 403,
            content_type: String::new(),
            body: String::new(),
        },
        Behaviour::Error {
            http_status: 500,
            code: -1,
            message: "no".to_owned(),
        },
        Behaviour::unknown_method(),
    ];
    for refusal in refusals {
        let expected = format!("{refusal:?}");
        let node = fake(refusal);
        let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
        daemon.wait_for_status("/health/ready", 200, SOON);
        let output = daemon.cli(&["prune", "--to-height", "600"]);
        assert_exit(&output, 1);
        assert!(
            output
                .stderr
                .contains("not known which blocks the node's indexes need"),
            "{expected}: {output:?}"
        );
        assert_eq!(node.count("pruneblockchain"), 0, "{expected}");
    }
}

#[test]
fn an_index_that_comes_while_a_run_waits_for_the_node_stops_it() {
    let node = fake(building(1400));
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    // The node refuses for the moment, and is another one when it is asked again.
    node.set("pruneblockchain", Behaviour::queue_exceeded());
    let output = daemon.cli(&["prune", "--to-height", "600", "--no-wait"]);
    assert_exit(&output, 0);
    wait_until("the call", SOON, || node.count("pruneblockchain") >= 1);
    node.set("getindexinfo", building(0));
    node.set("pruneblockchain", Behaviour::Result(json!(600)));
    let job = wait_for_run(&daemon, "the end", |job| !job.is_null());
    assert_eq!(job["state"], "held", "{job}");
    assert_eq!(
        job["held_by"],
        "the node's index coinstatsindex at height 0"
    );
}

#[test]
fn nothing_goes_while_the_node_is_in_its_initial_download() {
    let node = fake(building(1400));
    let fixture =
        crate::support::fixture::Fixture::load("core-31.99/synced-prunable/getblockchaininfo");
    let mut chain = serde_json::from_str::<Value>(&fixture.body).unwrap()["result"].take();
    chain["initialblockdownload"] = json!(true);
    node.set("getblockchaininfo", Behaviour::Result(chain));
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    daemon.wait_for_status("/health/live", 200, SOON);
    let output = eventually(
        "a refusal",
        SOON,
        || daemon.cli(&["prune", "--to-height", "600"]),
        |output| output.stderr.contains("initial block download"),
    );
    assert_exit(&output, 1);
    assert_eq!(node.count("pruneblockchain"), 0);
}

#[test]
fn indexes_that_follow_the_tip_hold_nothing() {
    let options = BitcoindOptions::default()
        .prunable()
        .with("-coinstatsindex=1")
        .with("-blockfilterindex=1");
    let mut node = Bitcoind::start(bitcoind_or_skip!(), options);
    node.mine(1500);
    let synced = |indexes: &Value| {
        let all = indexes.as_object().unwrap();
        all.len() == 2
            && all
                .values()
                .all(|index| index["synced"] == true && index["best_block_height"] == 1500)
    };
    eventually(
        "the indexes",
        SOON,
        || node.rpc("getindexinfo", json!([])),
        synced,
    );
    let daemon = daemon_beside(&node, "");
    let output = daemon.cli(&["prune", "--to-height", "1000"]);
    assert_exit(&output, 0);
    assert_gone_below(&node, 828);
    // The node starts again with what is left.
    node.restart();
    eventually(
        "the indexes",
        SOON,
        || node.rpc("getindexinfo", json!([])),
        synced,
    );
}

/// A node with prune locks (Knots), or nothing.
fn with_lock(executable: PathBuf, height: &Value) -> Option<Bitcoind> {
    let node = node_with_blocks(executable, 2000);
    let lock = json!(["backup", {"desc": "a test", "height": height}]);
    node.try_rpc("setprunelock", lock).ok().map(|_| node)
}

const NO_LOCKS: &str = "this bitcoind has no prune locks (Knots has)";

#[test]
fn a_prune_lock_of_the_node_holds_and_is_named() {
    let node = or_skip!(with_lock(bitcoind_or_skip!(), &json!([600])), NO_LOCKS);
    let daemon = daemon_beside(&node, "");
    let output = daemon.cli(&["prune", "--to-height", "1500", "--dry-run"]);
    assert_exit(&output, 1);
    assert!(
        output
            .stdout
            .contains("held by the node's prune lock backup"),
        "{output:?}"
    );
    let output = daemon.cli(&["prune", "--to-height", "1500"]);
    assert_exit(&output, 1);
    assert!(
        output
            .stderr
            .contains("held by the node's prune lock backup"),
        "{output:?}"
    );
    assert!(first_kept(&node) <= 600);

    node.rpc("setprunelock", json!(["backup", {"desc": ""}]));
    assert_exit(&daemon.cli(&["prune", "--to-height", "1500"]), 0);
    assert_gone_below(&node, 1380);
}

#[test]
fn a_lock_that_the_node_does_not_name_is_reported_by_what_did_not_go() {
    let node = or_skip!(with_lock(bitcoind_or_skip!(), &json!([0, 700])), NO_LOCKS);
    // The files are measured, so that it is known how many blocks one of them holds.
    let data = format!("[node]\ndata_dir = \"{}\"\n", node.datadir().display());
    let daemon = daemon_beside(&node, &data);
    let output = daemon.cli(&["prune", "--to-height", "650", "-o", "json"]);
    let job = output.json();
    assert_exit(&output, 1);
    assert_eq!(
        (&job["state"], &job["held_by"]),
        (&json!("held"), &json!("the node's prune lock backup")),
        "{job}"
    );
    assert_eq!((&job["deleted_bytes"], first_kept(&node)), (&json!(0), 0));
}

/// A chain that was there before, long enough for the indexes to take a while over it:
/// `INDEX_BLOCKS`.
#[test]
fn indexes_that_are_switched_on_over_a_chain_get_all_blocks_that_they_need() {
    let blocks: u32 = crate::support::surroundings::env("INDEX_BLOCKS")
        .map_or(2_000, |text| text.parse().unwrap());
    let mut node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    (0..blocks / 1_000).for_each(|_| drop(node.mine(1_000)));
    let daemon = daemon_beside(&node, "");
    node.restart_with(
        BitcoindOptions::default()
            .prunable()
            .with("-coinstatsindex=1")
            .with("-blockfilterindex=1"),
    );
    let to = (blocks / 2).to_string();
    let gone = eventually(
        "the end of the indexes",
        SOON,
        || daemon.cli(&["prune", "--to-height", &to]),
        |output| {
            let waits = [
                "the node's index",
                "not known which blocks",
                "does not report its chain",
                "starting",
            ];
            let is_held =
                output.code == Some(1) && waits.iter().any(|words| output.stderr.contains(words));
            assert!(output.code == Some(0) || is_held, "{output:?}");
            output.code == Some(0)
        },
    );
    assert_exit(&gone, 0);
    let synced = |indexes: &Value| {
        indexes
            .as_object()
            .unwrap()
            .values()
            .all(|index| index["synced"] == true)
    };
    eventually(
        "the indexes",
        SOON,
        || node.rpc("getindexinfo", json!([])),
        synced,
    );
    // A node whose index lacks a block does not start again.
    node.restart();
    assert!(first_kept(&node) > 500);
}

#[test]
fn a_real_node_that_has_no_block_of_today_yet_is_in_its_initial_download_and_keeps_all() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    let daemon = Daemon::start(config(&node, ""));
    let refused = |daemon: &Daemon| daemon.cli(&["prune", "--to-height", "0"]);
    let output = eventually(
        "a refusal",
        SOON,
        || refused(&daemon),
        |output| output.stderr.contains("initial block"),
    );
    assert_exit(&output, 1);
    // With blocks of today it is over.
    node.mine(1_000);
    daemon.wait_for_status("/health/ready", 200, SOON);
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
    assert_gone_below(&node, 552);
}
