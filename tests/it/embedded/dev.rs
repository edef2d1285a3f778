//! `serve --dev`: a first minute in which everything moves, and nothing is left behind.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::child::{self, Background};
use crate::support::daemon::bllvmctl;
use crate::support::http::{self, Request};
use crate::support::surroundings::{eventually, free_port, wait_until};

const LONG: Duration = Duration::from_mins(2);

#[test]
fn everything_moves_and_nothing_is_left_behind() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = bllvmctl(home.path());
    // What is in the environment or the directory is not looked at.
    fs::write(home.path().join("bllvmctl.toml"), "no configuration").unwrap();
    command
        .env("TMPDIR", home.path())
        .env("BLLVMCTL_RPC__LISTEN", "nonsense");
    command.args(["serve", "--dev", "--listen", &format!("127.0.0.1:{port}")]);
    let mut process = Background::start(command, &home.path().join("printed.log"));
    let detailed = || {
        http::send(
            ([127, 0, 0, 1], port).into(),
            Request::get("/health/detailed"),
        )
        .ok()
    };
    eventually("a healthy node", LONG, detailed, |answer| {
        answer.as_ref().is_some_and(|answer| answer.status == 200)
    });
    let moved = |answer: &Option<http::Response>| {
        let Some(answer) = answer.as_ref().map(http::Response::json) else {
            return false;
        };
        answer["chain"]["height"].as_u64() > Some(640) && answer["network"]["peers_connected"] == 2
    };
    eventually("blocks and two peers", LONG, detailed, moved);

    let log = process.log();
    // It is not in the PATH.
    let program = env!("CARGO_BIN_EXE_bllvmctl");
    let commands: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix(&format!("  {program} ")))
        .collect();
    assert!(commands.len() >= 3, "{log}");
    for line in commands
        .iter()
        .filter(|line| !line.contains("--watch") && !line.starts_with("health"))
    {
        let words = line.split_whitespace().map(|word| word.trim_matches('\''));
        let mut command = bllvmctl(home.path());
        command.args(words).env("TMPDIR", home.path());
        let output = child::run(command, b"", LONG);
        assert_eq!(output.code, Some(0), "bllvmctl {line}: {output:?}");
    }
    // The call that is named ends a connection; the queue brings it back.
    let call = log
        .lines()
        .find_map(|line| line.split_once("-d '"))
        .expect("a call")
        .1
        .trim_end_matches('\'');
    let mut places = fs::read_dir(home.path()).unwrap().flatten();
    let cookie = places
        .find_map(|entry| fs::read(entry.path().join("node/.cookie")).ok())
        .expect("a cookie");
    let authorization = http::basic(cookie);
    let headers = [("Authorization", authorization.as_str())];
    let request = Request::post("/", call.as_bytes()).with(&headers);
    let answer = http::send(([127, 0, 0, 1], port).into(), request).unwrap();
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (200, &serde_json::Value::Null)
    );
    let peers = || detailed().map(|answer| answer.json()["network"]["peers_connected"].clone());
    eventually("one peer", LONG, peers, |peers| *peers == Some(1.into()));
    eventually("both peers again", LONG, peers, |peers| {
        *peers == Some(2.into())
    });
    process.signal(Signal::SIGINT);
    assert_eq!(process.wait(LONG).code(), Some(0), "{}", process.log());
    let left = || {
        fs::read_dir(home.path())
            .unwrap()
            .flatten()
            .any(|entry| entry.path().join("dev.toml").exists())
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
