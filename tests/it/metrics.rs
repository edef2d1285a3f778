//! The page of metrics, as Prometheus and its own checker see it.

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, attached_to};
use crate::support::daemon::Daemon;
use crate::support::http::Request;
use crate::support::prometheus::{Prometheus, check_metrics};
use crate::support::sight::{Page, wait_metrics, wait_not_ready, wait_ready};
use crate::support::skip::{bitcoind_or_skip, prometheus_or_skip, promtool_or_skip};
use crate::support::surroundings::free_port;

/// What is known of a real node with an index, whose data directory is on this machine.
const FAMILIES: [(&str, &str); 45] = [
    ("bllvm_node_up", "gauge"),
    ("bllvm_node_state", "gauge"),
    ("bllvm_node_info", "gauge"),
    ("bllvm_node_uptime_seconds", "gauge"),
    ("bllvm_node_rpc_duration_seconds", "histogram"),
    ("bllvm_node_rpc_errors_total", "counter"),
    ("bllvm_collector_up", "gauge"),
    ("bllvm_collector_age_seconds", "gauge"),
    ("bllvm_health_check", "gauge"),
    ("bllvm_chain_height", "gauge"),
    ("bllvm_chain_headers", "gauge"),
    ("bllvm_chain_difficulty", "gauge"),
    ("bllvm_chain_tip_timestamp_seconds", "gauge"),
    ("bllvm_chain_verification_progress", "gauge"),
    ("bllvm_chain_initial_block_download", "gauge"),
    ("bllvm_chain_reorgs_total", "counter"),
    ("bllvm_chain_prune_height", "gauge"),
    ("bllvm_blocks_processed_total", "counter"),
    ("bllvm_network_peers", "gauge"),
    ("bllvm_network_peers_max", "gauge"),
    ("bllvm_network_bytes_sent_total", "counter"),
    ("bllvm_network_bytes_received_total", "counter"),
    ("bllvm_network_active", "gauge"),
    ("bllvm_storage_blocks_bytes", "gauge"),
    ("bllvm_storage_usage_bytes", "gauge"),
    ("bllvm_storage_prune_threshold_bytes", "gauge"),
    ("bllvm_storage_prune_target_bytes", "gauge"),
    ("bllvm_storage_database_bytes", "gauge"),
    ("bllvm_storage_utxos", "gauge"),
    ("bllvm_storage_volume_free_bytes", "gauge"),
    ("bllvm_storage_volume_size_bytes", "gauge"),
    ("bllvm_mempool_transactions", "gauge"),
    ("bllvm_mempool_bytes", "gauge"),
    ("bllvm_mempool_usage_bytes", "gauge"),
    ("bllvm_mempool_min_fee_btc_per_kvb", "gauge"),
    ("bllvm_build_info", "gauge"),
    ("bllvm_config_reload_success", "gauge"),
    ("bllvm_config_last_reload_timestamp_seconds", "gauge"),
    ("bllvm_task_restarts_total", "counter"),
    ("bllvm_log_events_total", "counter"),
    ("bllvm_log_dropped_total", "counter"),
    ("process_cpu_seconds_total", "counter"),
    ("process_resident_memory_bytes", "gauge"),
    ("process_open_fds", "gauge"),
    ("process_start_time_seconds", "gauge"),
];

/// A pruned node with an index of its coins, and a daemon that sees its files.
fn node_and_daemon(executable: std::path::PathBuf) -> (Bitcoind, Daemon) {
    let node = Bitcoind::start(
        executable,
        BitcoindOptions::default()
            .prunable()
            .with("-coinstatsindex=1"),
    );
    node.mine(3);
    let directory = node.datadir().display();
    let config = attached_to(&node)
        .with(
            "[node]\npoll_interval_secs = 0.2\nutxo_stats = \"always\"\n[network]\nmax_peers = 125",
        )
        .with(&format!("[node]\ndata_dir = \"{directory}\""));
    let daemon = Daemon::start(config);
    wait_ready(&daemon);
    wait_metrics(&daemon, "every collector", |page| {
        page.has("bllvm_storage_utxos") && page.all_are("bllvm_collector_up{", "1")
    });
    (node, daemon)
}

