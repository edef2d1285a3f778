//! A node whose host is gone without a word: calls that are on their way to it keep nobody else's
//! place.

use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;

use super::{AT_ONCE, SOON, ask, assert_refused, echo};
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::http::Connection;
use crate::support::surroundings::{free_port, now, wait_until};

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
