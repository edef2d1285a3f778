//! A disk that takes no writes: health says so, the node waits, and goes on when it can.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::child::Background;
use crate::support::config::embedded;
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request};
use crate::support::inside::Inside;
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, wait_until};

const LONG: Duration = Duration::from_mins(2);

/// Lets no file of the process grow beyond `limit` bytes: to whoever writes that is as a full disk.
fn limit_files(program: &Path, process: &Background, limit: &str) {
    let limit = format!("--fsize={limit}:");
    let status = Command::new(program)
        .args(["--pid", &process.id().to_string(), &limit])
        .status();
    assert!(status.expect("prlimit").success());
}

fn call(daemon: &Daemon, method: &str, params: Value) -> Value {
    let cookie = fs::read(daemon.directory().join("data/.cookie")).expect("a cookie");
    let authorization = http::basic(cookie);
    let headers = [("Authorization", authorization.as_str())];
    let body = Value::from_iter([("method", json!(method)), ("params", params)]).to_string();
    http::send(
        daemon.addr(),
        Request::post("/", body.as_bytes()).with(&headers),
    )
    .expect("an answer")
    .json()
}

fn mine(daemon: &Daemon, blocks: u32) -> Value {
    call(daemon, "generatetodescriptor", json!([blocks, "raw(51)"]))
}

#[test]
fn a_disk_that_takes_no_writes_is_reported_and_waited_for() {
    let program = Some(Path::new("/usr/bin/prlimit")).filter(|path| path.is_file());
    let program = or_skip!(program, "there is no prlimit");
    let mut daemon = Daemon::start(embedded());
    assert_eq!(daemon.stop(), 0);
    // A file that would grow too large is refused with an error instead of a signal.
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        "trap '' XFSZ; exec \"$0\" serve --config \"$1\"",
        env!("CARGO_BIN_EXE_bllvmctl"),
    ]);
    command
        .arg(daemon.config_file())
        .env_clear()
        .env("HOME", daemon.directory())
        .current_dir(daemon.directory());
    let mut process = Background::start(command, &daemon.directory().join("limited.log"));
    let ready = |status| {
        let ask = || daemon.try_get("/health/ready");
        let seen = |answer: &std::io::Result<http::Response>| {
            answer.as_ref().is_ok_and(|it| it.status == status)
        };
        eventually("readiness", LONG, ask, seen)
            .expect("an answer")
            .json()
    };
    ready(200);
    assert_eq!(mine(&daemon, 30)["error"], Value::Null);

    for round in 1..=2 {
        limit_files(program, &process, "1000");
        let refused = mine(&daemon, 1)["error"]["message"].to_string();
        // An idle node may have found out before.
        assert!(
            refused.contains("cannot be written") || refused.contains("takes no writes"),
            "{refused}"
        );
        let answer = ready(503);
        assert_eq!(answer["storage_available"], false, "{answer}");
        assert!(
            answer["reasons"][0]
                .as_str()
                .unwrap()
                .starts_with("storage: writes fail (file too large)"),
            "{answer}"
        );
        assert_eq!(
            daemon.get("/health/live").status,
            200,
            "a restart would cure nothing"
        );
        assert_eq!(
            call(&daemon, "getblockcount", json!([]))["result"],
            20 + 10 * round,
            "what is there is answered"
        );
        assert!(
            mine(&daemon, 1)["error"]["message"]
                .to_string()
                .contains("takes no writes")
        );

        limit_files(program, &process, "unlimited");
        ready(200);
        let mined = mine(&daemon, 10);
        assert_eq!(mined["error"], Value::Null, "{mined}");
    }
    process.signal(Signal::SIGTERM);
    assert_eq!(process.wait(LONG).code(), Some(0), "{}", process.log());
    let inside = Inside::in_directory(&daemon.directory().join("data"));
    wait_until("the whole chain", LONG, || {
        inside.rpc("getblockcount", json!([])) == 50
    });
    assert_eq!(inside.rpc("gettxoutsetinfo", json!([]))["txouts"], 50);
}
