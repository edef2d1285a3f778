//! The node from outside, as whoever tests against it uses it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use regtest_node::{
    Agent, NodeEvent, NotRunning, Options, RegtestNode, RpcListener, StorageError, check_directory,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Runs `scenario` on a node, and stops that afterwards.
async fn with_node<T>(
    options: Options,
    listener: RpcListener,
    scenario: impl AsyncFnOnce(&RegtestNode) -> T,
) -> T {
    let (node, running) = RegtestNode::open(options).await.unwrap();
    let scenario = async {
        let outcome = scenario(&node).await;
        node.stop();
        outcome
    };
    let (ended, outcome) = tokio::join!(running.run(listener), scenario);
    ended.unwrap();
    assert_eq!(node.chain().await, Err(NotRunning::Stopped));
    outcome
}

async fn mine(node: &RegtestNode, blocks: u32) {
    node.call("generatetodescriptor", json!([blocks, "raw(51)"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_mined_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let before = with_node(
        Options::new(dir.path()),
        RpcListener::none(),
        async |node| {
            mine(node, 120).await;
            node.chain().await.unwrap()
        },
    )
    .await;
    assert_eq!((before.blocks, before.headers), (120, 120));
    with_node(
        Options::new(dir.path()),
        RpcListener::none(),
        async |node| {
            assert_eq!(node.chain().await.unwrap(), before);
            assert_eq!(node.utxo_count().await.unwrap(), 120);
            assert_eq!(node.is_in_best_chain(before.tip).await, Ok(Some(true)));
            assert_eq!(node.block_size(121).await, Ok(None));
        },
    )
    .await;
}

#[tokio::test]
async fn a_call_returns_the_result_or_the_error_of_bitcoin_core() {
    let dir = tempfile::tempdir().unwrap();
    with_node(
        Options::new(dir.path()),
        RpcListener::none(),
        async |node| {
            assert_eq!(node.call("getblockcount", Value::Null).await, Ok(json!(0)));
            let named = node.call("getblockhash", json!({"height": 0})).await;
            assert_eq!(
                named,
                Ok(json!(
                    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
                ))
            );
            let error = node.call("getblockhash", json!([7])).await.unwrap_err();
            assert_eq!(
                (error.code, &*error.message),
                (-8, "Block height out of range")
            );
            let error = node.call("getbalance", json!([])).await.unwrap_err();
            assert_eq!((error.code, &*error.message), (-32_601, "Method not found"));
            let error = node.call("getblockcount", json!(5)).await.unwrap_err();
            assert_eq!(error.code, -32_600);
        },
    )
    .await;
}

#[tokio::test]
async fn a_node_calls_itself_what_its_program_says() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Agent {
        name: "harness".to_owned(),
        version: "2.3.4".to_owned(),
    };
    let options = Options {
        agent,
        ..Options::new(dir.path())
    };
    with_node(options, RpcListener::none(), async |node| {
        let network = node.call("getnetworkinfo", json!([])).await.unwrap();
        assert_eq!(network["subversion"], "/harness:2.3.4/");
        assert_eq!(network["version"], 20_304);
        assert_eq!(
            node.call("stop", json!([])).await,
            Ok(json!("harness stopping"))
        );
        node.stop_requested().await;
        // It only asked.
        assert!(node.chain().await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn two_nodes_come_to_one_chain_and_say_when() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Options {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        ..Options::new(dirs[0].path())
    };
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    with_node(first, RpcListener::none(), async |first| {
        mine(first, 105).await;
        let second = Options {
            peers: vec![first.listening().unwrap().to_string()],
            observer: Arc::new(move |event| heard.lock().unwrap().push(event)),
            ..Options::new(dirs[1].path())
        };
        with_node(second, RpcListener::none(), async |second| {
            assert!(second.chain().await.unwrap().is_in_initial_download);
            let synced = async {
                while second.chain().await.unwrap().is_in_initial_download {
                    tokio::task::yield_now().await;
                }
            };
            timeout(Duration::from_mins(1), synced)
                .await
                .expect("one chain");
            let tip = first.chain().await.unwrap().tip;
            assert_eq!(second.chain().await.unwrap().tip, tip);
            let peers = second.peers().await.unwrap();
            assert_eq!((peers.len(), peers[0].is_inbound), (1, false));
            assert!(second.traffic().received_bytes > 105 * 80);
        })
        .await;
    })
    .await;
    let events = events.lock().unwrap();
    assert!(matches!(
        events.first(),
        Some(NodeEvent::Started { height: 0, .. })
    ));
    let connected = |event: &&NodeEvent| matches!(event, NodeEvent::BlockConnected(_));
    assert_eq!(events.iter().filter(connected).count(), 105);
    assert!(events.contains(&NodeEvent::Synced));
}

/// The status and the body of the answer to `request`.
async fn post(address: SocketAddr, authorization: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: node\r\nconnection: close\r\nauthorization: \
         {authorization}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test]
async fn callers_on_a_port_are_answered_if_they_show_the_cookie() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listener = RpcListener::on_port(listener);
    let address = listener.local_addr().unwrap();
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    with_node(Options::new(dir.path()), listener, async |node| {
        let cookie = std::fs::read_to_string(dir.path().join(".cookie")).unwrap();
        assert_eq!(cookie, node.cookie().expose());
        let call = r#"{"id": 1, "method": "getblockcount"}"#;
        let answer = post(address, &basic(&cookie), call).await;
        assert_eq!(answer.0, 200);
        let body: Value = serde_json::from_str(&answer.1).unwrap();
        assert_eq!(body, json!({"result": 0, "error": null, "id": 1}));
        assert_eq!(post(address, &basic("__cookie__:0"), call).await.0, 401);
        assert_eq!(post(address, &basic(&cookie), "{").await.0, 500);
    })
    .await;
}

#[test]
fn a_directory_of_another_node_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let names = |path: &Path| {
        let entries = std::fs::read_dir(path).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    std::fs::write(dir.path().join("bitcoin.conf"), "").unwrap();
    let error = check_directory(dir.path()).unwrap_err();
    assert!(matches!(error, StorageError::OtherNode { .. }), "{error}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let opened = runtime.block_on(RegtestNode::open(Options::new(dir.path())));
    let error = opened.err().expect("a refusal").to_string();
    assert!(error.contains("it has bitcoin.conf"), "{error}");
    assert_eq!(names(dir.path()), ["bitcoin.conf"]);
}
