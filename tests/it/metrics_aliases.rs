//! `rpc.metrics_aliases`: the families of bitcoin-prometheus-exporter.

mod exporter;

use serde_json::{Value, json};

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::fleet::NodeFleet;
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::bitcoind_or_skip;

const ALIASES: &str = "[node]\npoll_interval_secs = 0.2\n[rpc]\nmetrics_aliases = [\"jvstein\"]";

/// A node with fees in its last block and a transaction in its mempool.
fn node_with_transactions(executable: std::path::PathBuf) -> Bitcoind {
    let options = BitcoindOptions::default().with("-fallbackfee=0.0002");
    let node = Bitcoind::start(executable, options);
    node.rpc("createwallet", json!(["w"]));
    let address = node.rpc("getnewaddress", json!([]));
    node.rpc("generatetoaddress", json!([103, address]));
    node.rpc("sendtoaddress", json!([address, 1.5]));
    node.mine(1);
    node.rpc("sendtoaddress", json!([address, 0.25]));
    node
}

/// The families of one number, with where the node has it.
fn numbers(node: &Bitcoind) -> Vec<(&'static str, Value)> {
    let call = |method: &str, params: Value| node.rpc(method, params);
    let chain = call("getblockchaininfo", json!([]));
    let network = call("getnetworkinfo", json!([]));
    let mempool = call("getmempoolinfo", json!([]));
    let traffic = call("getnettotals", json!([]));
    let memory = call("getmemoryinfo", json!([]))["locked"].clone();
    let block = call("getblockstats", json!([chain["bestblockhash"]]));
    let tips = call("getchaintips", json!([]));
    let btc = |sats: &Value| json!(sats.as_f64().expect("satoshis") / 1e8);
    vec![
        ("blocks", chain["blocks"].clone()),
        ("difficulty", chain["difficulty"].clone()),
        ("size_on_disk", chain["size_on_disk"].clone()),
        (
            "verification_progress",
            chain["verificationprogress"].clone(),
        ),
        ("peers", network["connections"].clone()),
        ("conn_in", network["connections_in"].clone()),
        ("conn_out", network["connections_out"].clone()),
        ("server_version", network["version"].clone()),
        ("protocol_version", network["protocolversion"].clone()),
        ("hashps_neg1", call("getnetworkhashps", json!([-1]))),
        ("hashps_1", call("getnetworkhashps", json!([1]))),
        ("hashps", call("getnetworkhashps", json!([120]))),
        ("meminfo_used", memory["used"].clone()),
        ("meminfo_free", memory["free"].clone()),
        ("meminfo_total", memory["total"].clone()),
        ("meminfo_locked", memory["locked"].clone()),
        ("meminfo_chunks_used", memory["chunks_used"].clone()),
        ("meminfo_chunks_free", memory["chunks_free"].clone()),
        ("mempool_bytes", mempool["bytes"].clone()),
        ("mempool_size", mempool["size"].clone()),
        ("mempool_usage", mempool["usage"].clone()),
        ("mempool_minfee", mempool["mempoolminfee"].clone()),
        ("mempool_unbroadcast", mempool["unbroadcastcount"].clone()),
        ("latest_block_height", block["height"].clone()),
        ("latest_block_weight", block["total_weight"].clone()),
        ("latest_block_size", block["total_size"].clone()),
        ("latest_block_txs", block["txs"].clone()),
        ("latest_block_inputs", block["ins"].clone()),
        ("latest_block_outputs", block["outs"].clone()),
        ("latest_block_value", btc(&block["total_out"])),
        ("latest_block_fee", btc(&block["totalfee"])),
        (
            "txcount",
            call("getchaintxstats", json!([]))["txcount"].clone(),
        ),
        ("num_chaintips", json!(tips.as_array().expect("tips").len())),
        ("total_bytes_recv", traffic["totalbytesrecv"].clone()),
        ("total_bytes_sent", traffic["totalbytessent"].clone()),
    ]
}

/// The names after `bitcoin_` of the families on a page.
fn families(page: &Page) -> Vec<&str> {
    let types = page.text().lines();
    let types = types.filter_map(|line| line.strip_prefix("# TYPE bitcoin_"));
    let mut names: Vec<_> = types.filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names
}

