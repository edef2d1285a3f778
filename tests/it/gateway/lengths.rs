//! Where a request's body ends: what could be read in two ways is refused, and nothing more of its
//! connection is read.

use std::thread;
use std::time::Duration;

use super::{ECHO, assert_answered, call, echo, front};
use crate::support::daemon::Daemon;
use crate::support::http::{Connection, Response};

/// A call that must never be made: it stands where a second request would begin.
const SMUGGLED: &str = "stop";

/// A head with these lines, and this body.
fn post(lines: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n{body}")
}

fn with_length(body: &str) -> String {
    post(&format!("Content-Length: {}", body.len()), body)
}

fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// The body in chunks, and behind it a request for those who believe in the length.
fn smuggling(lines: &str) -> String {
    format!(
        "{}{}",
        post(lines, &chunked(&call(ECHO))),
        with_length(&call(SMUGGLED))
    )
}

/// All answers to `text`, sent in `pieces`, until the other side closes.
#[track_caller]
fn answers(daemon: &Daemon, pieces: &[&str]) -> Vec<Response> {
    let mut connection = daemon.connect();
    for (n, piece) in pieces.iter().enumerate() {
        if n > 0 {
            // So that the pieces are read one by one; the outcome is the same if they are not.
            thread::sleep(Duration::from_millis(5));
        }
        connection.write(piece.as_bytes()).unwrap();
    }
    until_closed(&mut connection)
}

#[track_caller]
fn until_closed(connection: &mut Connection) -> Vec<Response> {
    let mut answers = Vec::new();
    loop {
        match connection.read(false) {
            Ok(answer) => answers.push(answer),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return answers,
            Err(error) => panic!("{error} after {answers:?}"),
        }
    }
}

/// The last of the answers is our own refusal, and the connection was closed behind it.
#[track_caller]
fn assert_last_refused(answers: &[Response]) {
    let last = answers.last().expect("an answer");
    assert_eq!(
        (last.status, last.header("connection")),
        (400, Some("close")),
        "{last:?}"
    );
    assert_eq!(last.json()["error"]["code"], -32600, "{last:?}");
}

#[test]
fn a_length_beside_chunks_is_refused_in_either_order_and_however_it_is_written() {
    let (node, daemon) = front("");
    for lines in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "transfer-encoding:chunked\r\ncontent-length:4",
        "Content-Length: 4\r\nX-A: b\r\nTRANSFER-ENCODING:\tchunked\r\nX-C: d",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
    ] {
        let answers = answers(&daemon, &[&smuggling(lines)]);
        assert_eq!(answers.len(), 1, "{lines}: {answers:?}");
        assert_last_refused(&answers);
    }
    assert_eq!((node.count(ECHO), node.count(SMUGGLED)), (0, 0));
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn a_length_beside_chunks_is_refused_though_it_comes_in_pieces() {
    let (node, daemon) = front("");
    let text = smuggling("Content-Length: 4\r\nTransfer-Encoding: chunked");
    let head = text.find("\r\n\r\n").unwrap();
    for cut in (18..head + 4).step_by(5) {
        let answers = answers(
            &daemon,
            &[&text[..cut], &text[cut..cut + 3], &text[cut + 3..]],
        );
        assert_eq!(answers.len(), 1, "cut at {cut}: {answers:?}");
        assert_last_refused(&answers);
    }
    assert_eq!((node.count(ECHO), node.count(SMUGGLED)), (0, 0));
}

#[test]
fn a_length_beside_chunks_is_refused_behind_other_requests() {
    let (node, daemon) = front("");
    let good = with_length(&call(ECHO));
    let bad = smuggling("Content-Length: 4\r\nTransfer-Encoding: chunked");
    let get = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let answers = answers(&daemon, &[&format!("{good}{get}{good}{bad}")]);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [200, 200, 200, 400]
    );
    assert_last_refused(&answers);
    assert_eq!((node.count(ECHO), node.count(SMUGGLED)), (2, 0));
}

#[test]
fn a_length_beside_chunks_is_refused_wherever_it_is_sent() {
    let (_node, daemon) = front("");
    for path in ["/health/live", "/metrics", "/api/v1/status", "/nothing"] {
        let text = smuggling("Content-Length: 4\r\nTransfer-Encoding: chunked").replacen(
            "POST /",
            &format!("GET {path}"),
            1,
        );
        let answers = answers(&daemon, &[&text]);
        assert_eq!(
            answers
                .iter()
                .map(|answer| answer.status)
                .collect::<Vec<_>>(),
            [400],
            "{path}: {answers:?}"
        );
    }
}