#[test]
fn every_family_that_is_known_is_on_the_page_and_its_values_are_the_nodes() {
    let (node, daemon) = node_and_daemon(bitcoind_or_skip!());
    let page = Page::of(&daemon);
    for (family, kind) in FAMILIES {
        let declared = page
            .text()
            .lines()
            .any(|line| line == format!("# TYPE {family} {kind}"));
        // The node has made no mistake yet.
        assert!(
            declared || family == "bllvm_node_rpc_errors_total",
            "{family} {kind}\n{}",
            page.text()
        );
    }
    assert_eq!(
        (
            page.node("chain_height", &[]),
            page.node("chain_headers", &[])
        ),
        (Some(3.0), Some(3.0))
    );
    assert_eq!(
        page.node("network_peers", &[("direction", "inbound")]),
        Some(0.0)
    );
    assert_eq!(
        page.node("network_peers", &[("direction", "unknown")]),
        None
    );
    assert_eq!(page.node("network_peers_max", &[]), Some(125.0));
    assert_eq!(page.node("storage_utxos", &[]), Some(3.0));
    assert_eq!(page.node("chain_prune_height", &[]), Some(0.0));
    let size = node.rpc("getblockchaininfo", serde_json::json!([]))["size_on_disk"].as_f64();
    assert_eq!(page.node("storage_blocks_bytes", &[]), size);
    let known = [
        "uptime", "network", "chain", "peers", "traffic", "mempool", "indexes", "utxos", "volume",
        "usage",
    ];
    for collector in known {
        assert_eq!(
            page.node("collector_up", &[("collector", collector)]),
            Some(1.0),
            "{collector}"
        );
    }
    let checks = [
        "daemon",
        "node",
        "chain",
        "sync",
        "stall",
        "storage",
        "disk",
        "peers",
        "pruning",
        "credentials",
    ];
    for check in checks {
        assert!(
            page.node("health_check", &[("check", check)]).is_some(),
            "{check}"
        );
    }
}

#[test]
fn promtool_has_nothing_to_say_of_the_page_whether_the_node_is_there_or_not() {
    let promtool = promtool_or_skip!();
    let (mut node, daemon) = node_and_daemon(bitcoind_or_skip!());
    let said = |daemon: &Daemon| {
        let output = check_metrics(&promtool, Page::of(daemon).text());
        (output.code, output.stdout, output.stderr)
    };
    let nothing = (Some(0), String::new(), String::new());
    assert_eq!(said(&daemon), nothing);
    node.kill();
    wait_not_ready(&daemon, "node", &["cannot connect to"]);
    assert_eq!(said(&daemon), nothing);

    let alone = Daemon::start(Config::attached(
        free_port(),
        "/nonexistent/.cookie".as_ref(),
    ));
    wait_not_ready(&alone, "node", &["cannot connect to"]);
    assert_eq!(said(&alone), nothing);
    let page = Page::of(&alone);
    assert_eq!(
        (page.state(), page.node("node_up", &[])),
        ("unreachable", Some(0.0))
    );
    for unknown in [
        "bllvm_chain_height",
        "bllvm_network_peers",
        "bllvm_mempool_transactions",
        "bllvm_node_info",
    ] {
        assert!(!page.has(unknown), "{unknown}");
    }
}

#[test]
fn open_metrics_are_sent_to_whoever_asks_and_head_has_no_body() {
    let daemon = Daemon::start(Config::attached(
        free_port(),
        "/nonexistent/.cookie".as_ref(),
    ));
    let accept = [(
        "Accept",
        "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
    )];
    let open = daemon.get_with("/metrics", &accept);
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.text().ends_with("\n# EOF\n"), "{}", open.text());
    let mut counter = None;
    for line in open.text().lines() {
        match line
            .strip_prefix("# TYPE ")
            .and_then(|declared| declared.split_once(' '))
        {
            Some((name, kind)) => {
                assert!(!name.ends_with("_total"), "{line}");
                counter = (kind == "counter").then(|| format!("{name}_total"));
            }
            None if line.starts_with('#') => {}
            None => assert!(
                counter
                    .as_ref()
                    .is_none_or(|name| line.starts_with(name.as_str())),
                "{line}"
            ),
        }
    }
    let plain = daemon.get("/metrics");
    assert_eq!(
        plain.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let head = daemon.send(Request {
        method: "HEAD",
        ..Request::get("/metrics")
    });
    assert_eq!(
        (head.status, head.body.len(), head.header("content-type")),
        (200, 0, plain.header("content-type"))
    );
    assert_eq!(daemon.post("/metrics", &[], b"").status, 405);
}

#[test]
fn a_real_prometheus_has_the_height_of_the_chain() {
    let server = prometheus_or_skip!();
    let (_node, daemon) = node_and_daemon(bitcoind_or_skip!());
    let prometheus = Prometheus::scraping(&server, daemon.addr());
    assert_eq!(
        prometheus.value("bllvm_chain_height{node=\"main\"}"),
        Some(3.0)
    );
    assert_eq!(prometheus.value("sum(bllvm_node_state)"), Some(1.0));
    assert_eq!(prometheus.value("bllvm_chain_reorgs_total"), Some(0.0));
    assert!(
        prometheus
            .value("histogram_quantile(0.5, sum by (le) (bllvm_node_rpc_duration_seconds_bucket))")
            > Some(0.0)
    );
}
