//! Ordinary requests are read in another way than all others: their clients must not notice.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{AT_ONCE, ECHO, SOON, assert_answered, batch, call, call_two, front};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::{Request, Response, basic};
use crate::support::surroundings::wait_until;

/// With this a request is no ordinary one any more, and means the same.
const UNUSUAL: (&str, &str) = ("HTTP2-Settings", "x");

/// What a client sees, but for what differs from answer to answer.
type Seen = (u16, Vec<(String, String)>, Vec<u8>);

fn seen(answer: Response) -> Seen {
    let own = ["date", "x-request-id"];
    let mut headers: Vec<_> = answer
        .headers
        .into_iter()
        .map(|(name, value)| {
            if own.contains(&&*name) {
                (name, String::new())
            } else {
                (name, value)
            }
        })
        .collect();
    headers.sort();
    (answer.status, headers, answer.body)
}

/// What `request` is answered, twice over one connection, where that stays open; `None` for an
/// answer that is not whole.
fn ask(daemon: &Daemon, request: Request<'_>) -> Vec<Option<Seen>> {
    let mut connection = daemon.connect();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = connection.send(request).ok();
        let goes_on = answer
            .as_ref()
            .is_some_and(|answer| answer.header("connection").is_none());
        answers.push(answer.map(seen));
        if !goes_on {
            break;
        }
    }
    answers
}

#[track_caller]
fn assert_alike(daemon: &Daemon, path: &str, headers: &[(&str, &str)], body: &str) {
    let unusual: Vec<_> = headers.iter().copied().chain([UNUSUAL]).collect();
    let request = Request::post(path, body.as_bytes());
    let ordinary = ask(daemon, request.with(headers));
    let other = ask(daemon, request.with(&unusual));
    assert_eq!(ordinary, other, "{path} {headers:?} {body}");
}

#[test]
fn whatever_a_client_asks_it_is_answered_alike() {
    let (_node, daemon) =
        front("[rpc]\nmax_batch = 3\nmethods = [\"!stop\"]\nmax_body_bytes = 1000");
    let long = json!({"id": "me", "method": ECHO, "params": ["a".repeat(2000)]}).to_string();
    for body in [
        &call(ECHO),
        &call_two(ECHO),
        &call("nosuchmethod"),
        &call("stop"),
        &batch(&[ECHO, ECHO]),
        &batch(&[ECHO, "stop"]),
        &batch(&[ECHO; 4]),
        &json!({"jsonrpc": "2.0", "method": ECHO}).to_string(),
        &long,
        "",
        "{",
        "[]",
        "\u{e9}",
        r#"{"id":1,"method":"echo","method":"stop"}"#,
    ] {
        for path in ["/", "/wallet/hot"] {
            assert_alike(&daemon, path, &[], body);
        }
    }
    for headers in [
        [("Content-Type", "text/plain"), ("X-Request-Id", "mine")],
        [
            ("X-Request-Id", "no name"),
            ("X-Forwarded-For", "192.0.2.1"),
        ],
        [
            ("Authorization", &*basic("a:b")),
            ("Connection", "keep-alive"),
        ],
        [("X-Request-Id", "one"), ("X-Request-Id", "two")],
        [("Connection", "close"), ("traceparent", "x")],
    ] {
        assert_alike(&daemon, "/", &headers, &call(ECHO));
    }
}

#[test]
fn a_probe_is_answered_alike() {
    let (_node, daemon) = front("");
    for path in [
        "/health/live",
        "/health/live?scope=daemon",
        "/health/ready?exclude=peers,nosuchcheck",
        "/health/ready?",
        "/health/ready?verbose",
        "/health?nosuchquestion",
        "/health?a=b&&",
        "/health/",
        "/healthy",
    ] {
        let request = Request::get(path);
        // Between the two the daemon may have learnt something, or a second may have begun.
        wait_until(path, AT_ONCE, || {
            ask(&daemon, request) == ask(&daemon, request.with(&[UNUSUAL]))
        });
    }
}