fn wait_aliases(daemon: &Daemon) -> Page {
    wait_metrics(daemon, "the families of the exporter", |page| {
        page.has("bitcoin_latest_block_height") && page.has("bitcoin_mempool_size")
    })
}

#[test]
fn each_family_of_the_exporter_has_the_nodes_own_number_and_no_label() {
    let node = node_with_transactions(bitcoind_or_skip!());
    let daemon = Daemon::start(attached_to(&node).with(ALIASES));
    let page = wait_aliases(&daemon);
    let numbers = numbers(&node);
    for (name, value) in &numbers {
        let value = value.as_f64().unwrap_or_else(|| panic!("{name}: {value}"));
        assert_eq!(
            page.series(&format!("bitcoin_{name}")),
            Some(value),
            "{name}"
        );
    }
    let of = |name: &str| page.series(&format!("bitcoin_{name}"));
    assert!(of("latest_block_fee") > Some(0.0), "{}", page.text());
    assert_eq!(
        (of("latest_block_txs"), of("mempool_size")),
        (Some(2.0), Some(1.0))
    );
    let uptime = node.rpc("uptime", json!([])).as_f64().expect("seconds");
    assert!(
        of("uptime").is_some_and(|seconds| (uptime - seconds).abs() < 60.0),
        "{}",
        page.text()
    );
    assert!(of("rpc_active").is_some(), "{}", page.text());
    let warns = node.rpc("getnetworkinfo", json!([]))["warnings"]
        .to_string()
        .len()
        > 2;
    assert_eq!(of("warnings_total").is_some_and(|count| count > 0.0), warns);
    assert!(
        of("exporter_process_time_total") > Some(0.0),
        "{}",
        page.text()
    );

    let others = [
        "uptime",
        "rpc_active",
        "warnings_total",
        "exporter_process_time_total",
    ];
    let mut all: Vec<_> = numbers
        .iter()
        .map(|(name, _)| *name)
        .chain(others)
        .collect();
    all.sort_unstable();
    // The node has seen too few transactions to estimate fees, and has made no mistake.
    assert_eq!(families(&page), all);
}

#[test]
fn a_reload_adds_the_families_and_takes_them_away_with_their_questions() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(2);
    let plain = attached_to(&node).with("[node]\npoll_interval_secs = 0.2");
    let daemon = Daemon::start(plain.clone());
    wait_metrics(&daemon, "the chain", |page| page.has("bllvm_chain_height"));
    let reload = || {
        let output = daemon.cli(&["config", "reload"]);
        assert_eq!(output.code, Some(0), "{output:?}");
    };
    assert_eq!(families(&Page::of(&daemon)), [""; 0]);
    assert_eq!(
        Page::of(&daemon).node("collector_up", &[("collector", "alias_figures")]),
        None
    );

    daemon.rewrite_config(plain.clone().with(ALIASES));
    reload();
    let page = wait_aliases(&daemon);
    assert_eq!(page.series("bitcoin_latest_block_height"), Some(2.0));
    assert_eq!(
        page.node("collector_up", &[("collector", "alias_figures")]),
        Some(1.0)
    );

    daemon.rewrite_config(plain);
    reload();
    let page = wait_metrics(&daemon, "no such family", |page| families(page).is_empty());
    assert_eq!(
        page.node("collector_age_seconds", &[("collector", "alias_figures")]),
        None
    );
}

#[test]
fn with_several_nodes_each_series_has_the_name_of_its_node() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 3);
    let daemon = fleet.serve("[rpc]\nmetrics_aliases = [\"jvstein\"]");
    let page = wait_metrics(&daemon, "both nodes", |page| {
        ["a", "b"].iter().all(|node| {
            page.series(&format!("bitcoin_latest_block_height{{node=\"{node}\"}}")) == Some(3.0)
        })
    });
    assert_eq!(page.series("bitcoin_blocks{node=\"b\"}"), Some(3.0));
    assert_eq!(page.series("bitcoin_blocks"), None);
}
