//! Wrong passwords in great numbers: a few of them reach the node, and nobody else notices.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{ECHO, SOON, before, before_real, call, echo_node};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{Connection, Request, basic};
use crate::support::sight::{Page, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, wait_until};

/// Clients say where they come from.
const PROXY: &str = "[rpc]\ntrusted_proxies = [\"127.0.0.1\"]\nmax_in_flight = 8\n\
                     [rpc.auth]\nrate_limit_rate = 10000\nrate_limit_burst = 10000";
const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 200;

/// The status of a call of `method` with these credentials, for a client at `from`.
fn status(connection: &mut Connection, method: &str, credentials: &str, from: &str) -> u16 {
    let headers = [("Authorization", credentials), ("X-Forwarded-For", from)];
    let body = call(method);
    connection
        .send(Request::post("/", body.as_bytes()).with(&headers))
        .map_or(0, |answer| answer.status)
}

/// From each of `addresses` two hundred clients show wrong passwords for as long as `attacked`
/// runs; what it returns.
fn under_attack<T>(daemon: SocketAddr, addresses: &[String], attacked: impl FnOnce() -> T) -> T {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..AT_ONCE {
            let ended = &ended;
            let from = &addresses[client % addresses.len()];
            scope.spawn(move || {
                let mut attempt = 0;
                while !ended.load(Ordering::Relaxed) {
                    let Ok(mut connection) = Connection::open_for(daemon, SOON) else {
                        continue;
                    };
                    let wrong = basic(format!("x:{client}-{attempt}"));
                    assert_ne!(status(&mut connection, ECHO, &wrong, from), 200);
                    attempt += 1;
                }
            });
        }
        let seen = attacked();
        ended.store(true, Ordering::Relaxed);
        seen
    })
}

#[test]
fn of_two_hundred_wrong_passwords_at_once_ten_reach_the_node_and_honest_callers_are_answered() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(1);
    let daemon = Daemon::start(before_real(&node).with(PROXY));
    wait_ready(&daemon);
    let right = basic(std::fs::read(node.cookie_file()).expect("a cookie"));
    let log = || {
        std::fs::read_to_string(node.datadir().join("regtest/debug.log")).expect("the node's log")
    };
    let began = now();
    let attacker = ["203.0.113.9".to_owned()];
    let (statuses, longest) = under_attack(daemon.addr(), &attacker, || {
        // One that is new, and goes on.
        let mut honest = Connection::open_for(daemon.addr(), SOON).expect("a connection");
        let mut statuses = Vec::new();
        let mut longest = Duration::ZERO;
        while now() - began < SECOND * 5 {
            let asked = now();
            statuses.push(status(&mut honest, "getblockcount", &right, "198.51.100.7"));
            longest = longest.max(now() - asked);
        }
        (statuses, longest)
    });
    assert!(
        statuses.len() > 10 && statuses.iter().all(|status| *status == 200),
        "{statuses:?}"
    );
    println!(
        "{} honest calls, the longest took {longest:?}",
        statuses.len()
    );
    let wrong = log().matches("incorrect password attempt").count();
    let took = now() - began;
    assert!(
        (5..=10).contains(&wrong) && took < SECOND * 60,
        "{wrong} wrong passwords at the node in {took:?}"
    );
    assert_eq!(
        Page::of(&daemon).series("bllvm_auth_failures_total{where=\"node\"}"),
        Some(10.0)
    );
}

/// A node that thinks about `SLOW` for a while before it refuses it for its credentials, as
/// bitcoind does.
const SLOW: &str = "slow";

fn refused_late() -> Behaviour {
    let refused = Behaviour::Status {
        status: 401,
        content_type: String::new(),
        body: String::new(),
    };
    Behaviour::Late(Duration::from_millis(250), Box::new(refused))
}

#[track_caller]
fn slow_to_refuse(more: &str) -> (FakeNode, Daemon) {
    let node = echo_node();
    node.set(SLOW, refused_late());
    let daemon = Daemon::start(before(&node, PROXY).with(more));
    wait_ready(&daemon);
    super::refusals::wait_for_size(&daemon, 8);
    (node, daemon)
}

/// Sends a call of `method` with these credentials from `from`, and leaves the answer for later.
#[track_caller]
fn ask(daemon: &Daemon, method: &str, credentials: &str, from: &str) -> Connection {
    let mut connection = daemon.connect();
    let body = call(method);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {credentials}\r\nX-Forwarded-For: \
         {from}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection
        .write(format!("{head}{body}").as_bytes())
        .expect("a call that is sent");
    connection
}

