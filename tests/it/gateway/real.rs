//! Before a real bitcoind: whoever asks the front hears what whoever asks the node hears.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::logins::USERS;
use super::{SOON, before_real};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions, executable};
use crate::support::child::{self, Output};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request, Response, basic};
use crate::support::sight::wait_ready;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::poll;

/// The node and the front before it.
pub(super) struct Pair {
    pub(super) node: Bitcoind,
    pub(super) daemon: Daemon,
}

impl Pair {
    #[track_caller]
    pub(super) fn start(executable: PathBuf, more: &str) -> Self {
        let node = Bitcoind::start(executable, BitcoindOptions::default());
        node.mine(101);
        let daemon = Daemon::start(before_real(&node).with(more));
        wait_ready(&daemon);
        Self { node, daemon }
    }

    pub(super) fn node_addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.node.rpc_port()))
    }

    pub(super) fn cookie(&self) -> String {
        basic(fs::read(self.node.cookie_file()).expect("a cookie"))
    }

    /// The answers of the node and of the front to the same request.
    #[track_caller]
    fn both(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (Response, Response) {
        let ask =
            |addr| http::send(addr, Request::post(path, body).with(headers)).expect("an answer");
        (ask(self.node_addr()), ask(self.daemon.addr()))
    }
}

/// What a client sees of an answer; the connection and the date are each server's own.
fn seen(answer: &Response) -> (u16, Option<&str>, Option<&str>, String) {
    let header = |name| answer.header(name);
    (
        answer.status,
        header("content-type"),
        header("www-authenticate"),
        String::from_utf8_lossy(&answer.body).into_owned(),
    )
}

/// Each call in every form that JSON-RPC 1.0, 1.1 and 2.0 have for it, single and in a batch.
fn bodies_of(calls: &[(&str, Value)]) -> Vec<String> {
    let mut bodies = Vec::new();
    for (method, params) in calls {
        bodies.push(json!({"method": method, "params": params, "id": "x"}).to_string());
        bodies.push(
            json!({"jsonrpc": "1.0", "method": method, "params": params, "id": 7.5}).to_string(),
        );
        bodies.push(
            json!({"jsonrpc": "2.0", "method": method, "params": params, "id": null}).to_string(),
        );
        bodies.push(json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string());
        bodies.push(json!({"method": method, "params": params}).to_string());
        let one = json!({"method": method, "params": params, "id": 1});
        let two = json!({"jsonrpc": "2.0", "method": method, "params": params});
        bodies.push(json!([one, two]).to_string());
    }
    bodies
}

