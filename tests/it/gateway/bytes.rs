//! Beside a real bitcoind: the bytes of an answer that comes through the gateway are those of the
//! node.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use super::real::Pair;
use super::{SOON, call, front};
use crate::support::daemon::Daemon;
use crate::support::sight::wait_ready;
use crate::support::skip::bitcoind_or_skip;

/// What only the gateway says.
const ONLY_THE_GATEWAYS: [&str; 2] = ["X-Request-Id: ", "Retry-After: "];

/// Sends `asked` over one connection, in so many pieces, and reads until so many `answers` are
/// there, or the end.
fn exchange(addr: SocketAddr, asked: &[u8], pieces: usize, answers: usize) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    stream.set_nodelay(true).expect("no delay");
    for piece in asked.chunks(asked.len().div_ceil(pieces)) {
        stream.write_all(piece).expect("a request that is sent");
    }
    let mut came = Vec::new();
    let mut part = [0; 16384];
    while answers_in(&came) < answers {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => came.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&came)),
        }
    }
    came
}

/// Whole answers in `bytes`.
fn answers_in(mut bytes: &[u8]) -> usize {
    let mut whole = 0;
    while let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.parse().ok());
        let Some(rest) = bytes.get(end + 4 + length.unwrap_or(0)..) else {
            break;
        };
        bytes = rest;
        whole += 1;
    }
    whole
}

/// The lines of all heads and bodies, without what is only the gateway's and what each second
/// changes.
fn without_ours(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let kept = text
        .split_inclusive('\n')
        .filter(|line| !ONLY_THE_GATEWAYS.iter().any(|ours| line.starts_with(ours)));
    kept.map(|line| {
        if line.starts_with("Date: ") {
            "Date: \r\n"
        } else {
            line
        }
    })
    .collect()
}

fn request(target: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn in_chunks(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\n{headers}Transfer-Encoding: \
         chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
    )
}

#[track_caller]
fn assert_same(pair: &Pair, asked: &str, pieces: usize, answers: usize) {
    let direct = exchange(pair.node_addr(), asked.as_bytes(), pieces, answers);
    let through = exchange(pair.daemon.addr(), asked.as_bytes(), pieces, answers);
    let shown = asked.get(..200).unwrap_or(asked);
    assert_eq!(without_ours(&through), without_ours(&direct), "{shown}");
    let ids = String::from_utf8_lossy(&through)
        .matches("X-Request-Id: ")
        .count();
    assert_eq!(ids, answers, "{shown}");
}

#[test]
fn the_bytes_of_an_answer_are_the_nodes_whichever_way_it_takes() {
    let pair = Pair::start(bitcoind_or_skip!(), "");
    let login = format!("Authorization: {}\r\n", pair.cookie());
    // With this a request is no ordinary one any more, and means the same.
    let unusual = format!("{login}HTTP2-Settings: x\r\n");
    let long = json!({"id": 1, "method": "echo", "params": ["a".repeat(100_000)]}).to_string();
    let bodies = [
        &call("getblockcount"),
        &call("nosuchmethod"),
        r#"{"id":1,"method":"getblockhash","params":[99999]}"#,
        r#"{"jsonrpc":"2.0","method":"uptime"}"#,
        r#"[{"id":1,"method":"getblockcount"},{"jsonrpc":"2.0","id":2,"method":"getblockcount"}]"#,
        &long,
    ];
    for body in bodies {
        for headers in [&*login, &unusual, &format!("{login}Connection: close\r\n")] {
            assert_same(&pair, &request("/", headers, body), 1, 1);
            assert_same(&pair, &request("/", headers, body), 7, 1);
        }
        // Behind one in chunks the gateway reads no other request.
        assert_same(
            &pair,
            &in_chunks(&format!("{login}Connection: close\r\n"), body),
            1,
            1,
        );
        for first in [&*login, &unusual] {
            let several = [
                &request("/", first, body),
                &request("/", &login, bodies[0]),
                &request("/", &login, body),
            ];
            assert_same(&pair, &several.map(String::as_str).concat(), 1, 3);
        }
    }
    // Credentials that are wrong, and a path that the node does not know.
    for headers in ["", "Authorization: Basic eDp5\r\n"] {
        assert_same(&pair, &request("/", headers, bodies[0]), 1, 1);
    }
    // Where there is no body, or the answer is the gateway's own, `hyper` has its own order.
    for asked in [
        request("/", "HTTP2-Settings: x\r\n", bodies[0]),
        request("/?a", &login, bodies[0]),
        request("/", &login, "nonsense"),
        request("/", &unusual, "nonsense"),
        request("/", &login, ""),
    ] {
        let sorted = |addr| {
            let text = without_ours(&exchange(addr, asked.as_bytes(), 1, 1));
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(pair.daemon.addr()), sorted(pair.node_addr()));
    }
}

