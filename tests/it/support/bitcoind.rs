//! A real bitcoind on regtest or on a signet of ours, loopback only, with its own directory and
//! ports.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::child::Background;
use super::http::{self, Request};
use super::surroundings::{env, eventually, free_port};

/// Longer than any start on a busy machine.
const START: Duration = Duration::from_mins(1);
const CONNECT: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_mins(1);

/// The bitcoind to test with: `BITCOIND_EXE`.
pub(crate) fn executable() -> Option<PathBuf> {
    env("BITCOIND_EXE").map(PathBuf::from)
}

/// A block of a signet that needs no signatures, in hexadecimal digits.
#[track_caller]
fn signet_block(height: u32) -> &'static str {
    let blocks = include_str!("../../fixtures/signet-op-true/blocks.hex");
    let index = usize::try_from(height - 1).expect("a small height");
    blocks.lines().nth(index).expect("a block of this height")
}

/// What a bitcoind is started with.
#[derive(Clone, Debug)]
pub(crate) struct BitcoindOptions {
    /// As `-chain` has it; the name of its subdirectory too.
    chain: &'static str,
    arguments: Vec<String>,
}

impl Default for BitcoindOptions {
    fn default() -> Self {
        Self {
            chain: "regtest",
            arguments: Vec::new(),
        }
    }
}

impl BitcoindOptions {
    /// On a signet of ours (`submit_signet_blocks`), at whose old blocks it is not in its initial download.
    pub(crate) fn signet() -> Self {
        let on_signet = Self {
            chain: "signet",
            arguments: Vec::new(),
        };
        on_signet
            .with("-signetchallenge=51")
            .with("-maxtipage=3153600000")
    }

    /// With one more argument.
    pub(crate) fn with(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// In prune mode, with block files of 64 KiB, so that pruning frees something after some 300
    /// blocks.
    pub(crate) fn prunable(self) -> Self {
        self.with("-prune=1").with("-fastprune=1")
    }

    /// With one worker and a queue of one call: two calls at once are enough for a 503.
    pub(crate) fn with_one_worker(self) -> Self {
        self.with("-rpcthreads=1").with("-rpcworkqueue=1")
    }
}

/// Why a call had no result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RpcFailure {
    /// The node said so.
    Refused { code: i64, message: String },
    /// An answer that is not JSON-RPC, such as 401 or 503.
    Http(u16),
    /// No answer, or no cookie yet.
    Unreachable(String),
}

impl fmt::Display for RpcFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, message } => write!(f, "refused: {message} ({code})"),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::Unreachable(why) => write!(f, "no answer: {why}"),
        }
    }
}

/// A bitcoind that runs until it is dropped.
pub(crate) struct Bitcoind {
    // First, so that it is gone before its directory is.
    process: Background,
    executable: PathBuf,
    options: BitcoindOptions,
    directory: TempDir,
    rpc_port: u16,
    p2p_port: u16,
}

impl Bitcoind {
    /// Starts `executable` and waits until it answers calls.
    #[track_caller]
    pub(crate) fn start(executable: PathBuf, options: BitcoindOptions) -> Self {
        let mut node = Self::launch(executable, options);
        node.wait_ready();
        node
    }