#[test]
fn wrong_passwords_from_many_addresses_never_hold_more_than_half_of_the_places() {
    let (node, daemon) = slow_to_refuse("[rpc]\nqueue_timeout_ms = 20000");
    let right = basic("rpc:right");
    let mut honest = daemon.connect();
    assert_eq!(status(&mut honest, ECHO, &right, "198.51.100.7"), 200);
    let from = |n: usize| format!("203.0.113.{n}");
    let attackers: Vec<_> = (0..40)
        .map(|n| ask(&daemon, SLOW, &basic(format!("x:{n}")), &from(n)))
        .collect();
    wait_until("wrong passwords at the node", SOON, || {
        node.count(SLOW) >= 4
    });
    while node.count(SLOW) < 40 {
        assert_eq!(status(&mut honest, ECHO, &right, "198.51.100.7"), 200);
    }
    assert_eq!(node.most_at_once_of(SLOW), 4);
    for mut attacker in attackers {
        assert_eq!(attacker.read(false).unwrap().status, 401);
    }
}

#[test]
fn wrong_passwords_of_long_polls_from_many_addresses_leave_half_of_those_to_others() {
    const WRONG: &str = "waitfornewblock";
    const RIGHT: &str = "waitforblockheight";
    let (node, daemon) = slow_to_refuse("[rpc]\nqueue_timeout_ms = 20000");
    node.set(WRONG, refused_late());
    node.set(RIGHT, Behaviour::Result(json!({})));
    let right = basic("rpc:right");
    let mut honest = daemon.connect();
    assert_eq!(status(&mut honest, ECHO, &right, "198.51.100.7"), 200);
    let attackers: Vec<_> = (0..20)
        .map(|n| {
            let from = format!("203.0.113.{n}");
            ask(&daemon, WRONG, &basic(format!("x:{n}")), &from)
        })
        .collect();
    wait_until("wrong passwords at the node", SOON, || {
        node.count(WRONG) >= 2
    });
    let mut answered = 0;
    while node.count(WRONG) < 20 {
        assert_eq!(status(&mut honest, RIGHT, &right, "198.51.100.7"), 200);
        answered += 1;
    }
    // Of four long polls at once.
    assert_eq!(node.most_at_once_of(WRONG), 2);
    assert!(answered > 10, "{answered}");
    for mut attacker in attackers {
        assert_eq!(attacker.read(false).unwrap().status, 401);
    }
}

#[test]
fn who_leaves_before_the_node_has_refused_a_password_has_failed_all_the_same() {
    let (node, daemon) = slow_to_refuse("");
    for attempt in 1..=10 {
        let gone = ask(&daemon, SLOW, &basic(format!("x:{attempt}")), "203.0.113.9");
        wait_until("a call at the node", SOON, || node.count(SLOW) == attempt);
        drop(gone);
    }
    // Those that the node has not answered yet count too.
    let mut last = daemon.connect();
    assert_eq!(
        status(&mut last, SLOW, &basic("x:guess"), "203.0.113.9"),
        429
    );
    wait_until("ten refusals", SOON, || {
        Page::of(&daemon).series("bllvm_auth_failures_total{where=\"node\"}") == Some(10.0)
    });
    assert_eq!(
        status(&mut last, SLOW, &basic("x:guess"), "203.0.113.9"),
        429
    );
    assert_eq!(node.count(SLOW), 10);
}

#[test]
fn credentials_that_were_right_once_do_not_let_two_hundred_through_when_they_are_wrong() {
    let (node, daemon) = slow_to_refuse("[rpc]\nqueue_timeout_ms = 20000");
    let once = basic("rpc:once");
    let mut client = daemon.connect();
    assert_eq!(status(&mut client, ECHO, &once, "203.0.113.9"), 200);
    let stale: Vec<_> = (0..AT_ONCE)
        .map(|_| ask(&daemon, SLOW, &once, "203.0.113.9"))
        .collect();
    let mut statuses: Vec<_> = stale
        .into_iter()
        .map(|mut connection| connection.read(false).unwrap().status)
        .collect();
    statuses.sort_unstable();
    // Eight were under way before the first was refused, and a minute's worth of others.
    let reached = node.count(SLOW);
    assert!(reached <= 18, "{reached}");
    assert_eq!(
        statuses.iter().filter(|status| **status == 401).count(),
        reached
    );
    assert!(
        statuses.iter().all(|status| [401, 429].contains(status)),
        "{statuses:?}"
    );
}

#[test]
fn a_new_clients_many_calls_at_once_are_all_answered() {
    let (node, daemon) = slow_to_refuse("[rpc]\nqueue_timeout_ms = 20000");
    node.set(
        "first",
        Behaviour::Late(
            Duration::from_millis(20),
            Box::new(Behaviour::Result(json!(1))),
        ),
    );
    let new = basic("rpc:new");
    let calls: Vec<_> = (0..60)
        .map(|_| ask(&daemon, "first", &new, "198.51.100.7"))
        .collect();
    for mut connection in calls {
        assert_eq!(connection.read(false).unwrap().status, 200);
    }
    // Nothing of it was a failure.
    let mut client = daemon.connect();
    for attempt in 0..10 {
        assert_eq!(
            status(
                &mut client,
                SLOW,
                &basic(format!("x:{attempt}")),
                "198.51.100.7"
            ),
            401
        );
    }
}
