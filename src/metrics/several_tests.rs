//! The page of several nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;
use crate::health::{Check, CheckName, Level, Verdict, sample};
use crate::node::{MempoolInfo, Traffic};
use crate::reconnect::Summary;
use crate::route::{NodeFacts, Rotation, WalletClaims};
use crate::values::{Mono, Now};
use crate::watch::{AskUtxos, PollPlan, PollResult, Snapshot};

const PLAN: PollPlan = PollPlan {
    poll_interval: Duration::from_secs(5),
    probe_interval: None,
    asks_private_broadcast: false,
    asks_alias_figures: false,
    timeout: Duration::from_secs(10),
    usage_interval: Duration::from_secs(60),
    utxos: AskUtxos::Never,
};

fn at(seconds: u64) -> Mono {
    Mono::from_start(Duration::from_secs(seconds))
}

/// One node that has said nothing, one that reported its mempool, one that reported its traffic.
fn snapshots() -> [Snapshot; 3] {
    let mut mempool = Snapshot::default();
    let reported = MempoolInfo {
        transactions: 3,
        bytes: 9,
        usage_bytes: None,
        min_fee_btc_per_kvb: None,
        unbroadcast: None,
    };
    mempool.answered(PollResult::Mempool(reported), at(10));
    let mut traffic = Snapshot::default();
    let reported = Traffic {
        sent_bytes: 5,
        received_bytes: 6,
    };
    traffic.answered(PollResult::Traffic(reported), at(10));
    [Snapshot::default(), mempool, traffic]
}

fn verdict(snapshot: &Snapshot) -> Verdict {
    let now = Now {
        mono: at(11),
        wall: jiff::Timestamp::UNIX_EPOCH,
    };
    sample::verdict(snapshot, PLAN.timeout, now)
}

/// Node `a` is in rotation, the others are drained, and of them no lag is known.
fn facts(name: &str) -> NodeFacts {
    let is_first = name == "a";
    NodeFacts {
        rotation: Rotation::Ready,
        drained: !is_first,
        lag_blocks: is_first.then_some(2),
        ..NodeFacts::unknown(name.into(), 1, WalletClaims::Any)
    }
}

fn fleet_verdict() -> Verdict {
    let redundancy = Check::new(CheckName::Redundancy, Level::Warning, "none may be lost");
    let fork = Check::new(CheckName::Fork, Level::Warning, "3 blocks deep");
    Verdict {
        checks: vec![redundancy, fork],
        ..verdict(&Snapshot::default())
    }
}

/// The page of the nodes of these names.
fn page(names: &[&str], format: PageFormat) -> String {
    page_with(&PLAN, names, format)
}

/// The same, of nodes that are asked as `plan` says.
fn page_with(plan: &PollPlan, names: &[&str], format: PageFormat) -> String {
    let snapshots = snapshots();
    let verdicts = snapshots.each_ref().map(verdict);
    let lost = Summary::default();
    let prune = PruneFacts::default();
    let facts = names.iter().map(|name| facts(name)).collect::<Vec<_>>();
    let mut nodes = Vec::new();
    for ((name, (snapshot, verdict)), facts) in names
        .iter()
        .zip(snapshots.iter().zip(&verdicts))
        .zip(&facts)
    {
        nodes.push(NodeScrape {
            snapshot,
            verdict,
            state_changes: [0; 6],
            plan,
            node: name,
            peers_max: Some(8),
            prune_bytes: (2, 1),
            lost: &lost,
            max_peers: 100,
            prune: &prune,
            facts: Some(facts),
            now: at(11),
        });
    }
    let recorder = Recorder::new().unwrap();
    for name in names {
        recorder.node_call(name, "uptime", Duration::from_millis(1), None);
    }
    let task_restarts = names.iter().map(|name| ("prune", Some((*name).into()), 1));
    let process = ProcessFacts {
        task_restarts: task_restarts.chain([("systemd", None, 0)]).collect(),
        ..ProcessFacts::default()
    };
    let scrape = Scrape {
        nodes: &nodes,
        fleet: Some(FleetScrape {
            verdict: &fleet_verdict(),
            fork_depth: 3,
        }),
        process: &process,
        recorder: &recorder,
    };
    render(&scrape, format)
}

/// The series of each family, by the name in its `# TYPE`.
fn families(page: &str) -> BTreeMap<String, Vec<String>> {
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut family = String::new();
    for line in page.lines().filter(|line| *line != "# EOF") {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            family = declared.split(' ').next().unwrap().to_owned();
            let before = families.insert(family.clone(), Vec::new());
            assert_eq!(before, None, "{family} is there twice");
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&family), "{line} stands below {family}");
            families.get_mut(&family).unwrap().push(line.to_owned());
        }
    }
    families
}

#[test]
fn each_family_is_there_once_with_the_series_of_every_node() {
    for format in [PageFormat::Text, PageFormat::OpenMetrics] {
        for names in [&["a", "b"][..], &["a", "b", "c"][..]] {
            let page = page(names, format);
            let helps = page
                .lines()
                .filter(|line| line.starts_with("# HELP "))
                .count();
            let families = families(&page);
            assert_eq!(helps, families.len(), "{page}");
            let nodes = |family: &str| {
                let series = families.get(family).map(Vec::as_slice).unwrap_or_default();
                let is_of = |name: &&&str| {
                    let label = format!("node=\"{name}\"");
                    series.iter().any(|line| line.contains(&label))
                };
                names.iter().filter(is_of).count()
            };
            for family in [
                "bllvm_node_state",
                "bllvm_prune_leases",
                "bllvm_network_peers_max",
            ] {
                assert_eq!(nodes(family), names.len(), "{family}\n{page}");
            }
            assert_eq!(nodes("bllvm_mempool_transactions"), 1, "{page}");
            let all: Vec<&String> = families.values().flatten().collect();
            let different: BTreeSet<&str> = all
                .iter()
                .map(|line| line.rsplit_once(' ').unwrap().0)
                .collect();
            assert_eq!(different.len(), all.len(), "no series is there twice");
        }
    }
}

