//! Calls that wait for a block: a share of the places at the node is theirs, and never the last
//! one.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::real::Pair;
use super::refusals::wait_for_size;
use super::{
    ECHO, SOON, ask, assert_answered, assert_refused, batch, before, call, echo, echo_node,
};
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Request, basic};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{throughout, wait_until};

const WAIT: &str = "waitfornewblock";

/// A front with so many places, before a node at which long polls hang.
#[track_caller]
fn places(count: u64, more: &str) -> (FakeNode, Daemon) {
    let node = echo_node();
    for method in [
        WAIT,
        "waitforblock",
        "waitforblockheight",
        "getblocktemplate",
    ] {
        node.set(method, Behaviour::Hang);
    }
    let daemon =
        Daemon::start(before(&node, &format!("[rpc]\nmax_in_flight = {count}")).with(more));
    wait_for_size(&daemon, count);
    (node, daemon)
}

fn limits(daemon: &Daemon) -> Value {
    daemon.get("/health/detailed").json()["limits"].clone()
}

#[test]
fn long_polls_have_half_of_the_places_and_hold_up_nobody_else_also_when_their_clients_have_gone() {
    let (node, daemon) = places(4, "[rpc]\nqueue_timeout_ms = 300");
    assert_eq!(
        (
            &limits(&daemon)["max_long_polls"],
            &limits(&daemon)["long_polls"]
        ),
        (&json!(2), &json!(0))
    );
    let first = ask(&daemon, WAIT);
    let mut second = ask(&daemon, "waitforblockheight");
    wait_until("two long polls", SOON, || {
        node.count(WAIT) + node.count("waitforblockheight") == 2
    });
    let known = json!({"id": "me", "method": "getblocktemplate", "params": [{"longpollid": "00"}]})
        .to_string();
    for body in [call(WAIT), call("waitforblock"), known] {
        let answer = daemon.post("/", &[], body.as_bytes());
        assert_refused(&answer, 503, -32011);
        assert!(
            answer.text().contains("rpc.max_long_polls") && answer.header("retry-after").is_some(),
            "{answer:?}"
        );
    }
    assert_eq!(
        daemon
            .post("/", &[], batch(&[ECHO, WAIT]).as_bytes())
            .status,
        503
    );
    assert_eq!(limits(&daemon)["long_polls"], json!(2));
    assert_answered(&echo(&daemon, &[]));
    drop(first);
    daemon.wait_for_log("outcome=client_gone");
    assert_answered(&echo(&daemon, &[]));
    assert_refused(&daemon.post("/", &[], call(WAIT).as_bytes()), 503, -32011);
    throughout(
        "at the node",
        Duration::from_millis(100),
        || node.count(WAIT),
        |count| *count == 1,
    );
    // A template that waits for nothing is an ordinary call.
    node.set("getblocktemplate", Behaviour::Result(json!({})));
    assert_answered(&daemon.post("/", &[], call("getblocktemplate").as_bytes()));
    // A block comes.
    for method in [WAIT, "waitforblockheight"] {
        node.set(method, Behaviour::Result(json!({"height": 1})));
    }
    assert_answered(&second.read(false).unwrap());
    wait_until("free places", SOON, || limits(&daemon)["long_polls"] == 0);
    assert_answered(&daemon.post("/", &[], call(WAIT).as_bytes()));
}

#[test]
fn a_long_poll_never_takes_the_last_place() {
    let (node, daemon) = places(2, "[rpc]\nqueue_timeout_ms = 20000\nmax_long_polls = 8");
    let _first = ask(&daemon, WAIT);
    wait_until("a long poll", SOON, || node.count(WAIT) == 1);
    let _second = ask(&daemon, WAIT);
    for _ in 0..3 {
        assert_answered(&echo(&daemon, &[]));
    }
    assert_eq!(node.count(WAIT), 1);
    let (node, daemon) = places(1, "[rpc]\nqueue_timeout_ms = 20000");
    let answer = daemon.post("/", &[], call(WAIT).as_bytes());
    assert_refused(&answer, 503, -32011);
    assert!(answer.text().contains("rpc.max_in_flight"), "{answer:?}");
    assert_answered(&echo(&daemon, &[]));
    assert_eq!(node.count(WAIT), 0);
}

#[test]
fn a_long_poll_of_somebody_who_is_new_keeps_nobody_out_who_is_new_too() {
    let (node, daemon) = places(2, "[rpc]\nqueue_timeout_ms = 20000");
    let body = call(WAIT);
    let from = |user: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n",
            basic(user)
        )
    };
    let mut waiting = daemon.connect();
    let head = format!(
        "{}Content-Length: {}\r\n\r\n{body}",
        from("first:new"),
        body.len()
    );
    waiting.write(head.as_bytes()).unwrap();
    wait_until("a long poll", SOON, || node.count(WAIT) == 1);
    assert_answered(&echo(&daemon, &[("Authorization", &basic("second:new"))]));
    // Nor does one whose client has gone.
    drop(waiting);
    daemon.wait_for_log("outcome=client_gone");
    assert_answered(&echo(&daemon, &[("Authorization", &basic("third:new"))]));
    assert_eq!(limits(&daemon)["long_polls"], 1);
}

#[test]
fn the_end_of_the_daemon_ends_who_waits_for_a_block_with_a_503() {
    let (node, mut daemon) = places(4, "[rpc]\nshutdown_grace_secs = 600");
    let mut waiting = [ask(&daemon, WAIT), ask(&daemon, "waitforblock")];
    wait_until("long polls", SOON, || {
        node.count(WAIT) + node.count("waitforblock") == 2
    });
    daemon.signal(Signal::SIGTERM);
    for connection in &mut waiting {
        let answer = connection.read(false).unwrap();
        assert_refused(&answer, 503, -32011);
        assert!(answer.text().contains("shutting down"), "{answer:?}");
    }
    assert_eq!(daemon.wait_exit(SOON), 0);
}

#[test]
fn eight_who_wait_for_a_block_of_a_real_node_hold_up_nobody() {
    let pair = Pair::start(bitcoind_or_skip!(), "[rpc]\nqueue_timeout_ms = 20000");
    let cookie = pair.cookie();
    let headers = [("Authorization", cookie.as_str())];
    let addr = pair.daemon.addr();
    let wait = || {
        let mut connection = http::Connection::open_for(addr, SOON).expect("a connection");
        connection
            .send(Request::post("/", call(WAIT).as_bytes()).with(&headers))
            .expect("an answer")
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(wait)).collect();
        wait_until("long polls", SOON, || {
            limits(&pair.daemon)["long_polls"] == 4
        });
        for _ in 0..20 {
            assert_answered(
                &pair
                    .daemon
                    .post("/", &headers, call("getblockcount").as_bytes()),
            );
        }
        // Those that waited for a place get one by the first block, and their block by the next.
        wait_until("answers", SOON, || {
            pair.node.mine(1);
            waiting
                .iter()
                .all(std::thread::ScopedJoinHandle::is_finished)
        });
        for answer in waiting {
            assert_answered(&answer.join().unwrap());
        }
    });
}
