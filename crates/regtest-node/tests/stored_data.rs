//! A data directory that a released version wrote can be opened by this one.
//!
//! `tests/data/data-directory-1` was written before the node became a crate of its own, in format 1
//! of its database: 102 blocks, a payment that spends the first coinbase, three more blocks. It
//! stays as it is: a version with another format must open it as well.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use regtest_node::{Options, RegtestNode, RpcListener};
use serde_json::{Value, json};
use tokio::time::timeout;

const TIP: &str = "14f3a9157be702d5299ef2f17b892a379bd3fc44a98da53ac46e61463a541129";
const PAYMENT: &str = "26ba9effc9f6551e5177e084f31ebe45e74221b1fe65b72407dc54644c00365f";
const UTXO_SET_HASH: &str = "c88c59b5cd90f5dbbcb60cad309bcf28538357cfae9105ebc37f29b31a7c83bd";

/// A copy of the stored directory, since the node writes to the one it runs in.
fn stored_directory() -> tempfile::TempDir {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/data-directory-1");
    let directory = tempfile::tempdir().unwrap();
    for (folder, file) in [("blocks", "blk00000.dat"), ("chainstate", "chain.redb")] {
        let copy = directory.path().join(folder);
        fs::create_dir(&copy).unwrap();
        fs::write(
            copy.join(file),
            fs::read(stored.join(folder).join(file)).unwrap(),
        )
        .unwrap();
    }
    directory
}

/// Runs `scenario` on a node in `directory`, and stops the node.
async fn with_node(
    directory: &Path,
    reindex: bool,
    scenario: impl AsyncFnOnce(&RegtestNode) -> (),
) {
    let options = Options {
        reindex,
        ..Options::new(directory)
    };
    let (node, running) = RegtestNode::open(options).await.unwrap();
    let scenario = async {
        // A rebuild goes on in the background.
        let rebuilt = async {
            while node.chain().await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_mins(1), rebuilt).await.unwrap();
        scenario(&node).await;
        node.stop();
    };
    let (ended, ()) = tokio::join!(running.run(RpcListener::none()), scenario);
    ended.unwrap();
}

async fn call(node: &RegtestNode, method: &str, params: Value) -> Value {
    node.call(method, params).await.unwrap()
}

async fn assert_stored_chain(node: &RegtestNode) {
    let chain = node.chain().await.unwrap();
    assert_eq!((chain.blocks, chain.headers), (105, 105));
    assert_eq!(chain.tip.to_string(), TIP);
    let utxo_set = call(node, "gettxoutsetinfo", json!([])).await;
    assert_eq!(utxo_set["height"], 105);
    assert_eq!(utxo_set["bestblock"], TIP);
    assert_eq!(utxo_set["txouts"], 106);
    assert_eq!(utxo_set["bogosize"], 5_448);
    assert_eq!(utxo_set["total_amount"], 5_250.0);
    assert_eq!(utxo_set["hash_serialized_3"], UTXO_SET_HASH);
    assert_eq!(node.utxo_count().await.unwrap(), 106);
}

#[tokio::test]
async fn the_chain_of_a_released_version_is_found_and_grows() {
    let directory = stored_directory();
    with_node(directory.path(), false, async |node| {
        assert_stored_chain(node).await;
        let output = call(node, "gettxout", json!([PAYMENT, 0])).await;
        assert_eq!(output["value"], 20.0);
        assert_eq!(output["confirmations"], 3);
        // The undo data: the payment's block says what it spent.
        let hash = call(node, "getblockhash", json!([103])).await;
        let block = call(node, "getblock", json!([hash, 3])).await;
        let spent = &block["tx"][1]["vin"][0]["prevout"];
        assert_eq!(spent["height"], 1);
        assert_eq!(spent["value"], 50.0);

        call(node, "generatetodescriptor", json!([5, "raw(51)"])).await;
        assert_eq!(call(node, "getblockcount", json!([])).await, 110);
    })
    .await;
    with_node(directory.path(), false, async |node| {
        assert_eq!(node.chain().await.unwrap().blocks, 110);
        assert_eq!(node.utxo_count().await.unwrap(), 111);
    })
    .await;
}

#[tokio::test]
async fn the_block_files_of_a_released_version_rebuild_its_chain() {
    let directory = stored_directory();
    with_node(directory.path(), true, assert_stored_chain).await;
}