#[test]
fn the_rotation_of_each_node_is_there_and_what_is_of_all_has_no_node() {
    let page = page(&["a", "b"], PageFormat::Text);
    for series in [
        "bllvm_node_in_rotation{node=\"a\"} 1\n",
        "bllvm_node_in_rotation{node=\"b\"} 0\n",
        "bllvm_node_drained{node=\"a\"} 0\n",
        "bllvm_node_drained{node=\"b\"} 1\n",
        "bllvm_node_lag_blocks{node=\"a\"} 2\n",
        "bllvm_health_check{check=\"redundancy\"} 0.5\n",
        "bllvm_health_check{check=\"fork\"} 0.5\n",
        "bllvm_chain_fork 3\n",
    ] {
        assert!(page.contains(series), "{series}\n{page}");
    }
    assert!(
        !page.contains("bllvm_node_lag_blocks{node=\"b\"}"),
        "{page}"
    );
}

#[test]
fn a_family_of_the_second_node_alone_stands_where_it_stands_with_one_node() {
    let page = page(&["a", "b"], PageFormat::Text);
    let families = [
        "bllvm_mempool_transactions",
        "bllvm_prune_leases",
        "bllvm_build_info",
    ];
    let positions = families.map(|family| page.find(&format!("# TYPE {family} ")).unwrap());
    assert!(positions.is_sorted(), "{positions:?}\n{page}");
}

#[test]
fn a_task_of_a_node_has_its_name_and_another_no_empty_label() {
    let page = page(&["a", "b"], PageFormat::Text);
    for series in [
        "bllvm_task_restarts_total{task=\"prune\",node=\"a\"} 1\n",
        "bllvm_task_restarts_total{task=\"prune\",node=\"b\"} 1\n",
        "bllvm_task_restarts_total{task=\"systemd\"} 0\n",
    ] {
        assert!(page.contains(series), "{series}\n{page}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "only the test knows where promtool is"
)]
fn promtool_finds_no_fault_with_the_page_of_several_nodes() {
    let program = std::env::var_os("PROMTOOL").unwrap_or_else(|| "promtool".into());
    for names in [&["a", "b"][..], &["a", "b", "c"][..]] {
        let mut command = Command::new(&program);
        command.args(["check", "metrics"]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let line = format!("SKIPPED promtool on several nodes: {error}\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                return;
            }
        };
        let page = page(names, PageFormat::Text);
        child
            .stdin
            .take()
            .unwrap()
            .write_all(page.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success() && said.is_empty(),
            "{}",
            String::from_utf8_lossy(&said)
        );
    }
}

#[test]
fn the_families_of_another_exporter_have_the_label_node_only_with_several_nodes() {
    let plan = PollPlan {
        asks_alias_figures: true,
        ..PLAN
    };
    let several = page_with(&plan, &["a", "b", "c"], PageFormat::Text);
    let wanted = [
        "# TYPE bitcoin_mempool_size gauge\nbitcoin_mempool_size{node=\"b\"} 3\n",
        "# TYPE bitcoin_total_bytes_sent gauge\nbitcoin_total_bytes_sent{node=\"c\"} 5\n",
        "# TYPE bitcoin_exporter_process_time_total counter\n\
         bitcoin_exporter_process_time_total 0.003\n",
    ];
    for lines in wanted {
        assert!(several.contains(lines), "{lines}\n{several}");
    }
    assert!(
        !several.contains("bitcoin_blocks"),
        "nobody said it: {several}"
    );
    let one = page_with(&plan, &["a"], PageFormat::Text);
    assert!(
        one.contains("\nbitcoin_exporter_process_time_total 0.001\n"),
        "{one}"
    );
    let without = page(&["a", "b", "c"], PageFormat::Text);
    assert!(!without.contains("bitcoin_"), "{without}");
}

#[test]
fn no_family_of_another_exporter_has_a_label_for_an_address() {
    for family in ALIASES {
        assert!(family.name.starts_with("bitcoin_"), "{}", family.name);
        let labels: &[&str] = match family.name {
            "bitcoin_exporter_errors_total" => &["type"],
            "bitcoin_exporter_process_time_total" => &[],
            _ => &["node"],
        };
        assert_eq!(family.labels, labels, "{}", family.name);
    }
}

#[test]
fn the_failed_calls_of_all_nodes_are_counted_by_their_code() {
    let recorder = Recorder::new().unwrap();
    for (node, method) in [("a", "uptime"), ("b", "uptime"), ("b", "getnettotals")] {
        recorder.node_call(node, method, Duration::from_secs(1), Some("-1"));
    }
    recorder.node_call("a", "uptime", Duration::from_secs(1), Some("503"));
    let mut page = Page::default();
    aliases::exporter(&mut page, &recorder.gather());
    let text = encode::encode(&page.into_families(), PageFormat::Text);
    for line in [
        "bitcoin_exporter_errors_total{type=\"-1\"} 3\n",
        "bitcoin_exporter_errors_total{type=\"503\"} 1\n",
        "bitcoin_exporter_process_time_total 4\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
