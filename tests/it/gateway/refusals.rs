//! Each status and code of the front's own answers, with the caller's id, to single calls and
//! batches of both versions.

use serde_json::{Value, json};

use super::{
    AT_ONCE, ECHO, SOON, assert_answered, assert_refused, bare, batch, before, call, call_two,
    echo, echo_node, front,
};
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::ready::healthy_node;
use crate::support::surroundings::{now, wait_until};

/// Asks single calls and batches in both versions, all of which are refused with this status and
/// code.
#[track_caller]
fn assert_all_refused(
    daemon: &Daemon,
    headers: &[(&str, &str)],
    method: &str,
    status: u16,
    code: i64,
) {
    let post = |body: &str| daemon.post("/", headers, body.as_bytes());
    let one = post(&call(method));
    assert_refused(&one, status, code);
    assert_eq!(
        (one.json().get("result"), one.json().get("jsonrpc")),
        (Some(&Value::Null), None)
    );
    let two = post(&call_two(method));
    assert_refused(&two, status, code);
    assert_eq!(
        (two.json().get("result"), &two.json()["jsonrpc"]),
        (None, &json!("2.0"))
    );
    let many = post(&batch(&[method, ECHO]));
    assert_eq!(many.status, status, "{many:?}");
    let answers = many.json();
    let answers: Vec<_> = answers.as_array().expect("an array").iter().collect();
    let ids: Vec<_> = answers
        .iter()
        .map(|answer| (&answer["id"], &answer["error"]["code"]))
        .collect();
    assert_eq!(ids, [(&json!(0), &json!(code)), (&json!(1), &json!(code))]);
}

#[test]
fn what_is_no_json_is_500_and_reaches_no_node() {
    let (node, daemon) = front("");
    let bomb = "[".repeat(500_000);
    for body in [
        "",
        "{",
        "nonsense",
        r#"{"method":"echo"}x"#,
        "[",
        "{\"method\":\"echo\",}",
        "\u{feff}{}",
    ] {
        let answer = daemon.post("/", &[], body.as_bytes());
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (500, &json!(-32700)),
            "{body}: {answer:?}"
        );
        assert_eq!(answer.json()["id"], Value::Null);
    }
    let answer = daemon.post("/", &[], b"{\"method\":\"echo\",\"id\":\"\xff\"}");
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (500, &json!(-32700))
    );
    let answer = daemon.post("/", &[], bomb.as_bytes());
    assert!(matches!(answer.status, 400 | 500), "{answer:?}");
    assert_eq!(node.count(ECHO), 0);
}

#[test]
fn what_is_no_call_is_400_with_the_id_and_reaches_no_node() {
    let (node, daemon) = front("");
    let post = |body: &str| daemon.post("/", &[], body.as_bytes());
    for body in [
        r#"{"id":"me"}"#,
        r#"{"id":"me","method":7}"#,
        r#"{"id":"me","method":""}"#,
        r#"{"id":"me","method":"echo","method":"stop"}"#,
        r#"{"id":"me","method":"echo","\u006dethod":"stop"}"#,
        r#"{"id":"me","method":"echo","Method":"stop"}"#,
        r#"{"id":"me","method":"echo","params":[],"params":[1]}"#,
        r#"{"id":"me","method":"echo","jsonrpc":"2.0","jsonrpc":"1.0"}"#,
    ] {
        assert_refused(&post(body), 400, -32600);
    }
    let two = post(r#"{"jsonrpc":"2.0","id":"me"}"#);
    assert_refused(&two, 400, -32600);
    assert_eq!(
        (&two.json()["jsonrpc"], two.json().get("result")),
        (&json!("2.0"), None),
        "{two:?}"
    );
    let twice = r#"[{"id":1,"method":"echo"},{"id":2,"method":"echo","method":"stop"}]"#;
    for body in [
        "7",
        "null",
        "\"echo\"",
        twice,
        r#"{"id":1,"id":2,"method":"echo"}"#,
    ] {
        let answer = post(body);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (400, &json!(-32600)),
            "{body}: {answer:?}"
        );
        assert_eq!(answer.json()["id"], Value::Null, "{body}: {answer:?}");
    }
    assert_eq!(node.count(ECHO), 0);
}

