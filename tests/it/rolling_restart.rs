//! A restart of a daemon whose socket the service manager holds: nobody is refused, and no call
//! fails.

mod systemd;

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::child::Background;
use crate::support::config::{DIR, FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::{bllvmctl, write_private};
use crate::support::fleet::{NodeFleet, alice};
use crate::support::http::{self, Request, basic};
use crate::support::ready::healthy_node;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, wait_until};

const SOON: Duration = Duration::from_secs(30);
const RESTARTS: u32 = 3;
const CLIENTS: usize = 4;
/// So many calls are answered before a restart, and after the last.
const BETWEEN: u32 = 50;
const CALL: &[u8] = br#"{"id":1,"method":"getblockcount","params":[]}"#;
/// What is asked of the manager: the socket as descriptor 3 (`sd_listen_fds(3)`). The process of
/// the shell becomes the daemon's.
const ACTIVATION: &str =
    r#"exec 3<&0 0</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=rpc; exec "$@""#;

/// A service manager with a `.socket` unit: it holds the socket while no daemon runs.
struct ServiceManager {
    // First, so that it is gone before its directory is.
    daemon: Background,
    directory: TempDir,
    socket: TcpListener,
}

impl ServiceManager {
    fn start(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let text = config.replace(DIR, directory.path().to_str().expect("UTF-8"));
        write_private(&directory.path().join("config.toml"), &text);
        write_private(&directory.path().join("node.cookie"), FAKE_COOKIE);
        let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let daemon = Self::launch(&directory, &socket);
        Self {
            daemon,
            directory,
            socket,
        }
    }

    fn launch(directory: &TempDir, socket: &TcpListener) -> Background {
        let home = directory.path();
        let program = bllvmctl(home).get_program().to_owned();
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", ACTIVATION, "sh"])
            .arg(program)
            .args(["serve", "--config"])
            .arg(home.join("config.toml"))
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/usr/bin:/bin")
            .current_dir(home);
        let socket: OwnedFd = socket.try_clone().expect("the socket twice").into();
        Background::start_with(command, socket.into(), &home.join("printed.log"))
    }

    fn addr(&self) -> SocketAddr {
        self.socket.local_addr().expect("its address")
    }

    /// As `systemctl restart`: the next one is started when the last one has ended.
    #[track_caller]
    fn restart(&mut self) {
        self.daemon.signal(Signal::SIGTERM);
        let ended = self.daemon.wait(SOON);
        assert_eq!(ended.code(), Some(0), "{}", self.daemon.log());
        self.daemon = Self::launch(&self.directory, &self.socket);
    }
}

/// What became of calls, each on a connection of its own.
#[derive(Default)]
struct Calls {
    failures: Vec<String>,
    slowest: Duration,
}

/// Clients that open one connection after another.
struct Clients {
    stopping: Arc<AtomicBool>,
    answered: Arc<AtomicU32>,
    threads: Vec<JoinHandle<Calls>>,
}

impl Clients {
    fn start(addr: SocketAddr, authorization: &str) -> Self {
        let stopping = Arc::default();
        let answered = Arc::default();
        let threads = (0..CLIENTS).map(|_| {
            let stopping = Arc::clone(&stopping);
            let answered = Arc::clone(&answered);
            let authorization = authorization.to_owned();
            thread::spawn(move || call_until(&stopping, &answered, addr, &authorization))
        });
        Self {
            threads: threads.collect(),
            stopping,
            answered,
        }
    }

    #[track_caller]
    fn wait_for(&self, count: u32, log: impl Fn() -> String) {
        let goal = self.answered.load(Ordering::Relaxed) + count;
        wait_until(&format!("answers:\n{}", log()), SOON, || {
            // One that has failed too often has ended, and says why at the end.
            self.threads.iter().any(JoinHandle::is_finished)
                || self.answered.load(Ordering::Relaxed) >= goal
        });
    }

    fn answered(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }

    fn stop(self) -> Calls {
        self.stopping.store(true, Ordering::Relaxed);
        let mut all = Calls::default();
        for thread in self.threads {
            let calls = thread.join().expect("a client");
            all.failures.extend(calls.failures);
            all.slowest = all.slowest.max(calls.slowest);
        }
        all
    }
}

fn call_until(
    stopping: &AtomicBool,
    answered: &AtomicU32,
    addr: SocketAddr,
    authorization: &str,
) -> Calls {
    let mut calls = Calls::default();
    let headers = [("Authorization", authorization)];
    while !stopping.load(Ordering::Relaxed) && calls.failures.len() < 10 {
        let asked = now();
        let request = Request::post("/", CALL).with(&headers);
        match http::send(addr, request) {
            Ok(answer) if answer.status == 200 => {
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => calls.failures.push(format!("{answer:?}")),
            Err(error) => calls.failures.push(error.to_string()),
        }
        calls.slowest = calls.slowest.max(now() - asked);
    }
    calls
}

/// Restarts a daemon with `config` under load; every call has to be answered. What was measured.
#[track_caller]
fn restart_under_load(config: &str, authorization: &str) -> String {
    let mut manager = ServiceManager::start(config);
    // The first ones wait for the daemon.
    let clients = Clients::start(manager.addr(), authorization);
    for _ in 0..RESTARTS {
        clients.wait_for(BETWEEN, || manager.daemon.log());
        manager.restart();
    }
    clients.wait_for(BETWEEN, || manager.daemon.log());
    let answered = clients.answered();
    let calls = clients.stop();
    assert!(
        calls.failures.is_empty(),
        "{:#?}\n{}",
        calls.failures,
        manager.daemon.log()
    );
    assert!(calls.slowest < SOON / 3, "{:?}", calls.slowest);
    format!(
        "{RESTARTS} restarts, {answered} calls, none refused, the longest wait {:?}",
        calls.slowest
    )
}

#[test]
fn a_restart_refuses_no_connection_where_the_service_manager_holds_the_socket() {
    let node = healthy_node();
    let config = attached_to_fake(&node).to_string();
    let measured = restart_under_load(&config, &basic(FAKE_COOKIE));
    println!("{measured}");
}

#[test]
fn a_restart_before_several_nodes_fails_no_call() {
    let executable: PathBuf = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 3);
    let measured = restart_under_load(&fleet.config(), &alice());
    println!("{measured}");
}
