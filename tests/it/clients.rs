//! Clients that mean no good, and clients that take HTTP at its word.

mod floods;
mod hostile_memory;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request, Response};
use crate::support::ready::{healthy_node, ready};
use crate::support::surroundings::free_port;

const SOON: Duration = Duration::from_mins(1);

/// The `Authorization` that the control API asks for.
fn bearer(daemon: &Daemon) -> String {
    let cookie =
        fs::read_to_string(daemon.state_dir().join("control.cookie")).expect("the control cookie");
    format!("Bearer {cookie}")
}

/// The answer to raw bytes; an error if the connection was closed instead.
fn raw(daemon: &Daemon, bytes: &[u8]) -> std::io::Result<Response> {
    let mut connection = daemon.connect();
    connection.write(bytes)?;
    connection.read(false)
}

#[test]
fn a_header_that_is_too_large_is_refused() {
    let (_node, daemon) = ready("");
    let long = |bytes: usize| {
        format!(
            "GET /health HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
            "a".repeat(bytes)
        )
    };
    let many = format!("GET /health HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(2000));
    for request in [long(20_000), long(1 << 20), many.clone(), many.repeat(20)] {
        // The connection may be closed before all was sent.
        if let Ok(answer) = raw(&daemon, request.as_bytes()) {
            assert_eq!(answer.status, 431, "{answer:?}");
        }
        assert_eq!(daemon.get("/health/live").status, 200);
    }
    assert_eq!(raw(&daemon, many.as_bytes()).unwrap().status, 431);
    assert_eq!(raw(&daemon, long(4_000).as_bytes()).unwrap().status, 200);
}

#[test]
fn what_is_no_http_is_400() {
    let (_node, daemon) = ready("");
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /he alth HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    ];
    for request in requests {
        let answer = raw(&daemon, request).unwrap_or_else(|error| panic!("{request:?}: {error}"));
        assert_eq!(answer.status, 400, "{request:?}: {answer:?}");
    }
    assert_eq!(daemon.get("/health/live").status, 200);
}

#[test]
fn a_request_of_two_lengths_is_refused_and_hides_no_other() {
    let (_node, daemon) = ready("");
    let hidden = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let two = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}{hidden}"
    );
    let both =
        |headers: &str| format!("POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n0\r\n\r\n{hidden}");
    let requests = [
        two,
        both("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        both("Transfer-Encoding: chunked, identity\r\n"),
        both("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ];
    for request in requests {
        let mut connection = daemon.connect();
        connection.write(request.as_bytes()).unwrap();
        assert_eq!(connection.read(false).unwrap().status, 400, "{request}");
        assert!(connection.read(false).is_err(), "{request}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let (_node, daemon) = ready("");
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: of{}\r\n\r\n",
            path.len()
        )
    };
    let paths = [
        "/health/live",
        "/nosuch",
        "/health",
        "/metrics",
        "/health/ready",
    ];
    let mut connection = daemon.connect();
    connection
        .write(paths.map(request).concat().as_bytes())
        .unwrap();
    for path in paths {
        let answer = connection.read(false).unwrap();
        assert_eq!(
            answer.header("x-request-id"),
            Some(format!("of{}", path.len()).as_str())
        );
        assert_eq!(answer.status, if path == "/nosuch" { 404 } else { 200 });
    }
}

#[test]
fn a_probe_of_http_1_0_is_answered_and_closed() {
    let (_node, daemon) = ready("");
    for request in [
        "GET /health/ready HTTP/1.0\r\n\r\n",
        "HEAD /health/ready HTTP/1.0\r\nHost: x\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(daemon.addr()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        assert_eq!(
            answer.contains("\"ready\""),
            request.starts_with("GET"),
            "{answer}"
        );
    }
}

#[test]
fn a_client_that_closes_its_half_early_is_answered() {
    let (_node, mut daemon) = ready("");
    let addr = daemon.addr();
    let asked = |path: &str| {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream
    };
    let answered = |mut stream: TcpStream, status: &str| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(status), "{answer}");
    };
    // Where the end comes just after the request, it may be seen before the answer is written, or
    // after.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..250).for_each(|_| answered(asked("/health/ready"), "HTTP/1.1 200 OK\r\n"));
            });
        }
    });
    // Request and end are there together when the daemon looks.
    daemon.freeze();
    let both = ["/health/ready", "/metrics", "/api/v1/status"].map(asked);
    daemon.thaw();
    for (stream, status) in both
        .into_iter()
        .zip(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 401"])
    {
        answered(stream, status);
    }
}

