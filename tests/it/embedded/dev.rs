//! `serve --dev`: a first minute in which everything moves, and nothing is left behind.

use std::fs;

use nix::sys::signal::Signal;

use super::dev_tour::{LONG, Tour};
use crate::support::child;
use crate::support::daemon::bllvmctl;
use crate::support::surroundings::{eventually, wait_until};

#[test]
fn everything_moves_and_nothing_is_left_behind() {
    let mut tour = Tour::start(&[]);
    let moved = |health: &serde_json::Value| {
        health["chain"]["height"].as_u64() > Some(640) && health["network"]["peers_connected"] == 2
    };
    eventually("blocks and two peers", LONG, || tour.detailed(), moved);

    let commands = tour.printed();
    let commands: Vec<_> = commands
        .iter()
        .filter(|line| line.starts_with("bllvmctl ") && !line.contains("--watch"))
        .collect();
    assert!(commands.len() >= 3, "{}", tour.process.log());
    for line in commands {
        let output = tour.shell(line);
        // A call of a guest that has none left is refused.
        assert!(matches!(output.code, Some(0 | 1)), "{line}: {output:?}");
        assert!(!output.stdout.is_empty(), "{line}: {output:?}");
    }
    tour.wait_for_promises();

    // The call that is printed ends a connection; the queue brings it back.
    let peers = || tour.detailed()["network"]["peers_connected"].clone();
    eventually("both peers", LONG, peers, |peers| *peers == 2);
    let called = tour.shell(&tour.printed_with("disconnectnode"));
    assert!(called.stdout.contains("\"error\":null"), "{called:?}");
    eventually("one peer", LONG, peers, |peers| *peers == 1);
    eventually("both peers again", LONG, peers, |peers| *peers == 2);

    tour.process.signal(Signal::SIGINT);
    assert_eq!(
        tour.process.wait(LONG).code(),
        Some(0),
        "{}",
        tour.process.log()
    );
    let left = || {
        let mut entries = fs::read_dir(tour.home.path()).unwrap().flatten();
        entries.any(|entry| entry.path().join("dev.toml").exists())
    };
    wait_until("an empty place", LONG, || !left());
}

#[test]
fn where_the_port_is_taken_nothing_is_there_to_be_tried() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = bllvmctl(home.path());
    command.env("TMPDIR", home.path()).args([
        "serve",
        "--dev",
        "--listen",
        &taken.local_addr().unwrap().to_string(),
    ]);
    let output = child::run(command, b"", LONG);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(70), ""),
        "{output:?}"
    );
    assert!(output.stderr.contains("cannot listen on"), "{output:?}");
    assert!(!output.stderr.contains("In another terminal"), "{output:?}");
}
