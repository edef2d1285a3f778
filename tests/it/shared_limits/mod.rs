//! Limits that several daemons share in a real Redis.

mod bound;
mod callers;
mod check;
mod outages;
mod reports;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::fake_node::FakeNode;
use crate::support::http::{Connection, Request, Response};
use crate::support::redis::Redis;
use crate::support::surroundings::{env, now, wait_until};

const CALL: &[u8] = br#"{"id":1,"method":"getblockcount","params":[]}"#;
const SOON: Duration = Duration::from_secs(20);
/// How long a call waits for the store: long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_millis(250);
/// What a busy machine may add to any wait.
const SLACK: Duration = Duration::from_secs(2);

fn node() -> FakeNode {
    FakeNode::from_fixtures("core-31.99/synced-prunable")
}

/// Limits of `rate` and `burst` that are shared in `redis`, and what `more` says in `[limits]`.
fn shared(node: &FakeNode, redis: &Redis, (rate, burst): (f64, u32), more: &str) -> Config {
    let url = redis.url();
    let timeout_ms = TIMEOUT.as_millis();
    attached_to_fake(node).with(&format!(
        r#"
        [rpc]
        trusted_proxies = ["127.0.0.0/8"]
        [rpc.auth]
        rate_limit_rate = {rate}
        rate_limit_burst = {burst}
        [limits]
        store = "redis"
        url = "{url}"
        timeout_ms = {timeout_ms}
        {more}
        "#
    ))
}

/// A daemon that uses the store.
#[track_caller]
fn start(config: Config) -> Daemon {
    let daemon = Daemon::start(config);
    wait_up(&daemon, true);
    daemon
}

/// Waits until the store of `daemon` is used, or is not.
#[track_caller]
fn wait_up(daemon: &Daemon, up: bool) {
    let line = format!("bllvm_limits_store_up {}\n", u8::from(up));
    wait_until(&line, SOON, || {
        daemon.get("/metrics").text().contains(&line)
    });
}

/// Waits until `daemon` knows that so many share.
#[track_caller]
fn wait_members(daemon: &Daemon, members: u64) {
    wait_until("members", SOON, || {
        limits(daemon)["store"]["members"] == members
    });
}

#[track_caller]
fn limits(daemon: &Daemon) -> serde_json::Value {
    daemon.control_get("/api/v1/limits").json()
}

/// A call of the client at `address`.
fn call(daemon: &Daemon, address: &str) -> Response {
    daemon.post("/", &[("X-Forwarded-For", address)], CALL)
}

/// How many of so many calls of `address` pass.
fn passed(daemon: &Daemon, address: &str, calls: usize) -> usize {
    (0..calls)
        .filter(|_| call(daemon, address).status == 200)
        .count()
}

/// How long rounds last: a moment, unless more is asked for.
fn round() -> Duration {
    let seconds = env("BLLVMCTL_LIMITS_SECS").and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Whether what the specification promises is held to it: where rounds are long.
fn is_strict() -> bool {
    env("BLLVMCTL_LIMITS_SECS").is_some()
}

/// What became of the calls of all clients.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    limited: u64,
    /// Those that were neither, the first few.
    others: Vec<String>,
    slowest: Duration,
    /// How many took longer than a call may wait for the store.
    slow: usize,
    elapsed: Duration,
}

impl Tally {
    fn requests(&self) -> u64 {
        self.passed + self.limited
    }
}

/// Clients that call until they are told to stop, each daemon with as many of them.
struct Clients {
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Tally>>,
    began: Instant,
}

impl Clients {
    /// So many clients for each daemon; each call is one of `keys` addresses. They pause for
    /// `pause` after each call.
    fn start(addrs: &[SocketAddr], clients: usize, keys: usize, pause: Duration) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicUsize::new(0));
        let began = now();
        let threads = addrs
            .iter()
            .flat_map(|addr| std::iter::repeat_n(*addr, clients))
            .map(|addr| {
                let stopping = Arc::clone(&stopping);
                let next = Arc::clone(&next);
                thread::spawn(move || client(addr, keys, pause, &stopping, &next))
            })
            .collect();
        Self {
            stopping,
            threads,
            began,
        }
    }

    fn stop(self) -> Tally {
        self.stopping.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        for thread in self.threads {
            let one = thread.join().expect("a client");
            tally.passed += one.passed;
            tally.limited += one.limited;
            tally.others.extend(one.others);
            tally.slowest = tally.slowest.max(one.slowest);
            tally.slow += one.slow;
        }
        tally.elapsed = now() - self.began;
        tally
    }
}

fn client(
    addr: SocketAddr,
    keys: usize,
    pause: Duration,
    stopping: &AtomicBool,
    next: &AtomicUsize,
) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    while !stopping.load(Ordering::Relaxed) {
        let key = next.fetch_add(1, Ordering::Relaxed) % keys;
        let address = format!("10.0.{}.{}", key / 250, key % 250 + 1);
        let headers = [("X-Forwarded-For", address.as_str())];
        let asked = now();
        let answered = connection
            .take()
            .map_or_else(|| Connection::open(addr), Ok)
            .and_then(|mut open: Connection| {
                let answer = open.send(Request::post("/", CALL).with(&headers))?;
                connection = Some(open);
                Ok(answer)
            });
        let took = now() - asked;
        tally.slowest = tally.slowest.max(took);
        tally.slow += usize::from(took >= TIMEOUT);
        match answered {
            Ok(answer) if answer.status == 200 => tally.passed += 1,
            Ok(answer) if answer.status == 429 => tally.limited += 1,
            Ok(answer) => tally
                .others
                .push(format!("{}: {}", answer.status, answer.text())),
            Err(error) => tally.others.push(error.to_string()),
        }
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }
    tally
}
