//! `serve --dev --nodes N`: a failover that is watched, and nodes that never outlive the daemon.

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::dev_tour::{LONG, Tour};
use crate::support::child;
use crate::support::daemon::bllvmctl;
use crate::support::http::{Request, basic};
use crate::support::surroundings::{eventually, wait_until};

const NODES: [&str; 3] = ["a", "b", "c"];

struct DevFleet(Tour);

impl DevFleet {
    /// Three nodes, once all are in rotation.
    fn start() -> Self {
        let mut fleet = Tour::start(&["--nodes", "3"]);
        let look = || {
            let ended = fleet.process.ended();
            assert!(ended.is_none(), "{ended:?}:\n{}", fleet.process.log());
            fleet.get("/health/ready?verbose")
        };
        eventually("three nodes", LONG, look, |text| {
            text.contains("3 of 3 nodes in rotation")
        });
        Self(fleet)
    }

    /// The node that reads go to.
    fn reader(&self) -> Option<String> {
        let authorization = basic("dev:dev");
        let headers = [("Authorization", authorization.as_str())];
        let call = Request::post("/", br#"{"method": "getblockcount"}"#).with(&headers);
        let answer = self.0.send(call)?;
        answer.header("x-bllvmctl-node").map(str::to_owned)
    }

    fn wait_for_reader(&self, node: &str) {
        let look = || self.reader();
        eventually(&format!("reads at {node}"), LONG, look, |reader| {
            reader.as_deref() == Some(node)
        });
    }

    /// The process ids of the nodes.
    fn nodes(&self) -> Vec<Pid> {
        let root = self.0.root();
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
    let metrics = fleet.0.get("/metrics");
    assert!(!metrics.contains("bllvm_failovers_total{"), "{metrics}");
    let curl = fleet.0.shell(&fleet.0.printed_with("curl"));
    assert!(
        curl.stdout.to_lowercase().contains("x-bllvmctl-node: a"),
        "{curl:?}"
    );

    let killed = fleet.0.shell(&fleet.0.printed_with("kill"));
    assert_eq!(killed.code, Some(0), "{killed:?}");
    fleet.wait_for_reader("b");
    let watch = fleet.0.printed_with(" nodes --watch 1");
    let list = watch.replace(" --watch 1", "");
    let look = || fleet.0.shell(&list).stdout;
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
        let look = || fleet.0.get("/metrics");
        eventually(failover, LONG, look, |metrics| metrics.contains(failover));
    }
    for line in [
        " WARN failover] node=a to=b reason=unreachable",
        " INFO failover] node=b to=a reason=failback",
    ] {
        let look = || fleet.0.process.log();
        eventually(line, LONG, look, |log| log.contains(line));
    }

    let nodes = fleet.nodes();
    fleet.0.process.signal(Signal::SIGINT);
    let ended = fleet.0.process.wait(LONG);
    assert_eq!(ended.code(), Some(0), "{}", fleet.0.process.log());
    wait_until_gone(&nodes);
    let mut left = fs::read_dir(fleet.0.home.path()).unwrap().flatten();
    assert!(
        !left.any(|entry| entry.path().is_dir()),
        "a directory is left"
    );
}

#[test]
fn no_node_outlives_a_daemon_that_is_killed() {
    let mut fleet = DevFleet::start();
    let nodes = fleet.nodes();
    fleet.0.process.kill();
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
