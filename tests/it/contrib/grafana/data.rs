//! Every query of every panel, run in a real Prometheus that has scraped real daemons: one beside a
//! node that is pruned and has lost a peer, one in front of three nodes of which one is frozen for
//! a moment.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::boards;
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, alice, call, call_at, wait_in_rotation};
use crate::support::http::{Request, basic};
use crate::support::load::Load;
use crate::support::prometheus::Prometheus;
use crate::support::sight::{wait_metrics, wait_ready};
use crate::support::skip::{bitcoind_or_skip, prometheus_or_skip};
use crate::support::surroundings::{eventually, free_port};

const SOON: Duration = Duration::from_mins(1);

/// Queries that have no data here, and why.
const WITHOUT_DATA: [(&str, &str); 1] = [(
    "bllvm_storage_full_in_seconds",
    "a forecast needs ten minutes in which the volume fills up",
)];

/// A node that is in prune mode and has a peer, and its daemon, which keeps that peer and a dead
/// one.
fn single(executable: &Path) -> (Vec<Bitcoind>, Daemon) {
    let options = BitcoindOptions::default().prunable();
    let fleet = NodeFleet::start(executable, [options.clone(), options], 700);
    let [node, peer] = fleet.nodes.as_slice() else {
        panic!("two nodes")
    };
    let config = attached_to(node)
        .with(&format!(
            "[node]\ndata_dir = \"{}\"\npoll_interval_secs = 0.2\n",
            node.datadir().display()
        ))
        .with(
            "[storage]\npruning_mode = \"disabled\"\npruning_threshold_gb = 10.0\n\
             pruning_target_gb = 5.0\nmin_free_gb = 0.001\n",
        )
        .with(&format!(
            "[network]\nmax_peers = 10\nmin_peers = 3\npeers = [\"{}\", \"127.0.0.1:{}\"]\n\
             reconnect_max_delay_secs = 3600\n",
            peer.p2p_addr(),
            free_port()
        ));
    let daemon = Daemon::start(config);
    wait_ready(&daemon);
    (fleet.nodes, daemon)
}

/// What an operator and clients do at the single node.
fn use_single(daemon: &Daemon, node: &Bitcoind) {
    let output = daemon.cli(&["prune", "--to-height", "300"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let output = daemon.cli(&["lease", "add", "lnd", "--last", "100"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let cookie = std::fs::read_to_string(node.cookie_file()).unwrap();
    let right = basic(cookie.trim());
    for credentials in [right.as_str(), "Basic bm86bm8="] {
        for body in [
            r#"{"id":1,"method":"getblockcount"}"#,
            r#"{"id":1,"method":"getblockhash","params":[-1]}"#,
            "{",
        ] {
            let headers = [("Authorization", credentials)];
            daemon.send(Request::post("/", body.as_bytes()).with(&headers));
        }
    }
    // One attempt at the dead peer is over, and the next one is to come.
    wait_metrics(daemon, "an attempt and a peer", |page| {
        page.has("bllvm_reconnect_next_attempt_seconds")
            && page.has("bllvm_peer_quality")
            && page
                .node("reconnect_attempts_total", &[("outcome", "failed")])
                .is_some_and(|attempts| attempts > 0.0)
    });
}

/// Reads, a broadcast, and a primary that says nothing for some seconds.
fn use_fleet(daemon: &Daemon, fleet: &mut NodeFleet) {
    let block = fleet.nodes[0].rpc("getblockhash", json!([1]));
    let block = fleet.nodes[0].rpc("getblock", json!([block, 2]));
    call(daemon, "sendrawtransaction", json!([block["tx"][0]["hex"]]));
    let reads = [
        r#"{"id":1,"method":"getblockcount"}"#,
        r#"{"id":1,"method":"getbestblockhash"}"#,
    ];
    let load = Load::start(daemon.addr(), &alice(), 4, &reads);
    load.wait_for(50);
    fleet.nodes[0].freeze();
    wait_in_rotation(daemon, 2);
    load.wait_for(50);
    fleet.nodes[0].thaw();
    load.stop();
    call_at(daemon, "/", r#"{"id":1,"method":"stop"}"#);
}

/// An expression with what Grafana puts in for its variables.
fn filled_in(expression: &str) -> String {
    expression
        .replace("$__rate_interval", "1m")
        .replace("$__range", "5m")
        .replace("$instance", ".*")
        .replace("$node", ".*")
}

#[test]
fn every_query_of_every_panel_has_data() {
    let server = prometheus_or_skip!();
    let executable = bitcoind_or_skip!();
    let (nodes, one) = single(&executable);
    let options = vec![BitcoindOptions::default(); 3];
    let mut fleet = NodeFleet::start(&executable, options, 10);
    let several = fleet.serve("[fleet]\nfailback_secs = 1\n");
    // Counters are scraped before they rise, or nothing is known to have risen.
    let prometheus = Prometheus::scraping_all(&server, &[one.addr(), several.addr()]);
    use_single(&one, &nodes[0]);
    use_fleet(&several, &mut fleet);
    let mut asked = Vec::new();
    for (name, board) in boards() {
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            for expression in panel.expressions() {
                asked.push((name, panel.title(), filled_in(expression)));
            }
        }
    }
    let has_data = |expression: &str| {
        let is_number = |sample: &Value| sample["value"][1] != "NaN";
        prometheus.query(expression).iter().any(is_number)
    };
    let is_excused = |expression: &str| {
        let is_named = |(family, _): &(&str, &str)| expression.contains(family);
        WITHOUT_DATA.iter().any(is_named) && prometheus.error(expression).is_none()
    };
    // Those that have had data are not asked again.
    eventually(
        "data for every query",
        SOON,
        || {
            // A rate is of calls that come between two scrapes.
            call(&several, "getblockcount", json!([]));
            asked.retain(|(_, _, expression)| !has_data(expression) && !is_excused(expression));
            asked.clone()
        },
        Vec::is_empty,
    );
}