#[test]
fn a_head_is_a_get_without_its_body() {
    let (_node, daemon) = ready("");
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/health?verbose",
    ] {
        let mut connection = daemon.connect();
        let head = connection
            .send(Request {
                method: "HEAD",
                ..Request::get(path)
            })
            .unwrap();
        let get = connection.send(Request::get(path)).unwrap();
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{path}"
        );
        assert!(
            head.header("content-length")
                .is_some_and(|length| length != "0"),
            "{path}: {head:?}"
        );
    }
}

#[test]
fn other_methods_are_405_and_other_paths_404() {
    let (_node, daemon) = ready("");
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
    ] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let answer = daemon.send(Request {
                method,
                ..Request::get(path)
            });
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD")),
                "{method} {path}"
            );
        }
        // A slash at the end makes no other path of it.
        assert_eq!(daemon.get(&format!("{path}/")).status, 200, "{path}/");
    }
    for path in [
        "/nosuch",
        "/health//",
        "/health/nosuch",
        "/health/nosuch/",
        "/HEALTH",
        "/health/../metrics",
        "//health",
        "/apix",
    ] {
        assert_eq!(daemon.get(path).status, 404, "{path}");
    }
}

#[test]
fn who_expects_100_continue_gets_it_before_the_body() {
    let (_node, daemon) = ready("");
    let mut stream = TcpStream::connect(daemon.addr()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
        .write_all(
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n",
        )
        .unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{\"id\":7}").unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 400");
}

#[test]
fn without_a_front_there_is_nowhere_to_call() {
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node).with("[rpc]\nenabled = false"));
    assert_eq!(daemon.post("/", &[], b"{\"id\":1}").status, 404);
    daemon.wait_for_status("/health/ready", 200, SOON);
    assert_eq!(
        daemon.get("/health/detailed").json()["rpc"]["enabled"],
        false
    );
}

#[test]
fn a_page_of_another_origin_is_refused() {
    let (_node, daemon) = ready("");
    let token = bearer(&daemon);
    let own = daemon.url();
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "x"] {
        let headers = [("Origin", origin), ("Authorization", token.as_str())];
        assert_eq!(
            daemon.post("/", &headers, b"{\"id\":1}").status,
            403,
            "{origin}"
        );
        assert_eq!(
            daemon.get_with("/api/v1/status", &headers).status,
            403,
            "{origin}"
        );
        assert_eq!(
            daemon.post("/api/v1/config/reload", &headers, b"").status,
            403,
            "{origin}"
        );
    }
    let headers = [("Origin", own.as_str()), ("Authorization", token.as_str())];
    assert_eq!(daemon.get_with("/api/v1/status", &headers).status, 200);
}

#[test]
fn the_control_api_asks_for_its_token_before_it_looks_at_the_path() {
    let (_node, daemon) = ready("");
    for path in [
        "/api/v1/status",
        "/api/v1/nosuch",
        "/api/v1",
        "/api/v1/",
        "/api/v1/config/reload",
    ] {
        let answer = daemon.get(path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (401, Some("application/problem+json")),
            "{path}"
        );
        assert!(
            answer
                .header("www-authenticate")
                .is_some_and(|scheme| scheme.starts_with("Bearer"))
        );
        assert_eq!(answer.json()["status"], 401);
    }
    let token = bearer(&daemon);
    let headers = [("Authorization", token.as_str())];
    assert_eq!(daemon.get_with("/api/v1/nosuch", &headers).status, 404);
    assert_eq!(
        daemon.get_with("/api/v1/config/reload", &headers).status,
        405
    );
    assert_eq!(daemon.post("/api/v1/status", &headers, b"").status, 405);
    let status = daemon.get_with("/api/v1/status", &headers);
    assert_eq!(
        (status.status, status.json()["state"].clone()),
        (200, json!("ready"))
    );
}

