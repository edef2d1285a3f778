//! All nodes down, and all back at once.

use std::time::Duration;

use serde_json::json;

use super::three_nodes;
use crate::support::fleet::{alice, call, wait_in_rotation};
use crate::support::http::latencies;
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
