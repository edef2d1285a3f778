//! A real node on an assumeutxo snapshot.

use std::fs;
use std::time::Duration;

use bitcoin::consensus::encode::serialize_hex;
use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;
use crate::support::utxo_snapshot::{HEIGHT, UtxoSnapshot};

const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
const SOON: Duration = Duration::from_mins(1);

/// How far the blocks under the snapshot are validated, and blocks processed.
fn progress(page: &Page) -> (Option<f64>, Option<f64>) {
    (
        page.node("chain_background_validation_height", &[]),
        page.node("blocks_processed_total", &[]),
    )
}

#[test]
fn of_a_real_node_on_a_snapshot_what_is_not_validated_is_reported_and_not_counted() {
    // Its blocks are of 2011: with the usual age it would be in its initial download.
    let options = BitcoindOptions::default().with("-maxtipage=10000000000");
    let node = Bitcoind::start(bitcoind_or_skip!(), options);
    let snapshot = UtxoSnapshot::known_to(&node);
    let daemon = Daemon::start(attached_to(&node).with(QUICK));
    let page = wait_metrics(&daemon, "the chain", |page| page.has("bllvm_chain_height"));
    assert!(!page.has("bllvm_chain_snapshot_height"));

    for header in snapshot.headers() {
        node.rpc("submitheader", json!([header]));
    }
    let file = node.datadir().join("utxo.dat");
    fs::write(&file, &snapshot.file).unwrap();
    let loaded = node.rpc("loadtxoutset", json!([file]));
    assert_eq!(loaded["base_height"], HEIGHT);

    let page = wait_metrics(&daemon, "the snapshot", |page| {
        page.has("bllvm_chain_snapshot_height")
    });
    let height = Some(f64::from(HEIGHT));
    assert_eq!(page.node("chain_snapshot_height", &[]), height);
    assert_eq!(page.node("chain_height", &[]), height);
    assert_eq!(progress(&page), (Some(0.0), Some(0.0)));
    let expected = "on an assumeutxo snapshot of which 0 of 200 blocks are validated";
    wait_until(expected, SOON, || {
        daemon.get("/health?verbose").text().contains(expected)
    });
    let lines = daemon.get("/health?verbose").text().to_owned();
    assert!(lines.contains("[!] sync: "), "{lines}");

    // The node validates what lies below in the background.
    for block in snapshot.blocks.iter().take(120) {
        node.rpc("submitblock", json!([serialize_hex(block)]));
    }
    let page = wait_metrics(&daemon, "the background validation", |page| {
        page.node("chain_background_validation_height", &[]) == Some(120.0)
    });
    assert_eq!(page.node("chain_snapshot_height", &[]), height);
    // Those are processed, and those of the snapshot are still not.
    assert_eq!(page.node("blocks_processed_total", &[]), Some(120.0));
}