#[test]
fn the_eleventh_wrong_token_in_a_minute_has_to_wait_and_the_right_one_passes() {
    let (_node, daemon) = ready("");
    let wrong = [("Authorization", "Bearer 00")];
    for _ in 0..10 {
        assert_eq!(daemon.get_with("/api/v1/status", &wrong).status, 401);
    }
    let answer = daemon.get_with("/api/v1/status", &wrong);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (429, Some("application/problem+json"))
    );
    let wait: u64 = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok())
        .expect("Retry-After");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        daemon
            .get_with("/api/v1/status", &[("Authorization", &bearer(&daemon))])
            .status,
        200
    );
    assert!(
        daemon
            .get("/metrics")
            .text()
            .contains("bllvm_auth_failures_total{where=\"control\"} 11")
    );
}

#[test]
fn with_a_listener_for_operators_the_other_has_only_probes_and_calls() {
    let node = healthy_node();
    let ops: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    let daemon =
        Daemon::start(attached_to_fake(&node).with(&format!("[rpc]\nops_listen = \"{ops}\"")));
    daemon.wait_for_status("/health/ready", 200, SOON);
    let token = bearer(&daemon);
    let headers = [("Authorization", token.as_str())];
    for path in ["/metrics", "/health/detailed", "/api/v1/status"] {
        assert_eq!(daemon.get_with(path, &headers).status, 404, "{path}");
        assert_eq!(
            http::send(ops, Request::get(path).with(&headers))
                .unwrap()
                .status,
            200,
            "{path}"
        );
    }
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(daemon.get(path).status, 200, "{path}");
        assert_eq!(
            http::send(ops, Request::get(path)).unwrap().status,
            200,
            "{path}"
        );
    }
    assert_eq!(daemon.post("/", &[], b"{\"id\":1}").status, 400);
    assert_eq!(
        http::send(ops, Request::post("/", b"{\"id\":1}"))
            .unwrap()
            .status,
        404
    );
    assert_eq!(daemon.cli(&["status"]).code, Some(0));
    assert_eq!(daemon.cli(&["health", "--detailed"]).code, Some(0));
}

#[test]
fn what_is_switched_off_is_404() {
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node).with("[rpc]\nmetrics_enabled = false"));
    assert_eq!(
        (
            daemon.get("/metrics").status,
            daemon.get("/health/live").status
        ),
        (404, 200)
    );
    assert_eq!(daemon.cli(&["metrics"]).code, Some(1));
    let daemon =
        Daemon::start(attached_to_fake(&node).with("[rpc]\nhealth_checks_enabled = false"));
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
    ] {
        assert_eq!(daemon.get(path).status, 404, "{path}");
    }
    assert_eq!(daemon.get("/metrics").status, 200);
}

#[test]
fn every_answer_has_a_name_and_none_is_kept_by_a_cache() {
    let (_node, daemon) = ready("");
    let mut given = Vec::new();
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/nosuch",
        "/api/v1/x",
    ] {
        let named = daemon.get_with(path, &[("X-Request-Id", "My-id_1.2")]);
        assert_eq!(named.header("x-request-id"), Some("My-id_1.2"), "{path}");
        assert_eq!(named.header("cache-control"), Some("no-store"), "{path}");
        for bad in ["a b", "a\"b", "", "\u{e9}", &"x".repeat(65)] {
            let answer = daemon.get_with(path, &[("X-Request-Id", bad)]);
            let id = answer.header("x-request-id").unwrap_or_default().to_owned();
            assert!(
                id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
                "{bad:?}: {id}"
            );
            given.push(id);
        }
    }
    let count = given.len();
    given.sort();
    given.dedup();
    assert_eq!(given.len(), count);
}
