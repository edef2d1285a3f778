//! Pages of strangers in the operator's own browser: a name that resolves to loopback opens
//! nothing.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::http::Response;
use crate::support::ready::{healthy_node, ready};
use crate::support::surroundings::{free_port, wait_until};

/// The answer to `method` of `path` with these lines alone.
#[track_caller]
fn ask(daemon: &Daemon, first: &str, lines: &[&str]) -> Response {
    let mut connection = daemon.connect();
    let body = r#"{"id":"me","method":"echo"}"#;
    let sent = if first.starts_with("POST") {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    } else {
        "\r\n".into()
    };
    let lines = lines
        .iter()
        .flat_map(|line| [line, "\r\n"])
        .collect::<String>();
    connection
        .write(format!("{first} HTTP/1.1\r\n{lines}{sent}").as_bytes())
        .unwrap();
    connection.read(false).unwrap()
}

#[test]
fn a_loopback_listener_answers_to_its_own_names() {
    let (_node, daemon) = ready("[rpc]\nallowed_hosts = [\"node.example\"]");
    for path in [
        "GET /metrics",
        "GET /health/detailed",
        "GET /api/v1/status",
        "GET /",
    ] {
        let refused = ask(&daemon, path, &["Host: evil.example:18332"]);
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
        assert!(refused.text().contains("rpc.allowed_hosts"), "{refused:?}");
        for host in ["127.0.0.1", "localhost:1", "[::1]:5", "NODE.example:18332"] {
            let answer = ask(&daemon, path, &[&format!("Host: {host}")]);
            assert_ne!(answer.status, 403, "{path} {host}: {answer:?}");
        }
        let twice = ask(&daemon, path, &["Host: localhost", "Host: localhost"]);
        assert_eq!(twice.status, 400, "{path}: {twice:?}");
    }
    for path in [
        "GET /health",
        "GET /health/live",
        "GET /health/ready",
        "POST /",
    ] {
        assert_eq!(
            ask(&daemon, path, &["Host: evil.example"]).status / 100,
            if path == "POST /" { 4 } else { 2 },
            "{path}"
        );
        assert_ne!(
            ask(&daemon, path, &["Host: evil.example"]).status,
            403,
            "{path}"
        );
    }
    let rebound = ask(
        &daemon,
        "POST /",
        &["Host: evil.example:1", "Origin: http://evil.example:1"],
    );
    assert_eq!(
        (rebound.status, rebound.text().contains("rpc.allowed_hosts")),
        (403, true),
        "{rebound:?}"
    );
    let own = ask(
        &daemon,
        "POST /",
        &["Host: node.example", "Origin: http://node.example"],
    );
    assert_ne!(own.status, 403, "{own:?}");
    let twice = [
        "Host: localhost",
        "Origin: http://localhost",
        "Origin: http://evil.example",
    ];
    assert_eq!(ask(&daemon, "POST /", &twice).status, 400);
}

#[test]
fn who_is_reported_by_a_proxy_on_this_machine_is_not_at_loopback() {
    let (_node, daemon) = ready("[rpc]\ntrusted_proxies = [\"127.0.0.1\"]");
    let cookie = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let token = format!("Authorization: Bearer {cookie}");
    let status = |lines: &[&str]| {
        ask(
            &daemon,
            "GET /api/v1/status",
            &[&["Host: evil.example", &*token], lines].concat(),
        )
        .status
    };
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&["X-Forwarded-For: 127.0.0.1"]), 200);
    for expected in [
        "192.0.2.1",
        "127.0.0.1, 192.0.2.1",
        "unknown",
        "192.0.2.1, 127.0.0.1",
    ] {
        assert_eq!(
            status(&[&format!("X-Forwarded-For: {expected}")]),
            403,
            "{expected}"
        );
    }
}

#[test]
fn a_listener_for_others_too_answers_to_any_name() {
    let node = healthy_node();
    let port = free_port();
    let daemon = Daemon::launch(
        attached_to_fake(&node).with(&format!("[rpc]\nlisten = \"0.0.0.0:{port}\"")),
    );
    let addr = SocketAddr::from(([127, 0, 0, 1], port));
    let page = || {
        crate::support::http::send(
            addr,
            crate::support::http::Request::get("/metrics").with(&[]),
        )
    };
    wait_until("the page", Duration::from_secs(30), || page().is_ok());
    let mut connection = crate::support::http::Connection::open(addr).unwrap();
    connection
        .write(b"GET /metrics HTTP/1.1\r\nHost: any.example\r\n\r\n")
        .unwrap();
    assert_eq!(
        connection.read(false).unwrap().status,
        200,
        "{}",
        daemon.log()
    );
}

#[test]
fn a_control_cookie_that_was_deleted_or_overwritten_comes_back_with_a_reload() {
    let (_node, mut daemon) = ready("");
    let cookie = daemon.state_dir().join("control.cookie");
    for overwrite in [false, true] {
        std::fs::remove_file(&cookie).unwrap();
        if overwrite {
            crate::support::daemon::write_private(&cookie, "no token");
        }
        daemon.signal(nix::sys::signal::Signal::SIGHUP);
        wait_until("the cookie", Duration::from_secs(30), || {
            std::fs::read(&cookie).is_ok_and(|cookie| cookie.len() == 64)
        });
        wait_until("the new token", Duration::from_secs(30), || {
            daemon.cli(&["queue", "--url", &daemon.url()]).code == Some(0)
        });
    }
}
