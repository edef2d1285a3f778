//! Nodes that part onto two chains: reported by every way there is, nobody is moved across, and
//! healed by itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, answered_by, call, call_at, in_rotation, wait_in_rotation};
use crate::support::prometheus::{Prometheus, server};
use crate::support::sight::Page;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{eventually, throughout, wait_until};

/// A fork is reported within this.
const REPORTED: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(30);

fn depth(daemon: &Daemon) -> Option<f64> {
    Page::of(daemon).series("bllvm_chain_fork")
}

/// Leaves the last `blocks` blocks of the chain of `node`, and mines one more than that to `script`
/// on what is left of it.
fn branch_off(node: &Bitcoind, blocks: u64, script: u32) -> String {
    let height = node.rpc("getblockcount", json!([])).as_u64().unwrap();
    let hash = node.rpc("getblockhash", json!([height - blocks + 1]));
    node.rpc("invalidateblock", json!([hash]));
    // To another script: the same blocks again would be those that are invalid.
    let branch = json!([blocks + 1, format!("raw({script})")]);
    node.rpc("generatetodescriptor", branch);
    hash.as_str().unwrap().to_owned()
}

fn tip(node: &Bitcoind) -> String {
    let tip = node.rpc("getbestblockhash", json!([]));
    tip.as_str().unwrap().to_owned()
}

/// The line of the check `fork` of the gateway's health.
fn check(daemon: &Daemon) -> String {
    let page = daemon.get("/health?verbose");
    assert_eq!(
        page.status, 200,
        "a fork by itself fails no probe: {page:?}"
    );
    let mut lines = page.text().lines();
    let line = lines.find(|line| line.contains(" fork: "));
    line.expect("the check of several nodes").to_owned()
}

/// Two nodes of three on one chain of 111 blocks, and `b` on another of 112 that parts at 109,
/// which it does not leave, and which no other node takes.
fn split(fleet: &NodeFleet) -> String {
    let [a, b, c] = &fleet.nodes[..] else {
        panic!("three nodes")
    };
    a.mine(1);
    let common = |node: &Bitcoind| tip(node) == tip(a);
    wait_until("one chain", SOON, || common(b) && common(c));
    let refused = b.rpc("getbestblockhash", json!([]));
    // The others refuse the branch of b before it is there.
    b.rpc("setnetworkactive", json!([false]));
    branch_off(b, 2, 52);
    refused.as_str().unwrap().to_owned()
}

#[test]
fn a_split_is_reported_nobody_is_moved_across_and_it_heals_by_itself() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 3], 110);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    assert_eq!(depth(&daemon), Some(0.0));
    assert!(check(&daemon).contains("[+] fork: all nodes are on one chain"));

    let refused = split(&fleet);
    wait_until("the metric", REPORTED, || depth(&daemon) == Some(3.0));
    let line = check(&daemon);
    assert!(
        line.starts_with("[!] fork: 3 blocks deep since height 109, for ")
            && line.ends_with(": a, c | b"),
        "{line}"
    );
    let page = Page::of(&daemon);
    assert_eq!(page.series("bllvm_health_check{check=\"fork\"}"), Some(0.5));
    daemon.wait_for_log("WARN check] check=fork from=good to=warning reason=\"");
    daemon.wait_for_log(
        "WARN rotation] node=b from=in to=out reason=\"chain: on another side of a fork than a",
    );
    assert_eq!(in_rotation(&daemon), Some(2));
    assert_eq!(daemon.get("/health/ready?node=b").status, 503);
    assert_eq!(daemon.get("/health/ready?node=a").status, 200);

    // Longer than any lag is allowed: the other side is higher, and the primary is not behind it.
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(
        (answered_by(&answer), &answer.json()["result"]),
        (Some("a"), &json!(111))
    );
    let named = call_at(&daemon, "/node/b", r#"{"id":1,"method":"getblockcount"}"#);
    assert_eq!(named.json()["result"], 112);

    fleet.nodes[1].rpc("reconsiderblock", json!([refused]));
    fleet.nodes[1].rpc("setnetworkactive", json!([true]));
    fleet.connect();
    wait_until("it is over", SOON, || depth(&daemon) == Some(0.0));
    wait_in_rotation(&daemon, 3);
    daemon.wait_for_log("INFO check] check=fork from=warning to=good");
    assert_eq!(
        call(&daemon, "getblockcount", json!([])).json()["result"],
        112
    );
}

#[test]
fn a_dead_primary_moves_nobody_to_the_other_side_unless_most_work_is_wanted() {
    let executable = bitcoind_or_skip!();
    let options = vec![BitcoindOptions::default(); 3];
    let mut fleet = NodeFleet::start(&executable, options, 110);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    split(&fleet);
    wait_until("the metric", REPORTED, || depth(&daemon) == Some(3.0));
    fleet.nodes[0].kill();
    let look = || call(&daemon, "getblockcount", json!([]));
    let of_c = |answer: &crate::support::http::Response| {
        answered_by(answer) == Some("c") && answer.json()["result"] == 111
    };
    eventually("the other node of its side", SOON, look, of_c);
    fleet.nodes[2].kill();
    eventually("nobody", SOON, look, |answer| answer.status == 503);
    throughout("nobody", Duration::from_secs(2), look, |answer| {
        answer.status == 503
    });
    let error: Value = look().json();
    assert_eq!(error["error"]["code"], -32011, "{error}");

    let text = std::fs::read_to_string(daemon.config_file()).unwrap();
    daemon.rewrite_config(text.replace("[fleet]", "[fleet]\nfork_policy = \"most_work\""));
    let reload = daemon.cli(&["config", "reload"]);
    assert_eq!(reload.code, Some(0), "{reload:?}");
    eventually("the side that is left", SOON, look, |answer| {
        answered_by(answer) == Some("b") && answer.json()["result"] == 112
    });
    assert_eq!(depth(&daemon), Some(3.0), "the other side may come back");
}

#[test]
fn a_reorganisation_leaves_nobody_out() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 110);
    let daemon = fleet.serve("");
    for script in 52..57 {
        branch_off(&fleet.nodes[0], 2, script);
        let last = tip(&fleet.nodes[0]);
        wait_until("the other node follows", SOON, || {
            tip(&fleet.nodes[1]) == last
        });
    }
    wait_until("no fork", SOON, || depth(&daemon) == Some(0.0));
    wait_in_rotation(&daemon, 2);
}

#[test]
fn prometheus_fires_within_ten_seconds_of_a_fork() {
    let executable = bitcoind_or_skip!();
    let prometheus = or_skip!(
        server(),
        "there is no prometheus: PROMETHEUS_EXE is not set"
    );
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 3], 110);
    let daemon = fleet.serve("");
    let prometheus = Prometheus::scraping(&prometheus, daemon.addr());
    let fork = || prometheus.value("bllvm_chain_fork");
    eventually("the series", SOON, fork, |value| *value == Some(0.0));
    split(&fleet);
    let firing = r#"ALERTS{alertname="BitcoinChainFork",alertstate="firing"}"#;
    let alerts = || prometheus.query(firing);
    eventually("the alert", REPORTED, alerts, |alerts| alerts.len() == 1);
}
