//! All nodes down, and all back at once.

use std::time::Duration;

use serde_json::json;

use super::{before_two_fakes, three_nodes};
use crate::support::config::FAKE_COOKIE;
use crate::support::fake_node::Behaviour;
use crate::support::fleet::{alice, call, wait_in_rotation};
use crate::support::http::{basic, latencies};
use crate::support::load::Load;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, wait_until};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn without_any_node_calls_are_refused_at_once_and_all_is_well_again_by_itself() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    let daemon = fleet.serve("");
    fleet.flush();
    for node in &mut fleet.nodes {
        node.kill();
    }
    wait_until("a refusal", SOON, || {
        call(&daemon, "getblockcount", json!([])).status == 502
    });
    wait_in_rotation(&daemon, 0);
    let asked = now();
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(answer.json()["error"]["code"], json!(-32010));
    assert!(now() - asked < Duration::from_secs(1));
    let probes = latencies(daemon.addr(), "/health/ready", 503, 200);
    assert!(
        probes.p99() < Duration::from_millis(50),
        "{:?}",
        probes.p99()
    );
    assert_eq!(daemon.get("/health/live").status, 200);
    for node in &mut fleet.nodes {
        node.restart();
    }
    fleet.connect();
    wait_in_rotation(&daemon, 3);
    let load = Load::start(
        daemon.addr(),
        &alice(),
        100,
        &[r#"{"id":1,"method":"getblockcount"}"#],
    );
    load.wait_for(1_000);
    let report = load.stop();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

#[test]
fn no_node_gets_more_than_its_slots_when_all_are_back_and_500_clients_wait() {
    const SLOTS: usize = 8;
    let (nodes, daemon) = before_two_fakes(
        "[rpc.auth]\nrate_limit_enabled = false\n[rpc]\nmax_in_flight = 8\n\
         queue_timeout_ms = 20000",
    );
    let slow = Behaviour::Late(
        Duration::from_millis(5),
        Box::new(Behaviour::Result(json!(1400))),
    );
    for node in &nodes {
        node.set("getblockcount", slow.clone());
        node.override_all(Behaviour::Close);
        node.disconnect_all();
    }
    let login = basic(FAKE_COOKIE);
    let read = [r#"{"id":1,"method":"getblockcount"}"#];
    wait_until("no node", SOON, || {
        daemon.get("/health/ready").text().contains("0 of 2 nodes")
    });
    let load = Load::begin(daemon.addr(), &login, 500, &read);
    let probes = latencies(daemon.addr(), "/health/ready", 503, 100);
    for node in &nodes {
        node.end_override();
    }
    load.wait_for(2_000);
    let report = load.stop();
    println!("500 clients when all nodes are back: {}", report.summary());
    println!(
        "probes beside 500 clients that are refused: p99 {:?}",
        probes.p99()
    );
    for node in &nodes {
        let most = node.most_at_once_of("getblockcount");
        println!("{most} calls at once at most");
        assert!((1..=SLOTS).contains(&most), "{most} calls at once");
    }
    let is_refusal = |failure: &&String| failure.starts_with("50");
    let others: Vec<_> = report
        .failures
        .iter()
        .filter(|failure| !is_refusal(failure))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
