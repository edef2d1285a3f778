//! `GET /`: the status page: where it is, who sees what of it, and what of it is in
//! `/health/detailed`.

mod colours;
mod document;
mod dom;

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use self::dom::Document;
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::{self, Request, Response};
use crate::support::ready::{healthy_node, ready, ready_with};
use crate::support::surroundings::{eventually, free_port, now};

const SOON: Duration = Duration::from_mins(1);
const MARKUP: &str = "<img src=x onerror=alert(1)>\"'&";
const PEER: &str = "203.0.113.77:18444";

/// How long a look at the page took, its verdict, and all of its text.
type Look = (Duration, String, String);

#[track_caller]
fn page(daemon: &Daemon) -> (Response, Document) {
    let answer = daemon.get("/");
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = Document::parse(answer.text());
    (answer, document)
}

/// A node with one peer, whose words hold markup as its own do.
fn node_of_markup() -> FakeNode {
    let node = healthy_node();
    node.set(
        "getpeerinfo",
        Behaviour::Result(json!([{
            "id": 1, "addr": PEER, "inbound": false, "connection_type": MARKUP, "version": 70016,
            "subver": MARKUP, "synced_headers": 150, "synced_blocks": 150, "startingheight": 150,
            "conntime": 1_700_000_000, "pingtime": 0.02, "last_block": 0, "last_transaction": 0,
            "services": "0000000000000409", "bytessent": 1, "bytesrecv": 1,
        }])),
    );
    node.set(
        "getnetworkinfo",
        Behaviour::Result(json!({
            "version": 310_000, "subversion": format!("/Satoshi:31.0.0({MARKUP})/"),
            "networkactive": true, "connections": 1, "localaddresses": [], "networks": [],
        })),
    );
    node
}

#[test]
fn addresses_are_shown_to_loopback_and_to_the_control_token() {
    let node = node_of_markup();
    let config = attached_to_fake(&node)
        .with("[rpc]\ntrusted_proxies = [\"127.0.0.1\"]")
        .with("[network]\npeers = [\"127.0.0.1:1\"]");
    let daemon = ready_with(config);
    let ask = |lines: &[(&str, &str)]| {
        let answer = daemon.get_with("/", lines);
        assert_eq!(answer.status, 200, "{answer:?}");
        Document::parse(answer.text());
        answer.text().to_owned()
    };
    let has_all = |page: &String| page.contains(PEER) && page.contains("127.0.0.1:1<");
    eventually("the addresses", SOON, || ask(&[]), has_all);
    let token = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let token = format!("Bearer {}", token.trim());
    let elsewhere = ("X-Forwarded-For", "192.0.2.1");
    let with_token = ask(&[elsewhere, ("Authorization", &token)]);
    assert!(has_all(&with_token), "with the token from elsewhere");
    for credentials in ["", "Bearer 00", "Basic YTpi"] {
        let lines = [elsewhere, ("Authorization", credentials)];
        let lines = if credentials.is_empty() {
            &lines[..1]
        } else {
            &lines[..]
        };
        let page = ask(lines);
        for hidden in [PEER, "203.0.113.77", "127.0.0.1:1<"] {
            assert!(!page.contains(hidden), "{credentials:?}: {hidden}");
        }
        assert!(page.contains("with the control token"));
    }
    assert!(has_all(&ask(&[("X-Forwarded-For", "127.0.0.1")])));
}

#[test]
fn the_page_is_where_the_configuration_puts_it() {
    let (_node, off) = ready("[rpc]\nstatus_page = false");
    for method in ["GET", "HEAD"] {
        let answer = off.send(Request {
            method,
            ..Request::get("/")
        });
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    }
    let node = healthy_node();
    let ops = free_port();
    let daemon = ready_with(
        attached_to_fake(&node).with(&format!("[rpc]\nops_listen = \"127.0.0.1:{ops}\"")),
    );
    assert_eq!(daemon.get("/").status, 405, "it is on the other listener");
    let there = http::send(([127, 0, 0, 1], ops).into(), Request::get("/")).unwrap();
    assert_eq!(there.status, 200);
    assert_eq!(
        Document::parse(there.text()).id("verdict").text(),
        "Healthy"
    );
    let call = daemon.post("/", &[], br#"{"id":1,"method":"getblockcount"}"#);
    assert_ne!(call.status, 405, "a call is a call");
}

/// The promise is a millisecond; whole seconds are a machine that many share.
#[test]
fn beside_a_frozen_node_the_page_is_as_fast_as_ever_and_says_so() {
    let (node, daemon) = ready("");
    node.override_all(Behaviour::Hang);
    let look = || {
        let begun = now();
        let (_, document) = page(&daemon);
        let main = document.named("main")[0].text();
        (begun.elapsed(), document.id("verdict").text(), main)
    };
    let is_told = |(_, verdict, _): &Look| verdict == "Unhealthy: unreachable";
    let (_, _, main) = eventually("the verdict", SOON, look, is_told);
    assert!(main.contains("bitcoin-cli uptime"), "{main}");
    for _ in 0..10 {
        let (took, ..) = look();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    node.end_override();
    let is_back = |(_, verdict, _): &Look| verdict == "Healthy";
    eventually("the node to be back", SOON, look, is_back);
}

#[test]
fn the_last_hour_is_in_the_detailed_document_too() {
    let (_node, daemon) = ready("");
    let history = || daemon.get("/health/detailed").json()["history"].clone();
    let is_there = |history: &Value| {
        let heights = history["nodes"][0]["height"].as_array();
        heights.is_some_and(|heights| heights.iter().any(Value::is_number))
    };
    let history = eventually("a sample", SOON, history, is_there);
    assert_eq!(history["interval_secs"], 10);
    assert!(history["until"].is_string(), "{history}");
    assert_eq!(history["nodes"][0]["name"], "main");
    let length = history["gateway"]["health"].as_array().unwrap().len();
    for list in [
        "answered_per_sec",
        "failed_per_sec",
        "rejected_per_sec",
        "p50_secs",
        "p99_secs",
        "in_flight",
    ] {
        assert_eq!(
            history["gateway"][list].as_array().unwrap().len(),
            length,
            "{list}"
        );
    }
    for layer in ["address", "user", "method", "login"] {
        assert!(
            history["gateway"]["limited_per_sec"][layer].is_array(),
            "{layer}"
        );
    }
    let checks = daemon.get("/health/detailed").json()["checks"].clone();
    for check in checks.as_array().unwrap() {
        assert!(check["since"].is_string(), "{check}");
    }
}
