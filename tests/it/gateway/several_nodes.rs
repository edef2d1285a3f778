//! Several nodes behind one gateway: who answers is said, a node that is lost costs no read, and no
//! call runs twice.

use std::thread;

use serde_json::{Value, json};

use super::{AT_ONCE, ECHO, SOON, call, echo_node};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{Response, basic};
use crate::support::sight::{Page, wait_metrics};
use crate::support::surroundings::{free_port, now, wait_until};

/// The second half of the line that bitcoind's share/rpcauth/rpcauth.py prints for the password
/// "secret".
const RPCAUTH: &str = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b\
                       139720c60e410c0540a0937";
/// A read of the tip.
const READ: &str = "getblockcount";

/// The nodes `a` and `b`, of which `a` is the better one, and a daemon before them that has found
/// both ready; `more` stands behind its configuration.
struct Pair {
    nodes: [FakeNode; 2],
    daemon: Daemon,
}

impl Pair {
    #[track_caller]
    fn start(more: &str) -> Self {
        let nodes = [echo_node(), echo_node()];
        for (node, name) in nodes.iter().zip(["a", "b"]) {
            node.set(ECHO, Behaviour::Result(json!(name)));
            node.set(READ, Behaviour::Result(json!(name)));
            node.set("getbestblockhash", Behaviour::Result(json!("00")));
        }
        let daemon = Daemon::start(configuration(&nodes, more));
        wait_until("both nodes in rotation", SOON, || {
            let text = daemon.get("/health/ready?verbose").text().to_owned();
            text.contains("2 of 2 nodes in rotation")
        });
        Self { nodes, daemon }
    }

    #[track_caller]
    fn post(&self, path: &str, method: &str) -> Response {
        let login = basic("alice:secret");
        let headers = [("Authorization", &*login)];
        self.daemon.post(path, &headers, call(method).as_bytes())
    }
}

fn configuration(nodes: &[FakeNode; 2], more: &str) -> String {
    let [a, b] = nodes.each_ref().map(FakeNode::port);
    format!(
        r#"
        state_dir = "{{dir}}/state"
        [node]
        chain = "regtest"
        rpc_user = "__cookie__"
        rpc_password_file = "{{dir}}/node.cookie"
        poll_interval_secs = 1
        timeout_secs = 2
        [rpc]
        listen = "127.0.0.1:{}"
        max_in_flight = 64
        [rpc.auth]
        rate_limit_enabled = false
        [[rpc.auth.users]]
        name = "alice"
        rpcauth = "{RPCAUTH}"
        nodes = ["b"]
        [[nodes]]
        name = "a"
        rpc_url = "http://127.0.0.1:{a}"
        priority = 1
        [[nodes]]
        name = "b"
        rpc_url = "http://127.0.0.1:{b}"
        priority = 2
        wallets = ["hot"]
        {more}
        "#,
        free_port()
    )
}

#[track_caller]
fn assert_from(answer: &Response, node: &str) {
    assert_eq!(
        (answer.status, answer.header("x-bllvmctl-node")),
        (200, Some(node)),
        "{answer:?}"
    );
    assert_eq!(answer.json()["result"], node, "{answer:?}");
}

#[track_caller]
fn assert_code(answer: &Response, status: u16, code: i64) {
    let body: Value = answer.json();
    let seen = (answer.status, body["error"]["code"].as_i64());
    assert_eq!(seen, (status, Some(code)), "{answer:?}");
}

#[test]
fn who_has_answered_is_in_the_header_the_log_and_the_metrics() {
    let pair = Pair::start("");
    assert_from(&pair.post("/", READ), "a");
    assert_from(&pair.post("/node/b", ECHO), "b");
    assert_from(&pair.post("/wallet/hot", ECHO), "b");
    pair.daemon.wait_for_log("method=getblockcount");
    let log = pair.daemon.log();
    let line = log
        .lines()
        .find(|line| line.contains("method=getblockcount"));
    assert!(
        line.is_some_and(|line| line.contains(" node=a")),
        "{line:?}"
    );
    let series = r#"bllvm_upstream_requests_total{class="view",node="a",outcome="answered"}"#;
    wait_metrics(&pair.daemon, "a call at a", |page: &Page| {
        page.series(series).is_some_and(|calls| calls >= 1.0)
    });
}

