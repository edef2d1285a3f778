//! A node that hides where transactions come from: no other one sees them, whatever happens to it.

use std::time::Duration;

use serde_json::json;

use super::before_two_fakes;
use crate::support::bitcoind::BitcoindOptions;
use crate::support::config::FAKE_COOKIE;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::fleet::{NodeFleet, call_at, wait_in_rotation};
use crate::support::http::{Request, Response, basic};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{eventually, wait_until};

const SOON: Duration = Duration::from_secs(60);
const SEND: &str = r#"{"id":1,"method":"sendrawtransaction","params":["00"]}"#;
const PACKAGE: &str = r#"{"id":1,"method":"submitpackage","params":[["00","01"]]}"#;

fn post(daemon: &Daemon, path: &str, body: &str) -> Response {
    let login = basic(FAKE_COOKIE);
    daemon.send(Request::post(path, body.as_bytes()).with(&[("Authorization", &login)]))
}

#[track_caller]
fn is_refused(answer: &Response, status: u16, code: i64) {
    let found = (answer.status, answer.json()["error"]["code"].as_i64());
    assert_eq!(found, (status, Some(code)), "{}", answer.text());
}

/// The node goes away.
fn go_away(node: &FakeNode, daemon: &Daemon) {
    node.override_all(Behaviour::Close);
    node.disconnect_all();
    wait_until("one node fewer", SOON, || {
        let text = daemon.get("/health/ready?verbose").text().to_owned();
        text.contains("1 of 2 nodes in rotation")
    });
}

fn come_back(node: &FakeNode, daemon: &Daemon) {
    node.end_override();
    wait_until("both nodes", SOON, || {
        let text = daemon.get("/health/ready?verbose").text().to_owned();
        text.contains("2 of 2 nodes in rotation")
    });
}

fn has_asked(node: &FakeNode) -> bool {
    node.count("getprivatebroadcastinfo") > 0
}

/// What `getprivatebroadcastinfo` of Core 31 says with `-privatebroadcast`, and without.
fn private() -> Behaviour {
    Behaviour::Result(json!({"transactions": []}))
}

fn transactions(node: &FakeNode) -> usize {
    node.count("sendrawtransaction") + node.count("submitpackage")
}

