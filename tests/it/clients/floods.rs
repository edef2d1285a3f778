//! Many connections, slow ones, and more than there is room for.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::SOON;
use crate::support::child::Background;
use crate::support::config::{FAKE_COOKIE, attached_to_fake, listen_address};
use crate::support::daemon::write_private;
use crate::support::fake_node::FakeNode;
use crate::support::http::{self, Connection, Request};
use crate::support::ready::{healthy_node, ready};
use crate::support::skip::say_skipped;
use crate::support::surroundings::{free_port, poll, raise_descriptor_limit, wait_until};

/// What a probe may take, also on a busy machine and in a build that is not optimised.
const PROBE: Duration = Duration::from_millis(50);

#[test]
fn clients_that_send_a_header_byte_by_byte_hold_nobody_up() {
    let (_node, daemon) = ready("");
    let header = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut slow: Vec<_> = (0..20).map(|_| daemon.connect()).collect();
    let (last, most) = header.split_last().unwrap();
    for byte in most {
        for connection in &mut slow {
            connection.write(&[*byte]).unwrap();
        }
        assert_eq!(daemon.get("/health/live").status, 200);
    }
    assert!(http::latencies(daemon.addr(), "/health/live", 200, 50).median() < PROBE);
    for mut connection in slow {
        connection.write(&[*last]).unwrap();
        assert_eq!(connection.read(false).unwrap().status, 200);
    }
}

/// Resident memory of `process`, in KiB.
fn resident_kib(process: u32) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{process}/status")).expect("the state of the daemon");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("resident memory");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

#[test]
fn ten_thousand_idle_connections_cost_little_and_slow_no_probe() {
    /// Descriptors for what the other tests of this process do meanwhile.
    const OTHERS: u64 = 2_000;
    let (_node, daemon) = ready("");
    let possible = raise_descriptor_limit(10_000 + OTHERS).saturating_sub(OTHERS);
    let count = usize::try_from(possible.min(10_000)).unwrap();
    if count < 10_000 {
        say_skipped(
            "clients::ten_thousand_idle_connections",
            &format!("the limit allows {count} connections only"),
        );
    }
    let before = resident_kib(daemon.process_id());
    let idle: Vec<_> = (0..count)
        .map(|_| TcpStream::connect(daemon.addr()).expect("a connection"))
        .collect();
    let took = http::latencies(daemon.addr(), "/health/live", 200, 50);
    assert!(took.median() < PROBE, "{took:?}");
    let each =
        (resident_kib(daemon.process_id()) - before) * 1024 / u64::try_from(count.max(1)).unwrap();
    assert!(each < 4 * 1024, "{each} bytes for each idle connection");
    drop(idle);
    assert_eq!(daemon.get("/health/live").status, 200);
}

/// A daemon that may open `descriptors` files, with the configuration of `node` and `more`.
struct Limited {
    // First, so that it is gone before its directory is.
    process: Background,
    _directory: TempDir,
    addr: SocketAddr,
}

impl Limited {
    #[track_caller]
    fn start(node: &FakeNode, descriptors: u32, more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path();
        write_private(&folder.join("node.cookie"), FAKE_COOKIE);
        let config = attached_to_fake(node)
            .with(more)
            .to_string()
            .replace("{dir}", folder.to_str().unwrap());
        write_private(&folder.join("config.toml"), &config);
        let addr = listen_address(&config).unwrap();
        let mut command = Command::new("/bin/sh");
        let limit = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
        command.args([
            "-c",
            &limit,
            env!("CARGO_BIN_EXE_bllvmctl"),
            "serve",
            "--config",
        ]);
        command
            .arg(folder.join("config.toml"))
            .env_clear()
            .env("HOME", folder)
            .current_dir(folder);
        let process = Background::start(command, &folder.join("printed.log"));
        wait_until("a ready daemon", SOON, || is_ready(addr));
        Self {
            process,
            _directory: directory,
            addr,
        }
    }
}

fn is_ready(addr: SocketAddr) -> bool {
    http::send(addr, Request::get("/health/ready")).is_ok_and(|answer| answer.status == 200)
}

#[test]
fn a_flood_beyond_the_descriptors_leaves_room_for_probes() {
    let node = healthy_node();
    let mut daemon = Limited::start(&node, 64, "");
    let addr = daemon.addr;
    let probe = || is_ready(addr);

    let flood: Vec<_> = (0..300)
        .filter_map(|_| TcpStream::connect(addr).ok())
        .collect();
    assert!(flood.len() > 100);
    wait_until("an answer beside the flood", SOON, probe);
    let answered = (0..50)
        .filter(|_| poll(Duration::from_secs(1), || probe().then_some(())).is_some())
        .count();
    assert_eq!(answered, 50, "{}", daemon.process.log());
    // A client that is in the middle of its header is not in use either.
    let mut slow: Vec<_> = (0..60)
        .filter_map(|_| Connection::open(addr).ok())
        .collect();
    for connection in &mut slow {
        // It may have had to give way already.
        let _ = connection.write(b"GET /health HT");
    }
    wait_until("an answer beside slow clients", SOON, probe);
    // Nor is one that is in the middle of a body.
    let mut half: Vec<_> = (0..60)
        .filter_map(|_| Connection::open(addr).ok())
        .collect();
    for connection in &mut half {
        let _ = connection.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    }
    assert!(
        poll(Duration::from_secs(5), || probe().then_some(())).is_some(),
        "no answer beside half bodies"
    );
    let answered = (0..50)
        .filter(|_| poll(Duration::from_secs(1), || probe().then_some(())).is_some())
        .count();
    assert_eq!(answered, 50, "{}", daemon.process.log());
    assert!(daemon.process.ended().is_none(), "{}", daemon.process.log());
}

#[test]
fn a_flood_of_the_main_listener_leaves_room_for_the_operators() {
    let node = healthy_node();
    let ops = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut daemon = Limited::start(&node, 128, &format!("[rpc]\nops_listen = \"{ops}\""));
    for _ in 0..3 {
        let flood: Vec<_> = (0..400)
            .filter_map(|_| TcpStream::connect(daemon.addr).ok())
            .collect();
        assert!(flood.len() > 100);
        wait_until("an answer beside the flood", SOON, || is_ready(ops));
        let answered = (0..30)
            .filter(|_| poll(Duration::from_secs(1), || is_ready(ops).then_some(())).is_some());
        assert_eq!(answered.count(), 30, "{}", daemon.process.log());
        let page = http::send(ops, Request::get("/metrics")).unwrap();
        assert_eq!(page.status, 200, "{page:?}");
    }
    assert!(daemon.process.ended().is_none(), "{}", daemon.process.log());
}
