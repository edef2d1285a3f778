//! Nodes that an operator takes out: nothing fails, and it is remembered.

use std::time::Duration;
use std::{fs, thread};

use serde_json::json;

use super::{rounds, three_nodes};
use crate::support::bitcoind::BitcoindOptions;
use crate::support::fleet::{NodeFleet, alice, answered_by, call, wait_in_rotation};
use crate::support::load::Load;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

const READS: [&str; 2] = [
    r#"{"id":1,"method":"getblockcount"}"#,
    r#"{"id":1,"method":"getblockchaininfo"}"#,
];
const SOON: Duration = Duration::from_secs(30);

#[test]
fn drains_under_load_fail_no_call() {
    let executable = bitcoind_or_skip!();
    let fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    let load = Load::start(daemon.addr(), &alice(), 16, &READS);
    for _ in 0..rounds(5) {
        let drained = daemon.cli(&["nodes", "drain", "a"]);
        assert_eq!(drained.code, Some(0), "{drained:?}");
        wait_until("another node serves", SOON, || {
            answered_by(&call(&daemon, "getblockcount", json!([]))) == Some("b")
        });
        let undrained = daemon.cli(&["nodes", "undrain", "a"]);
        assert_eq!(undrained.code, Some(0), "{undrained:?}");
        wait_until("the primary serves", SOON, || {
            answered_by(&call(&daemon, "getblockcount", json!([]))) == Some("a")
        });
    }
    let report = load.stop();
    println!("{} drains: {}", rounds(5), report.summary());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
}

#[test]
fn the_last_node_cannot_be_drained_but_by_force_and_a_drain_survives_a_restart() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 10);
    let mut daemon = fleet.serve("");
    assert_eq!(
        daemon
            .cli(&["nodes", "drain", "a", "--reason", "disk"])
            .code,
        Some(0)
    );
    let refused = daemon.cli(&["nodes", "drain", "b"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("min_ready"), "{refused:?}");
    daemon.restart();
    wait_in_rotation(&daemon, 1);
    let list = daemon.cli(&["nodes"]);
    assert!(list.stdout.contains("disk"), "{list:?}");
    assert_eq!(
        answered_by(&call(&daemon, "getblockcount", json!([]))),
        Some("b")
    );
    assert_eq!(
        daemon.cli(&["nodes", "drain", "b", "--force"]).code,
        Some(0)
    );
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (503, &json!(-32011))
    );
    assert_eq!(daemon.cli(&["nodes", "undrain", "b"]).code, Some(0));
    wait_in_rotation(&daemon, 1);
}

#[test]
fn a_node_is_maintained_under_load_and_no_call_fails() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    let load = Load::start(daemon.addr(), &alice(), 16, &READS);
    let under_way = daemon.directory().join("restart");
    let script = format!(
        "touch {0}; while [ -e {0} ]; do sleep 0.1; done",
        under_way.display()
    );
    for _ in 0..rounds(2) {
        let maintained = thread::scope(|scope| {
            let node = &mut fleet.nodes[0];
            scope.spawn(|| {
                wait_until("the command of maintain", SOON, || under_way.exists());
                node.restart();
                node.wait_ready();
                fs::remove_file(&under_way).expect("the file of the command");
            });
            let arguments = ["nodes", "maintain", "a", "--wait", "60s"];
            daemon.cli_before(&arguments, &["sh", "-c", &script])
        });
        assert_eq!(maintained.code, Some(0), "{maintained:?}");
        fleet.connect();
        wait_in_rotation(&daemon, 3);
    }
    let report = load.stop();
    println!("{} maintenances: {}", rounds(2), report.summary());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let failed = daemon.cli_before(&["nodes", "maintain", "a", "--wait", "30s"], &["false"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    wait_in_rotation(&daemon, 2);
}
