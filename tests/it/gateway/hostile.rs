//! Clients that mean no good: they are refused or cut, and nobody else notices.

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{ECHO, SOON, ask, assert_answered, assert_probes_are_fast, call, echo, front};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::{Connection, Request};
use crate::support::sight::{Page, peak_memory};
use crate::support::surroundings::{now, wait_until};

/// A request of which only the head and the beginning of the body are sent.
#[track_caller]
fn begin(daemon: &Daemon, headers: &str, beginning: &[u8]) -> Connection {
    let mut connection = daemon.connect();
    connection
        .write(format!("POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes())
        .unwrap();
    connection.write(beginning).unwrap();
    connection
}

#[test]
fn bodies_that_come_byte_by_byte_hold_nobody_up_and_are_answered() {
    let (_node, daemon) = front("");
    let body = call(ECHO);
    let head = format!("Content-Length: {}\r\n", body.len());
    let mut slow: Vec<_> = (0..50).map(|_| begin(&daemon, &head, b"")).collect();
    for byte in body.bytes() {
        for connection in &mut slow {
            connection.write(&[byte]).unwrap();
        }
        assert_answered(&echo(&daemon, &[]));
    }
    for connection in &mut slow {
        assert_answered(&connection.read(false).unwrap());
    }
}

#[test]
fn bodies_that_never_end_are_cut_at_the_bound() {
    let (node, daemon) = front("[rpc]\nmax_body_bytes = 100000");
    let mut endless = begin(&daemon, "Transfer-Encoding: chunked\r\n", b"");
    let chunk = [b"1000\r\n", &[b' '; 4096][..], b"\r\n"].concat();
    let mut sent = 0;
    // What is refused may be cut before it is all written.
    while sent < 10_000_000 && endless.write(&chunk).is_ok() {
        sent += chunk.len();
    }
    if let Ok(answer) = endless.read(false) {
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (413, &json!(-32600))
        );
    }
    let tiny = b"1\r\n \r\n".repeat(200_000);
    let mut endless = begin(&daemon, "Transfer-Encoding: chunked\r\n", b"");
    let _ = endless.write(&tiny);
    assert_probes_are_fast(&daemon);
    let bad_chunk = begin(&daemon, "Transfer-Encoding: chunked\r\n", b"zz\r\n").read(false);
    assert!(bad_chunk.is_err() || bad_chunk.is_ok_and(|answer| answer.status == 400));
    assert_eq!(node.count(ECHO), 0);
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn large_bodies_at_once_take_bounded_memory_and_slow_no_probe() {
    const LARGE: usize = 2 << 20;
    let (_node, daemon) = front("[rpc]\nmax_body_bytes = 10000000");
    let bombs = [
        format!("[{}1]", "1,".repeat(LARGE / 2)),
        format!("[{}", "[".repeat(LARGE)),
        format!(
            r#"{{"method":"echo","params":{}"#,
            r#"{"a":"#.repeat(LARGE / 5)
        ),
        format!("[{}{{}}]", r#"{"method":"echo"},"#.repeat(LARGE / 18)),
        format!(r#"{{"method":"{}"}}"#, "m".repeat(LARGE)),
        format!(
            r#"{{"method":"echo",{}"id":1}}"#,
            r#""x":1,"#.repeat(LARGE / 6)
        ),
    ];
    // Six of them are read at once, by a program that is not optimised, while the other core is
    // kept busy by probes.
    let send = |bomb: &String| {
        let mut patient = Connection::open_for(daemon.addr(), Duration::from_mins(1)).unwrap();
        patient.send(Request::post("/", bomb.as_bytes())).unwrap()
    };
    thread::scope(|scope| {
        let asking: Vec<_> = bombs
            .iter()
            .map(|bomb| scope.spawn(|| send(bomb)))
            .collect();
        let mut slowest = Duration::ZERO;
        while !asking.iter().all(thread::ScopedJoinHandle::is_finished) {
            let asked = now();
            assert_eq!(daemon.get("/health/live").status, 200);
            slowest = slowest.max(now() - asked);
        }
        assert!(slowest < Duration::from_secs(1), "a probe took {slowest:?}");
        let statuses: Vec<_> = asking
            .into_iter()
            .map(|answer| answer.join().unwrap().status)
            .collect();
        assert!(
            statuses
                .iter()
                .all(|status| matches!(status, 200 | 400 | 413 | 500 | 503)),
            "{statuses:?}"
        );
    });
    assert!(
        peak_memory(&daemon) < 250 << 20,
        "{} bytes",
        peak_memory(&daemon)
    );
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn more_large_bodies_than_there_is_room_for_are_refused_and_not_kept() {
    let (_node, daemon) = front("[rpc]\nmax_body_bytes = 1000000");
    let part = vec![b' '; 900_000];
    let mut held: Vec<_> = (0..25)
        .map(|_| begin(&daemon, "Content-Length: 950000\r\n", &part))
        .collect();
    assert_answered(&echo(&daemon, &[]));
    let mut busy = 0;
    let mut others = 0;
    for connection in &mut held {
        // Those that wait for the rest say nothing: it is sent to all.
        let _ = connection.write(&vec![b' '; 50_000]);
        match connection.read(false).map(|answer| answer.status) {
            Ok(503) => busy += 1,
            Ok(500) => others += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(busy > 0 && others >= 8, "{busy} busy, {others} read");
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn large_bodies_of_some_leave_room_for_those_of_others() {
    let (_node, daemon) =
        front("[rpc]\nmax_body_bytes = 1000000\ntrusted_proxies = [\"127.0.0.1\"]");
    let part = vec![b' '; 900_000];
    let from = |n: u32| format!("X-Forwarded-For: 192.0.2.{n}\r\nContent-Length: 950000\r\n");
    // Each would take all there is.
    let held: Vec<_> = (0..75)
        .map(|n| begin(&daemon, &from(n / 25), &part))
        .collect();
    // There is room for 16, a part of which nobody gets.
    let busy = "bllvm_rpc_requests_total{method=\"other\",outcome=\"busy\"}";
    wait_until("the others to be refused", SOON, || {
        Page::of(&daemon).series(busy) >= Some(59.0)
    });
    let large = json!({"id": "me", "method": ECHO, "params": ["x".repeat(900_000)]}).to_string();
    assert_answered(&daemon.post("/", &[("X-Forwarded-For", "192.0.2.9")], large.as_bytes()));
    drop(held);
}

/// The end of what a client sends is all that is seen of most clients that go away.
#[test]
fn a_client_that_closes_its_half_after_its_call_is_taken_as_gone_and_its_call_is_dropped() {
    let (node, daemon) = front("");
    node.set("slow", Behaviour::Hang);
    let mut raw = std::net::TcpStream::connect(daemon.addr()).unwrap();
    let body = call("slow");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    std::io::Write::write_all(&mut raw, format!("{head}{body}").as_bytes()).unwrap();
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    raw.shutdown(Shutdown::Write).unwrap();
    raw.set_read_timeout(Some(SOON)).unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut raw, &mut rest).unwrap();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    node.set("slow", Behaviour::Result(json!("slow")));
    wait_until("a line about it", SOON, || {
        daemon.log().contains("outcome=client_gone")
    });
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn half_a_body_and_a_closed_half_disturb_nobody() {
    let (node, daemon) = front("");
    for beginning in [&b""[..], b"{", b"{\"method\":\"echo\""] {
        let raw = std::net::TcpStream::connect(daemon.addr()).unwrap();
        let mut raw = raw;
        std::io::Write::write_all(
            &mut raw,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
        )
        .unwrap();
        std::io::Write::write_all(&mut raw, beginning).unwrap();
        raw.shutdown(Shutdown::Write).unwrap();
        raw.set_read_timeout(Some(SOON)).unwrap();
        let mut rest = Vec::new();
        let _ = std::io::Read::read_to_end(&mut raw, &mut rest);
        assert!(
            rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"),
            "{}",
            String::from_utf8_lossy(&rest)
        );
    }
    assert_eq!(node.count(ECHO), 0);
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn a_slow_reader_gets_its_whole_answer_and_costs_little_memory() {
    const SIZE: usize = 64 << 20;
    let (node, daemon) = front("");
    node.set("huge", Behaviour::Huge(SIZE));
    let before = peak_memory(&daemon);
    let mut readers: Vec<_> = (0..4).map(|_| ask(&daemon, "huge")).collect();
    wait_until("calls at the node", SOON, || node.count("huge") == 4);
    assert_probes_are_fast(&daemon);
    assert_answered(&echo(&daemon, &[]));
    let mut last = readers.pop().unwrap();
    drop(readers);
    let answer = last.read(false).unwrap();
    assert!(
        answer.body.len() > SIZE && answer.body.ends_with(b"0\"}"),
        "{} bytes",
        answer.body.len()
    );
    let more = peak_memory(&daemon) - before;
    assert!(more < 24 << 20, "{more} bytes more");
    assert_answered(&echo(&daemon, &[]));
}

#[test]
fn calls_that_are_pipelined_are_answered_in_their_order() {
    let (node, daemon) = front("");
    node.set(
        "slow",
        Behaviour::Late(
            Duration::from_millis(50),
            Box::new(Behaviour::Result(json!("slow"))),
        ),
    );
    let request = |id: usize| {
        let method = if id.is_multiple_of(2) { "slow" } else { ECHO };
        let body = json!({"id": id, "method": method}).to_string();
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut connection = daemon.connect();
    connection
        .write((0..6).map(request).collect::<String>().as_bytes())
        .unwrap();
    for id in 0..6 {
        assert_eq!(connection.read(false).unwrap().json()["id"], id);
    }
}

#[test]
fn what_could_mean_two_things_reaches_no_node() {
    let (node, daemon) = front("[rpc]\nmethods = [\"echo\"]");
    for body in [
        r#"{"method":"echo","method":"stop"}"#,
        r#"{"method":"stop","method":"echo"}"#,
        r#"{"method":"echo","METHOD":"stop"}"#,
        r#"{"method":"echo"}{"method":"stop"}"#,
        "{\"method\":\"echo\"}\n[{\"method\":\"stop\"}]",
        "{\"method\":\"echo\"}\0{\"method\":\"stop\"}",
        r#"[{"method":"echo"},{"method":"echo","method":"stop"}]"#,
        r#"{"method":"echo",/*"method":"stop"*/"id":1}"#,
        r#"{"method":"echo",'method':'stop'}"#,
        r#"{"method":"\ud800","method":"stop"}"#,
    ] {
        let answer = daemon.post("/", &[], body.as_bytes());
        assert!(matches!(answer.status, 400 | 500), "{body}: {answer:?}");
    }
    assert_eq!((node.count("stop"), node.count(ECHO)), (0, 0));
}

#[test]
fn one_client_leaves_no_more_than_a_few_answers_unread_and_others_are_answered() {
    let (node, daemon) = front("[rpc]\ntrusted_proxies = [\"127.0.0.1\"]");
    node.set("huge", Behaviour::Huge(32 << 20));
    let ask = |from: &str, method: &str| {
        let mut connection = daemon.connect();
        let body = call(method);
        let head = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {from}\r\nContent-Length: \
             {}\r\n\r\n{body}",
            body.len()
        );
        connection.write(head.as_bytes()).unwrap();
        connection
    };
    let mut unread = Vec::new();
    for asked in 1..=16 {
        unread.push(ask("203.0.113.9", "huge"));
        wait_until("a call at the node", SOON, || node.count("huge") == asked);
    }
    let more = |from| ask(from, ECHO).read(false).unwrap();
    wait_until("a refusal", SOON, || more("203.0.113.9").status == 503);
    assert_eq!(more("203.0.113.9").json()["error"]["code"], -32011);
    assert_answered(&more("198.51.100.7"));
    unread.pop();
    wait_until("an answer", SOON, || more("203.0.113.9").status == 200);
}
