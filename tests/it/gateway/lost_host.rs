//! A node whose host is gone without a word: calls that are on their way to it keep nobody else's
//! place.

use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{AT_ONCE, ECHO, SOON, ask, assert_answered, assert_refused, call, echo, front};
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::http::{Connection, Request};
use crate::support::network::{Lost, in_own_network};
use crate::support::skip::or_skip;
use crate::support::surroundings::{env, free_port, now, wait_until};

#[test]
fn calls_to_a_host_that_is_gone_hold_no_place_once_the_liveness_call_shows_it() {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let held = Mutex::new(Vec::new());
    let config = Config::attached(port, std::path::Path::new("{dir}/node.cookie"))
        .with("[rpc]\nmax_in_flight = 2\nqueue_timeout_ms = 300");
    thread::scope(|scope| {
        let calls = &held;
        let server = scope.spawn(move || {
            thread::scope(|scope| {
                // Calls of clients are never answered, and their connections never closed. All
                // others are closed.
                for stream in listener.incoming().flatten() {
                    if calls.lock().unwrap().len() == 3 {
                        return;
                    }
                    scope.spawn(move || {
                        let mut connection = Connection::accepted(stream).expect("a connection");
                        let Ok(Some(request)) = connection.receive() else {
                            return;
                        };
                        if String::from_utf8_lossy(&request.body).contains("\"slow\"") {
                            calls.lock().unwrap().push(connection);
                        }
                    });
                }
            });
        });
        let daemon = Daemon::start(config);
        let _slow = [ask(&daemon, "slow"), ask(&daemon, "slow")];
        wait_until("calls at the node", SOON, || {
            held.lock().unwrap().len() == 2
        });
        assert_refused(&echo(&daemon, &[]), 503, -32011);
        // The listener goes with the next connection.
        let mut last =
            Connection::open(std::net::SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
        last.write(b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n\"slow\"")
            .unwrap();
        wait_until("three that are held", SOON, || {
            held.lock().unwrap().len() == 3
        });
        let _ = Connection::open(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
        server.join().unwrap();
        wait_until("free places", SOON, || echo(&daemon, &[]).status == 502);
        let asked = now();
        assert_refused(&echo(&daemon, &[]), 502, -32010);
        assert!(now() - asked < AT_ONCE);
        assert_eq!(
            daemon.get("/health/detailed").json()["limits"]["in_flight"],
            0
        );
    });
}

const NO_NETWORK: &str = "no network of its own can be made here: that takes root and ip";

#[test]
fn calls_of_which_no_packet_comes_back_give_their_places_to_others_within_a_minute() {
    let done = in_own_network(|| {
        let (node, daemon) = front(
            "[rpc]\nmax_in_flight = 2\nqueue_timeout_ms = 300\n[node]\npoll_interval_secs = \
             0.5\ntimeout_secs = 2",
        );
        // The connections to the node are there, and are used again.
        assert_answered(&echo(&daemon, &[]));
        let lost = Lost::from_port(node.port())?;
        let mut calls = [ask(&daemon, ECHO), ask(&daemon, ECHO)];
        let in_flight = || daemon.get("/health/detailed").json()["limits"]["in_flight"].clone();
        wait_until("both places taken", SOON, || in_flight() == 2);
        assert_refused(&echo(&daemon, &[]), 503, -32011);
        // The liveness call shows it well before the minute after which the calls themselves end.
        wait_until("free places", Duration::from_secs(45), || in_flight() == 0);
        assert_eq!(daemon.get("/health/ready").status, 503);
        // Its connection could not even be made.
        assert_refused(&calls[1].read(false).expect("an answer"), 502, -32010);

        drop(lost);
        wait_until("the node", SOON, || echo(&daemon, &[]).status == 200);
        Some(())
    });
    or_skip!(done.flatten(), NO_NETWORK);
}

/// It takes the minute of the promise: for `LOST_HOST=1`.
#[test]
fn a_call_of_which_no_packet_comes_back_ends_after_a_minute_whatever_the_time_limits_are() {
    or_skip!(env("LOST_HOST"), "it takes a minute: LOST_HOST=1");
    let done = in_own_network(|| {
        // The daemon's own calls are as patient as those of clients.
        let (node, daemon) = front("[node]\npoll_interval_secs = 3600\ntimeout_secs = 3600");
        assert_answered(&echo(&daemon, &[]));
        let _lost = Lost::from_port(node.port())?;
        let began = now();
        let mut client = Connection::open_for(daemon.addr(), Duration::from_mins(3)).unwrap();
        let body = call(ECHO);
        let answer = client.send(Request::post("/", body.as_bytes()));
        assert_refused(&answer.expect("an answer"), 502, -32010);
        let took = now() - began;
        assert!(
            (Duration::from_secs(55)..Duration::from_secs(100)).contains(&took),
            "{took:?}"
        );
        Some(())
    });
    or_skip!(done.flatten(), NO_NETWORK);
}
