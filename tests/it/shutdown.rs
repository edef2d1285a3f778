//! The end of the daemon: signals, the drain, what the service manager receives.

use std::fs;
use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::child::Background;
use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, bllvmctl, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Request};
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::surroundings::{eventually, now, wait_until};

const SOON: Duration = Duration::from_mins(1);
/// Without anything to wait for. Far below the shortest wait of these tests' configurations.
const AT_ONCE: Duration = Duration::from_secs(5);

#[test]
fn an_idle_daemon_ends_at_once_and_cleanly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (_node, mut daemon) = ready("");
        let cookie = daemon.state_dir().join("control.cookie");
        assert_eq!(
            fs::metadata(&cookie).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let _idle = [daemon.connect(), daemon.connect()];
        let mut kept = daemon.connect();
        kept.send(Request::get("/health")).unwrap();
        daemon.signal(signal);
        assert_eq!(daemon.wait_exit(AT_ONCE), 0, "{signal}");
        assert!(!cookie.exists());
        assert!(
            daemon.log().contains("every request was answered"),
            "{}",
            daemon.log()
        );
    }
}

#[test]
fn a_daemon_beside_a_node_that_hangs_ends_as_fast() {
    let node = healthy_node();
    let mut daemon = ready_beside(&node, "");
    node.override_all(Behaviour::Hang);
    eventually(
        "a call that hangs",
        SOON,
        || node.outstanding(),
        |&count| count > 0,
    );
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
}

#[test]
fn while_it_drains_it_is_unready_and_serves_on() {
    let (_node, mut daemon) = ready("[rpc]\ndrain_secs = 5");
    let mut kept = daemon.connect();
    assert_eq!(
        kept.send(Request::get("/health/ready")).unwrap().status,
        200
    );
    let began = now();
    daemon.signal(Signal::SIGTERM);
    for path in ["/health/ready", "/health"] {
        let answer = daemon.wait_for_status(path, 503, AT_ONCE);
        let reason = answer.json()["reasons"][0].as_str().unwrap().to_owned();
        assert!(reason.starts_with("daemon: "), "{reason}");
    }
    assert_eq!(daemon.get("/health/live").status, 200);
    assert_eq!(daemon.get("/health/live?scope=daemon").status, 200);
    assert_eq!(daemon.get("/health/detailed").json()["state"], "draining");
    assert!(
        daemon
            .get("/metrics")
            .text()
            .contains("state=\"draining\"} 1")
    );
    assert_eq!(
        kept.send(Request::get("/health/ready")).unwrap().status,
        503
    );
    assert_eq!(daemon.wait_exit(SOON), 0);
    assert!(now() - began >= Duration::from_secs(5));
}

#[test]
fn a_second_signal_ends_it_now() {
    let (_node, mut daemon) = ready("[rpc]\ndrain_secs = 600");
    daemon.signal(Signal::SIGTERM);
    daemon.wait_for_status("/health/ready", 503, AT_ONCE);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(AT_ONCE), 70);
    daemon.wait_for_log("a second signal");
}

#[test]
fn a_request_in_flight_has_the_grace_to_end_and_no_longer() {
    let begin = |daemon: &Daemon| {
        let mut slow = daemon.connect();
        slow.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{\"id\"")
            .unwrap();
        slow
    };
    let gone = |daemon: &Daemon| {
        wait_until("a refused connection", SOON, || {
            daemon.try_get("/").is_err()
        });
    };
    let (_node, mut daemon) = ready("");
    let mut slow = begin(&daemon);
    let mut barely_begun = daemon.connect();
    barely_begun.write(b"GET /hea").unwrap();
    // The request is known to have come once another is answered.
    daemon.get("/health/live");
    daemon.signal(Signal::SIGTERM);
    gone(&daemon);
    // What has only begun to ask is not waited for; what is in flight is, also after that.
    let _ = barely_begun.read_to_end();
    slow.write(b":123}").unwrap();
    let answer = slow.read(false).unwrap();
    assert_eq!(
        (answer.status, answer.json()["id"].as_i64()),
        (400, Some(123)),
        "{answer:?}"
    );
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);

    let (_node, mut daemon) = ready("[rpc]\nshutdown_grace_secs = 1");
    let _slow = begin(&daemon);
    daemon.get("/health/live");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(SOON), 0);
    assert!(daemon.log().contains("they are cut"), "{}", daemon.log());
}

