//! An embedded node in this process, with its own directory: for what needs the node and no daemon
//! around it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use bllvmctl::node::embedded::{self, EmbeddedNode, Options, RpcListener};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// An embedded node that runs until it is dropped.
pub(crate) struct Inside {
    pub(crate) node: Arc<EmbeddedNode>,
    handle: Handle,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    directory: Option<TempDir>,
}

impl Inside {
    /// Starts one that connects to `peers`, and waits until it answers.
    pub(crate) fn start(peers: &[String]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("embedded-")
            .tempdir()
            .expect("a directory");
        let path = directory.path().to_owned();
        let mut inside = Self::on(&path, peers);
        inside.directory = Some(directory);
        inside
    }

    /// Starts one on the files in `directory`, without peers.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self::on(directory, &[])
    }

    fn on(directory: &Path, peers: &[String]) -> Self {
        let options = Options {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            peers: peers.to_vec(),
            max_peers: 100,
            ..embedded::options(directory.to_owned())
        };
        let (say, started) = mpsc::channel();
        let stop = CancellationToken::new();
        let until = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let (node, running) = EmbeddedNode::start(options)
                    .await
                    .expect("an embedded node");
                say.send((Arc::new(node), Handle::current()))
                    .expect("somebody who waits for it");
                running
                    .run(RpcListener::none(), until)
                    .await
                    .expect("an orderly end");
            });
        });
        let (node, handle) = started.recv().expect("an embedded node");
        let inside = Self {
            node,
            handle,
            stop,
            thread: Some(thread),
            directory: None,
        };
        super::surroundings::wait_until(
            "the node to be up",
            std::time::Duration::from_mins(1),
            || inside.try_rpc("getblockcount", json!([])).is_ok(),
        );
        inside
    }

    /// Where peers reach it.
    pub(crate) fn p2p_addr(&self) -> String {
        self.node
            .node()
            .listening()
            .expect("a listener")
            .to_string()
    }

    /// Calls `method` and returns its result.
    #[track_caller]
    pub(crate) fn rpc(&self, method: &str, params: Value) -> Value {
        self.try_rpc(method, params)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// As `rpc`, for calls that may fail.
    pub(crate) fn try_rpc(&self, method: &str, params: Value) -> Result<Value, Value> {
        let body = Value::from_iter([
            ("id", json!("test")),
            ("method", json!(method)),
            ("params", params),
        ])
        .to_string();
        let reply = self
            .handle
            .block_on(self.node.node().rpc().handle("/", body.as_bytes()));
        let mut answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
        match answer["error"].take() {
            Value::Null => Ok(answer["result"].take()),
            error => Err(error),
        }
    }

    /// What `question` finds.
    pub(crate) fn ask<T>(&self, question: impl Future<Output = T>) -> T {
        self.handle.block_on(question)
    }

    /// Mines `blocks` blocks that anyone may spend and returns the hash of the last.
    #[track_caller]
    pub(crate) fn mine(&self, blocks: u32) -> String {
        let hashes = self.rpc("generatetodescriptor", json!([blocks, "raw(51)"]));
        hashes
            .as_array()
            .and_then(|hashes| hashes.last()?.as_str())
            .expect("at least one block")
            .to_owned()
    }

    fn end(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.end();
        self.directory.take();
    }
}
