//! Hosts by name, IPv6, onion names, two names of one peer, the node's own address, and what is no
//! address.

use std::net::TcpListener;

use serde_json::json;

use super::{Lab, SOON, entry, queue, wait_all_kept, wait_entry, wait_gone};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::attached_to;
use crate::support::daemon::Daemon;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{free_port, wait_until};

#[test]
fn two_names_of_one_peer_are_one_connection() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let port = lab.peers[0].p2p_port();
    let names = [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("LOCALHOST:{port}"),
    ];
    let daemon = Daemon::start(lab.config(&names));
    wait_all_kept(&daemon, 2);
    assert!(queue(&daemon).is_empty());
    let connections = || {
        lab.listed()
            .iter()
            .filter(|listed| listed.ends_with(&format!(":{port}")))
            .count()
    };
    assert_eq!(connections(), 1, "{:?}", lab.listed());
    // Both are lost, and both come back.
    lab.peers[0].kill();
    wait_until("both queued", SOON, || queue(&daemon).len() == 2);
    lab.peers[0].restart();
    wait_all_kept(&daemon, 2);
    assert!(queue(&daemon).is_empty());
}

#[test]
fn a_peer_on_ipv6_is_kept_like_any_other() {
    let executable = bitcoind_or_skip!();
    let port = free_port();
    or_skip!(
        TcpListener::bind(("::1", port)).ok(),
        "there is no IPv6 loopback here"
    );
    let six = Bitcoind::start(
        executable.clone(),
        BitcoindOptions::default().with(format!("-bind=[::1]:{port}")),
    );
    let lab = Lab::start(&executable, 0);
    let daemon = Daemon::start(lab.config(&[format!("[0:0:0:0:0:0:0:1]:{port}")]));
    wait_all_kept(&daemon, 1);
    lab.wait_listed(&daemon, &format!("[::1]:{port}"));
    drop(six);
    wait_entry(&daemon, &format!("[::1]:{port}"), "a loss", |_| true);
}

#[test]
fn what_cannot_be_reached_fails_with_a_reason_and_what_is_no_address_is_refused() {
    let lab = Lab::start(&bitcoind_or_skip!(), 0);
    let daemon = Daemon::start(lab.config(&[]));
    let onion = "b".repeat(56) + ".onion";
    for (written, queued) in [
        (onion.as_str(), format!("{onion}:18444")),
        (
            "does-not-exist.invalid",
            "does-not-exist.invalid:18444".to_owned(),
        ),
        ("127.0.0.1", "127.0.0.1:18444".to_owned()),
        ("[::ffff:127.0.0.2]:7", "127.0.0.2:7".to_owned()),
    ] {
        let output = daemon.cli(&["queue", "add", written]);
        assert_eq!(
            (output.code, output.stdout.contains(&queued)),
            (Some(0), true),
            "{output:?}"
        );
        let seen = wait_entry(&daemon, &queued, "a failure", |entry| {
            entry["attempts"].as_u64() >= Some(1)
        });
        assert!(
            seen["last_error"]
                .as_str()
                .unwrap()
                .contains("not connected"),
            "{seen}"
        );
    }
    let too_long = "a".repeat(300);
    for (wrong, expected) in [
        ("2001:db8::1", "[2001:db8::1]"),
        ("host:0", "port"),
        ("host:99999", "port"),
        ("http://host", "not a URL"),
        ("short.onion", "56 characters"),
        ("1.2.3.4.5", "IPv4"),
        ("0.0.0.0:8333", "no peer can be"),
        ("", "host"),
        (&too_long, "host"),
    ] {
        for command in [
            ["queue", "add"],
            ["peers", "add"],
            ["peers", "remove"],
            ["queue", "drop"],
        ] {
            let output = daemon.cli(&[command[0], command[1], wrong]);
            assert_eq!(
                (output.code, output.stderr.contains(expected)),
                (Some(2), true),
                "{output:?}"
            );
        }
    }
}

#[test]
fn the_nodes_own_address_is_refused_and_not_dialled_where_it_is_configured() {
    let lab = Lab::start(&bitcoind_or_skip!(), 0);
    let own = lab.node.p2p_addr();
    let daemon =
        Daemon::start(lab.config(&[own.clone(), format!("localhost:{}", lab.node.p2p_port())]));
    daemon.wait_for_log("the node's own address");
    wait_gone(&daemon, &own);
    let refused = daemon.cli(&["queue", "add", &own]);
    assert_eq!(
        (refused.code, refused.stderr.contains("own address")),
        (Some(1), true),
        "{refused:?}"
    );
    assert_eq!(entry(&daemon, &own), None);
    assert!(!lab.listed().contains(&own));
}

#[test]
fn the_control_api_refuses_what_is_no_call() {
    let lab = Lab::start(&bitcoind_or_skip!(), 0);
    let daemon = Daemon::start(lab.config(&[]));
    let cookie = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let bearer = format!("Bearer {cookie}");
    let headers = [("Authorization", bearer.as_str())];
    let post = |path: &str, body: &str| daemon.post(path, &headers, body.as_bytes());
    for (path, body, status) in [
        ("/api/v1/queue/add", "{}", 400),
        ("/api/v1/queue/add", r#"{"address": "a b"}"#, 400),
        (
            "/api/v1/queue/add",
            r#"{"address": "10.0.0.1", "port": 1}"#,
            400,
        ),
        ("/api/v1/queue/retry", "{}", 400),
        (
            "/api/v1/queue/retry",
            r#"{"address": "10.0.0.1", "all": true}"#,
            400,
        ),
        ("/api/v1/queue/drop", r#"{"address": "10.0.0.1:1"}"#, 404),
        ("/api/v1/queue/nothing", "{}", 404),
        ("/api/v1/peers/nothing", "{}", 404),
        ("/api/v1/queue", "{}", 405),
        ("/api/v1/peers", "{}", 405),
    ] {
        let answer = post(path, body);
        assert_eq!(answer.status, status, "{path} {body}: {answer:?}");
        assert_eq!(answer.json()["status"], json!(status), "{answer:?}");
    }
    assert_eq!(daemon.get_with("/api/v1/queue/add", &headers).status, 405);
    assert_eq!(daemon.get("/api/v1/queue").status, 401);
}

#[test]
fn a_node_that_dials_itself_is_noticed_though_nobody_else_has_reached_it() {
    let executable = bitcoind_or_skip!();
    let alone = Bitcoind::start(executable, BitcoindOptions::default());
    let port = alone.p2p_port();
    let network =
        format!("[network]\npeers = [\"localhost:{port}\"]\nreconnect_initial_delay_secs = 0.3");
    // Both ends are listed for a moment only: on a busy machine it takes more than one look.
    let network = network + "\nreconnect_max_delay_secs = 0.3";
    let daemon = Daemon::start(attached_to(&alone).with(&network));
    daemon.wait_for_log("the node's own address");
    assert!(queue(&daemon).is_empty());
    let refused = daemon.cli(&["queue", "add", &format!("127.0.0.1:{port}")]);
    assert_eq!(
        (refused.code, refused.stderr.contains("own address")),
        (Some(1), true),
        "{refused:?}"
    );
}