#[test]
fn a_node_is_changed_only_by_name_and_only_by_whom_that_is_allowed() {
    let pair = Pair::start("");
    for node in &pair.nodes {
        node.set("setban", Behaviour::Result(json!("b")));
    }
    assert_code(&pair.post("/", "setban"), 403, -32003);
    assert_code(&pair.post("/node/a", "setban"), 403, -32003);
    assert_from(&pair.post("/node/b", "setban"), "b");
    assert_code(&pair.post("/wallet/cold", ECHO), 500, -18);
    assert_eq!(
        pair.nodes.each_ref().map(|node| node.count("setban")),
        [0, 1]
    );
}

#[test]
fn reads_at_a_node_that_dies_are_answered_by_the_other_and_a_payment_is_not_sent_again() {
    const PAYMENT: &str = "sendtoaddress";
    let mut pair = Pair::start("");
    let dies = &pair.nodes[1];
    for method in [READ, PAYMENT] {
        dies.set(method, Behaviour::Hang);
    }
    pair.nodes[0].set(READ, Behaviour::Hang);
    let answers: Vec<Response> = thread::scope(|scope| {
        let pair = &pair;
        let payment = scope.spawn(move || pair.post("/wallet/hot", PAYMENT));
        let reads: Vec<_> = (0..32)
            .map(|_| scope.spawn(move || pair.post("/", READ)))
            .collect();
        wait_until("the calls at their nodes", SOON, || {
            pair.nodes[0].count(READ) >= 32 && pair.nodes[1].count(PAYMENT) == 1
        });
        pair.nodes[1].set(READ, Behaviour::Result(json!("b")));
        pair.nodes[0].set(READ, Behaviour::Close);
        pair.nodes[1].set(PAYMENT, Behaviour::Close);
        assert_code(&payment.join().expect("an answer"), 502, -32010);
        let joined = reads
            .into_iter()
            .map(|read| read.join().expect("an answer"));
        joined.collect()
    });
    for answer in &answers {
        assert_from(answer, "b");
    }
    assert_eq!(pair.nodes[1].count(PAYMENT), 1);
    assert_eq!(pair.nodes[0].count(PAYMENT), 0);
    pair.daemon.stop();
}

#[test]
fn reads_at_a_node_that_freezes_are_answered_once_it_is_left() {
    let pair = Pair::start("");
    pair.nodes[0].override_all(Behaviour::Hang);
    let asked_at = now();
    for _ in 0..3 {
        assert_from(&pair.post("/", READ), "b");
    }
    // Ten times probe_secs + dead_secs and half a second.
    assert!(asked_at.elapsed() < AT_ONCE * 7, "{:?}", asked_at.elapsed());
    wait_metrics(&pair.daemon, "the failover", |page: &Page| {
        let failover = r#"bllvm_failovers_total{node="a",reason="unreachable"}"#;
        page.series(failover) == Some(1.0)
            && page
                .series("bllvm_failover_detection_seconds_count")
                .is_some_and(|count| count >= 1.0)
    });
    pair.nodes[0].end_override();
}

#[test]
fn what_a_node_says_of_itself_in_a_gateways_header_is_dropped() {
    let pair = Pair::start("");
    let forged = b"HTTP/1.1 200 OK\r\nX-Bllvmctl-Node: forged\r\nContent-Length: 14\r\n\r\n\
                   {\"result\":\"a\"}";
    pair.nodes[0].set(ECHO, Behaviour::Garbage(forged.to_vec()));
    // An unknown method goes where reads go.
    assert_from(&pair.post("/", ECHO), "a");
}
