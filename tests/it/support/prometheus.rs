//! The judges of `/metrics`: promtool, and a Prometheus server that scrapes once.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::child::{self, Background, Output};
use super::http::{self, Request, Response};
use super::surroundings::{eventually, free_port, program, repository};

/// Longer than a start and two scrapes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// `PROMTOOL`, else promtool on the PATH.
pub(crate) fn promtool() -> Option<PathBuf> {
    program("PROMTOOL", "promtool")
}

/// `PROMETHEUS_EXE`, else prometheus on the PATH.
pub(crate) fn server() -> Option<PathBuf> {
    program("PROMETHEUS_EXE", "prometheus")
}

/// `promtool check metrics` of an answer; good is: exit code 0 and not a word.
pub(crate) fn check_metrics(promtool: &Path, metrics: &str) -> Output {
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]);
    child::run(command, metrics.as_bytes(), PATIENCE)
}

/// `promtool check rules` of a file.
pub(crate) fn check_rules(promtool: &Path, rules: &Path) -> Output {
    let mut command = Command::new(promtool);
    command.args(["check", "rules"]).arg(rules);
    child::run(command, b"", PATIENCE)
}

/// A Prometheus server that scrapes one address each second, with the rules that are shipped.
pub(crate) struct Prometheus {
    // First, so that it is gone before its directory is.
    process: Background,
    _directory: TempDir,
    addr: SocketAddr,
}

impl Prometheus {
    /// Starts `server` and waits until it has scraped `target`.
    #[track_caller]
    pub(crate) fn scraping(server: &Path, target: SocketAddr) -> Self {
        Self::scraping_all(server, &[target])
    }

    /// Starts `server` and waits until it has scraped all `targets`.
    #[track_caller]
    pub(crate) fn scraping_all(server: &Path, targets: &[SocketAddr]) -> Self {
        let listed: Vec<_> = targets.iter().map(|target| format!("'{target}'")).collect();
        let directory = tempfile::Builder::new()
            .prefix("prometheus-")
            .tempdir()
            .expect("a directory");
        let config = directory.path().join("prometheus.yml");
        let rules = repository().join("contrib/prometheus/bllvmctl.rules.yml");
        let text = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n  - job_name: node\n    static_configs: [{{targets: [{}]}}]\n",
            rules.display(),
            listed.join(", ")
        );
        fs::write(&config, text).expect("a configuration");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut command = Command::new(server);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={addr}"));
        let process = Background::start(command, &directory.path().join("printed.log"));
        let mut prometheus = Self {
            process,
            _directory: directory,
            addr,
        };
        let look = || {
            assert!(
                prometheus.process.ended().is_none(),
                "prometheus ended:\n{}",
                prometheus.process.log()
            );
            prometheus.value("sum(up)")
        };
        let all = u32::try_from(targets.len()).map(f64::from).ok();
        eventually("a scrape", PATIENCE, look, |up| *up == all);
        prometheus
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The samples of an instant query, as Prometheus has them: `[{"metric": {…}, "value": [time,
    /// "text"]}]`.
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        // Nothing listens yet, or what does is not ready.
        let answer = self.ask(expression).filter(|answer| answer.status == 200);
        let result = answer.map(|answer| answer.json()["data"]["result"].take());
        result
            .and_then(|result| result.as_array().cloned())
            .unwrap_or_default()
    }

    /// Why an instant query is no good.
    pub(crate) fn error(&self, expression: &str) -> Option<String> {
        let answer = self.ask(expression).expect("an answer of Prometheus");
        answer.json()["error"].as_str().map(str::to_owned)
    }

    fn ask(&self, expression: &str) -> Option<Response> {
        let encoded: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let path = format!("/api/v1/query?query={encoded}");
        http::send(self.addr, Request::get(&path)).ok()
    }

    /// The value of the only sample of an instant query.
    pub(crate) fn value(&self, expression: &str) -> Option<f64> {
        match self.query(expression).as_slice() {
            [sample] => sample["value"][1].as_str()?.parse().ok(),
            _ => None,
        }
    }
}
