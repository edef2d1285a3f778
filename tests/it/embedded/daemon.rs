//! `serve` with the embedded node: from nothing to a node that keeps its chain through everything.

use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::{self, Background};
use crate::support::config::embedded;
use crate::support::daemon::{Daemon, bllvmctl};
use crate::support::http::{self, Request};
use crate::support::inside::Inside;
use crate::support::sight::Page;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{eventually, free_port, poll, wait_until};

const LONG: Duration = Duration::from_mins(2);

fn height(daemon: &Daemon) -> u64 {
    daemon.get("/health/detailed").json()["chain"]["height"]
        .as_u64()
        .unwrap_or(0)
}

#[test]
fn without_any_configuration_there_is_a_healthy_node() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = bllvmctl(home.path());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    let mut process = Background::start(command, &home.path().join("printed.log"));
    let ask = || http::send(([127, 0, 0, 1], port).into(), Request::get("/health/ready"));
    let ready = eventually("a ready node", LONG, ask, |answer| {
        answer.as_ref().is_ok_and(|answer| answer.status == 200)
    });
    let wanted = json!({"status": "ready", "chain_initialized": true, "storage_available": true});
    assert_eq!(ready.unwrap().json(), wanted);
    // A start in the wrong directory must not look like a node of somebody's own that is well.
    let log = process.log();
    let warned = log
        .lines()
        .find(|line| line.contains(" WARN "))
        .unwrap_or_else(|| panic!("no warning:\n{log}"));
    for place in [
        "no configuration",
        "bllvmctl.toml",
        ".config/bllvmctl/config.toml",
        "/etc/bllvmctl/config.toml",
    ] {
        assert!(warned.contains(place), "{place} in {warned}");
    }
    let metrics = http::send(([127, 0, 0, 1], port).into(), Request::get("/metrics")).unwrap();
    assert!(
        metrics.text().contains("bllvm_node_up{node=\"regtest\"} 1"),
        "{}",
        metrics.text()
    );
    let data = home.path().join(".local/share/bllvmctl");
    assert!(data.join("blocks/blk00000.dat").is_file());
    assert!(data.join(".cookie").is_file());
    process.signal(Signal::SIGTERM);
    assert_eq!(process.wait(LONG).code(), Some(0), "{}", process.log());
    assert!(
        !data.join(".cookie").exists(),
        "the cookie goes with the node"
    );
}

#[test]
fn what_it_does_is_in_the_metrics() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    bitcoind.mine(150);
    let peers = format!("[network]\npeers = [\"{}\"]", bitcoind.p2p_addr());
    let daemon = Daemon::start(embedded().with(&peers));
    daemon.wait_for_status("/health/ready", 200, LONG);
    wait_until("the height of bitcoind", LONG, || height(&daemon) == 150);
    bitcoind.mine(1);
    wait_until("the next block", LONG, || height(&daemon) == 151);
    wait_until("the numbers", LONG, || {
        let page = Page::of(&daemon);
        let received = page.node("network_bytes_received_total", &[]);
        received.is_some_and(|bytes| bytes > 30_000.0)
            && page.node("storage_utxos", &[]) >= Some(151.0)
    });
    let page = Page::of(&daemon);
    assert_eq!(
        page.node("block_validation_seconds_count", &[]),
        Some(151.0)
    );
    assert_eq!(
        page.node("network_peers", &[("direction", "outbound")]),
        Some(1.0)
    );
    assert_eq!(page.node("network_peers_max", &[]), Some(100.0));
    assert_eq!(page.node("chain_initial_block_download", &[]), Some(0.0));
    let on_disk = fs::metadata(daemon.directory().join("data/blocks/blk00000.dat"))
        .unwrap()
        .len();
    let counted = eventually(
        "the exact size",
        LONG,
        || Page::of(&daemon).node("storage_blocks_bytes", &[]),
        |size| {
            size.is_some_and(|size| (size - f64::from(u32::try_from(on_disk).unwrap())).abs() < 0.5)
        },
    );
    assert!(counted.is_some());
    assert!(
        page.node("storage_database_bytes", &[])
            .is_some_and(|bytes| bytes > 10_000.0)
    );
}

