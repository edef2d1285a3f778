//! Unix sockets, sockets of the service manager, and what goes on to the node with a trace.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::support::child::Background;
use crate::support::config::{Config, FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Request, basic};
use crate::support::ready::healthy_node;
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, free_port, program};

const SOON: Duration = Duration::from_secs(30);
const ECHO: &str = r#"{"id":"me","method":"echo","params":[]}"#;

fn node() -> FakeNode {
    let node = healthy_node();
    node.set("echo", Behaviour::Result(json!("as it was sent")));
    node
}

/// A configuration that listens at a Unix socket in the daemon's directory.
fn at_socket(node: &FakeNode, more: &str) -> Config {
    attached_to_fake(node)
        .with("[rpc]\nlisten = \"unix:{dir}/rpc.sock\"")
        .with(more)
}

/// A daemon that listens there.
fn listening(config: Config) -> (Daemon, PathBuf) {
    let daemon = Daemon::launch(config);
    daemon.wait_for_log("serving");
    let path = daemon.directory().join("rpc.sock");
    (daemon, path)
}

/// The status of a request over the Unix socket at `path`, and all that was answered.
fn ask(path: &Path, head: &str, body: &str) -> (u16, String) {
    let mut stream = UnixStream::connect(path).unwrap();
    let length = body.len();
    let request = format!(
        "{head}\r\nHost: whatever.example\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n\
         {body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

fn call(path: &Path, login: &str, more: &str) -> (u16, String) {
    let head = format!("POST / HTTP/1.1\r\nAuthorization: {}{more}", basic(login));
    ask(path, &head, ECHO)
}

#[test]
fn all_but_the_control_api_is_served_over_a_unix_socket() {
    let node = node();
    let (mut daemon, path) = listening(at_socket(&node, ""));
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o660);
    let (status, answer) = call(&path, FAKE_COOKIE, "");
    assert!(
        status == 200 && answer.contains("as it was sent"),
        "{answer}"
    );
    daemon.wait_for_log("client_addr=unix ");
    for (line, expected) in [
        ("GET /health/live?scope=daemon HTTP/1.1", 200),
        ("GET /metrics HTTP/1.1", 200),
        ("GET /api/v1/status HTTP/1.1", 404),
    ] {
        assert_eq!(ask(&path, line, "").0, expected, "{line}");
    }
    let health = daemon.cli(&["health", "--live"]);
    assert_eq!(health.code, Some(0), "{health:?}");
    assert_eq!(daemon.stop(), 0);
    assert!(!path.exists(), "a clean stop leaves no socket");
}

#[test]
fn who_comes_over_a_unix_socket_is_one_client_unless_it_is_a_trusted_proxy() {
    let node = node();
    let limits = "[rpc.auth]\nrate_limit_rate = 0.01\nrate_limit_burst = 1";
    let forwarded = |last: u8| format!("\r\nX-Forwarded-For: 192.0.2.{last}");
    let (_daemon, path) = listening(at_socket(&node, limits));
    assert_eq!(call(&path, "a:b", &forwarded(1)).0, 200);
    let (status, answer) = call(&path, "b:b", &forwarded(2));
    assert!(
        status == 429 && answer.contains(r#""key":"unix""#),
        "{answer}"
    );

    let trusted = format!("[rpc]\ntrusted_proxies = [\"unix\"]\n{limits}");
    let (_daemon, path) = listening(at_socket(&node, &trusted));
    assert_eq!(call(&path, "a:b", &forwarded(1)).0, 200);
    assert_eq!(call(&path, "b:b", &forwarded(2)).0, 200);
    assert_eq!(call(&path, "c:b", &forwarded(1)).0, 429);
}

#[test]
fn the_socket_of_a_dead_daemon_is_replaced_and_that_of_a_live_one_is_not() {
    let node = node();
    let (mut daemon, path) = listening(at_socket(&node, ""));
    daemon.kill();
    assert!(path.exists());
    let mut again = Command::new(env!("CARGO_BIN_EXE_bllvmctl"));
    again.arg("serve").arg("--config").arg(daemon.config_file());
    again.env_clear().env("HOME", daemon.directory());
    let log = daemon.directory().join("again.log");
    let mut second = Background::start(again, &log);
    eventually(
        "an answer",
        SOON,
        || UnixStream::connect(&path),
        Result::is_ok,
    )
    .unwrap();
    assert_eq!(call(&path, FAKE_COOKIE, "").0, 200);
    second.kill();

    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    let mut third = Command::new(env!("CARGO_BIN_EXE_bllvmctl"));
    third.arg("serve").arg("--config").arg(daemon.config_file());
    third.env_clear().env("HOME", daemon.directory());
    let log = daemon.directory().join("third.log");
    let mut third = Background::start(third, &log);
    assert_eq!(third.wait(SOON).code(), Some(70), "{}", third.log());
    assert!(
        third.log().contains("another program listens there"),
        "{}",
        third.log()
    );
    assert!(path.exists());
}

#[test]
fn sockets_of_the_service_manager_are_served_by_their_names() {
    let executable = or_skip!(
        program("SYSTEMD_SOCKET_ACTIVATE_EXE", "systemd-socket-activate"),
        "there is no systemd-socket-activate"
    );
    let node = node();
    let rpc = free_port();
    let ops = free_port();
    // What the configuration names is not bound: its port is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = attached_to_fake(&node).with(&format!(
        "[rpc]\nlisten = \"{}\"",
        taken.local_addr().unwrap()
    ));
    let directory = tempfile::tempdir().unwrap();
    let text = config
        .to_string()
        .replace("{dir}", directory.path().to_str().unwrap());
    let file = directory.path().join("config.toml");
    crate::support::daemon::write_private(&file, &text);
    crate::support::daemon::write_private(&directory.path().join("node.cookie"), FAKE_COOKIE);
    let mut command = Command::new(executable);
    command
        .arg(format!("--listen=127.0.0.1:{rpc}"))
        .arg(format!("--listen=127.0.0.1:{ops}"))
        .arg("--fdname=rpc:ops")
        .arg(env!("CARGO_BIN_EXE_bllvmctl"))
        .args(["serve", "--config"])
        .arg(&file);
    let process = Background::start(command, &directory.path().join("printed.log"));
    let get = |port: u16, path: &str| http::send(([127, 0, 0, 1], port).into(), Request::get(path));
    // The first connection starts it.
    eventually(
        "an answer",
        SOON,
        || get(rpc, "/health/live?scope=daemon").map(|answer| answer.status),
        |status| matches!(status, Ok(200)),
    )
    .unwrap();
    assert_eq!(
        get(ops, "/metrics").unwrap().status,
        200,
        "{}",
        process.log()
    );
    assert_eq!(
        get(rpc, "/metrics").unwrap().status,
        404,
        "it has a listener of its own"
    );
    let login = [("Authorization", &*basic(FAKE_COOKIE))];
    let request = Request::post("/", ECHO.as_bytes()).with(&login);
    let answer = http::send(([127, 0, 0, 1], rpc).into(), request).unwrap();
    assert_eq!(answer.json()["result"], "as it was sent");
}

#[test]
fn the_context_of_a_trace_goes_on_to_the_node_unchanged() {
    let node = node();
    let daemon = Daemon::start(attached_to_fake(&node));
    let trace = [
        (
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        ("tracestate", "vendor=a:b;c, other=1"),
    ];
    // On the fast path, and by the other way.
    for more in [&[][..], &[("Expect", "")]] {
        let headers = [&trace[..], more].concat();
        let answer = daemon.post("/", &headers, ECHO.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let calls: Vec<_> = node
        .calls()
        .into_iter()
        .filter(|call| call.method == "echo")
        .collect();
    assert_eq!(calls.len(), 2);
    for call in calls {
        for (name, value) in trace {
            assert_eq!(call.header(name), Some(value), "{call:?}");
        }
    }
    // Nobody adds one.
    daemon.post("/", &[], ECHO.as_bytes());
    let last = node
        .calls()
        .into_iter()
        .rfind(|call| call.method == "echo")
        .unwrap();
    assert_eq!(
        (last.header("traceparent"), last.header("tracestate")),
        (None, None)
    );
}