#[test]
fn what_is_no_call_in_a_batch_costs_a_token_and_no_method_and_so_does_an_empty_batch() {
    let (node, daemon) = front(
        "[rpc]\nmethods = [\"echo\"]\n[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 7\n\
         [rpc.auth.per_method_limits]\necho = { rate = 0.001, burst = 2 }",
    );
    let post = |body: &str| daemon.post("/", &[], body.as_bytes());
    assert_eq!(post("[]").status, 200);
    assert_eq!(
        post(r#"[5,{"id":1},{"id":2,"method":7},{"id":3,"method":"echo"}]"#).status,
        200
    );
    assert_answered(&post(&call(ECHO)));
    assert_eq!(
        (
            node.count(ECHO),
            post(&call(ECHO)).json()["error"]["data"]["layer"].clone()
        ),
        (2, json!("method"))
    );
    assert_eq!(post("[]").status, 200);
    for spent in ["[]", "[5]"] {
        let answer = post(spent);
        assert_eq!(
            (answer.status, &answer.text()[answer.text().len() - 1..]),
            (429, "\n"),
            "{answer:?}"
        );
    }
    assert_eq!(post(r#"[5,{"id":3,"method":"stop"}]"#).status, 403);
}

#[test]
fn a_forbidden_call_is_403_and_forbids_its_batch() {
    let (node, daemon) = front("[rpc]\nmethods = [\"echo\", \"get*\", \"!getnew*\"]");
    assert_all_refused(&daemon, &[], "stop", 403, -32003);
    assert_all_refused(&daemon, &[], "getnewaddress", 403, -32003);
    assert_eq!(
        (
            node.count("stop"),
            node.count(ECHO),
            node.count("getnewaddress")
        ),
        (0, 0, 0)
    );
    assert_answered(&echo(&daemon, &[]));
    // What is not known here is judged by its name, and is the node's to know.
    let unknown = daemon.post("/", &[], call("getsomething").as_bytes());
    assert_eq!(
        (unknown.status, &unknown.json()["error"]["code"]),
        (404, &json!(-32601)),
        "{unknown:?}"
    );
}

#[test]
fn a_body_or_a_batch_that_is_too_large_is_413() {
    let (node, daemon) = front("[rpc]\nmax_body_bytes = 2000\nmax_batch = 3");
    let large = json!({"id": "me", "method": ECHO, "params": ["x".repeat(2000)]}).to_string();
    for body in [large.clone(), batch(&[ECHO; 4])] {
        let answer = daemon.post("/", &[], body.as_bytes());
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (413, &json!(-32600)),
            "{answer:?}"
        );
    }
    let mut connection = daemon.connect();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        large.len()
    );
    connection
        .write(format!("{head}{large}\r\n0\r\n\r\n").as_bytes())
        .unwrap();
    assert_eq!(connection.read(false).unwrap().status, 413);
    assert_eq!(node.count(ECHO), 0);
    let three = daemon.post("/", &[], batch(&[ECHO; 3]).as_bytes());
    assert_eq!(
        (three.status, three.json().as_array().map(Vec::len)),
        (200, Some(3))
    );
}

#[test]
fn who_sends_a_body_that_is_far_too_large_can_read_why_it_is_refused() {
    let (_node, daemon) = front("[rpc]\nmax_body_bytes = 1000");
    // More than the buffers of both sides hold, written before anything is read, as most clients
    // do.
    let body = vec![b' '; 8 << 20];
    for _ in 0..5 {
        let answer = daemon.post("/", &[], &body);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (413, &json!(-32600)),
            "{answer:?}"
        );
    }
}

#[test]
fn what_costs_more_than_a_full_bucket_is_413_and_says_so() {
    let limits = "[rpc.auth]\nrate_limit_rate = 100\nrate_limit_burst = 5\n\
                  [rpc.auth.per_method_limits]\ngetblocktemplate = { rate = 1, burst = 2 }";
    let (node, daemon) = front(limits);
    for methods in [&[ECHO; 6][..], &["getblocktemplate"; 3]] {
        let answer = daemon.post("/", &[], batch(methods).as_bytes());
        assert_eq!(answer.status, 413, "{answer:?}");
        let answers = answer.json();
        assert_eq!(answers.as_array().map(Vec::len), Some(methods.len()));
        assert_eq!(answers[1]["error"]["code"], -32600);
        assert_eq!(answer.header("retry-after"), None, "it would never pass");
    }
    assert_eq!((node.count(ECHO), node.count("getblocktemplate")), (0, 0));
    assert_eq!(
        daemon.post("/", &[], batch(&[ECHO; 5]).as_bytes()).status,
        200
    );
}

