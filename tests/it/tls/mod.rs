//! TLS of the listeners and towards the node, with the programs that people have on the other side.

mod clients;
mod expiry;
mod handshakes;
mod node;
mod proxies;
mod rotation;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::support::child::{self, Output};
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::ready::healthy_node;
use crate::support::tls::Authority;

const SOON: Duration = Duration::from_secs(30);
/// A call that the daemon never makes itself.
const ECHO: &str = r#"{"id":"me","method":"echo","params":[]}"#;

/// A healthy node that knows `ECHO`.
fn node() -> FakeNode {
    let node = healthy_node();
    node.set("echo", Behaviour::Result(json!("as it was sent")));
    node
}

/// A daemon whose listener has a certificate of `authority` for this machine, beside a node; `more`
/// is put on top of its configuration.
fn daemon(authority: &Authority, more: &str) -> (FakeNode, Daemon) {
    let node = node();
    let issued = authority.issue("server", &["localhost", "127.0.0.1"]);
    let config = attached_to_fake(&node).with(&issued.listeners()).with(more);
    let daemon = Daemon::start(config);
    (node, daemon)
}

/// Runs `program` with these arguments.
fn run(program: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments);
    child::run(command, stdin.as_bytes(), SOON)
}

/// The status that `curl` has of `url`, and the body; arguments after it.
fn curl(arguments: &[&str]) -> (String, Output) {
    let fixed = [
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--write-out",
        "\n%{http_code}",
    ];
    let output = run(Path::new("curl"), &[&fixed[..], arguments].concat(), "");
    let status = output.stdout.rsplit('\n').next().unwrap_or_default();
    (status.to_owned(), output)
}