fn nested(depth: usize) -> String {
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

/// What no library writes, and the node answers.
fn odd_bodies() -> Vec<String> {
    let mut bodies = Vec::new();
    bodies.push(
        json!([{"jsonrpc": "2.0", "method": "uptime"}, {"jsonrpc": "2.0", "method": "ping"}])
            .to_string(),
    );
    bodies.push(
        r#" [ {"id":1,"method":"getblockcount","x":{"y":[1,2]}} , {"id":2,"method":"nosuch"} ] "#
            .to_owned(),
    );
    bodies.push(
        r#"{"id":1e2,"method":"echo","params":[123456789012345678901234567890,0.10000000000000000000001]}"#.to_owned(),
    );
    bodies.push(r#"{"jsonrpc":"3.0","id":1,"method":"getblockcount"}"#.to_owned());
    bodies.push(r#"{"jsonrpc":2.0,"id":1,"method":"getblockcount"}"#.to_owned());
    for depth in [126, 128, 510, 511] {
        bodies.push(format!(
            r#"{{"id":1,"method":"echo","params":{}}}"#,
            nested(depth)
        ));
    }
    for odd in [
        "[]",
        " [ ] ",
        r#"[{"id":1,"method":"getblockcount"},5]"#,
        r#"[5,null,"stop",[{"id":1,"method":"getblockcount"}],1e999]"#,
        r#"[{"id":1,"method":"getblockcount"},{"id":2},{"id":3,"method":5},{"jsonrpc":"2.0","id":4}]"#,
        r#"{"id":[1,"a"],"method":"getblockcount"}"#,
        r#"{"id":{"a":1,"b":[{}]},"method":"getblockcount"}"#,
        r#"{"jsonrpc":"2.0","id":[[]],"method":"nosuch"}"#,
        r#"{"id":1e999,"method":"echo","params":[1e999,-0]}"#,
        r#"[{"id":1,"method":""}]"#,
        r#"{"id":1,"method":"echo","params":5}"#,
        r#"{"id":1,"method":"echo","params":{"arg0":1,"arg0":2}}"#,
        r#"{"id":1,"method":"a\u0000b"}"#,
        r#"{"id":1,"method":"echo","params":["\ud83d\ude00"],"jsonrpc":{}}"#,
    ] {
        bodies.push(odd.to_owned());
    }
    bodies.push(json!([{"id": 1, "method": "m".repeat(300)}]).to_string());
    bodies
}

#[test]
fn every_answer_is_the_nodes_to_the_byte() {
    let pair = Pair::start(bitcoind_or_skip!(), "");
    pair.node.rpc("createwallet", json!(["a wallet"]));
    let tip = pair.node.rpc("getbestblockhash", json!([]));
    let cookie = pair.cookie();
    let calls: Vec<(&str, Value)> = vec![
        ("getblockcount", json!([])),
        ("getblock", json!([tip, 2])),
        ("getblock", json!({"blockhash": tip, "verbosity": 0})),
        ("getblockhash", json!([1_000_000])),
        ("getblockhash", json!(["x"])),
        ("getblockhash", json!([])),
        ("help", json!([])),
        ("help", json!(["getblock"])),
        ("no_such_method", json!([])),
        ("getblock", json!(["nonsense"])),
        (
            "echo",
            json!(["ä\u{1f600}\"\\\n\u{0}", 1.5, null, {"a": {"b": []}}]),
        ),
        ("validateaddress", json!(["x"])),
        ("getrawmempool", json!([true])),
        ("listunspent", json!([])),
    ];
    let headers = [
        ("Authorization", cookie.as_str()),
        ("Content-Type", "application/json"),
    ];
    let bodies: Vec<String> = bodies_of(&calls).into_iter().chain(odd_bodies()).collect();
    // It is no JSON to either, each in its own words.
    for body in [
        &format!(r#"{{"id":1,"method":"echo","params":{}}}"#, nested(512)),
        &nested(513),
    ] {
        let (direct, through) = pair.both("/", &headers, body.as_bytes());
        let code = |answer: &Response| (answer.status, answer.json()["error"]["code"].clone());
        assert_eq!(
            (code(&direct), code(&through)),
            ((500, json!(-32700)), (500, json!(-32700)))
        );
    }
    for body in &bodies {
        let (direct, through) = pair.both("/", &headers, body.as_bytes());
        assert_eq!(seen(&through), seen(&direct), "{body}");
    }
    for (path, body) in [
        ("/wallet/a%20wallet", r#"{"id":1,"method":"getwalletinfo"}"#),
        ("/wallet/nosuch", r#"{"id":1,"method":"getwalletinfo"}"#),
        ("/wallet/", r#"{"id":1,"method":"getwalletinfo"}"#),
    ] {
        let (direct, through) = pair.both(path, &headers, body.as_bytes());
        assert_eq!(seen(&through), seen(&direct), "{path}");
    }
    // Credentials are the node's to judge, in its own words.
    for headers in [
        &[][..],
        &[("Authorization", "Basic eDp5")],
        &[("Authorization", "Bearer x")],
    ] {
        let (direct, through) = pair.both("/", headers, bodies[0].as_bytes());
        assert_eq!(seen(&through), seen(&direct), "{headers:?}");
        assert_eq!(through.status, 401);
    }
}

/// `bitcoin-cli` with these arguments, at the node's directory.
fn bitcoin_cli(pair: &Pair, arguments: &[&str]) -> Output {
    let cli = executable()
        .and_then(|node| Some(node.parent()?.join("bitcoin-cli")))
        .expect("a folder");
    let mut command = Command::new(cli);
    command
        .arg("-regtest")
        .arg(format!("-datadir={}", pair.node.datadir().display()))
        .args(arguments);
    child::run(command, b"", SOON)
}

#[test]
fn bitcoin_cli_gets_the_same_answers_through_the_gateway() {
    let pair = Pair::start(bitcoind_or_skip!(), "");
    let cli = executable()
        .and_then(|node| Some(node.parent()?.join("bitcoin-cli")))
        .filter(|cli| cli.is_file());
    let _ = crate::support::skip::or_skip!(cli, "there is no bitcoin-cli beside BITCOIND_EXE");
    pair.node.rpc("createwallet", json!(["w"]));
    let direct = format!("-rpcport={}", pair.node.rpc_port());
    let through = format!("-rpcport={}", pair.daemon.addr().port());
    for arguments in [
        &["getblockcount"][..],
        &["getblockhash", "101"],
        &["getblockhash", "1000"],
        &["nosuch"],
        &["help", "getblock"],
        &["-named", "getblockhash", "height=5"],
        &["-rpcwallet=w", "getbalances"],
        &["-rpcwallet=nosuch", "getbalances"],
        &["-getinfo"],
        &["-generate", "0"],
        &["-rpcuser=x", "-rpcpassword=y", "getblockcount"],
    ] {
        let with = |port: &String| bitcoin_cli(&pair, &[&[port.as_str()], arguments].concat());
        let direct = with(&direct);
        let through = with(&through);
        let text = |output: &Output| {
            let port = |text: &str| {
                text.replace(&pair.node.rpc_port().to_string(), "P")
                    .replace(&pair.daemon.addr().port().to_string(), "P")
            };
            (output.code, port(&output.stdout), port(&output.stderr))
        };
        assert_eq!(text(&through), text(&direct), "{arguments:?}");
    }
}

#[test]
fn users_of_the_front_reach_a_real_node_over_its_restart_without_a_failed_call() {
    let mut pair = Pair::start(bitcoind_or_skip!(), USERS);
    let alice = basic("alice:secret");
    let call = |pair: &Pair, headers: &[(&str, &str)], method: &str| {
        let body = json!({"id": 1, "method": method, "params": []}).to_string();
        pair.daemon.post("/", headers, body.as_bytes())
    };
    let headers = [("Authorization", alice.as_str())];
    let first = call(&pair, &headers, "getblockcount");
    assert_eq!((first.status, &first.json()["result"]), (200, &json!(101)));
    let cookie = fs::read_to_string(pair.node.cookie_file()).unwrap();
    assert!(!format!("{first:?}").contains(cookie.split(':').next_back().unwrap()));
    // The cookie itself is nobody here.
    let (direct, through) = pair.both(
        "/",
        &[("Authorization", &basic(&cookie))],
        br#"{"id":1,"method":"uptime"}"#,
    );
    assert_eq!((direct.status, through.status), (200, 401));

    pair.node.restart();
    assert_ne!(fs::read_to_string(pair.node.cookie_file()).unwrap(), cookie);
    for _ in 0..10 {
        let answer = call(&pair, &headers, "getblockcount");
        assert_eq!(answer.status, 200, "{answer:?}\n{}", pair.daemon.log());
    }
    let bob = basic("bob:p:w");
    let headers = [("Authorization", bob.as_str())];
    assert_eq!(call(&pair, &headers, "getblockcount").status, 200);
    assert_eq!(call(&pair, &headers, "getblocktemplate").status, 403);
    assert_eq!(call(&pair, &headers, "stop").status, 403);
    assert_eq!(call(&pair, &[], "getblockcount").status, 401);
}

#[test]
fn after_a_restart_of_a_real_node_its_new_cookie_passes_beside_clients_with_the_old_one() {
    let mut pair = Pair::start(
        bitcoind_or_skip!(),
        "[node]\npoll_interval_secs = 600\ntimeout_secs = 600",
    );
    let old = pair.cookie();
    let ask = |pair: &Pair, cookie: &str| {
        pair.daemon
            .post(
                "/",
                &[("Authorization", cookie)],
                br#"{"id":1,"method":"uptime"}"#,
            )
            .status
    };
    assert_eq!(ask(&pair, &old), 200);
    pair.node.restart();
    let statuses: Vec<_> = (0..20).map(|_| ask(&pair, &old)).collect();
    assert!(
        statuses.ends_with(&[429]) && statuses.contains(&401),
        "{statuses:?}"
    );
    assert_eq!(ask(&pair, &pair.cookie()), 200, "{}", pair.daemon.log());
}

#[test]
fn a_node_that_is_killed_and_comes_back_is_502_meanwhile() {
    let mut pair = Pair::start(bitcoind_or_skip!(), USERS);
    let alice = basic("alice:secret");
    let headers = [("Authorization", alice.as_str())];
    let call = |pair: &Pair| {
        pair.daemon
            .post("/", &headers, br#"{"id":1,"method":"uptime"}"#)
    };
    assert_eq!(call(&pair).status, 200);
    pair.node.kill();
    let answer = call(&pair);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (502, &json!(-32010)),
        "{answer:?}"
    );
    pair.node.restart();
    let back = poll(SOON, || (call(&pair).status == 200).then_some(()));
    assert!(back.is_some(), "{}", pair.daemon.log());
}

#[test]
fn a_large_answer_of_a_real_node_is_passed_on_and_not_held() {
    let pair = Pair::start(bitcoind_or_skip!(), "");
    let cookie = pair.cookie();
    let headers = [("Authorization", cookie.as_str())];
    let before = crate::support::sight::peak_memory(&pair.daemon);
    // What is sent comes back: some 9 MB.
    let body = json!({"id": 1, "method": "echo", "params": ["0123456789abcdef".repeat(560_000)]})
        .to_string();
    let (direct, through) = pair.both("/", &headers, body.as_bytes());
    assert_eq!(
        (through.status, through.body.len()),
        (200, direct.body.len())
    );
    assert!(through.body == direct.body);
    // The request is held, since it is looked at; the answer is not.
    let more = crate::support::sight::peak_memory(&pair.daemon) - before;
    assert!(more < 40 << 20, "{more} bytes more");
}
