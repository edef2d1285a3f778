//! What any node must be to the daemon, held against the attached adapter with a real bitcoind, and
//! the embedded one.

use std::sync::Arc;
use std::time::Duration;

use bllvmctl::node::rpc::{Directories, Endpoint, RpcNode};
use bllvmctl::node::{Direction, Identity, Node, NodeError, NodeResult};
use bllvmctl::values::Credentials;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::inside::Inside;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

/// A node as the daemon sees it, and as its operator does.
trait Subject {
    fn node(&self) -> &dyn Node;
    fn call(&self, method: &str, params: Value) -> Value;
    fn ask<T>(&self, question: impl Future<Output = NodeResult<T>>) -> NodeResult<T>;
    /// Another node that is connected to it.
    fn befriend(&self) -> Inside;
}

struct Attached {
    bitcoind: Bitcoind,
    node: RpcNode,
    runtime: Runtime,
}

impl Attached {
    fn new(bitcoind: Bitcoind) -> Self {
        let endpoint = Endpoint {
            url: format!("http://127.0.0.1:{}", bitcoind.rpc_port())
                .parse()
                .unwrap(),
            credentials: Credentials::CookieFile(bitcoind.cookie_file()),
            tls: bllvmctl::tls::ClientTls::default(),
            directories: Some(Directories {
                data: bitcoind.datadir().to_owned(),
                blocks: None,
            }),
        };
        let observer: bllvmctl::node::rpc::CallObserver = Arc::new(|_, _, _| {});
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let node = runtime.block_on(async { RpcNode::new(endpoint, &observer).unwrap() });
        Self {
            bitcoind,
            node,
            runtime,
        }
    }
}

impl Subject for Attached {
    fn node(&self) -> &dyn Node {
        &self.node
    }

    fn call(&self, method: &str, params: Value) -> Value {
        self.bitcoind.rpc(method, params)
    }

    fn ask<T>(&self, question: impl Future<Output = NodeResult<T>>) -> NodeResult<T> {
        self.runtime.block_on(question)
    }

    fn befriend(&self) -> Inside {
        Inside::start(&[self.bitcoind.p2p_addr()])
    }
}

impl Subject for Inside {
    fn node(&self) -> &dyn Node {
        self.node.as_ref()
    }

    fn call(&self, method: &str, params: Value) -> Value {
        self.rpc(method, params)
    }

    fn ask<T>(&self, question: impl Future<Output = NodeResult<T>>) -> NodeResult<T> {
        Self::ask(self, question)
    }

    fn befriend(&self) -> Inside {
        Inside::start(&[self.p2p_addr()])
    }
}

