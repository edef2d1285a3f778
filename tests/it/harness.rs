//! The harness itself: a test is only worth what it is tested with.

use std::net::TcpListener;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions, RpcFailure};
use crate::support::config::{Config, attached_to_fake, listen_address};
use crate::support::daemon;
use crate::support::description::{self, Answer};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Connection, Request};
use crate::support::prometheus::{self, Prometheus};
use crate::support::skip::{bitcoind_or_skip, prometheus_or_skip, promtool_or_skip, test_name};
use crate::support::surroundings::{eventually, free_port, wait_until};

const SOON: Duration = Duration::from_mins(1);

fn connect(node: &FakeNode) -> Connection {
    Connection::open(([127, 0, 0, 1], node.port()).into()).unwrap()
}

fn call<'a>(method: &str, body: &'a mut String) -> Request<'a> {
    *body = json!({"id": 7, "method": method, "params": []}).to_string();
    Request::post("/", body.as_bytes())
}

#[test]
fn a_fake_node_answers_results_and_errors_with_the_id_of_the_caller() {
    let node = FakeNode::start([
        ("uptime", Behaviour::Result(json!(12))),
        ("getblock", Behaviour::warming_up()),
    ]);
    let mut connection = connect(&node);
    let mut body = String::new();

    let answer = connection.send(call("uptime", &mut body)).unwrap();
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"result": 12, "error": null, "id": 7}))
    );
    let answer = connection.send(call("getblock", &mut body)).unwrap();
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].clone()),
        (500, json!(-28))
    );
    let answer = connection.send(call("nosuch", &mut body)).unwrap();
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].clone()),
        (404, json!(-32601))
    );
    let second_version = br#"{"jsonrpc":"2.0","id":"a","method":"uptime"}"#;
    let answer = connection.send(Request::post("/", second_version)).unwrap();
    assert_eq!(
        answer.json(),
        json!({"jsonrpc": "2.0", "result": 12, "id": "a"})
    );
    let batch = br#"[{"id":1,"method":"uptime"},{"id":2,"method":"nosuch"}]"#;
    let answer = connection.send(Request::post("/", batch)).unwrap().json();
    assert_eq!(
        (&answer[0]["result"], &answer[1]["error"]["code"]),
        (&json!(12), &json!(-32601))
    );

    assert_eq!(
        (node.connections(), node.count("uptime"), node.calls().len()),
        (1, 3, 6)
    );
    assert_eq!((node.most_at_once(), node.outstanding()), (2, 0));
}

#[test]
fn a_fake_node_misbehaves_as_configured() {
    let node = FakeNode::start([
        ("garbage", Behaviour::Garbage(b"\x00\x01\r\n".to_vec())),
        ("half", Behaviour::HalfAnswer),
        ("close", Behaviour::Close),
        ("busy", Behaviour::queue_exceeded()),
        ("huge", Behaviour::Huge(200_000)),
        (
            "late",
            Behaviour::Late(
                Duration::from_millis(30),
                Box::new(Behaviour::Result(json!(true))),
            ),
        ),
    ]);
    let mut body = String::new();
    for broken in ["garbage", "half", "close"] {
        let answer = connect(&node).send(call(broken, &mut body));
        assert!(answer.is_err(), "{broken}: {answer:?}");
    }
    let mut connection = connect(&node);
    assert_eq!(
        connection.send(call("busy", &mut body)).unwrap().status,
        503
    );
    assert_eq!(
        connection.send(call("huge", &mut body)).unwrap().json()["result"]
            .as_str()
            .unwrap()
            .len(),
        200_000
    );
    assert_eq!(
        connection.send(call("late", &mut body)).unwrap().json()["result"],
        true
    );
}

#[test]
fn a_hanging_call_stays_outstanding_until_something_else_is_set() {
    let node = FakeNode::start([
        ("getblock", Behaviour::Hang),
        ("stop", Behaviour::HalfAnswerHang),
    ]);
    let mut body = String::new();
    let mut waiting = connect(&node);
    waiting
        .write(b"POST / HTTP/1.1\r\nContent-Length: 28\r\n\r\n{\"id\":1,\"method\":\"getblock\"}")
        .unwrap();
    let mut half = connect(&node);
    half.write(b"POST / HTTP/1.1\r\nContent-Length: 24\r\n\r\n{\"id\":2,\"method\":\"stop\"}")
        .unwrap();
    eventually(
        "both calls",
        SOON,
        || node.outstanding(),
        |&count| count == 2,
    );
    assert_eq!(
        connect(&node)
            .send(call("nosuch", &mut body))
            .unwrap()
            .status,
        404
    );

    node.set("getblock", Behaviour::Result(json!("a block")));
    assert_eq!(waiting.read(false).unwrap().json()["result"], "a block");
    node.set("stop", Behaviour::Close);
    assert!(half.read(false).is_err());
    wait_until("no call", SOON, || node.outstanding() == 0);
    assert_eq!(
        (node.most_at_once(), node.most_at_once_of("getblock")),
        (3, 1)
    );
}