#[test]
fn whatever_the_node_answers_it_is_passed_on_alike() {
    let (node, daemon) = front("");
    // The node closes behind these, and says so: else its closing could meet the next call.
    let raw = |text: &str| Behaviour::Garbage(text.as_bytes().to_vec());
    for behaviour in [
        Behaviour::Error {
            http_status: 500,
            code: -8,
            message: "no".to_owned(),
        },
        Behaviour::Status {
            status: 204,
            content_type: String::new(),
            body: String::new(),
        },
        Behaviour::Status {
            status: 403,
            content_type: "text/html".to_owned(),
            body: "<html>".to_owned(),
        },
        Behaviour::Huge(3_000_000),
        Behaviour::Close,
        Behaviour::HalfAnswer,
        raw(
            "HTTP/1.1 200 Fine\r\nX-A: 1\r\nx-a: 2\r\nX-Request-Id: its\r\nConnection: \
             close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        raw(
            "HTTP/1.1 299 \r\nDate: yesterday\r\nConnection: x-b, close\r\nX-B: \
             1\r\nContent-Length: 3\r\n\r\nabc",
        ),
        raw("HTTP/1.0 200 OK\r\n\r\nabc"),
        raw("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
        raw(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: \
             close\r\nContent-Length: 0\r\n\r\n",
        ),
        raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        raw("no HTTP"),
    ] {
        node.set(ECHO, behaviour);
        assert_alike(&daemon, "/", &[], &call(ECHO));
    }
}

#[test]
fn calls_that_come_together_are_answered_in_their_order_whatever_is_between_them() {
    let (_node, daemon) = front("");
    let ordinary = |id: u32| {
        let body = json!({"id": id, "method": ECHO, "params": []}).to_string();
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let probe = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let chunked = {
        let body = json!({"id": 3, "method": ECHO, "params": []}).to_string();
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \
             chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        )
    };
    let all = [&ordinary(0), &ordinary(1), probe, &ordinary(2), &chunked]
        .map(String::from)
        .concat();
    for pieces in [1, 3, 40] {
        let mut connection = daemon.connect();
        for piece in all.as_bytes().chunks(all.len().div_ceil(pieces)) {
            connection.write(piece).unwrap();
        }
        let answers: Vec<_> = (0..5).map(|_| connection.read(false).unwrap()).collect();
        let ids: Vec<_> = answers
            .iter()
            .map(|answer| answer.json()["id"].clone())
            .collect();
        assert_eq!(
            ids,
            [json!(0), json!(1), Value::Null, json!(2), json!(3)],
            "{pieces} pieces"
        );
        assert_eq!(answers[2].json()["status"], "alive");
        assert_answered(&answers[4]);
    }
}

#[test]
fn what_has_come_of_an_answer_does_not_wait_for_the_rest() {
    let (node, daemon) = front("");
    node.set(ECHO, Behaviour::HalfAnswerHang);
    let mut stream = TcpStream::connect(daemon.addr()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let body = call(ECHO);
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut come = Vec::new();
    while !come.windows(5).any(|bytes| bytes.starts_with(b"\r\n\r\n")) {
        let mut part = [0; 256];
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&come));
        come.extend_from_slice(&part[..read]);
    }
}

#[test]
fn a_call_behind_many_probes_finds_that_the_node_closed_its_connection() {
    let (node, daemon) = front("");
    let probe = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = call(ECHO);
    let asked = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // The runtime lets a task do 128 things at a time, and then shows it nothing.
    for probes in 120..=130 {
        let mut connection = daemon.connect();
        connection.write(asked.as_bytes()).unwrap();
        assert_answered(&connection.read(false).unwrap());
        node.disconnect_all();
        connection
            .write(format!("{}{asked}", probe.repeat(probes)).as_bytes())
            .unwrap();
        for _ in 0..probes {
            assert_eq!(connection.read(false).unwrap().status, 200);
        }
        assert_answered(&connection.read(false).unwrap());
    }
}
