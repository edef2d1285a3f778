//! A peer of the embedded node that is killed: it waits in the queue, and comes back when it is
//! there again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::embedded;
use crate::support::daemon::Daemon;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, wait_until};

const LONG: Duration = Duration::from_mins(2);

fn queue(daemon: &Daemon) -> Vec<Value> {
    let output = daemon.cli(&["queue", "list", "-o", "json"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    output.json().as_array().expect("a list").clone()
}

fn detailed(daemon: &Daemon, section: &str, field: &str) -> Value {
    daemon.get("/health/detailed").json()[section][field].clone()
}

#[test]
fn a_bitcoind_that_is_killed_waits_in_the_queue_and_comes_back() {
    let mut bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    bitcoind.mine(20);
    let address = bitcoind.p2p_addr();
    let config = format!(
        "[network]\npeers = [\"{address}\"]\nreconnect_initial_delay_secs = 0.5\n\
         reconnect_max_delay_secs = 2\n\
         reconnect_max_retries = 0"
    );
    let daemon = Daemon::start(embedded().with(&config));
    wait_until("the chain of bitcoind", LONG, || {
        detailed(&daemon, "chain", "height") == 20
    });
    wait_until("an empty queue", LONG, || queue(&daemon).is_empty());

    bitcoind.kill();
    let waits = |queue: &Vec<Value>| {
        let is_it = |entry: &Value| entry["address"] == address.as_str();
        // The only peer there was: the network may be down as well, so no attempt is counted.
        let was_tried = |entry: &Value| {
            entry["last_error"]
                .as_str()
                .is_some_and(|error| error.contains("not connected"))
        };
        queue
            .iter()
            .any(|entry| is_it(entry) && was_tried(entry) && !entry["lost_at"].is_null())
    };
    let lost = eventually(
        "a failed attempt in the queue",
        LONG,
        || queue(&daemon),
        waits,
    );
    assert!(
        ["waiting", "connecting"].contains(&lost[0]["state"].as_str().unwrap()),
        "{lost:?}"
    );
    assert_eq!(detailed(&daemon, "network", "peers_connected"), 0);

    bitcoind.restart();
    wait_until("the peer again", LONG, || {
        detailed(&daemon, "network", "peers_connected") == 1
    });
    wait_until("an empty queue again", LONG, || queue(&daemon).is_empty());
    // It is a peer as before.
    bitcoind.mine(1);
    wait_until("its next block", LONG, || {
        detailed(&daemon, "chain", "height") == 21
    });
    let seen = bitcoind.rpc("getpeerinfo", json!([]));
    assert!(
        seen[0]["subver"]
            .as_str()
            .unwrap()
            .starts_with("/bllvmctl:"),
        "{seen}"
    );
}
