//! electrs, which ends with the first call that fails: it lives through a failover and goes on
//! indexing. Its blocks come from a node; all its calls go through the gateway.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::libraries::{FOLLOWS, HEIGHT_AFTER, Ports, over_the_loss};
use crate::support::bitcoind::Bitcoind;
use crate::support::child::Background;
use crate::support::daemon::write_private;
use crate::support::fleet::alice;
use crate::support::http::{self, Request, TIMEOUT};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, free_port, poll};

/// How Electrum asks for the script to which `Bitcoind::mine` pays: the SHA-256 of its one byte, 51,
/// from the last byte to the first.
const SCRIPT_HASH: &str = "6032c38c0bc0e91e726f1e55e1832e434509001a7aed5cfd881b6ef07215e84a";
const SUBSIDY_SATS: u64 = 5_000_000_000;

/// An electrs that runs until it is dropped.
struct Electrs {
    // First, so that it is gone before its directory is.
    process: Background,
    _directory: tempfile::TempDir,
    addr: SocketAddr,
}

impl Electrs {
    fn start(executable: &Path, ports: Ports) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("electrs-")
            .tempdir()
            .expect("a directory");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let config = format!(
            r#"
            network = "regtest"
            auth = "alice:secret"
            daemon_rpc_addr = "127.0.0.1:{gateway}"
            daemon_p2p_addr = "127.0.0.1:{p2p}"
            daemon_dir = "{directory}"
            db_dir = "{directory}/db"
            electrum_rpc_addr = "{addr}"
            monitoring_addr = "127.0.0.1:{monitoring}"
            wait_duration_secs = 1
            log_filters = "INFO"
            "#,
            gateway = ports.gateway,
            p2p = ports.p2p,
            directory = directory.path().display(),
            monitoring = free_port(),
        );
        let file = directory.path().join("electrs.toml");
        // The login is in it.
        write_private(&file, &config);
        let mut command = Command::new(executable);
        command
            .arg("--skip-default-conf-files")
            .arg("--conf")
            .arg(file)
            .env_clear()
            .current_dir(directory.path());
        let process = Background::start(command, &directory.path().join("printed.log"));
        Self {
            process,
            _directory: directory,
            addr,
        }
    }

    /// A wallet's connection, as soon as what is there has been indexed.
    #[track_caller]
    fn connect(&mut self) -> Electrum {
        let connected = poll(FOLLOWS, || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "{ended:?}:\n{}", self.process.log());
            let mut electrum = Electrum::connect(self.addr).ok()?;
            let tip = electrum.ask("blockchain.headers.subscribe", &json!([]));
            (tip.ok()?["height"] == HEIGHT_AFTER - 1).then_some(electrum)
        });
        connected.unwrap_or_else(|| panic!("no answer:\n{}", self.process.log()))
    }
}

/// A wallet's connection to electrs: JSON-RPC, a line for each message.
struct Electrum {
    stream: BufReader<TcpStream>,
    asked: u32,
}

impl Electrum {
    fn connect(addr: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream: BufReader::new(stream),
            asked: 0,
        })
    }

    /// The result of one request; why there is none is an error.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        self.asked += 1;
        let request = json!({"id": self.asked, "method": method, "params": params});
        self.stream
            .get_mut()
            .write_all(format!("{request}\n").as_bytes())
            .map_err(|error| format!("{method}: {error}"))?;
        loop {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .map_err(|error| format!("{method}: {error}"))?;
            let mut answer: Value = serde_json::from_str(&line)
                .map_err(|error| format!("{method}: {error}: {line:?}"))?;
            // News of the tip come between.
            if answer["id"] == self.asked {
                return match answer["result"].take() {
                    Value::Null => Err(format!("{method}: {answer}")),
                    result => Ok(result),
                };
            }
        }
    }
}

/// electrs listens before it has an index, and refuses every question until then.
fn wait_for_index(electrum: &mut Electrum) -> Result<(), String> {
    poll(FOLLOWS, || {
        match electrum.ask("blockchain.relayfee", &json!([])) {
            Err(refusal) if refusal.contains("unavailable index") => None,
            answer => Some(answer.map(drop)),
        }
    })
    .unwrap_or_else(|| Err(format!("no index in {FOLLOWS:?}")))
}

/// Asks for what electrs has to ask its node for, until it has indexed the last block. What it then
/// says of the tip and of all that was mined.
fn follow(electrum: &mut Electrum) -> Result<[Value; 3], String> {
    wait_for_index(electrum)?;
    let mine = json!([SCRIPT_HASH]);
    let mut step = || {
        electrum.ask("blockchain.relayfee", &json!([]))?;
        let tip = electrum.ask("blockchain.headers.subscribe", &json!([]))?;
        if tip["height"] != HEIGHT_AFTER {
            return Ok(None);
        }
        let history = electrum.ask("blockchain.scripthash.get_history", &mine)?;
        let balance = electrum.ask("blockchain.scripthash.get_balance", &mine)?;
        Ok(Some([tip, history, balance]))
    };
    poll(FOLLOWS, || step().transpose())
        .unwrap_or_else(|| Err(format!("no block {HEIGHT_AFTER} in {FOLLOWS:?}")))
}

/// The header at the height of the last block, as the gateway has it.
fn header(gateway: u16) -> Value {
    let call = |method: &str, params: Value| {
        let body = json!({"id": 1, "method": method, "params": params}).to_string();
        let authorization = alice();
        let headers = [("Authorization", authorization.as_str())];
        let request = Request::post("/", body.as_bytes()).with(&headers);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, gateway));
        http::send(addr, request).expect("an answer").json()["result"].take()
    };
    let hash = call("getblockhash", json!([HEIGHT_AFTER]));
    call("getblockheader", json!([hash, false]))
}

#[test]
fn electrs_indexes_a_block_that_was_mined_after_its_primary_was_lost() {
    let bitcoind = bitcoind_or_skip!();
    let electrs = or_skip!(
        env("ELECTRS_EXE").map(PathBuf::from),
        "ELECTRS_EXE is not set (electrs of crates.io; .ci/schedule builds it)"
    );
    for lose in [Bitcoind::kill, Bitcoind::freeze] {
        let calls = over_the_loss(&bitcoind, lose, |ports| {
            let mut electrs = Electrs::start(&electrs, ports);
            let mut electrum = electrs.connect();
            let [tip, history, balance] = follow(&mut electrum)
                .unwrap_or_else(|error| panic!("{error}\n{}", electrs.process.log()));
            assert_eq!(tip["hex"], header(ports.gateway));
            let history = history.as_array().expect("transactions");
            assert_eq!(history.len(), usize::try_from(HEIGHT_AFTER).unwrap());
            assert_eq!(balance["confirmed"], u64::from(HEIGHT_AFTER) * SUBSIDY_SATS);
            electrum.asked
        });
        println!("electrs: {calls} requests of a wallet");
    }
}