#[test]
fn a_reload_asked_for_while_it_drains_is_refused_at_once() {
    let (_node, mut daemon) = ready("[rpc]\ndrain_secs = 600");
    let cookie = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    daemon.signal(Signal::SIGTERM);
    daemon.wait_for_status("/health/ready", 503, AT_ONCE);
    let answer = daemon.post(
        "/api/v1/config/reload",
        &[("Authorization", &format!("Bearer {cookie}"))],
        b"",
    );
    assert_eq!(answer.status, 503, "{answer:?}");
}

#[test]
fn a_stale_cookie_is_replaced_at_the_next_start() {
    let (_node, mut daemon) = ready("");
    let cookie = daemon.state_dir().join("control.cookie");
    let first = fs::read_to_string(&cookie).unwrap();
    daemon.kill();
    assert!(cookie.exists());
    daemon.restart();
    assert_ne!(fs::read_to_string(&cookie).unwrap(), first);
    assert_eq!(daemon.cli(&["status"]).code, Some(0));
}

/// A daemon that notifies a service manager, which is this test.
struct Managed {
    process: Background,
    socket: UnixDatagram,
    directory: tempfile::TempDir,
    _node: FakeNode,
}

impl Managed {
    fn start(variables: &[(&str, &str)]) -> Self {
        let node = healthy_node();
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path();
        write_private(&folder.join("node.cookie"), "__cookie__:1");
        let config = attached_to_fake(&node)
            .to_string()
            .replace("{dir}", folder.to_str().expect("UTF-8"));
        write_private(&folder.join("config.toml"), &config);
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(SOON)).expect("a timeout");
        let process = Background::start(
            command(folder, &path, variables),
            &folder.join("printed.log"),
        );
        Self {
            process,
            socket,
            directory,
            _node: node,
        }
    }

    /// Reads until a message has a line that begins with `line`, and returns that message.
    #[track_caller]
    fn hears(&self, line: &str) -> String {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        for _ in 0..1000 {
            let length = self
                .socket
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{line}: {error}: {heard:?}"));
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.lines().any(|found| found.starts_with(line)) {
                return message;
            }
            heard.push(message);
        }
        panic!("no {line} in {heard:?}");
    }
}

fn command(folder: &Path, notify: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = bllvmctl(folder);
    command
        .args(["serve", "--config"])
        .arg(folder.join("config.toml"));
    command
        .env("NOTIFY_SOCKET", notify)
        .envs(variables.iter().copied());
    command
}

#[test]
fn the_service_manager_hears_of_the_start_of_reloads_and_of_the_end() {
    let mut managed = Managed::start(&[]);
    managed.hears("READY=1");
    managed.hears("STATUS=node is ready");
    managed.process.signal(Signal::SIGHUP);
    let reloading = managed.hears("RELOADING=1");
    let time = reloading
        .lines()
        .find_map(|line| line.strip_prefix("MONOTONIC_USEC="))
        .expect("the time");
    assert!(
        time.parse::<u64>().is_ok_and(|time| time > 0),
        "{reloading}"
    );
    managed.hears("READY=1");
    fs::write(managed.directory.path().join("config.toml"), "[nonsense").unwrap();
    managed.process.signal(Signal::SIGHUP);
    managed.hears("RELOADING=1");
    managed.hears("READY=1");
    managed.process.signal(Signal::SIGTERM);
    managed.hears("STOPPING=1");
    assert_eq!(managed.process.wait(SOON).code(), Some(0));
}

#[test]
fn the_watchdog_is_fed_where_there_is_one() {
    let managed = Managed::start(&[("WATCHDOG_USEC", "400000")]);
    managed.hears("READY=1");
    for _ in 0..3 {
        managed.hears("WATCHDOG=1");
    }
}

#[test]
fn requests_that_come_while_it_ends_are_answered_or_refused_but_never_cut() {
    let (_node, mut daemon) = ready("");
    let addr = daemon.addr();
    let asking = std::thread::spawn(move || {
        let mut cut = Vec::new();
        while let Ok(mut connection) = http::Connection::open(addr) {
            match connection.send(Request::get("/health")) {
                Ok(_) => {}
                // Closed before a byte of an answer: the system had taken the connection, the
                // daemon had not.
                Err(error) => cut.push(error.kind()),
            }
        }
        cut
    });
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(AT_ONCE), 0);
    let cut = asking.join().unwrap();
    assert!(
        cut.iter()
            .all(|kind| matches!(kind, ConnectionReset | UnexpectedEof | BrokenPipe)),
        "{cut:?}"
    );
}