#[test]
fn no_other_node_sees_a_transaction_also_while_it_is_away_and_after_a_restart() {
    let ([node, hiding], mut daemon) = before_two_fakes("[rpc.auth]\nrate_limit_enabled = false");
    for fake in [&node, &hiding] {
        fake.set("sendrawtransaction", Behaviour::Result(json!("aa")));
        fake.set("submitpackage", Behaviour::Result(json!({})));
    }
    // As long as no node says otherwise, a transaction goes to all.
    wait_until("the question", SOON, || {
        has_asked(&node) && has_asked(&hiding)
    });
    assert_eq!(post(&daemon, "/", SEND).status, 200);
    wait_until("both have it", SOON, || {
        transactions(&node) == 1 && transactions(&hiding) == 1
    });

    // The node is restarted with private broadcast, and says so: it is asked before it is used.
    hiding.set("getprivatebroadcastinfo", private());
    go_away(&hiding, &daemon);
    hiding.set("uptime", Behaviour::Result(json!(1)));
    come_back(&hiding, &daemon);
    wait_until("a line that says so", SOON, || {
        daemon
            .log()
            .contains(" private_broadcast] private=true node=b")
            || daemon
                .log()
                .contains(" private_broadcast] node=b private=true")
    });
    let answer = post(&daemon, "/", SEND);
    assert_eq!(
        (answer.status, answer.header("x-bllvmctl-node")),
        (200, Some("b"))
    );
    is_refused(&post(&daemon, "/", PACKAGE), 403, -32003);
    let explained = daemon
        .cli(&["nodes", "explain", "sendrawtransaction"])
        .stdout;
    let of_a = explained
        .lines()
        .find(|line| line.starts_with("a "))
        .expect("a");
    assert!(of_a.contains("without private broadcast"), "{explained}");

    go_away(&hiding, &daemon);
    is_refused(&post(&daemon, "/", SEND), 502, -32010);
    let batch = format!("[{SEND}]");
    assert_eq!(post(&daemon, "/", &batch).status, 502);
    daemon.restart();
    wait_until("the other node", SOON, || {
        post(&daemon, "/", r#"{"id":1,"method":"getblockcount"}"#).status == 200
    });
    is_refused(&post(&daemon, "/", SEND), 502, -32010);
    is_refused(&post(&daemon, "/", PACKAGE), 403, -32003);
    assert_eq!(transactions(&node), 1, "only the first");

    // Restarted without it, it is one like the others.
    hiding.set("getprivatebroadcastinfo", Behaviour::unknown_method());
    come_back(&hiding, &daemon);
    eventually(
        "a success",
        SOON,
        || post(&daemon, "/", SEND).status,
        |status| *status == 200,
    );
    wait_until("both have it", SOON, || transactions(&node) == 2);
}

#[test]
fn a_node_that_refuses_the_question_counts_as_private() {
    let ([node, hiding], daemon) = before_two_fakes("[rpc.auth]\nrate_limit_enabled = false");
    for fake in [&node, &hiding] {
        fake.set("sendrawtransaction", Behaviour::Result(json!("aa")));
    }
    let forbidden = Behaviour::Status {
        status: 403,
        content_type: String::new(),
        body: String::new(),
    };
    hiding.set("getprivatebroadcastinfo", forbidden);
    go_away(&hiding, &daemon);
    hiding.set("uptime", Behaviour::Result(json!(1)));
    come_back(&hiding, &daemon);
    wait_until("it gets all transactions alone", SOON, || {
        let before = transactions(&node);
        let answer = post(&daemon, "/", SEND);
        answer.header("x-bllvmctl-node") == Some("b") && transactions(&node) == before
    });
    let before = transactions(&node);
    go_away(&hiding, &daemon);
    is_refused(&post(&daemon, "/", SEND), 502, -32010);
    assert_eq!(transactions(&node), before);
}

/// With a Core that has private broadcast: it takes the transaction and shows it to no mempool.
#[test]
fn a_real_node_with_private_broadcast_is_found_and_keeps_a_transaction_from_the_others() {
    let executable = bitcoind_or_skip!();
    let plain = BitcoindOptions::default().with("-acceptnonstdtxn=1");
    // Tor is nowhere: what is to be sent waits for ever.
    let hiding = plain
        .clone()
        .with("-privatebroadcast=1")
        .with("-onion=127.0.0.1:1");
    let mut fleet = NodeFleet::start(&executable, vec![plain; 2], 110);
    or_skip!(
        fleet.nodes[0].is_core_from(31).then_some(()),
        "the bitcoind of BITCOIND_EXE has no private broadcast"
    );
    fleet.nodes[1].restart_with(hiding);
    fleet.connect();
    let daemon = fleet.serve("");
    wait_in_rotation(&daemon, 2);
    let hash = fleet.nodes[0].rpc("getblockhash", json!([1]));
    let block = fleet.nodes[0].rpc("getblock", json!([hash, 1]));
    let inputs = json!([{"txid": block["tx"][0], "vout": 0}]);
    let outputs = json!([{"data": "00".repeat(40)}]);
    let raw = fleet.nodes[0].rpc("createrawtransaction", json!([inputs, outputs]));
    let body = json!({"id": 1, "method": "sendrawtransaction", "params": [raw, 0]}).to_string();
    let answer = call_at(&daemon, "/", &body);
    assert_eq!(
        answer.header("x-bllvmctl-node"),
        Some("b"),
        "{}",
        answer.text()
    );
    assert_eq!(fleet.nodes[0].rpc("getrawmempool", json!([])), json!([]));
    fleet.nodes[1].kill();
    wait_in_rotation(&daemon, 1);
    is_refused(&call_at(&daemon, "/", &body), 502, -32010);
    assert_eq!(fleet.nodes[0].rpc("getrawmempool", json!([])), json!([]));
}