#[test]
fn a_fake_node_made_of_recordings_answers_as_the_recorded_node() {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    node.require(&http::basic("user:secret"));
    let mut connection = connect(&node);
    let mut body = String::new();

    let refused = connection.send(call("getblockcount", &mut body)).unwrap();
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some("Basic realm=\"jsonrpc\""))
    );
    let credentials = [("Authorization", "Basic dXNlcjpzZWNyZXQ=")];
    let mut ask = |method: &str| connection.send(call(method, &mut body).with(&credentials));
    assert_eq!(
        ask("getblockcount").unwrap().json(),
        json!({"result": 1400, "error": null, "id": 7})
    );
    assert_eq!(
        ask("getblockchaininfo").unwrap().json()["result"]["chain"],
        "regtest"
    );
    node.override_all(Behaviour::warming_up());
    assert_eq!(ask("getblockcount").unwrap().status, 500);
    node.end_override();
    assert_eq!(ask("getblockcount").unwrap().status, 200);
}

#[test]
fn latencies_are_measured_on_one_connection() {
    let answer = Behaviour::Status {
        status: 200,
        content_type: "text/plain".to_owned(),
        body: "fine".to_owned(),
    };
    let node = FakeNode::start([("GET /health", answer)]);
    let latencies = http::latencies(([127, 0, 0, 1], node.port()).into(), "/health", 200, 100);
    assert!(latencies.median() <= latencies.p99());
    assert_eq!((node.connections(), node.count("GET /health")), (1, 100));
}

#[test]
fn a_chunked_answer_is_read_whole_and_a_cut_one_is_an_error() {
    let chunked = |end: &str| {
        let text = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n{end}"
        );
        let node = FakeNode::start([("GET /", Behaviour::Garbage(text.into_bytes()))]);
        connect(&node).send(Request::get("/"))
    };
    assert_eq!(chunked("0\r\n\r\n").unwrap().text(), "abcde");
    assert!(chunked("").is_err());
}

#[test]
fn a_configuration_is_merged_key_by_key() {
    let node = FakeNode::start([]);
    let config =
        attached_to_fake(&node).with("[health]\nlive_timeout_secs = 3\n[node]\ntimeout_secs = 1");
    let text = config.without("node", "poll_interval_secs").to_string();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["health"]["live_timeout_secs"].as_integer(), Some(3));
    assert_eq!(table["node"]["timeout_secs"].as_integer(), Some(1));
    assert_eq!(table["node"]["kind"].as_str(), Some("attached"));
    assert_eq!(table["node"].get("poll_interval_secs"), None);
    assert!(listen_address(&text).unwrap().ip().is_loopback());
    let other = Config::attached(1, "cookie".as_ref()).to_string();
    assert_ne!(listen_address(&text), listen_address(&other));
}

#[test]
fn ports_are_given_out_once() {
    let mut ports: Vec<_> = (0..100).map(|_| free_port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 100);
}

#[test]
fn a_free_port_can_be_taken_while_programs_are_started() {
    let done = AtomicBool::new(false);
    let mut taken = 0;
    let mut started = 0;
    thread::scope(|scope| {
        let starts = scope.spawn(|| {
            let mut starts = 0;
            while !done.load(Ordering::Relaxed) {
                std::process::Command::new("true").status().expect("true");
                starts += 1;
            }
            starts
        });
        let failed = (0..1_000).filter(|_| TcpListener::bind(("127.0.0.1", free_port())).is_err());
        taken = failed.count();
        done.store(true, Ordering::Relaxed);
        started = starts.join().unwrap();
    });
    assert_eq!(taken, 0, "while {started} programs were started");
}

#[test]
fn a_skipped_test_is_called_by_its_name() {
    fn inner() {}
    assert_eq!(
        test_name(std::any::type_name_of_val(&inner)),
        "harness::a_skipped_test_is_called_by_its_name"
    );
}

#[test]
fn the_program_runs_with_nothing_of_this_environment() {
    let output = daemon::run(&["--version"], &[]);
    assert_eq!(output.signal, None, "{output:?}");
    assert!(output.code.is_some());
}

