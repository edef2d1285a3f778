//! `doctor` and the clocks: that of the node against its peers, and whether this machine keeps its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::{SOON, doctor, levels};
use crate::support::child;
use crate::support::daemon::{Daemon, bllvmctl};
use crate::support::fake_node::Behaviour;
use crate::support::fixture::Fixture;
use crate::support::ready::{healthy_node, ready, ready_beside};
use crate::support::surroundings::{eventually, now};

#[test]
fn a_node_whose_peers_have_another_time_is_found() {
    let node = healthy_node();
    let recorded = Fixture::load("core-31.99/synced-prunable/getnetworkinfo");
    let mut answer: Value = serde_json::from_str(&recorded.body).unwrap();
    answer["result"]["timeoffset"] = (-4_000).into();
    node.set("getnetworkinfo", Behaviour::Result(answer["result"].take()));
    let daemon = ready_beside(&node, "");
    let report = eventually(
        "the clock of the node",
        SOON,
        || doctor(&daemon),
        |report| levels(report, "clock").contains(&"bad".to_owned()),
    );
    let findings = report["findings"].as_array().unwrap().iter();
    let clock: Vec<&Value> = findings.filter(|found| found["check"] == "clock").collect();
    let text = clock[0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        "the node's is 4000 s ahead of the clocks of its peers"
    );
    let status = daemon.get("/health/detailed").json();
    assert_eq!(status["node"]["time_offset_secs"], -4_000);
}

/// The report where `timedatectl` is this script.
fn doctor_with(daemon: &Daemon, timedatectl: &str) -> Value {
    let bin = daemon.directory().join("bin");
    let program = bin.join("timedatectl");
    fs::create_dir_all(&bin).unwrap();
    fs::write(&program, format!("#!/bin/sh\n{timedatectl}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = bllvmctl(daemon.directory());
    command
        .args(["doctor", "-o", "json", "--config"])
        .arg(daemon.config_file())
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    child::run(command, b"", SOON).json()
}

#[test]
fn a_machine_that_does_not_keep_its_clock_synchronised_is_a_warning() {
    let (_node, daemon) = ready("");
    let drifts = doctor_with(
        &daemon,
        "[ \"$2\" = --property=NTPSynchronized ] && echo no",
    );
    assert_eq!(levels(&drifts, "clock"), ["good", "warning"], "{drifts}");
    let kept = doctor_with(&daemon, "echo yes");
    assert_eq!(levels(&kept, "clock"), ["good", "good"], "{kept}");
    // Where no systemd is, nothing is said; and nobody waits for one that does not answer.
    let unknown = doctor_with(&daemon, "echo Failed to connect to bus >&2; exit 1");
    assert_eq!(levels(&unknown, "clock"), ["good"], "{unknown}");
    let asked = now();
    let silent = doctor_with(&daemon, "exec sleep 1000");
    assert_eq!(levels(&silent, "clock"), ["good"], "{silent}");
    assert!(asked.elapsed().as_secs() < 30);
}
