//! Another server answers, or there is no token.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::assert_exit;
use crate::support::daemon::run;
use crate::support::fake_node::FakeNode;
use crate::support::prometheus::Prometheus;
use crate::support::ready::ready;
use crate::support::skip::prometheus_or_skip;

/// An HTTP server that gives each request this answer; its URL.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn another_program_is_exit_69_and_never_a_verdict() {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    let others = [
        format!("http://127.0.0.1:{}", node.port()),
        answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"),
        answering(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}",
        ),
    ];
    for url in &others {
        let commands: [&[&str]; 7] = [
            &["health"],
            &["health", "--live"],
            &["health", "--ready", "-o", "json"],
            &["health", "--detailed"],
            &["metrics"],
            &["status"],
            &["queue"],
        ];
        for command in commands {
            let output = run(&[command, &["--url", url]].concat(), &[]);
            assert_exit(&output, 69);
            assert!(
                output.stderr.contains("is not bllvmctl") && output.stdout.is_empty(),
                "{command:?} {output:?}"
            );
        }
    }
    // A proxy may take the name of the server away.
    let proxied = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\nConnection: close\r\n\r\n[+] node: \
        answers\n[+] x: good\n";
    assert_exit(
        &run(&["health", "--live", "--url", &answering(proxied)], &[]),
        0,
    );
}

/// What every version has, from behind a proxy that takes the name of the server away, with a
/// member and words of a version to come.
const SEED_AND_MORE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\
    {\"status\":\"healthy\",\"chain\":{\"initialized\":true,\"height\":7,\"tip_hash\":\"00ab\"},\
    \"storage\":{\"available\":true,\"size_bytes\":1000},\"network\":{\"peers_connected\":2,\"peers_max\":null},\
    \"rpc\":{\"enabled\":true,\"requests_processed\":3},\"state\":\"dozing\",\"to_come\":{\"a\":[1]},\
    \"checks\":[{\"name\":\"fork\",\"level\":\"good\",\"text\":\"one chain\"}]}";

#[test]
fn another_version_is_understood_as_far_as_it_goes() {
    let url = answering(SEED_AND_MORE);
    for command in [&["status"][..], &["health", "--detailed"]] {
        let table = run(&[command, &["--url", &url]].concat(), &[]);
        assert_exit(&table, 0);
        for part in [
            "healthy\n",
            "state     dozing\n",
            "tip       00ab\n",
            "peers     2 connected\n",
            "mempool   -\n",
            "[+] fork: one chain\n",
        ] {
            assert!(table.stdout.contains(part), "{part}: {table:?}");
        }
        let json = run(&[command, &["-o", "json", "--url", &url]].concat(), &[]);
        assert_eq!(json.json()["to_come"]["a"][0], 1, "{json:?}");
    }
    let nagios = run(&["health", "--nagios", "--url", &url], &[]);
    assert_exit(&nagios, 1);
    assert!(
        nagios.stdout.contains("height=7;;;0 behind=U peers=2"),
        "{nagios:?}"
    );
}

#[test]
fn the_metrics_of_a_prometheus_are_not_ours() {
    let server = prometheus_or_skip!();
    let (_node, daemon) = ready("");
    let prometheus = Prometheus::scraping(&server, daemon.addr());
    let output = run(&["metrics", "--url", &prometheus.url()], &[]);
    assert_exit(&output, 69);
    assert_eq!(output.stdout, "");
}

#[test]
fn own_answers_say_whose_they_are() {
    let (_node, daemon) = ready("");
    let own = format!("bllvmctl/{}", env!("CARGO_PKG_VERSION"));
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/nothing",
        "/api/v1/status",
    ] {
        assert_eq!(
            daemon.get(path).header("server"),
            Some(own.as_str()),
            "{path}"
        );
    }
    let call = daemon.post("/", &[], b"{\"id\":1,\"method\":\"uptime\"}");
    assert_eq!(
        call.header("server"),
        None,
        "a client of the node must not be able to tell"
    );
}

#[test]
fn status_needs_no_token_that_the_detailed_health_does_not_need() {
    let (_node, daemon) = ready("");
    let output = run(&["status", "--url", &daemon.url()], &[]);
    assert_exit(&output, 0);
    assert!(
        output.stdout.starts_with("healthy") && output.stdout.contains("state     ready"),
        "{output:?}"
    );
    // What changes something does, and who could not read it is refused.
    let refused = run(&["config", "reload", "--url", &daemon.url()], &[]);
    assert_exit(&refused, 77);
    assert!(
        refused.stderr.contains("cannot read the control token"),
        "{refused:?}"
    );
    assert!(!refused.stderr.contains("refused"), "{refused:?}");
}

#[test]
fn health_as_json_has_the_checks_that_the_table_has() {
    let (_node, daemon) = ready("");
    for question in [&[][..], &["--live"], &["--ready"], &["--detailed"]] {
        let json = daemon
            .cli(&[&["health", "-o", "json"], question].concat())
            .json();
        let table = daemon.cli(&[&["health"], question].concat()).stdout;
        let checks = json["checks"]
            .as_array()
            .unwrap_or_else(|| panic!("{question:?}: {json}"));
        assert!(!checks.is_empty());
        for check in checks {
            let name = check["name"].as_str().unwrap();
            let mark = match check["level"].as_str().unwrap() {
                "good" => "[+]",
                "warning" => "[!]",
                _ => "[-]",
            };
            assert!(
                table.contains(&format!("{mark} {name}: ")),
                "{name} in {table}"
            );
        }
        assert!(json["status"].is_string(), "{json}");
    }
}

#[test]
fn help_is_a_command_too() {
    for (names, part) in [
        (&[][..], "Commands:"),
        (&["status"], "Usage: bllvmctl status"),
        (&["queue", "retry"], "retry"),
    ] {
        let output = run(&[&["help"], names].concat(), &[]);
        assert_exit(&output, 0);
        assert!(
            output.stdout.contains(part) && output.stderr.is_empty(),
            "{output:?}"
        );
    }
    let output = run(&["help", "nosuch"], &[]);
    assert_exit(&output, 2);
    assert!(output.stderr.contains("nosuch"), "{output:?}");
}

#[test]
fn reads_of_the_control_api_leave_no_line_at_info_and_changes_do() {
    let (_node, daemon) = ready("");
    for _ in 0..3 {
        assert_exit(&daemon.cli(&["status"]), 0);
        assert_exit(&daemon.cli(&["queue"]), 0);
    }
    assert_exit(&daemon.cli(&["queue", "pause"]), 0);
    daemon.wait_for_log("path=/api/v1/queue/pause");
    let own = format!("by uid={} ", nix::unistd::getuid());
    assert!(daemon.log().contains(&own), "who it was: {}", daemon.log());
    assert_exit(&daemon.cli(&["queue", "resume", "--url", &daemon.url()]), 0);
    daemon.wait_for_log("path=/api/v1/queue/resume");
    let log = daemon.log();
    assert!(
        !log.contains("path=/api/v1/status") && !log.contains("path=/api/v1/queue "),
        "{log}"
    );
    assert!(log.contains("client_addr=127.0.0.1:"), "who it was: {log}");
    // Who tries without permission is logged.
    assert_eq!(daemon.get("/api/v1/status").status, 401);
    daemon.wait_for_log("path=/api/v1/status");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_token() {
    let (_node, daemon) = ready("");
    let cookie = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let marked = daemon.directory().join("marked.token");
    fs::write(&marked, format!("\u{feff}{cookie}\r\n")).unwrap();
    assert_exit(
        &daemon.cli(&["queue", "--token-file", marked.to_str().unwrap()]),
        0,
    );
}
