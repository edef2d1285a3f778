//! The exporter itself beside bllvmctl, on the same node: each of its series has the same value on
//! both pages.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{ALIASES, node_with_transactions, wait_aliases};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::Background;
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request};
use crate::support::sight::Page;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, eventually, free_port, poll};

/// Longer than the minute for which the answers to some of the questions are kept.
const LONG: Duration = Duration::from_mins(3);

/// What the two pages may differ in, and why; all of it is in docs/METRICS.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// Ours is absent: a label for each address, or a time that its client library adds.
    Absent,
    /// It is about the program that has the page.
    OfTheProgram,
    /// It counts its own questions.
    Questions,
    /// It changes each second.
    Seconds,
}

impl Difference {
    fn of(series: &str) -> Option<Self> {
        let family = series.split('{').next().unwrap_or(series);
        match family {
            "bitcoin_ban_created" | "bitcoin_banned_until" => Some(Self::Absent),
            _ if family.ends_with("_created") => Some(Self::Absent),
            "bitcoin_exporter_process_time_total" | "bitcoin_exporter_errors_total" => {
                Some(Self::OfTheProgram)
            }
            "bitcoin_warnings_total" => Some(Self::Questions),
            "bitcoin_uptime" => Some(Self::Seconds),
            _ => None,
        }
    }
}

/// The exporter, which runs until it is dropped.
struct Exporter {
    // First, so that it is gone before its directory is.
    process: Background,
    _directory: tempfile::TempDir,
    addr: SocketAddr,
}

impl Exporter {
    /// Starts `script` beside `node`. It asks the node at each scrape.
    fn start(python: &Path, script: &Path, node: &Bitcoind) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let cookie = fs::read_to_string(node.cookie_file()).expect("a cookie");
        let (user, password) = cookie.split_once(':').expect("a user and a password");
        let mut command = Command::new(python);
        command
            .arg(script)
            .env_clear()
            .env("BITCOIN_RPC_HOST", "127.0.0.1")
            .env("BITCOIN_RPC_PORT", node.rpc_port().to_string())
            .env("BITCOIN_RPC_USER", user)
            .env("BITCOIN_RPC_PASSWORD", password)
            .env("METRICS_ADDR", addr.ip().to_string())
            .env("METRICS_PORT", addr.port().to_string())
            .env("RATE_LIMIT", "0");
        let process = Background::start(command, &directory.path().join("printed.log"));
        Self {
            process,
            _directory: directory,
            addr,
        }
    }

    /// Its page.
    #[track_caller]
    fn page(&mut self) -> String {
        let page = poll(LONG, || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "{ended:?}:\n{}", self.process.log());
            http::send(self.addr, Request::get("/metrics")).ok()
        });
        let page = page.unwrap_or_else(|| panic!("no page:\n{}", self.process.log()));
        assert_eq!(page.status, 200, "{page:?}");
        page.text().to_owned()
    }
}

/// The lines of a page that are about the exporter's families: each series with its value, each type
/// with its kind.
fn of_exporter(page: &str) -> BTreeMap<String, String> {
    let split = |line: &str| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let is_its = line.starts_with("bitcoin_") || line.starts_with("TYPE bitcoin_");
        let (series, value) = line.rsplit_once(' ').filter(|_| is_its)?;
        // One writes 3.0 where the other writes 3.
        let value = value
            .parse::<f64>()
            .map_or(value.to_owned(), |value| value.to_string());
        Some((series.to_owned(), value))
    };
    page.lines().filter_map(split).collect()
}

/// What is not the same on both pages, though it should be: the series, there and here.
fn differences(
    theirs: &BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
) -> Vec<(String, Option<String>, Option<String>)> {
    let all = theirs
        .keys()
        .chain(ours.keys().filter(|series| !theirs.contains_key(*series)));
    all.filter(|series| Difference::of(series.trim_start_matches("TYPE ")).is_none())
        .filter(|series| theirs.get(*series) != ours.get(*series))
        .map(|series| {
            (
                series.clone(),
                theirs.get(series).cloned(),
                ours.get(series).cloned(),
            )
        })
        .collect()
}

/// Transactions that were confirmed fast enough, and often enough, to estimate fees by.
fn have_fees_estimated(node: &Bitcoind) {
    let address = node.rpc("getnewaddress", json!([]));
    let estimates = |blocks: u32| node.rpc("estimatesmartfee", json!([blocks]))["feerate"].is_f64();
    for _ in 0..60 {
        for _ in 0..3 {
            node.rpc("sendtoaddress", json!([address, 0.01]));
        }
        node.mine(1);
        if [2, 3, 5, 20].into_iter().all(estimates) {
            return;
        }
    }
    panic!("no estimate: {}", node.rpc("estimatesmartfee", json!([2])));
}

#[test]
fn beside_the_exporter_itself_each_series_has_the_same_value() {
    let executable = bitcoind_or_skip!();
    let script = or_skip!(
        env("JVSTEIN_EXPORTER").map(PathBuf::from),
        "JVSTEIN_EXPORTER is not set (bitcoind-monitor.py of jvstein/bitcoin-prometheus-exporter)"
    );
    let python = or_skip!(
        env("PYTHON_CLIENTS").map(PathBuf::from),
        "PYTHON_CLIENTS is not set (a python that has prometheus-client and riprova from PyPI)"
    );
    let node = node_with_transactions(executable.clone());
    have_fees_estimated(&node);
    node.rpc(
        "sendtoaddress",
        json!([node.rpc("getnewaddress", json!([])), 0.5]),
    );
    let peer = Bitcoind::start(executable, BitcoindOptions::default());
    node.connect_to(&peer);
    node.rpc("setban", json!(["192.0.2.7", "add"]));

    let daemon = Daemon::start(attached_to(&node).with(ALIASES));
    wait_aliases(&daemon);
    let mut exporter = Exporter::start(&python, &script, &node);
    let uptime = || node.rpc("uptime", json!([])).as_f64().expect("seconds");
    let began = uptime();
    let look = || {
        let theirs = of_exporter(&exporter.page());
        let ours = of_exporter(Page::of(&daemon).text());
        (differences(&theirs, &ours), theirs, ours)
    };
    let (_, theirs, ours) = eventually("the same values", LONG, look, |seen| seen.0.is_empty());

    let compared = theirs
        .keys()
        .filter(|series| Difference::of(series).is_none());
    let compared: Vec<_> = compared
        .filter(|series| !series.starts_with("TYPE "))
        .collect();
    println!("{} series have the same value", compared.len());
    assert!(compared.len() >= 40, "{compared:?}");
    // What is documented as different is so for the reasons that are given.
    for series in theirs.keys().chain(ours.keys()) {
        if Difference::of(series) == Some(Difference::Absent) {
            assert!(!ours.contains_key(series), "{series}");
        }
    }
    assert!(
        theirs
            .keys()
            .any(|series| series.starts_with("bitcoin_ban_created{")),
        "{theirs:?}"
    );
    let number = |page: &BTreeMap<String, String>, series: &str| {
        page.get(series).and_then(|value| value.parse::<f64>().ok())
    };
    for page in [&theirs, &ours] {
        let seconds = number(page, "bitcoin_uptime").expect("the uptime");
        assert!((began - 2.0..=uptime()).contains(&seconds), "{seconds}");
        assert!(
            number(page, "bitcoin_exporter_process_time_total") > Some(0.0),
            "{page:?}"
        );
    }
    let warns = |page| number(page, "bitcoin_warnings_total").is_some_and(|count| count > 0.0);
    assert_eq!(warns(&theirs), warns(&ours));
}
