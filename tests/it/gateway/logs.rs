//! What the log says of each call, what it must never say, and the names of requests.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{ECHO, SOON, assert_answered, batch, call, echo, front};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::basic;
use crate::support::surroundings::poll;

/// The line about the request called `id`.
#[track_caller]
fn line(daemon: &Daemon, id: &str) -> String {
    let find = || {
        let log = daemon.log();
        let mut lines = log
            .lines()
            .filter(|line| line.contains("rpc_request") && line.contains(id))
            .map(str::to_owned);
        let first = lines.next()?;
        assert_eq!(lines.next(), None, "one line for each request");
        Some(first)
    };
    poll(SOON, find).unwrap_or_else(|| panic!("no line about {id}:\n{}", daemon.log()))
}

/// The value of `name` in a line of text.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(&format!(" {name}="))?.1.split(' ').next()
}

#[test]
fn each_call_has_a_line_with_its_name_its_method_its_sizes_and_its_end() {
    let (_node, daemon) = front(super::logins::USERS);
    let authorization = basic("alice:secret");
    let id = "client.id_7-A";
    let body = call(ECHO);
    let answer = daemon.post(
        "/",
        &[("X-Request-Id", id), ("Authorization", &authorization)],
        body.as_bytes(),
    );
    assert_eq!(answer.header("x-request-id"), Some(id));
    let line = line(&daemon, id);
    assert!(has_shape(&line), "{line}");
    let expected = [
        ("request_id", id.to_owned()),
        ("method", ECHO.to_owned()),
        ("request_size", body.len().to_string()),
        ("status", "200".to_owned()),
        ("response_size", answer.body.len().to_string()),
        ("user", "alice".to_owned()),
    ];
    for (name, value) in expected {
        assert_eq!(field(&line, name), Some(value.as_str()), "{name} in {line}");
    }
    assert!(
        field(&line, "client_addr").is_some_and(|addr| addr.starts_with("127.0.0.1:")),
        "{line}"
    );
    assert!(
        field(&line, "duration_ms").is_some_and(|ms| ms.parse::<f64>().is_ok_and(|ms| ms > 0.0)),
        "{line}"
    );
}