#[test]
fn a_body_that_speaks_of_lengths_is_no_head() {
    let (node, daemon) = front("");
    let text = "\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n";
    let spoken =
        serde_json::json!({"id": "me", "method": ECHO, "params": [text, text]}).to_string();
    // Between the tokens of JSON there may be lines, but none that look like these; in chunks there
    // may.
    let in_chunks = post(
        "Transfer-Encoding: chunked",
        &format!("1\r\n{{\r\n{}", chunked(&spoken[1..])),
    );
    let mut connection = daemon.connect();
    connection
        .write(format!("{0}{0}{in_chunks}", with_length(&spoken)).as_bytes())
        .unwrap();
    let answers = until_closed(&mut connection);
    assert_eq!(
        answers.len(),
        3,
        "the one in chunks is the last: {answers:?}"
    );
    answers.iter().for_each(assert_answered);
    let parts = [
        r#"{"id":"me","method":"echo","params":[""#,
        "Content-Length: 4",
        r#""]}"#,
    ];
    let chunks = parts
        .map(|part| format!("{:x}\r\n{part}\r\n", part.len()))
        .concat()
        + "0\r\n\r\n";
    let mut connection = daemon.connect();
    connection
        .write(post("Transfer-Encoding: chunked", &chunks).as_bytes())
        .unwrap();
    assert_answered(&connection.read(false).unwrap());
    assert_eq!(node.count(ECHO), 4);
}

#[test]
fn chunks_within_another_coding_are_refused() {
    let (node, daemon) = front("");
    for lines in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: \"chunked\"",
    ] {
        let answers = answers(&daemon, &[&smuggling(lines)]);
        assert_eq!(
            answers
                .iter()
                .map(|answer| answer.status)
                .collect::<Vec<_>>(),
            [400],
            "{lines}: {answers:?}"
        );
    }
    assert_eq!((node.count(ECHO), node.count(SMUGGLED)), (0, 0));
}

/// These are refused before any of our own code has seen them.
#[test]
fn what_is_no_length_is_refused() {
    let (node, daemon) = front("");
    let length = call(ECHO).len();
    for lines in [
        "Transfer-Encoding: gzip".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding: chunked, gzip".to_owned(),
        "Transfer-Encoding: xchunked".to_owned(),
        "Transfer-Encoding : chunked".to_owned(),
        "Transfer-Encoding:\r\n chunked".to_owned(),
        format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        format!("Content-Length: 0\r\nContent-Length: {length}"),
        format!("Content-Length: {length}, {length}"),
        format!("Content-Length: +{length}"),
        format!("Content-Length: -{length}"),
        format!("Content-Length: {length} 1"),
        format!("Content-Length: 0x{length:x}"),
        format!("Content-Length: {length}.0"),
        format!("Content-Length : {length}"),
        "Content-Length: ".to_owned(),
        "Content-Length: 99999999999999999999".to_owned(),
    ] {
        let text = format!(
            "{}{}",
            post(&lines, &call(ECHO)),
            with_length(&call(SMUGGLED))
        );
        let answers = answers(&daemon, &[&text]);
        assert_eq!(
            answers
                .iter()
                .map(|answer| answer.status)
                .collect::<Vec<_>>(),
            [400],
            "{lines}: {answers:?}"
        );
    }
    let old = post("Transfer-Encoding: chunked", &chunked(&call(ECHO)))
        .replacen("HTTP/1.1", "HTTP/1.0", 1);
    assert_eq!(
        answers(&daemon, &[&old])
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [400]
    );
    assert_eq!((node.count(ECHO), node.count(SMUGGLED)), (0, 0));
}

#[test]
fn a_length_that_can_be_read_in_one_way_only_is_taken() {
    let (node, daemon) = front("");
    let body = call(ECHO);
    let length = call(ECHO).len();
    let mut connection = daemon.connect();
    for lines in [
        format!("Content-Length: {length}\r\nContent-Length: {length}"),
        format!("Content-Length:{length}"),
        format!("Content-Length: \t {length} \t"),
        format!("Content-Length: 000{length}"),
    ] {
        connection.write(post(&lines, &body).as_bytes()).unwrap();
        assert_answered(
            &connection
                .read(false)
                .unwrap_or_else(|error| panic!("{lines}: {error}")),
        );
    }
    let bare = with_length(&body).replacen("\r\n", "\n", 4);
    connection.write(bare.as_bytes()).unwrap();
    assert_answered(&connection.read(false).unwrap());
    connection
        .write(post("Transfer-Encoding: Chunked", &chunked(&body)).as_bytes())
        .unwrap();
    let answers = until_closed(&mut connection);
    assert_eq!(answers.len(), 1);
    assert_answered(&answers[0]);
    assert_eq!(node.count(ECHO), 6);
}
