//! What `serve --dev` promises of its first two minutes, and how what it prints is tried.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::child::{self, Background, Output};
use crate::support::daemon::bllvmctl;
use crate::support::http::{self, Request, Response};
use crate::support::skip::or_skip;
use crate::support::surroundings::{env, eventually, free_port};

/// As long as is promised.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// A `serve --dev` that runs until it is dropped.
pub(crate) struct Tour {
    pub(crate) process: Background,
    pub(crate) home: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Tour {
    /// Starts it with these arguments, and waits until its page is printed.
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = bllvmctl(home.path());
        // What is in the environment or the directory is not looked at.
        std::fs::write(home.path().join("bllvmctl.toml"), "no configuration").unwrap();
        command
            .env("TMPDIR", home.path())
            .env("BLLVMCTL_RPC__LISTEN", "nonsense");
        command.args(["serve", "--dev", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(arguments);
        let process = Background::start(command, &home.path().join("printed.log"));
        let tour = Self {
            process,
            home,
            port,
        };
        let printed = || tour.process.log();
        let log = eventually("what to try", LONG, printed, |log| {
            log.contains("\n\n  export ")
        });
        let page = format!("http://127.0.0.1:{port}/");
        assert_eq!(log.lines().next(), Some(page.as_str()), "{log}");
        tour
    }

    pub(crate) fn send(&self, request: Request<'_>) -> Option<Response> {
        http::send(([127, 0, 0, 1], self.port).into(), request).ok()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let answer = self.send(Request::get(path));
        answer.map_or_else(String::new, |answer| answer.text().to_owned())
    }

    pub(crate) fn detailed(&self) -> Value {
        serde_json::from_str(&self.get("/health/detailed")).unwrap_or_default()
    }

    /// The lines that are printed to be tried.
    pub(crate) fn printed(&self) -> Vec<String> {
        let log = self.process.log();
        let lines = log.lines().filter_map(|line| line.strip_prefix("  "));
        lines.map(str::to_owned).collect()
    }

    /// The one that contains `part`.
    #[track_caller]
    pub(crate) fn printed_with(&self, part: &str) -> String {
        let mut lines = self.printed().into_iter();
        let line = lines.find(|line| line.contains(part));
        line.unwrap_or_else(|| panic!("no {part} in {}", self.process.log()))
    }

    /// Runs `line` in another terminal, in which the printed exports were typed first.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) -> Output {
        let mut lines = self.printed();
        lines.retain(|line| line.starts_with("export "));
        lines.push(line.to_owned());
        let mut command = Command::new("sh");
        command.args(["-c", &lines.join("\n")]);
        command.current_dir(self.home.path());
        child::run(command, b"", LONG)
    }

    /// Its directory.
    #[track_caller]
    pub(crate) fn root(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.home.path()).unwrap().flatten();
        let mut places = entries.map(|entry| entry.path());
        places
            .find(|path| path.join("dev.toml").exists())
            .expect("a directory")
    }

    #[track_caller]
    pub(crate) fn wait_for_metric(&self, what: &str, has: impl Fn(&str) -> bool) {
        let look = || self.get("/metrics");
        eventually(what, LONG, look, |metrics| metrics.lines().any(&has));
    }

    /// Waits for what happens with any number of nodes.
    #[track_caller]
    pub(crate) fn wait_for_promises(&self) {
        let counted = |line: &str, name: &str, label: &str| {
            line.starts_with(name) && line.contains(label) && !line.ends_with(" 0")
        };
        self.wait_for_metric("a refused call", |line| {
            counted(line, "bllvm_rpc_rate_limited_total{", "")
        });
        let logged = || self.process.log();
        eventually("a lost peer that is back", LONG, logged, |log| {
            let lost = log.split_once("peer lost, queued for reconnection");
            lost.is_some_and(|(_, since)| since.contains("peer reconnected"))
        });
        self.wait_for_metric("a prune", |line| {
            counted(line, "bllvm_prune_runs_total{", "\"reached\"")
        });
        let log = self.root().join("notifications.log");
        let read = || std::fs::read_to_string(&log).unwrap_or_default();
        let notified = eventually("a notification of the prune", LONG, read, |text| {
            text.contains("\"event\":\"prune\"")
        });
        for line in notified.lines().filter(|line| line.ends_with('}')) {
            let _: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
    }
}

/// A failover and the way back take more than a minute: for `DEV_TOUR=1`. What happens with one node
/// too is held by `dev`.
#[test]
fn within_two_minutes_all_that_is_promised_has_happened() {
    or_skip!(env("DEV_TOUR"), "it takes more than a minute: DEV_TOUR=1");
    let tour = Tour::start(&["--nodes", "2"]);
    tour.wait_for_promises();
    tour.wait_for_metric("a failover", |line| {
        line == "bllvm_failovers_total{node=\"a\",reason=\"unreachable\"} 1"
    });
    tour.wait_for_metric("the way back", |line| {
        line == "bllvm_failovers_total{node=\"b\",reason=\"failback\"} 1"
    });
}