#[test]
fn a_configured_peer_that_is_away_is_waited_for() {
    let peers = format!("[network]\npeers = [\"127.0.0.1:{}\"]", free_port());
    let daemon = Daemon::start(embedded().with(&peers));
    let answer = eventually(
        "the state",
        LONG,
        || daemon.get("/health/ready").json(),
        |answer| answer["reasons"].to_string().contains("sync:"),
    );
    assert_eq!(answer["chain_initialized"], false, "{answer}");
    assert_eq!(daemon.get("/health/live").status, 200);
}

/// How many times the node is killed: a few here, `KILLS=200` for the long run.
fn kills() -> usize {
    crate::support::surroundings::env("KILLS")
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(12)
}

fn bytes_in(directory: &Path) -> u64 {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}

#[test]
fn killed_at_any_moment_of_its_sync_it_goes_on_with_a_consistent_chain() {
    let bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let kills = kills();
    // Some to begin with, and some while it is dead: however quick it was, after each start there
    // is a sync to kill.
    for _ in 0..kills {
        bitcoind.mine(30);
    }
    let peers = format!("[network]\npeers = [\"{}\"]", bitcoind.p2p_addr());
    let mut daemon = Daemon::start(embedded().with(&peers));
    let blocks = daemon.directory().join("data/blocks");
    let mut last = 0;
    for round in 0..kills {
        // As soon as there is a little more on the disk than before, each time another little.
        let more = u64::try_from(100 + round * 677 % 5_000).unwrap();
        let grown = poll(LONG, || (bytes_in(&blocks) >= last + more).then_some(()));
        assert!(
            grown.is_some(),
            "no block within {LONG:?}: {}",
            daemon.log()
        );
        daemon.kill();
        last = bytes_in(&blocks);
        bitcoind.mine(60);
        daemon.restart();
    }
    let blocks_in_all = bitcoind.rpc("getblockcount", json!([])).as_u64();
    wait_until("the whole chain", LONG, || {
        Some(height(&daemon)) == blocks_in_all
    });
    assert_eq!(daemon.stop(), 0, "{}", daemon.log());
    let inside = Inside::in_directory(&daemon.directory().join("data"));
    let field = |answer: serde_json::Value| {
        (
            answer["bestblock"].clone(),
            answer["hash_serialized_3"].clone(),
        )
    };
    assert_eq!(
        field(inside.rpc("gettxoutsetinfo", json!([]))),
        field(bitcoind.rpc("gettxoutsetinfo", json!([]))),
        "{}",
        daemon.log()
    );
}

#[test]
fn a_damaged_database_is_named_with_the_way_out_and_reindex_is_the_way_out() {
    let mut daemon = Daemon::start(embedded());
    daemon.wait_for_status("/health/ready", 200, LONG);
    assert_eq!(daemon.stop(), 0);
    let data = daemon.directory().join("data");
    let inside = Inside::in_directory(&data);
    inside.mine(300);
    drop(inside);
    let database = data.join("chainstate/chain.redb");
    let whole = fs::read(&database).unwrap();

    let serve = |more: &[&str]| {
        let mut command = bllvmctl(daemon.directory());
        command
            .arg("serve")
            .arg("--config")
            .arg(daemon.config_file())
            .args(more);
        command
    };
    // What a disk may give back instead of its pages. The first says where the others are.
    let zeroed = |first: usize, end: usize| {
        let mut bytes = whole.clone();
        bytes[first / 4_096 * 4_096..end].fill(0);
        bytes
    };
    let size = whole.len();
    let halves = [
        zeroed(4_096, size / 2),
        zeroed(size / 4, size * 3 / 4),
        zeroed(size / 2, size),
    ];
    for bytes in halves
        .into_iter()
        .chain([vec![7; 100_000], zeroed(4_096, size)])
    {
        fs::write(&database, bytes).unwrap();
        let output = child::run(serve(&[]), b"", LONG);
        assert_eq!(output.code, Some(70), "{output:?}");
        assert!(output.stderr.contains("chain.redb"), "{output:?}");
        assert!(output.stderr.contains("serve --reindex"), "{output:?}");
    }

    let mut process = Background::start(
        serve(&["--reindex"]),
        &daemon.directory().join("reindex.log"),
    );
    wait_until("the chain again", LONG, || {
        daemon
            .try_get("/health/detailed")
            .is_ok_and(|answer| answer.json()["chain"]["height"] == 300)
    });
    process.signal(Signal::SIGTERM);
    assert_eq!(process.wait(LONG).code(), Some(0), "{}", process.log());
}

