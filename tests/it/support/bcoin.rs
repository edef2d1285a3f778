//! A real bcoin on regtest, loopback only, in memory, with its own ports: another implementation
//! than Bitcoin Core's.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::child::Background;
use super::http::{self, Request};
use super::surroundings::{env, free_port, wait_until};

/// Longer than any start on a busy machine.
const START: Duration = Duration::from_mins(2);

/// Somebody's address, in its own form for regtest.
const MINES_TO: &str = "--coinbase-address=R9HDHYTuwAr3PyRkXrhYgwycrxC7Xja8zs";

/// Its program, where `BCOIN_DIR` names a directory into which npm has installed it.
pub(crate) fn program() -> Option<PathBuf> {
    let program = PathBuf::from(env("BCOIN_DIR")?).join("node_modules/bcoin/bin/node");
    program.is_file().then_some(program)
}

/// A bcoin that runs until it is dropped.
pub(crate) struct Bcoin {
    // First, so that it is gone before its directory is.
    process: Background,
    _directory: TempDir,
    rpc_port: u16,
    p2p_port: u16,
}

impl Bcoin {
    /// Starts `program` with a connection to `peer` if there is one, and waits until it answers
    /// calls.
    #[track_caller]
    pub(crate) fn start(program: &Path, peer: Option<&str>) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("bcoin-")
            .tempdir()
            .expect("a directory");
        let rpc_port = free_port();
        let p2p_port = free_port();
        let mut command = Command::new("node");
        command
            // Without what would have to be compiled at its installation.
            .env("NODE_BACKEND", "js")
            .arg(program)
            .args([
                "--network=regtest",
                "--memory=true",
                "--workers=false",
                "--no-wallet=true",
                "--api-key=k",
                "--log-level=debug",
            ])
            .args([
                "--http-host=127.0.0.1",
                "--host=127.0.0.1",
                "--listen=true",
                "--discover=false",
                "--upnp=false",
            ])
            .args(["--max-outbound=1", MINES_TO])
            .arg(format!("--prefix={}", directory.path().display()))
            .arg(format!("--http-port={rpc_port}"))
            .arg(format!("--port={p2p_port}"))
            .args(peer.map(|peer| format!("--only={peer}")));
        let process = Background::start(command, &directory.path().join("printed.log"));
        let mut node = Self {
            process,
            _directory: directory,
            rpc_port,
            p2p_port,
        };
        wait_until("bcoin to answer", START, || {
            assert!(
                node.process.ended().is_none(),
                "bcoin ended at its start:\n{}",
                node.process.log()
            );
            node.try_rpc("getblockcount", json!([])).is_some()
        });
        // It listens for peers some seconds after it answers.
        wait_until("bcoin to listen", START, || {
            TcpStream::connect(node.p2p_addr()).is_ok()
        });
        node
    }

    /// The address that another node uses to reach this one.
    pub(crate) fn p2p_addr(&self) -> String {
        format!("127.0.0.1:{}", self.p2p_port)
    }

    fn try_rpc(&self, method: &str, params: Value) -> Option<Value> {
        let body = Value::from_iter([("method", json!(method)), ("params", params)]).to_string();
        let authorization = http::basic(b"x:k");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, self.rpc_port));
        let response = http::send(addr, Request::post("/", body.as_bytes()).with(&headers)).ok()?;
        let mut answer: Value = serde_json::from_slice(&response.body).ok()?;
        answer["error"].is_null().then(|| answer["result"].take())
    }

    /// Calls `method` and returns its result.
    #[track_caller]
    pub(crate) fn rpc(&self, method: &str, params: Value) -> Value {
        self.try_rpc(method, params)
            .unwrap_or_else(|| panic!("{method} failed:\n{}", self.process.log()))
    }

    /// Mines `blocks` blocks, a few in each call.
    #[track_caller]
    pub(crate) fn mine(&self, blocks: u32) {
        const AT_ONCE: u32 = 20;
        for begin in (0..blocks).step_by(20) {
            self.rpc("generate", json!([AT_ONCE.min(blocks - begin)]));
        }
    }
}
