//! A real node with few workers: behind the gateway no client sees that its queue is full.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::refusals::wait_for_size;
use super::{SOON, before_real};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::daemon::Daemon;
use crate::support::http::{Connection, Request, basic};
use crate::support::sight::{Page, wait_ready};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{now, wait_until};

/// How each of `calls` calls of `clients` clients at once ended, by status.
fn statuses(addr: SocketAddr, authorization: &str, clients: usize, calls: usize) -> Vec<u16> {
    thread::scope(|scope| {
        let client = || {
            let mut connection = Connection::open_for(addr, SOON).expect("a connection");
            let headers = [("Authorization", authorization)];
            let body = json!({"id": 1, "method": "getblockchaininfo", "params": []}).to_string();
            let mut ask = |_| {
                connection
                    .send(Request::post("/", body.as_bytes()).with(&headers))
                    .map_or(0, |answer| answer.status)
            };
            (0..calls).map(&mut ask).collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        all.into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect()
    })
}

#[test]
fn forty_clients_of_a_node_with_one_worker_and_a_queue_of_one_see_no_503() {
    let node = Bitcoind::start(
        bitcoind_or_skip!(),
        BitcoindOptions::default().with_one_worker(),
    );
    node.mine(1);
    let authorization = basic(std::fs::read(node.cookie_file()).unwrap());
    let direct = statuses(
        SocketAddr::from(([127, 0, 0, 1], node.rpc_port())),
        &authorization,
        40,
        5,
    );
    assert!(
        direct.contains(&503),
        "the node alone refuses some, or this shows nothing"
    );
    // Many at once, so that the node's own queue is met too.
    for more in ["", "[rpc]\nmax_in_flight = 20\nqueue_timeout_ms = 20000"] {
        let limits = "[rpc.auth]\nrate_limit_rate = 10000\nrate_limit_burst = 10000";
        let daemon = Daemon::start(before_real(&node).with(limits).with(more));
        wait_ready(&daemon);
        let through = statuses(daemon.addr(), &authorization, 40, 5);
        assert!(
            through.iter().all(|status| *status == 200),
            "{through:?}\n{}",
            daemon.log()
        );
        if !more.is_empty() {
            let page = Page::of(&daemon);
            assert!(
                page.series("bllvm_rpc_overload_total") > Some(0.0),
                "the node's queue was never full"
            );
        }
    }
}

#[test]
fn slow_clients_of_a_node_with_four_workers_leave_uptime_always_answered() {
    let node = Bitcoind::start(
        bitcoind_or_skip!(),
        BitcoindOptions::default().with("-rpcthreads=4"),
    );
    node.mine(1);
    let config = before_real(&node).with(
        "[node]\npoll_interval_secs = 0.2\n[rpc]\nmax_in_flight = 2\nqueue_timeout_ms = 20000",
    );
    let daemon = Daemon::start(config);
    wait_ready(&daemon);
    wait_for_size(&daemon, 2);
    let authorization = basic(std::fs::read(node.cookie_file()).unwrap());
    let addr = daemon.addr();
    let ended = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let mut connection = Connection::open_for(addr, SOON).expect("a connection");
                let body =
                    json!({"id": 1, "method": "waitfornewblock", "params": [500]}).to_string();
                let headers = [("Authorization", authorization.as_str())];
                let answer = connection
                    .send(Request::post("/", body.as_bytes()).with(&headers))
                    .expect("an answer");
                assert_eq!(answer.status, 200, "{answer:?}");
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut asked_meanwhile = 0;
        while ended.load(Ordering::Relaxed) < 12 {
            let asked = now();
            assert!(node.rpc("uptime", json!([])).is_u64());
            // Behind one of the calls it would take half a second for each that is before it.
            assert!(
                now() - asked < Duration::from_secs(2),
                "uptime took {:?}",
                now() - asked
            );
            assert_eq!(daemon.get("/health/live").status, 200);
            asked_meanwhile += 1;
        }
        assert!(asked_meanwhile > 0);
    });
    assert_eq!(Page::of(&daemon).node("node_up", &[]), Some(1.0));
    wait_until("idle workers", SOON, || {
        node.rpc("getrpcinfo", json!([]))["active_commands"]
            .as_array()
            .is_some_and(|active| active.len() <= 2)
    });
    assert_ne!(node.rpc("getblockcount", json!([])), Value::Null);
}
