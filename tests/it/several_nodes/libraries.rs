//! Clients that know one node live through a failover: none of their calls fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::three_nodes;
use crate::support::bitcoind::{Bitcoind, executable};
use crate::support::child::{self, Output};
use crate::support::daemon::Daemon;
use crate::support::fleet::wait_in_rotation;
use crate::support::sight::Page;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, repository, wait_until};

const SOON: Duration = Duration::from_secs(30);
pub(super) const FOLLOWS: Duration = Duration::from_mins(2);
/// The height that `three_nodes` have, and one more.
pub(super) const HEIGHT_AFTER: u32 = 111;

/// How many calls the node called `name` has got.
fn calls_at(daemon: &Daemon, name: &str) -> f64 {
    const FAMILY: &str = "bllvm_upstream_requests_total{";
    let page = Page::of(daemon);
    let of_node = format!("node=\"{name}\"");
    let lines = page.text().lines();
    let series = lines.filter(|line| line.starts_with(FAMILY) && line.contains(&of_node));
    series
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

/// Where a client finds what it needs.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) gateway: u16,
    /// Of the node that serves once the primary is lost. Blocks do not pass a gateway.
    pub(super) p2p: u16,
}

/// Runs `client` against a gateway while its primary is killed, until the others have a block more.
fn over_a_failover<T: Send>(bitcoind: &Path, client: impl FnOnce(u16) -> T + Send) -> T {
    over_the_loss(bitcoind, Bitcoind::kill, |ports| client(ports.gateway))
}

/// The same with a primary that is lost in this way.
pub(super) fn over_the_loss<T: Send>(
    bitcoind: &Path,
    lose: fn(&mut Bitcoind),
    client: impl FnOnce(Ports) -> T + Send,
) -> T {
    const ENOUGH: f64 = 30.0;
    let mut fleet = three_nodes(bitcoind);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    let daemon = fleet.serve("");
    let ports = Ports {
        gateway: daemon.addr().port(),
        p2p: fleet.nodes[1].p2p_port(),
    };
    thread::scope(|scope| {
        let calling = scope.spawn(move || client(ports));
        let wait_for_calls = |name| {
            let before = calls_at(&daemon, name);
            // A client that fails ends early.
            wait_until("calls of the client", SOON, || {
                calling.is_finished() || calls_at(&daemon, name) > before + ENOUGH
            });
        };
        wait_for_calls("a");
        lose(&mut fleet.nodes[0]);
        wait_for_calls("b");
        wait_in_rotation(&daemon, 2);
        fleet.nodes[1].mine(1);
        calling.join().expect("a client")
    })
}

/// A script beside this file.
fn script(name: &str) -> PathBuf {
    let scripts = repository().join("tests/it/several_nodes/libraries");
    scripts.join(name)
}

#[test]
fn pythons_library_lives_through_a_failover() {
    let bitcoind = bitcoind_or_skip!();
    let python = or_skip!(
        env("PYTHON_CLIENTS"),
        "PYTHON_CLIENTS is not set (a python that has python-bitcoinrpc from PyPI)"
    );
    let output = over_a_failover(&bitcoind, |port| {
        let mut command = Command::new(python);
        command
            .arg(script("follow.py"))
            .arg(format!("http://alice:secret@127.0.0.1:{port}"))
            .arg(HEIGHT_AFTER.to_string());
        child::run(command, b"", FOLLOWS)
    });
    assert_eq!(output.code, Some(0), "{output:?}");
    println!("python-bitcoinrpc: {} calls", output.stdout.trim());
}

#[test]
fn the_library_of_npm_lives_through_a_failover() {
    let bitcoind = bitcoind_or_skip!();
    let directory = or_skip!(
        env("NPM_CLIENT_DIR"),
        "NPM_CLIENT_DIR names no directory into which npm has installed bitcoin-core (.ci/run does)"
    );
    let output = over_a_failover(&bitcoind, |port| {
        let mut command = Command::new("node");
        command.arg(script("follow.mjs")).arg(directory).args([
            &format!("http://127.0.0.1:{port}"),
            "alice",
            "secret",
            &HEIGHT_AFTER.to_string(),
        ]);
        child::run(command, b"", FOLLOWS)
    });
    assert_eq!(output.code, Some(0), "{output:?}");
    println!("bitcoin-core of npm: {} calls", output.stdout.trim());
}

#[test]
fn bitcoin_cli_getinfo_is_answered_throughout_a_failover() {
    let bitcoind = bitcoind_or_skip!();
    let cli = executable()
        .and_then(|node| Some(node.parent()?.join("bitcoin-cli")))
        .filter(|cli| cli.is_file());
    let cli = or_skip!(cli, "there is no bitcoin-cli beside BITCOIND_EXE");
    let outputs = over_a_failover(&bitcoind, |port| {
        let mut outputs = Vec::new();
        loop {
            let output = getinfo(&cli, port);
            let blocks = format!("Blocks: {HEIGHT_AFTER}");
            let is_last = output.code != Some(0) || output.stdout.contains(&blocks);
            outputs.push(output);
            if is_last {
                return outputs;
            }
        }
    });
    println!("bitcoin-cli -getinfo: {} calls", outputs.len());
    for output in outputs {
        assert_eq!(output.code, Some(0), "{output:?}");
    }
}

fn getinfo(cli: &Path, port: u16) -> Output {
    let mut command = Command::new(cli);
    command.args([
        "-regtest",
        "-rpcuser=alice",
        "-rpcpassword=secret",
        &format!("-rpcport={port}"),
        "-getinfo",
    ]);
    child::run(command, b"", SOON)
}
