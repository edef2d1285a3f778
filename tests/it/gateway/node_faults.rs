//! A node that dies, closes, or says odd things: what its clients see, and that no call runs twice.

use std::io::ErrorKind;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use super::{
    ECHO, SOON, ask, assert_answered, assert_refused, batch, before, call, echo, echo_node, front,
};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::sight::{Page, wait_ready};
use crate::support::surroundings::{poll, wait_until};

#[test]
fn a_node_that_closes_before_its_answer_is_502_and_is_not_asked_again() {
    let (node, daemon) = front("");
    let mut connection = daemon.connect();
    for behaviour in [
        Behaviour::Close,
        Behaviour::Garbage(b"\x00\x01\r\n".to_vec()),
        Behaviour::Garbage(Vec::new()),
    ] {
        let before = node.count(ECHO);
        node.set(ECHO, behaviour.clone());
        let body = call(ECHO);
        let answer = connection
            .send(crate::support::http::Request::post("/", body.as_bytes()))
            .unwrap();
        assert_refused(&answer, 502, -32010);
        assert_eq!(
            node.count(ECHO),
            before + 1,
            "{behaviour:?}: it may have run"
        );
        // Over a connection that was used before, it is no different.
        node.set(ECHO, Behaviour::Result(json!(1)));
        assert_answered(&echo(&daemon, &[]));
    }
    let before = node.count(ECHO);
    node.set(ECHO, Behaviour::Close);
    let answer = daemon.post("/", &[], batch(&[ECHO; 2]).as_bytes());
    assert_eq!(
        (answer.status, answer.json().as_array().map(Vec::len)),
        (502, Some(2)),
        "{answer:?}"
    );
    assert_eq!(node.count(ECHO), before + 2);
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let (node, daemon) = front("");
    node.set(ECHO, Behaviour::HalfAnswer);
    for _ in 0..3 {
        let mut connection = ask(&daemon, ECHO);
        let bytes = connection.read_to_end().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        assert!(
            length.is_some_and(|length: usize| length > body.len()),
            "{text}"
        );
    }
    assert_eq!(node.count(ECHO), 3);
    daemon.wait_for_log("outcome=node_died");
    node.set(ECHO, Behaviour::Result(json!(1)));
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn a_node_that_is_killed_in_the_middle_of_a_large_answer_closes_its_clients() {
    let (node, daemon) = front("");
    node.set(ECHO, Behaviour::HalfAnswerHang);
    let mut connection = ask(&daemon, ECHO);
    wait_until("a call at the node", SOON, || node.count(ECHO) == 1);
    node.disconnect_all();
    let error = connection.read(false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
}

#[test]
fn a_connection_that_the_node_closed_while_it_was_idle_is_replaced() {
    let (node, daemon) = front("");
    for round in 0..20 {
        assert_answered(&echo(&daemon, &[]));
        assert_eq!(node.count(ECHO), round + 1);
        node.disconnect_all();
    }
}

#[test]
fn connections_to_the_node_are_kept_for_the_next_call() {
    let (node, daemon) = front("");
    assert_answered(&echo(&daemon, &[]));
    wait_until("a ready node", SOON, || {
        daemon.get("/health/ready").status == 200
    });
    let before = node.connections();
    for _ in 0..50 {
        assert_answered(&echo(&daemon, &[]));
    }
    assert!(
        node.connections() <= before + 2,
        "{} connections more",
        node.connections() - before
    );
}

#[test]
fn statuses_headers_and_bodies_of_the_node_pass_as_they_are() {
    let (node, daemon) = front("");
    for status in [200, 400, 403, 404, 418, 500, 503] {
        let body = format!("{{\"odd\" : {status}}}\n");
        node.set(
            ECHO,
            Behaviour::Status {
                status,
                content_type: "text/x-odd".to_owned(),
                body: body.clone(),
            },
        );
        let answer = echo(&daemon, &[]);
        assert_eq!(
            (answer.status, answer.text(), answer.header("content-type")),
            (status, body.as_str(), Some("text/x-odd"))
        );
    }
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: \
         a/b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    node.set(ECHO, Behaviour::Garbage(chunked.to_vec()));
    assert_eq!(echo(&daemon, &[]).text(), "abcde");
    // Without its last chunk it is not whole.
    node.set(
        ECHO,
        Behaviour::Garbage(chunked[..chunked.len() - 5].to_vec()),
    );
    ask(&daemon, ECHO).read(false).unwrap_err();
    let until_close = b"HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\nto the end";
    node.set(ECHO, Behaviour::Garbage(until_close.to_vec()));
    assert_eq!(echo(&daemon, &[]).text(), "to the end");
}

#[test]
fn the_words_of_a_full_queue_are_not_passed_on_but_the_call_is_sent_again() {
    let (node, daemon) = front("[rpc]\nqueue_timeout_ms = 2000");
    let patiently = Daemon::start(before(&node, "[rpc]\nqueue_timeout_ms = 60000"));
    node.set(ECHO, Behaviour::queue_exceeded());
    let answer = echo(&daemon, &[]);
    assert_refused(&answer, 503, -32011);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(node.count(ECHO) > 3, "{}", node.count(ECHO));
    let mut patient = ask(&patiently, ECHO);
    let before = node.count(ECHO);
    wait_until("another try", SOON, || node.count(ECHO) > before);
    node.set(ECHO, Behaviour::Result(json!(1)));
    assert_answered(&patient.read(false).unwrap());
    // Another 503 is the node's word.
    let other = Behaviour::Status {
        status: 503,
        content_type: String::new(),
        body: "Work is hard".to_owned(),
    };
    node.set(ECHO, other);
    let before = node.count(ECHO);
    let answer = echo(&daemon, &[]);
    assert_eq!(
        (answer.status, answer.text(), node.count(ECHO)),
        (503, "Work is hard", before + 1)
    );
}

#[test]
fn a_call_that_takes_too_long_is_504_and_is_not_sent_again() {
    let node = echo_node();
    node.set(ECHO, Behaviour::Hang);
    let daemon = Daemon::start(before(&node, "[rpc]\nrequest_timeout_secs = 1"));
    let answer = echo(&daemon, &[]);
    assert_refused(&answer, 504, -32012);
    assert!(
        answer.text().contains("rpc.request_timeout_secs") && answer.text().contains("still run"),
        "{answer:?}"
    );
    assert_eq!(node.count(ECHO), 1);
    daemon.wait_for_log("status=504");
    daemon.wait_for_log("outcome=timed_out");
    let page = Page::of(&daemon);
    assert_eq!(
        page.series("bllvm_rpc_errors_total{code=\"-32012\"}"),
        Some(1.0)
    );
    assert_eq!(
        page.series("bllvm_rpc_requests_total{method=\"echo\",outcome=\"timed_out\"}"),
        Some(1.0)
    );
}

#[test]
fn the_end_of_the_daemon_lets_answers_finish() {
    const SIZE: usize = 20 << 20;
    let (node, mut daemon) = front("");
    node.set("huge", Behaviour::Huge(SIZE));
    node.set("slow", Behaviour::Hang);
    let mut begun = ask(&daemon, "huge");
    let mut awaited = ask(&daemon, "slow");
    wait_until("calls at the node", SOON, || {
        node.count("huge") == 1 && node.count("slow") == 1
    });
    daemon.signal(Signal::SIGTERM);
    wait_until("no more connections", SOON, || {
        daemon.try_get("/health/live").is_err()
    });
    let answer = begun.read(false).unwrap();
    assert_eq!((answer.status, answer.body.len() > SIZE), (200, true));
    node.set("slow", Behaviour::Result(json!("in the end")));
    let answer = awaited.read(false).unwrap();
    assert_eq!(
        (answer.status, &answer.json()["result"]),
        (200, &json!("in the end"))
    );
    assert_eq!(
        answer.header("connection"),
        Some("close"),
        "nothing more is answered on it"
    );
    assert_eq!(daemon.wait_exit(Duration::from_secs(3)), 0);
    assert!(
        daemon.log().contains("every request was answered"),
        "{}",
        daemon.log()
    );
}

#[test]
fn who_has_asked_ahead_when_the_end_comes_still_gets_all_of_its_answers() {
    let (node, mut daemon) = front("");
    wait_ready(&daemon);
    node.set("half", Behaviour::HalfThenRest);
    let mut client = ask(&daemon, "half");
    client.wait_for_some().unwrap();
    // More than is read ahead.
    let next = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16384\r\n\r\n{}",
        " ".repeat(16384)
    );
    client.write(next.as_bytes()).unwrap();
    client.write(next.as_bytes()).unwrap();
    daemon.signal(Signal::SIGTERM);
    wait_until("the end is announced", SOON, || {
        !daemon
            .try_get("/health/ready")
            .is_ok_and(|ready| ready.status == 200)
    });
    node.set("half", Behaviour::Result(json!(1)));
    assert_eq!(daemon.wait_exit(Duration::from_secs(5)), 0);
    let answer = client.read(false).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, None));
    // That no more are answered was not known when this one began.
    let last = client.read(false).unwrap();
    assert_eq!(
        (last.status, last.header("connection")),
        (500, Some("close"))
    );
    assert_eq!(client.read_to_end().unwrap(), b"");
}

#[test]
fn a_node_that_comes_back_is_used_again_at_once() {
    let (node, daemon) = front("");
    let port = node.port();
    assert_answered(&echo(&daemon, &[]));
    drop(node);
    assert_refused(&echo(&daemon, &[]), 502, -32010);
    let node =
        crate::support::fake_node::FakeNode::start_on(port, [(ECHO, Behaviour::Result(json!(1)))]);
    let answered = poll(Duration::from_secs(1), || {
        (echo(&daemon, &[]).status == 200).then_some(())
    });
    assert!(answered.is_some() && node.count(ECHO) == 1);
}
