//! Pruning: what is asked for goes, what anybody keeps stays, and every run says how it ended.

mod automatic;
mod bad_input;
mod by_hand;
mod dialects;
mod holders;
mod interrupt;
mod leases;
mod room;
mod trouble;
mod usage;
mod volume;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions, RpcFailure};
use crate::support::child::Output;
use crate::support::config::{Config, attached_to};
use crate::support::daemon::Daemon;
use crate::support::ready::ready_with;
use crate::support::surroundings::{eventually, wait_until};

/// Longer than any run takes on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// Looks at the disk each second, so that tests wait little.
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\n[storage]\npruning_check_interval_secs = \
    1\nmin_free_gb = 0\n";

/// A node with block files of 64 KiB: 276 of its small blocks fill one.
fn node_with_blocks(executable: PathBuf, blocks: u32) -> Bitcoind {
    let node = Bitcoind::start(executable, BitcoindOptions::default().prunable());
    node.mine(blocks);
    node
}

/// Sizes as the node counts them, which small tests need: a measured directory has the node's log
/// in it.
fn config(node: &Bitcoind, more: &str) -> Config {
    attached_to(node).with(QUICK).with(more)
}

fn daemon_beside(node: &Bitcoind, more: &str) -> Daemon {
    ready_with(config(node, more))
}

/// Puts another configuration in force, with the same listener.
#[track_caller]
fn reconfigure(daemon: &Daemon, config: Config) {
    daemon.rewrite_config(config.with(&format!("[rpc]\nlisten = \"{}\"\n", daemon.addr())));
    assert_exit(&daemon.cli(&["config", "reload"]), 0);
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    assert!(
        !output.stdout.contains('\u{1b}'),
        "escape codes in a pipe: {output:?}"
    );
}

/// The first block that is whole.
fn first_kept(node: &Bitcoind) -> u64 {
    node.rpc("getblockchaininfo", json!([]))["pruneheight"]
        .as_u64()
        .unwrap()
}

fn size_on_disk(node: &Bitcoind) -> u64 {
    node.rpc("getblockchaininfo", json!([]))["size_on_disk"]
        .as_u64()
        .unwrap()
}

/// Blocks below are really gone, blocks from there on are there.
#[track_caller]
fn assert_gone_below(node: &Bitcoind, height: u64) {
    assert_eq!(first_kept(node), height);
    let block = |height: u64| {
        let hash = node.rpc("getblockhash", json!([height]));
        node.try_rpc("getblock", json!([hash]))
    };
    for gone in [1, height - 1] {
        let Err(RpcFailure::Refused { message, .. }) = block(gone) else {
            panic!("block {gone} is there")
        };
        assert!(message.contains("pruned"), "{message}");
    }
    let tip = node.rpc("getblockcount", json!([])).as_u64().unwrap();
    for kept in [height, height + 1, tip - 288, tip] {
        assert!(block(kept).is_ok(), "block {kept} is gone");
    }
}

fn prune_status(daemon: &Daemon) -> Value {
    let output = daemon.cli(&["prune", "status", "-o", "json"]);
    assert_exit(&output, 0);
    output.json()
}

/// Waits until the last run is as wanted, and returns it.
#[track_caller]
fn wait_for_run(daemon: &Daemon, what: &str, good: impl Fn(&Value) -> bool) -> Value {
    eventually(what, SOON, || prune_status(daemon)["last"].clone(), good)
}

/// The line of the check in `health`.
fn check(daemon: &Daemon, name: &str) -> String {
    let output = daemon.get("/health?verbose");
    let line = output
        .text()
        .lines()
        .find(|line| line.contains(&format!("] {name}:")));
    line.unwrap_or_default().to_owned()
}

#[track_caller]
fn wait_for_check(daemon: &Daemon, name: &str, words: &[&str]) {
    wait_until(&format!("{name} to say {words:?}"), SOON, || {
        let line = check(daemon, name);
        words.iter().all(|word| line.contains(word))
    });
}

/// How often the log says this.
fn times(daemon: &Daemon, text: &str) -> usize {
    daemon.log().matches(text).count()
}