#[test]
fn a_real_node_mines_freezes_thaws_and_comes_back_with_a_new_cookie() {
    let mut node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    let tip = node.mine(3);
    assert_eq!(node.rpc("getblockcount", json!([])), 3);
    assert_eq!(node.rpc("getblockchaininfo", json!([]))["pruned"], true);
    assert!(matches!(
        node.try_rpc("nosuch", json!([])),
        Err(RpcFailure::Refused { code: -32601, .. })
    ));

    node.freeze();
    let addr = ([127, 0, 0, 1], node.rpc_port()).into();
    let mut connection = Connection::open_for(addr, Duration::from_millis(300)).unwrap();
    assert!(connection.send(Request::post("/", b"{}")).is_err());
    node.thaw();
    assert_eq!(node.rpc("getbestblockhash", json!([])), tip);

    let cookie = std::fs::read(node.cookie_file()).unwrap();
    node.restart();
    assert_ne!(std::fs::read(node.cookie_file()).unwrap(), cookie);
    assert_eq!(node.rpc("getblockcount", json!([])), 3);
    node.kill();
    assert!(matches!(
        node.try_rpc("uptime", json!([])),
        Err(RpcFailure::Unreachable(_))
    ));
}

#[test]
fn a_real_node_follows_the_chain_of_its_peer() {
    let executable = bitcoind_or_skip!();
    let miner = Bitcoind::start(executable.clone(), BitcoindOptions::default());
    let follower = Bitcoind::start(executable, BitcoindOptions::default());
    follower.connect_to(&miner);
    let tip = miner.mine(1);
    eventually(
        "the block",
        SOON,
        || follower.rpc("getbestblockhash", json!([])),
        |hash| *hash == tip,
    );
}

#[test]
fn promtool_says_what_is_wrong_with_metrics() {
    let promtool = promtool_or_skip!();
    let good = "# HELP seen_total What was seen.\n# TYPE seen_total counter\nseen_total 1\n";
    let output = prometheus::check_metrics(&promtool, good);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (Some(0), "", "")
    );
    let output = prometheus::check_metrics(&promtool, "# TYPE seen counter\nseen 1\n");
    assert!(
        output.code != Some(0) && output.stderr.contains("seen"),
        "{output:?}"
    );
}

#[test]
fn a_real_prometheus_reads_what_is_served() {
    let server = prometheus_or_skip!();
    let content_type = "text/plain; version=0.0.4".to_owned();
    let body = "# TYPE height gauge\nheight{node=\"main\"} 7\n".to_owned();
    let node = FakeNode::start([(
        "GET /metrics",
        Behaviour::Status {
            status: 200,
            content_type,
            body,
        },
    )]);
    let prometheus = Prometheus::scraping(&server, ([127, 0, 0, 1], node.port()).into());
    assert_eq!(prometheus.value("height{node=\"main\"}"), Some(7.0));
    assert_eq!(prometheus.query("depth").len(), 0);
}

#[test]
fn an_answer_that_is_not_described_fails_the_test_that_gets_it() {
    let json = Some("application/json");
    let fails = |method: &str, target: &str, status, media_type, body: &str| {
        let answer = Answer {
            status,
            media_type,
            body: body.as_bytes(),
        };
        catch_unwind(|| description::hold(method, target, &answer)).is_err()
    };
    let healthy = r#"{"status":"healthy","timestamp":1}"#;
    assert!(!fails("GET", "/health?exclude=x", 200, json, healthy));
    assert!(!fails("HEAD", "/health/", 200, json, ""));
    assert!(!fails("GET", "/healthy", 200, json, "x"));
    for (method, target, status, media_type, body) in [
        ("GET", "/health", 200, json, r#"{"status":"healthy"}"#),
        (
            "GET",
            "/health",
            200,
            json,
            r#"{"status":"alive","timestamp":1}"#,
        ),
        (
            "GET",
            "/health",
            200,
            json,
            r#"{"status":"healthy","timestamp":1,"more":1}"#,
        ),
        ("GET", "/health", 503, json, healthy),
        ("GET", "/health", 500, json, healthy),
        ("GET", "/health", 200, Some("text/html"), healthy),
        ("HEAD", "/health", 200, json, healthy),
        ("GET", "/api/v1/queue", 200, json, "{}"),
        ("GET", "/api/v1/queue", 200, json, "no JSON"),
        (
            "GET",
            "/api/v1/nodes/a/queue",
            200,
            json,
            r#"[{"address":1}]"#,
        ),
        ("GET", "/api/v1/nothing", 200, json, "[]"),
        ("GET", "/api/v1/nothing", 404, json, "{}"),
        ("PUT", "/api/v1/queue", 200, json, "[]"),
    ] {
        assert!(
            fails(method, target, status, media_type, body),
            "{method} {target}: {status} {media_type:?} {body}"
        );
    }
}