#[test]
fn a_port_for_peers_that_is_taken_and_a_directory_in_use_end_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("[network]\nlisten = \"{}\"", taken.local_addr().unwrap());
    let mut daemon = Daemon::launch(embedded().with(&listen));
    assert_eq!(daemon.wait_exit(LONG), 70);
    assert!(
        daemon
            .log()
            .contains("network.listen names another address"),
        "{}",
        daemon.log()
    );

    let first = Daemon::start(embedded());
    first.wait_for_status("/health/ready", 200, LONG);
    let cookie = first.directory().join("data/.cookie");
    let written = fs::read(&cookie).unwrap();
    let data = format!(
        "[node]\ndata_dir = \"{}\"",
        first.directory().join("data").display()
    );
    let mut second = Daemon::launch(embedded().with(&data));
    assert_eq!(second.wait_exit(LONG), 70);
    assert!(
        second.log().contains("is in use by another process"),
        "{}",
        second.log()
    );

    // Nor does whoever wants to rebuild it touch anything.
    let mut command = bllvmctl(second.directory());
    command
        .args(["serve", "--reindex", "--config"])
        .arg(second.config_file());
    let output = child::run(command, b"", LONG);
    assert_eq!(output.code, Some(70), "{output:?}");
    assert!(
        output.stderr.contains("is in use by another process"),
        "{output:?}"
    );
    assert!(
        output
            .stderr
            .contains("node.data_dir names another directory"),
        "{output:?}"
    );
    assert_eq!(
        fs::read(&cookie).unwrap(),
        written,
        "the cookie of the first"
    );
    assert_eq!(first.get("/health/ready").status, 200);
}

#[test]
fn a_rebuild_that_fails_says_why() {
    let mut daemon = Daemon::start(embedded());
    daemon.wait_for_status("/health/ready", 200, LONG);
    assert_eq!(daemon.stop(), 0);
    // The database can be made anew, but this is no block file.
    let file = daemon.directory().join("data/blocks/blk00000.dat");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let mut command = bllvmctl(daemon.directory());
    command
        .args(["serve", "--reindex", "--config"])
        .arg(daemon.config_file());
    let output = child::run(command, b"", LONG);
    assert_eq!(output.code, Some(70), "{output:?}");
    assert!(
        output.stderr.contains("blk00000.dat: Is a directory"),
        "{output:?}"
    );
    assert!(
        output
            .stderr
            .contains("look at its owner, its mode and the free space"),
        "{output:?}"
    );
}

#[test]
fn the_right_cookie_passes_whoever_guesses_at_it_and_a_wrong_one_is_answered_with_why() {
    let daemon = Daemon::start(embedded());
    daemon.wait_for_status("/health/ready", 200, LONG);
    let cookie = fs::read(daemon.directory().join("data/.cookie")).unwrap();
    let call = |authorization: Option<&str>| {
        let body = br#"{"method":"getblockcount","id":"q"}"#;
        let headers: Vec<_> = authorization
            .map(|value| ("Authorization", value))
            .into_iter()
            .collect();
        daemon.post("/", &headers, body)
    };
    let refused = call(None);
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some("Basic realm=\"jsonrpc\""))
    );
    assert_eq!(
        (&refused.json()["error"]["code"], &refused.json()["id"]),
        (&json!(-32001), &json!("q"))
    );
    let wrong = http::basic("__cookie__:guessed");
    let statuses: Vec<_> = (0..10).map(|_| call(Some(&wrong)).status).collect();
    assert!(
        statuses.starts_with(&[401; 9]) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
    let right = http::basic(cookie);
    assert_eq!(call(Some(&right)).status, 200);
    // However it is spelled.
    assert_eq!(call(Some(&right.replace("Basic ", "basic   "))).status, 200);
}
