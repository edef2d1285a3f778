//! Every body of the daemon's own ends with a newline, as every one of bitcoind does: some clients
//! read lines.

use std::fs;

use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::ready::ready;

/// Requests with it are not served on the fast path.
const NOT_PLAIN: (&str, &str) = ("HTTP2-Settings", "x");

const READ: [&str; 22] = [
    "/",
    "/nosuch",
    "/wallet/x",
    "/health",
    "/health?exclude=disk",
    "/health?verbose",
    "/health/live",
    "/health/live?scope=daemon",
    "/health/live?scope=x",
    "/health/ready",
    "/health/ready?exclude=nosuch",
    "/health/detailed",
    "/health/detailed?scope=x",
    "/health/detailed?exclude=nosuch",
    "/metrics",
    "/api/v1/status",
    "/api/v1/limits",
    "/api/v1/limits/explain?method=getblock",
    "/api/v1/queue",
    "/api/v1/prune",
    "/api/v1/leases",
    "/api/v1/nosuch",
];

#[track_caller]
fn assert_one_newline(asked: &str, answer: &Response) {
    let body = answer.text();
    assert!(
        body.ends_with('\n') && !body.ends_with("\n\n"),
        "{asked}: {body:?}"
    );
    let length = answer.header("content-length");
    assert_eq!(length, Some(&*body.len().to_string()), "{asked}");
    if answer
        .header("content-type")
        .is_some_and(|kind| kind.contains("json"))
    {
        assert!(
            serde_json::from_str::<Value>(body).is_ok(),
            "{asked}: {body}"
        );
        assert_eq!(body.lines().count(), 1, "{asked}: one document, one line");
    }
}

#[test]
fn every_body_of_ours_ends_with_one_newline_which_its_length_counts() {
    let (_node, daemon) = ready("");
    let token = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let bearer = format!("Bearer {}", token.trim());
    let operator = [("Authorization", &*bearer)];
    let stranger = [("Authorization", "Bearer x")];
    let not_plain = [operator[0], NOT_PLAIN];
    for path in READ {
        let mut statuses = Vec::new();
        for headers in [&operator[..], &not_plain[..]] {
            let answer = daemon.send(Request::get(path).with(headers));
            assert_one_newline(&format!("GET {path}"), &answer);
            statuses.push(answer.status);
        }
        assert_eq!(statuses[0], statuses[1], "{path}");
        for (method, headers) in [
            ("GET", &stranger[..]),
            ("DELETE", &operator[..]),
            ("PUT", &operator[..]),
        ] {
            let request = Request {
                method,
                ..Request::get(path).with(headers)
            };
            let answer = daemon.send(request);
            assert_one_newline(&format!("{method} {path}"), &answer);
        }
    }
    for path in [
        "/",
        "/api/v1/leases",
        "/api/v1/queue",
        "/api/v1/config/reload",
    ] {
        for body in ["", "nonsense", "{}", "1"] {
            let request = Request::post(path, body.as_bytes()).with(&operator);
            assert_one_newline(&format!("POST {path} {body}"), &daemon.send(request));
        }
    }
    let lease = json!({"name": "lnd", "last": 500}).to_string();
    let added = daemon.send(Request::post("/api/v1/leases", lease.as_bytes()).with(&operator));
    assert_one_newline("a lease", &added);
}

#[test]
fn head_announces_the_length_that_get_has() {
    let (_node, daemon) = ready("");
    // What counts or measures is of another length from one request to the next.
    let steady = |path: &&&str| {
        !["/", "/metrics"].contains(path) && !path.contains("detailed") && !path.contains("/api")
    };
    for path in READ.iter().filter(steady) {
        let get = daemon.get(path);
        let head = Request {
            method: "HEAD",
            ..Request::get(path)
        };
        let head = daemon.send(head);
        assert_eq!(
            (head.status, head.header("content-length"), head.text()),
            (get.status, get.header("content-length"), ""),
            "{path}"
        );
    }
}
