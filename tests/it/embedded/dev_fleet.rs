//! `serve --dev --nodes N`: a failover that is watched, and nodes that never outlive the daemon.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::child::{self, Background};
use crate::support::daemon::bllvmctl;
use crate::support::http::{self, Request, Response, basic};
use crate::support::surroundings::{eventually, free_port, wait_until};

const LONG: Duration = Duration::from_mins(2);
const NODES: [&str; 3] = ["a", "b", "c"];

struct DevFleet {
    process: Background,
    home: tempfile::TempDir,
    port: u16,
}

impl DevFleet {
    /// Three nodes, once all are in rotation.
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = bllvmctl(home.path());
        // What is in the environment is that of other daemons.
        command
            .env("TMPDIR", home.path())
            .env("BLLVMCTL_RPC__LISTEN", "nonsense");
        command.args(["serve", "--dev", "--nodes", "3"]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        let process = Background::start(command, &home.path().join("printed.log"));
        let fleet = Self {
            process,
            home,
            port,
        };
        let look = || fleet.get("/health/ready?verbose");
        eventually("three nodes", LONG, look, |text| {
            text.contains("3 of 3 nodes in rotation")
        });
        fleet
    }

    fn send(&self, request: Request<'_>) -> Option<Response> {
        http::send(([127, 0, 0, 1], self.port).into(), request).ok()
    }

    fn get(&self, path: &str) -> String {
        let answer = self.send(Request::get(path));
        answer.map_or_else(String::new, |answer| answer.text().to_owned())
    }

    /// The node that reads go to.
    fn reader(&self) -> Option<String> {
        let authorization = basic("dev:dev");
        let headers = [("Authorization", authorization.as_str())];
        let call = Request::post("/", br#"{"method": "getblockcount"}"#).with(&headers);
        let answer = self.send(call)?;
        answer.header("x-bllvmctl-node").map(str::to_owned)
    }

    fn wait_for_reader(&self, node: &str) {
        let look = || self.reader();
        eventually(&format!("reads at {node}"), LONG, look, |reader| {
            reader.as_deref() == Some(node)
        });
    }

    /// What is printed to be tried and contains `part`.
    fn printed(&self, part: &str) -> String {
        let log = self.process.log();
        let mut lines = log.lines().filter_map(|line| line.strip_prefix("  "));
        let line = lines.find(|line| line.contains(part));
        line.unwrap_or_else(|| panic!("no {part} in {log}"))
            .to_owned()
    }

    fn shell(&self, line: &str) -> child::Output {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("TMPDIR", self.home.path());
        child::run(command, b"", LONG)
    }

    /// The process ids of the nodes.
    fn nodes(&self) -> Vec<Pid> {
        let folders = fs::read_dir(self.home.path()).unwrap().flatten();
        let root = folders
            .map(|entry| entry.path())
            .find(|path| path.join("dev.toml").exists())
            .expect("a directory");
        NODES.map(|name| process_id(&root.join(name))).to_vec()
    }
}

/// The line of a table that begins with `name`.
fn line_of<'a>(table: &'a str, name: &str) -> &'a str {
    let mut lines = table.lines();
    let line = lines.find(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_default()
}

fn process_id(directory: &Path) -> Pid {
    let text = fs::read_to_string(directory.join("pid")).unwrap();
    Pid::from_raw(text.trim().parse().unwrap())
}

fn wait_until_gone(nodes: &[Pid]) {
    for node in nodes {
        wait_until("the end of a node", LONG, || kill(*node, None).is_err());
    }
}

#[test]
fn a_node_is_killed_by_a_printed_command_and_used_again_once_it_is_back() {
    let mut fleet = DevFleet::start();
    fleet.wait_for_reader("a");
    let metrics = fleet.get("/metrics");
    assert!(!metrics.contains("bllvm_failovers_total{"), "{metrics}");
    let curl = fleet.shell(&fleet.printed("curl"));
    assert!(
        curl.stdout.to_lowercase().contains("x-bllvmctl-node: a"),
        "{curl:?}"
    );

    let killed = fleet.shell(&fleet.printed("kill"));
    assert_eq!(killed.code, Some(0), "{killed:?}");
    fleet.wait_for_reader("b");
    let watch = fleet.printed(" nodes --watch 1");
    let list = watch.replace(" --watch 1", "");
    let look = || fleet.shell(&list).stdout;
    let nodes = eventually("who serves", LONG, look, |nodes| {
        line_of(nodes, "a").contains(" out ") && line_of(nodes, "b").contains("in, reads")
    });
    assert!(line_of(&nodes, "a").contains("unreachable"), "{nodes}");

    // It is started again by itself.
    fleet.wait_for_reader("a");
    for failover in [
        "bllvm_failovers_total{node=\"a\",reason=\"unreachable\"} 1\n",
        "bllvm_failovers_total{node=\"b\",reason=\"failback\"} 1\n",
    ] {
        let look = || fleet.get("/metrics");
        eventually(failover, LONG, look, |metrics| metrics.contains(failover));
    }
    for line in [
        " WARN failover] node=a to=b reason=unreachable",
        " INFO failover] node=b to=a reason=failback",
    ] {
        let look = || fleet.process.log();
        eventually(line, LONG, look, |log| log.contains(line));
    }

    let nodes = fleet.nodes();
    fleet.process.signal(Signal::SIGINT);
    let ended = fleet.process.wait(LONG);
    assert_eq!(ended.code(), Some(0), "{}", fleet.process.log());
    wait_until_gone(&nodes);
    let mut left = fs::read_dir(fleet.home.path()).unwrap().flatten();
    assert!(
        !left.any(|entry| entry.path().is_dir()),
        "a directory is left"
    );
}

#[test]
fn no_node_outlives_a_daemon_that_is_killed() {
    let mut fleet = DevFleet::start();
    let nodes = fleet.nodes();
    fleet.process.kill();
    wait_until_gone(&nodes);
}

#[test]
fn a_number_of_nodes_is_for_the_daemon_to_try_and_has_a_bound() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["serve", "--nodes", "3"][..],
        &["serve", "--dev", "--nodes", "0"],
        &["serve", "--dev", "--nodes", "9"],
    ] {
        let mut command = bllvmctl(home.path());
        command.args(arguments);
        let output = child::run(command, b"", LONG);
        assert_eq!(output.code, Some(2), "{arguments:?}: {output:?}");
    }
}