/// The gateway's own answer to `asked`, with names as the node writes them.
#[track_caller]
fn own(daemon: &Daemon, asked: &str, status: u16) -> (Vec<String>, String) {
    let answer = exchange(daemon.addr(), asked.as_bytes(), 1, 1);
    let text = String::from_utf8(answer).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines().map(str::to_owned);
    assert_eq!(
        lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok()),
        Some(status),
        "{text}"
    );
    let lines: Vec<_> = lines.collect();
    for name in lines
        .iter()
        .map(|line| line.split_once(':').expect("a header").0)
    {
        let known = ["WWW-Authenticate", "X-Request-Id"].contains(&name);
        let parts = || name.split('-');
        let is_title = |part: &str| {
            let (first, rest) = part.split_at(1);
            first == first.to_uppercase() && rest == rest.to_lowercase()
        };
        assert!(known || parts().all(is_title), "{name}: {text}");
    }
    (lines, body.to_owned())
}

#[test]
fn own_answers_name_headers_as_the_node_does_and_end_with_a_newline() {
    let (node, daemon) =
        front("[rpc]\nmax_batch = 2\nmax_body_bytes = 1000\nmethods = [\"!stop\"]");
    wait_ready(&daemon);
    let asked = |body: &str| {
        [
            request("/", "", body),
            request("/", "HTTP2-Settings: x\r\n", body),
        ]
    };
    let mut cases = Vec::new();
    let batch = json!([{"method": "echo"}, {"method": "echo"}, {"method": "echo"}]).to_string();
    let forbidden = json!([{"method": "stop", "id": 1}, {"method": "echo", "id": 2}]).to_string();
    for (body, status) in [
        ("nonsense", 500),
        ("{}", 400),
        (&*batch, 413),
        (&*forbidden, 403),
        (&*call("stop"), 403),
        (&*" ".repeat(2000), 413),
    ] {
        cases.extend(asked(body).map(|asked| (asked, status)));
    }
    cases.push((request("/", "Origin: http://evil\r\n", &call("echo")), 403));
    cases.push((
        "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\n\r\n".to_owned(),
        403,
    ));
    cases.push((in_chunks("Content-Length: 3\r\n", "{}"), 400));
    cases.push((
        "DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        405,
    ));
    cases.push((
        "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        401,
    ));
    cases.push((
        "GET /nosuch HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        404,
    ));
    for (asked, status) in &cases {
        let (_, body) = own(&daemon, asked, *status);
        assert!(
            body.ends_with('\n') && !body.ends_with("\n\n"),
            "{asked}: {body:?}"
        );
    }
    for path in [
        "/health",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/health/live?verbose",
    ] {
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        own(&daemon, &get, 200);
        own(
            &daemon,
            &get.replace("Host", "HTTP2-Settings: x\r\nHost"),
            200,
        );
    }
    drop(node);
    for asked in asked(&call("echo")) {
        let (_, body) = own(&daemon, &asked, 502);
        let error: Value = serde_json::from_str(&body).expect("JSON");
        assert!(
            body.ends_with('\n') && error["error"]["code"] == -32010,
            "{body}"
        );
    }
}

#[test]
fn limits_and_logins_are_refused_with_names_as_the_node_writes_them_and_a_newline() {
    let users = format!(
        "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 2\n{}",
        super::logins::USERS
    );
    let (_node, daemon) =
        front(&users.replace("rate = 1000\nburst = 1000", "rate = 0.001\nburst = 1"));
    let login = format!(
        "Authorization: {}\r\n",
        crate::support::http::basic("alice:secret")
    );
    for unusual in ["", "HTTP2-Settings: x\r\n"] {
        let (lines, body) = own(&daemon, &request("/", unusual, &call("echo")), 401);
        assert!(
            lines
                .iter()
                .any(|line| line == "WWW-Authenticate: Basic realm=\"jsonrpc\""),
            "{lines:?}"
        );
        assert!(body.ends_with('\n'), "{body}");
    }
    own(&daemon, &request("/", &login, &call("echo")), 200);
    for unusual in ["", "HTTP2-Settings: x\r\n"] {
        let (lines, body) = own(
            &daemon,
            &request("/", &format!("{login}{unusual}"), &call("echo")),
            429,
        );
        assert!(
            lines.iter().any(|line| line.starts_with("Retry-After: ")),
            "{lines:?}"
        );
        assert!(body.ends_with('\n'), "{body}");
    }
}
