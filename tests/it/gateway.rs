//! The JSON-RPC front: what passes, what is refused and how, and what neither clients nor the node
//! can do to it.

mod bytes;
mod counts;
mod hostile;
mod lengths;
mod libraries;
mod limits;
mod logins;
mod logs;
mod long_polls;
mod lost_host;
mod memory;
mod node_faults;
mod ordinary;
mod overload;
mod passwords;
mod places;
mod real;
mod refusals;
mod reload;
mod several_nodes;
mod targets;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::Bitcoind;
use crate::support::config::{Config, attached_to, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Connection, Request, Response};
use crate::support::ready::healthy_node;

/// Longer than anything takes on a busy machine.
const SOON: Duration = Duration::from_mins(1);
/// Far below every wait of these tests' configurations.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A method that clients call in these tests and the daemon never does.
const ECHO: &str = "echo";

/// A healthy node that also knows `ECHO`, and a daemon before it; `more` is put on top of its
/// configuration.
#[track_caller]
fn front(more: &str) -> (FakeNode, Daemon) {
    let node = echo_node();
    let daemon = Daemon::start(before(&node, more));
    (node, daemon)
}

fn echo_node() -> FakeNode {
    let node = healthy_node();
    node.set(ECHO, Behaviour::Result(json!("as it was sent")));
    node
}

#[track_caller]
fn before(node: &FakeNode, more: &str) -> Config {
    attached_to_fake(node).with(more)
}

/// For a real node, with credentials that are the node's own.
fn before_real(node: &Bitcoind) -> Config {
    attached_to(node).with(
        "[node]\npoll_interval_secs = 0.5\n[rpc.auth]\nrate_limit_rate = \
            10000\nrate_limit_burst = 10000",
    )
}

/// A call of version 1 with the id "me".
fn call(method: &str) -> String {
    json!({"id": "me", "method": method, "params": []}).to_string()
}

/// A call of version 2 with the id "me".
fn call_two(method: &str) -> String {
    json!({"jsonrpc": "2.0", "id": "me", "method": method, "params": []}).to_string()
}

/// A batch of calls with the ids 0, 1, 2 and so on.
fn batch(methods: &[&str]) -> String {
    let calls = methods
        .iter()
        .enumerate()
        .map(|(id, method)| json!({"id": id, "method": method, "params": []}));
    calls.collect::<Value>().to_string()
}

/// The answer to one call of `ECHO`, with these headers.
#[track_caller]
fn echo(daemon: &Daemon, headers: &[(&str, &str)]) -> Response {
    daemon.post("/", headers, call(ECHO).as_bytes())
}

/// One that is answered by the node.
#[track_caller]
fn assert_answered(answer: &Response) {
    assert_eq!(
        (answer.status, answer.json()["error"].clone()),
        (200, Value::Null),
        "{answer:?}"
    );
}

/// One that the front gave, with this status and code, to a single call with the id "me".
#[track_caller]
fn assert_refused(answer: &Response, status: u16, code: i64) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer:?}"
    );
    let body = answer.json();
    assert_eq!(
        (&body["error"]["code"], &body["id"]),
        (&json!(code), &json!("me")),
        "{body}"
    );
    let says = body["error"]["message"]
        .as_str()
        .is_some_and(|message| !message.is_empty());
    assert!(says, "{body}");
}

/// Sends a call of `method` and leaves the answer for later.
#[track_caller]
fn ask(daemon: &Daemon, method: &str) -> Connection {
    let mut connection = daemon.connect();
    let body = call(method);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection
        .write(format!("{head}{body}").as_bytes())
        .expect("a call that is sent");
    connection
}

/// A probe is answered as fast as ever.
#[track_caller]
fn assert_probes_are_fast(daemon: &Daemon) {
    let took = http::latencies(daemon.addr(), "/health/live", 200, 50);
    assert!(took.median() < Duration::from_millis(50), "{took:?}");
}

/// `method` of HTTP on `/`, without a body.
#[track_caller]
fn bare(daemon: &Daemon, method: &str, headers: &[(&str, &str)]) -> Response {
    daemon.send(Request {
        method,
        ..Request::get("/").with(headers)
    })
}