    /// As `start`, without waiting: for what happens while it starts.
    #[track_caller]
    pub(crate) fn launch(executable: PathBuf, options: BitcoindOptions) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("bitcoind-")
            .tempdir()
            .expect("a directory");
        let rpc_port = free_port();
        let p2p_port = free_port();
        let process = spawn(&executable, &options, directory.path(), rpc_port, p2p_port);
        Self {
            process,
            executable,
            options,
            directory,
            rpc_port,
            p2p_port,
        }
    }

    pub(crate) fn rpc_port(&self) -> u16 {
        self.rpc_port
    }

    pub(crate) fn p2p_port(&self) -> u16 {
        self.p2p_port
    }

    /// The address that another node uses to reach this one.
    pub(crate) fn p2p_addr(&self) -> String {
        format!("127.0.0.1:{}", self.p2p_port)
    }

    /// The directory it was given; its blocks are in the subdirectory of its chain there.
    pub(crate) fn datadir(&self) -> &Path {
        self.directory.path()
    }

    /// Only there while it runs, and a new one at each start.
    pub(crate) fn cookie_file(&self) -> PathBuf {
        self.datadir().join(self.options.chain).join(".cookie")
    }

    /// Calls `method` and returns its result.
    #[track_caller]
    pub(crate) fn rpc(&self, method: &str, params: Value) -> Value {
        self.try_rpc(method, params)
            .unwrap_or_else(|failure| panic!("{method}: {failure}"))
    }

    /// As `rpc`, for calls that may fail.
    pub(crate) fn try_rpc(&self, method: &str, params: Value) -> Result<Value, RpcFailure> {
        let unreachable = |error: std::io::Error| RpcFailure::Unreachable(error.to_string());
        let cookie = std::fs::read(self.cookie_file()).map_err(unreachable)?;
        let authorization = http::basic(cookie);
        let request = [
            ("id", json!("test")),
            ("method", json!(method)),
            ("params", params),
        ];
        let body = Value::from_iter(request).to_string();
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, self.rpc_port));
        let response = http::send(addr, Request::post("/", body.as_bytes()).with(&headers))
            .map_err(unreachable)?;
        let mut answer: Value = serde_json::from_slice(&response.body)
            .map_err(|_| RpcFailure::Http(response.status))?;
        match answer["error"].take() {
            Value::Null => Ok(answer["result"].take()),
            error => Err(RpcFailure::Refused {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }

    /// Whether it is Bitcoin Core, and no relative of it, of that version or a later one.
    pub(crate) fn is_core_from(&self, major: u64) -> bool {
        let network = self.rpc("getnetworkinfo", json!([]));
        let agent = network["subversion"].as_str().unwrap_or_default();
        agent.starts_with("/Satoshi:")
            && !agent.contains("Knots")
            && network["version"].as_u64() >= Some(major * 10_000)
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

    /// Gives it the blocks up to `height` of the signet that it is on.
    #[track_caller]
    pub(crate) fn submit_signet_blocks(&self, height: u32) {
        let known = self.rpc("getblockcount", json!([])).as_u64();
        let known = u32::try_from(known.expect("a height")).expect("a small height");
        for height in known + 1..=height {
            let answer = self.rpc("submitblock", json!([signet_block(height)]));
            assert_eq!(answer, Value::Null, "block {height}");
        }
    }

    /// Connects to `other` and waits until the handshake is over.
    #[track_caller]
    pub(crate) fn connect_to(&self, other: &Self) {
        self.rpc("addnode", json!([other.p2p_addr(), "onetry"]));
        let done = |peers: &Value| {
            peers.as_array().is_some_and(|peers| {
                peers
                    .iter()
                    .any(|peer| peer["addr"] == other.p2p_addr().as_str() && peer["version"] != 0)
            })
        };
        eventually(
            "a peer",
            CONNECT,
            || self.rpc("getpeerinfo", json!([])),
            done,
        );
    }

    /// Waits until it answers calls.
    #[track_caller]
    pub(crate) fn wait_ready(&mut self) {
        let look = || {
            assert!(
                self.process.ended().is_none(),
                "bitcoind ended at its start:\n{}",
                self.process.log()
            );
            self.try_rpc("getblockcount", json!([]))
        };
        eventually("bitcoind to answer", START, look, Result::is_ok).expect("a ready node");
    }

    /// Stops all its threads: its sockets stay open, and nothing is answered.
    pub(crate) fn freeze(&mut self) {
        self.process.freeze();
    }

    /// Lets it go on.
    pub(crate) fn thaw(&mut self) {
        self.process.thaw();
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Stops it as its operator would.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.process.signal(Signal::SIGTERM);
        self.process.wait(STOP);
    }

    /// Starts it again, after a stop if it runs: the same directory and ports, a new cookie.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.restart_with(self.options.clone());
    }

    /// As `restart`, with other options from now on.
    #[track_caller]
    pub(crate) fn restart_with(&mut self, options: BitcoindOptions) {
        self.stop();
        self.options = options;
        self.process = spawn(
            &self.executable,
            &self.options,
            self.directory.path(),
            self.rpc_port,
            self.p2p_port,
        );
        self.wait_ready();
    }
}

fn spawn(
    executable: &Path,
    options: &BitcoindOptions,
    directory: &Path,
    rpc_port: u16,
    p2p_port: u16,
) -> Background {
    let mut command = Command::new(executable);
    command
        .args([
            "-server",
            "-rpcbind=127.0.0.1",
            "-rpcallowip=127.0.0.1",
            "-listenonion=0",
        ])
        .args([
            "-dnsseed=0",
            "-fixedseeds=0",
            "-natpmp=0",
            "-printtoconsole=0",
        ])
        .arg(format!("-chain={}", options.chain))
        .arg(format!("-datadir={}", directory.display()))
        .arg(format!("-bind=127.0.0.1:{p2p_port}"))
        .arg(format!("-rpcport={rpc_port}"))
        .args(&options.arguments);
    Background::start(command, &directory.join("printed.log"))
}