#[test]
fn over_a_limit_is_429_and_says_when_to_come_back() {
    let (_node, daemon) = front("[rpc.auth]\nrate_limit_rate = 0.1\nrate_limit_burst = 2");
    assert_eq!(
        daemon.post("/", &[], batch(&[ECHO; 2]).as_bytes()).status,
        200
    );
    // A batch of two waits longer than a single call, so it is the first.
    assert_all_refused(&daemon, &[], ECHO, 429, -32005);
    let answer = echo(&daemon, &[]);
    let wait: u64 = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok())
        .expect("whole seconds");
    let data = &answer.json()["error"]["data"];
    let exact = data["retry_after_ms"].as_u64().expect("milliseconds");
    assert!(
        (1..=10).contains(&wait) && exact.div_ceil(1000) == wait,
        "{answer:?}"
    );
    assert_eq!(
        (&data["layer"], &data["key"]),
        (&json!("address"), &json!("127.0.0.1"))
    );
}

#[test]
fn no_or_wrong_credentials_are_401_and_say_how_to_log_in() {
    let (node, daemon) = front(super::logins::USERS);
    assert_all_refused(&daemon, &[], ECHO, 401, -32001);
    let answer = echo(&daemon, &[("Authorization", "Basic bm9ib2R5Ong=")]);
    assert_refused(&answer, 401, -32001);
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Basic realm=\"jsonrpc\"")
    );
    assert_eq!(node.count(ECHO), 0);
}

#[test]
fn a_node_that_is_down_is_502() {
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node));
    drop(node);
    assert_all_refused(&daemon, &[], ECHO, 502, -32010);
}

#[test]
fn a_place_that_does_not_come_free_in_time_is_503_and_costs_nothing() {
    let node = echo_node();
    let limits = "[rpc]\nmax_in_flight = 1\nqueue_timeout_ms = 150\n\
                  [rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 3";
    let daemon = Daemon::start(before(&node, limits));
    wait_for_size(&daemon, 1);
    node.set("slow", Behaviour::Hang);
    let mut slow = super::ask(&daemon, "slow");
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    let began = now();
    assert_all_refused(&daemon, &[], ECHO, 503, -32011);
    assert!(now() - began < AT_ONCE * 2);
    let answer = echo(&daemon, &[]);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(node.count(ECHO), 0);
    node.set("slow", Behaviour::Result(json!(1)));
    assert_answered(&slow.read(false).unwrap());
    // Of three, one is spent.
    assert_answered(&echo(&daemon, &[]));
    assert_answered(&echo(&daemon, &[]));
    assert_refused(&echo(&daemon, &[]), 429, -32005);
}

/// Waits until the front has as many places at the node as it is configured to have.
#[track_caller]
pub(super) fn wait_for_size(daemon: &Daemon, size: u64) {
    wait_until("the places at the node", SOON, || {
        daemon.get("/health/detailed").json()["limits"]["max_in_flight"] == size
    });
}

#[test]
fn a_call_is_posted_and_nothing_else() {
    let (node, daemon) = front("");
    let options = bare(&daemon, "OPTIONS", &[]);
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("OPTIONS, POST"))
    );
    assert!(options.header("access-control-allow-origin").is_none());
    for method in ["PATCH", "PUT", "DELETE"] {
        let answer = bare(&daemon, method, &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("POST")),
            "{method}"
        );
    }
    assert_eq!(node.count(ECHO), 0);
}

#[test]
fn a_call_from_a_foreign_page_is_403_with_its_id_and_costs_nothing() {
    let (node, daemon) = front("[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 1");
    for origin in ["https://evil.example", "null"] {
        let foreign = [("Origin", origin)];
        assert_all_refused(&daemon, &foreign, ECHO, 403, -32003);
        assert_refused(
            &daemon.post("/wallet/w", &foreign, call(ECHO).as_bytes()),
            403,
            -32003,
        );
        assert_eq!(daemon.post("/", &foreign, &vec![b' '; 1 << 20]).status, 403);
        let answer = daemon.post("/", &foreign, b"nonsense");
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (403, &json!(-32003)),
            "{answer:?}"
        );
        assert_eq!(bare(&daemon, "GET", &foreign).status, 403);
        assert_eq!(bare(&daemon, "OPTIONS", &foreign).status, 403);
    }
    assert_eq!(node.count(ECHO), 0);
    assert_answered(&echo(&daemon, &[("Origin", &daemon.url())]));
    assert_refused(&echo(&daemon, &[]), 429, -32005);
}