fn mine(subject: &impl Subject, blocks: u32) -> String {
    let hashes = subject.call("generatetodescriptor", json!([blocks, "raw(51)"]));
    hashes
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

fn holds(subject: &impl Subject, flavour: &str) {
    // Who it is comes first, as the daemon asks: what else it says is read by that.
    it_says_who_it_is(subject, flavour);
    a_chain_is_reported_from_genesis_on(subject);
    blocks_and_reorganisations_are_seen(subject);
    its_numbers_agree_with_its_operators(subject);
    peers_and_traffic_are_reported(subject);
    its_files_are_measured(subject);
}

fn a_chain_is_reported_from_genesis_on(subject: &impl Subject) {
    let node = subject.node();
    let chain = subject.ask(node.chain()).unwrap();
    assert_eq!(
        (chain.chain.as_str(), chain.blocks, chain.headers),
        ("regtest", 0, 0)
    );
    assert_eq!(chain.tip_hash, subject.call("getbestblockhash", json!([])));
    assert!(subject.ask(node.uptime()).unwrap().unwrap() < Duration::from_mins(10));
    assert_eq!(subject.ask(node.peers()).unwrap(), []);
}

fn blocks_and_reorganisations_are_seen(subject: &impl Subject) {
    let node = subject.node();
    let tip = mine(subject, 120);
    let chain = subject.ask(node.chain()).unwrap();
    assert_eq!(
        (chain.blocks, chain.headers, &chain.tip_hash),
        (120, 120, &tip)
    );
    assert!(chain.tip_time >= chain.median_time);
    assert!(subject.ask(node.is_in_best_chain(&tip)).unwrap());
    subject.call("invalidateblock", json!([tip]));
    assert!(!subject.ask(node.is_in_best_chain(&tip)).unwrap());
    // Another script, since in the same second the same block would come of it.
    subject.call("generatetodescriptor", json!([2, "raw(52)"]));
    assert!(!subject.ask(node.is_in_best_chain(&tip)).unwrap());
    assert_eq!(subject.ask(node.chain()).unwrap().blocks, 121);
    let unknown = "00".repeat(32);
    assert!(matches!(
        subject.ask(node.is_in_best_chain(&unknown)),
        Err(NodeError::Rpc { code: -5, .. })
    ));
}

fn its_numbers_agree_with_its_operators(subject: &impl Subject) {
    let node = subject.node();
    let chain = subject.ask(node.chain()).unwrap();
    let reported = subject.call("getblockchaininfo", json!([]));
    assert_eq!(chain.size_on_disk_bytes, reported["size_on_disk"].as_u64());
    assert_eq!(chain.difficulty, reported["difficulty"].as_f64());
    assert_eq!(
        chain.initial_block_download,
        reported["initialblockdownload"].as_bool()
    );
    let mempool = subject.ask(node.mempool()).unwrap();
    let reported = subject.call("getmempoolinfo", json!([]));
    assert_eq!((mempool.transactions, mempool.bytes), (0, 0));
    assert_eq!(
        mempool.min_fee_btc_per_kvb,
        reported["mempoolminfee"].as_f64()
    );
    let utxos = subject.ask(node.utxos()).unwrap();
    assert_eq!(
        Some(utxos.outputs),
        subject.call("gettxoutsetinfo", json!(["none"]))["txouts"].as_u64()
    );
}

fn it_says_who_it_is(subject: &impl Subject, flavour: &str) {
    let network = subject.ask(subject.node().network()).unwrap();
    assert_eq!(
        (network.identity.dialect().name, network.active),
        (flavour, Some(true))
    );
    assert_eq!(
        network.identity.subversion,
        subject.call("getnetworkinfo", json!([]))["subversion"]
    );
    subject.call("setnetworkactive", json!([false]));
    assert_eq!(
        subject.ask(subject.node().network()).unwrap().active,
        Some(false)
    );
    subject.call("setnetworkactive", json!([true]));
}

fn peers_and_traffic_are_reported(subject: &impl Subject) {
    let node = subject.node();
    let before = subject.ask(node.traffic()).unwrap();
    let friend = subject.befriend();
    let tip = subject.call("getbestblockhash", json!([]));
    wait_until("the same tip", Duration::from_mins(1), || {
        friend.rpc("getbestblockhash", json!([])) == tip
    });
    // What a peer has is known from what it sends.
    friend.mine(1);
    wait_until("a common block", Duration::from_mins(1), || {
        subject
            .ask(node.peers())
            .unwrap()
            .iter()
            .any(|peer| peer.synced_blocks == Some(122))
    });
    let peers = subject.ask(node.peers()).unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].direction, Some(Direction::Inbound));
    assert_eq!(peers[0].connection_type.as_deref(), Some("inbound"));
    let after = subject.ask(node.traffic()).unwrap();
    assert!(
        after.sent_bytes > before.sent_bytes + 20_000
            && after.received_bytes > before.received_bytes
    );
    drop(friend);
    wait_until("nobody", Duration::from_mins(1), || {
        subject.ask(node.peers()).unwrap().is_empty()
    });
}

fn its_files_are_measured(subject: &impl Subject) {
    let node = subject.node();
    let usage = subject.ask(node.usage()).unwrap();
    assert!(
        usage.total_bytes >= usage.blocks_bytes + usage.database_bytes,
        "{usage:?}"
    );
    assert!(
        usage.blocks_bytes > 0 && usage.database_bytes > 0,
        "{usage:?}"
    );
    let volume = subject.ask(node.volume()).unwrap();
    assert!(volume.free_bytes > 0 && volume.size_bytes >= volume.free_bytes);
}

#[test]
fn bitcoind_behind_the_attached_adapter_keeps_it() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let agent = bitcoind.rpc("getnetworkinfo", json!([]))["subversion"]
        .as_str()
        .unwrap()
        .to_owned();
    let identity = Identity::of(agent, None, String::new());
    holds(&Attached::new(bitcoind), identity.dialect().name);
}

#[test]
fn the_embedded_node_keeps_it() {
    holds(&Inside::start(&[]), "embedded");
}
