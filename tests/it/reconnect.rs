//! Lost peers of a real node: queued, dialled again on the schedule, given up, revived; and what an
//! operator sees.

mod addresses;
mod kept;
mod node_side;
mod schedule;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, attached_to};
use crate::support::daemon::Daemon;
use crate::support::surroundings::{eventually, poll};

/// Longer than any reconnection with the short delays of these tests takes on a busy machine, and
/// than the minute after which bitcoind gives up a handshake that has got stuck.
const SOON: Duration = Duration::from_secs(90);

/// A node, one peer that is connected to it all the time, so that the network is up, and more to be
/// lost.
struct Lab {
    node: Bitcoind,
    witness: Bitcoind,
    peers: Vec<Bitcoind>,
}

impl Lab {
    #[track_caller]
    fn start(executable: &std::path::Path, peers: usize) -> Self {
        // A peer that closes at once is dialled a second time with the old transport, which would
        // be counted here.
        let start = || {
            Bitcoind::launch(
                executable.to_path_buf(),
                BitcoindOptions::default().with("-v2transport=0"),
            )
        };
        let mut node = start();
        let mut witness = start();
        let mut peers: Vec<_> = (0..peers).map(|_| start()).collect();
        node.wait_ready();
        witness.wait_ready();
        peers.iter_mut().for_each(Bitcoind::wait_ready);
        witness.connect_to(&node);
        Self {
            node,
            witness,
            peers,
        }
    }

    /// Short delays, these peers kept, and the attempts in the log.
    fn config(&self, peers: &[String]) -> Config {
        attached_to(&self.node).with(&format!(
            r#"
            [node]
            poll_interval_secs = 0.2
            [network]
            peers = {peers:?}
            reconnect_initial_delay_secs = 0.5
            reconnect_max_delay_secs = 4
            reconnect_max_retries = 3
            [logging]
            level = "info,bllvmctl::reconnect=debug"
            "#
        ))
    }

    fn config_for_peers(&self) -> Config {
        self.config(
            &self
                .peers
                .iter()
                .map(Bitcoind::p2p_addr)
                .collect::<Vec<_>>(),
        )
    }

    /// The addresses of the handshaken peers, as the node lists them.
    #[track_caller]
    fn listed(&self) -> Vec<String> {
        let peers = self.node.rpc("getpeerinfo", json!([]));
        let handshaken = peers
            .as_array()
            .unwrap()
            .iter()
            .filter(|peer| peer["version"] != 0);
        handshaken
            .map(|peer| peer["addr"].as_str().unwrap().to_owned())
            .collect()
    }

    #[track_caller]
    fn wait_listed(&self, daemon: &Daemon, address: &str) {
        let found = poll(SOON, || {
            self.listed()
                .iter()
                .any(|listed| listed == address)
                .then_some(())
        });
        assert!(
            found.is_some(),
            "{address} is not connected: {:?}\n{}",
            self.listed(),
            daemon.log()
        );
    }
}

#[track_caller]
fn queue(daemon: &Daemon) -> Vec<Value> {
    let output = daemon.cli(&["queue", "list", "-o", "json"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    output.json().as_array().expect("an array").clone()
}

#[track_caller]
fn entry(daemon: &Daemon, address: &str) -> Option<Value> {
    queue(daemon)
        .into_iter()
        .find(|entry| entry["address"] == address)
}

#[track_caller]
fn wait_entry(daemon: &Daemon, address: &str, what: &str, good: impl Fn(&Value) -> bool) -> Value {
    let seen = eventually(
        what,
        SOON,
        || entry(daemon, address),
        |entry| entry.as_ref().is_some_and(&good),
    );
    seen.expect("an entry")
}

#[track_caller]
fn wait_gone(daemon: &Daemon, address: &str) {
    eventually(
        "a peer to leave the queue",
        SOON,
        || entry(daemon, address),
        Option::is_none,
    );
}

#[track_caller]
fn reconnection(daemon: &Daemon) -> Value {
    daemon.get("/health/detailed").json()["reconnection"].clone()
}

#[track_caller]
fn wait_reconnection(daemon: &Daemon, what: &str, good: impl Fn(&Value) -> bool) -> Value {
    let seen = poll(SOON, || Some(reconnection(daemon)).filter(&good));
    seen.unwrap_or_else(|| {
        panic!(
            "waited for {what}: {}\n{}",
            reconnection(daemon),
            daemon.log()
        )
    })
}

#[track_caller]
fn wait_all_kept(daemon: &Daemon, kept: usize) {
    wait_reconnection(daemon, "all kept peers", |seen| {
        seen["kept_connected"] == kept && seen["kept"] == kept
    });
}