/// `[2025-01-01T00:00:00Z INFO rpc_request] request_id=`
fn has_shape(line: &str) -> bool {
    let Some((time, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(' ')) else {
        return false;
    };
    let is_time = time.len() >= 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T';
    is_time && rest.starts_with("INFO rpc_request] request_id=")
}

#[test]
fn as_json_a_line_is_one_object_of_the_same_names() {
    let (_node, daemon) = front("[logging]\nformat = \"json\"");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    echo(&daemon, &[("X-Request-Id", "one"), ("traceparent", trace)]);
    daemon.post(
        "/",
        &[("X-Request-Id", "many")],
        batch(&[ECHO, "uptime", ECHO]).as_bytes(),
    );
    daemon.post("/", &[("X-Request-Id", "none")], b"nonsense");
    let parsed = |id: &str| -> Value {
        serde_json::from_str(&line(&daemon, &format!("\"{id}\""))).expect("JSON")
    };
    let one = parsed("one");
    assert_eq!(
        (&one["method"], &one["status"], &one["traceparent"]),
        (&json!(ECHO), &json!(200), &json!(trace))
    );
    for name in [
        "request_id",
        "client_addr",
        "request_size",
        "duration_ms",
        "response_size",
    ] {
        assert!(!one[name].is_null(), "{name}: {one}");
    }
    let many = parsed("many");
    assert_eq!(
        (&many["method"], &many["calls"]),
        (&json!("batch"), &json!(3)),
        "{many}"
    );
    let none = parsed("none");
    assert_eq!(
        (&none["status"], &none["outcome"], none.get("method")),
        (&json!(500), &json!("invalid"), None),
        "{none}"
    );
    assert!(
        none["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("Parse error")),
        "{none}"
    );
}

#[test]
fn a_name_goes_to_the_node_and_comes_back_be_it_given_or_made() {
    let (node, daemon) = front("");
    let mut made = HashSet::new();
    for _ in 0..50 {
        let answer = echo(&daemon, &[]);
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert!(
            id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
        assert_eq!(
            node.calls()
                .iter()
                .rfind(|call| call.method == ECHO)
                .unwrap()
                .header("x-request-id"),
            Some(id.as_str())
        );
        assert!(made.insert(id));
    }
    for bad in ["a b", "x\"y", &"x".repeat(65)] {
        let id = echo(&daemon, &[("X-Request-Id", bad)])
            .header("x-request-id")
            .unwrap()
            .to_owned();
        assert!(made.insert(id.clone()) && id.len() == 8, "{bad}: {id}");
    }
    for refused in ["nonsense", r#"{"id":"me"}"#] {
        let answer = daemon.post("/", &[("X-Request-Id", "mine")], refused.as_bytes());
        assert_eq!(answer.header("x-request-id"), Some("mine"));
    }
}

#[test]
fn no_credential_and_no_parameter_is_in_the_log_whatever_is_sent() {
    let (node, daemon) = front(super::logins::USERS);
    node.set("dies", Behaviour::Close);
    node.set("half", Behaviour::HalfAnswer);
    let right = basic("alice:secret");
    let wrong = basic("alice:hunter2-wrong");
    let right = [("Authorization", right.as_str())];
    let wrong = [("Authorization", wrong.as_str())];
    let with = |method: &str| {
        json!({"id": 1, "method": method, "params": ["hunter2-param", 987_654_321]}).to_string()
    };
    let bodies = [
        with(ECHO),
        with("walletpassphrase"),
        with("dies"),
        with("half"),
        format!("[{},{}]", with(ECHO), with("stop")),
        // Mistakes that put a parameter where something else belongs.
        r#"["walletpassphrase","hunter2-param",987654321]"#.to_owned(),
        r#""hunter2-param""#.to_owned(),
        "987654321".to_owned(),
        "[987654321.5]".to_owned(),
        r#"{"method":987654321,"params":["hunter2-param"]}"#.to_owned(),
        r#"{"method":["hunter2-param"]}"#.to_owned(),
        r#"{"method":"echo","params":["hunter2-param"],"params":["hunter2-param"]}"#.to_owned(),
        r#"{"method":"echo","params":["hunter2-param""#.to_owned(),
        r#"{"method":"echo","id":["hunter2-param"]}"#.to_owned(),
        r#"{"hunter2-param":"hunter2-param"}"#.to_owned(),
    ];
    for body in &bodies {
        for headers in [&right, &wrong] {
            // Some are cut: the node dies.
            let _ = crate::support::http::send(
                daemon.addr(),
                crate::support::http::Request::post("/", body.as_bytes()).with(headers),
            );
        }
    }
    assert_answered(&daemon.post(
        "/",
        &[right[0], ("X-Request-Id", "the-last")],
        call(ECHO).as_bytes(),
    ));
    line(&daemon, "the-last");
    let log = daemon.log();
    for secret in [
        "hunter2",
        "987654321",
        "secret",
        "c0ffee",
        "YWxpY2U6",
        "X19jb29raWVfXz",
        "74ef20277296",
    ] {
        let reported: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(reported.is_empty(), "{secret}: {reported:?}");
    }
}

#[test]
fn nobody_writes_a_line_of_its_own_into_the_log() {
    let (_node, daemon) = front("");
    let method = "x\n[2025-01-01T00:00:00Z INFO rpc_request] request_id=forged\u{1b}[31m";
    daemon.post(
        "/",
        &[("X-Request-Id", "forger")],
        json!({"id": 1, "method": method}).to_string().as_bytes(),
    );
    let reported = line(&daemon, "forger");
    assert!(
        reported.contains("forged") && !reported.contains('\u{1b}'),
        "{reported}"
    );
    assert!(
        !daemon
            .log()
            .lines()
            .any(|line| line.starts_with("[2025-01-01")),
        "{}",
        daemon.log()
    );
}

#[test]
fn behind_a_proxy_the_client_is_named_and_not_the_proxy() {
    let (_node, daemon) = front("[rpc]\ntrusted_proxies = [\"127.0.0.1\"]");
    echo(
        &daemon,
        &[
            ("X-Request-Id", "proxied"),
            ("X-Forwarded-For", "198.51.100.7"),
        ],
    );
    assert_eq!(
        field(&line(&daemon, "proxied"), "client_addr"),
        Some("198.51.100.7")
    );
}

#[test]
fn at_level_debug_every_line_of_a_call_has_its_name_and_at_warn_there_is_none() {
    let (_node, daemon) = front("[logging]\nlevel = \"debug\"");
    echo(&daemon, &[("X-Request-Id", "spanned")]);
    line(&daemon, " request_id=spanned ");
    let (_node, daemon) = front("[logging]\nlevel = \"warn\"");
    echo(&daemon, &[("X-Request-Id", "quiet")]);
    echo(&daemon, &[("X-Request-Id", "quiet")]);
    assert!(!daemon.log().contains("quiet"), "{}", daemon.log());
}

#[test]
fn a_filter_by_a_field_means_the_fields_that_a_line_may_have() {
    for (level, is_written) in [
        ("info,rpc_request[{nothing}]=off", true),
        ("warn,rpc_request[{nothing}]=info", false),
        ("warn,rpc_request[{status}]=info", true),
        ("info,rpc_request[{status}]=off", false),
    ] {
        let (_node, mut daemon) = front(&format!("[logging]\nlevel = \"{level}\""));
        echo(&daemon, &[("X-Request-Id", "filtered")]);
        // The end of the process writes all that there is.
        assert_eq!(daemon.stop(), 0);
        let log = daemon.log();
        assert_eq!(
            log.contains("request_id=filtered"),
            is_written,
            "{level}: {log}"
        );
    }
}
