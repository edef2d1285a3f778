//! HAProxy and nginx before the daemon: TLS in front, TLS to it, PROXY protocol of both versions.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{ECHO, curl, node};
use crate::support::child::Background;
use crate::support::config::{FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::http::{self, Request};
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, free_port, now, program};
use crate::support::tls::Authority;

/// What is believed of proxies on this machine.
const TRUSTED: &str = "[rpc]\ntrusted_proxies = [\"127.0.0.1\"]\n";

struct Proxy {
    _process: Background,
    _directory: tempfile::TempDir,
}

/// HAProxy that listens at these ports and passes on as it is told behind each of them.
fn haproxy(executable: &PathBuf, ports: &[(u16, &str, &str)]) -> Proxy {
    let directory = tempfile::tempdir().unwrap();
    let mut config =
        "global\n  log stdout format raw local0\ndefaults\n  mode tcp\n  timeout connect 5s\n  \
                      timeout client 20s\n  timeout server 20s\n"
            .to_owned();
    for (port, bind, server) in ports {
        let listen =
            format!("listen p{port}\n  bind 127.0.0.1:{port} {bind}\n  server s {server}\n");
        config.push_str(&listen);
    }
    let file = directory.path().join("haproxy.cfg");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(executable);
    command.arg("-db").arg("-f").arg(&file);
    Proxy {
        _process: Background::start(command, &directory.path().join("haproxy.log")),
        _directory: directory,
    }
}

#[test]
fn haproxy_tells_both_versions_of_the_proxy_protocol_and_speaks_tls_on_either_side() {
    let executable = or_skip!(program("HAPROXY_EXE", "haproxy"), "there is no haproxy");
    let authority = Authority::new("ours");
    let issued = authority.issue("server", &["localhost", "127.0.0.1"]);
    let node = node();
    let required = format!("{TRUSTED}proxy_protocol = \"required\"\n");
    let before = |more: &str| {
        let daemon = Daemon::launch(attached_to_fake(&node).with(&required).with(more));
        daemon.wait_for_log("serving");
        daemon
    };
    let plain = before("");
    let tls = before(&issued.listeners());
    let ports: Vec<u16> = (0..4).map(|_| free_port()).collect();
    let to_plain = plain.addr().to_string();
    let to_tls = tls.addr().to_string();
    let in_front = format!("ssl crt {}", issued.together().display());
    let checked = format!("ssl verify required ca-file {}", authority.ca().display());
    let _haproxy = haproxy(
        &executable,
        &[
            (ports[0], "", &format!("{to_plain} send-proxy")),
            (ports[1], &in_front, &format!("{to_plain} send-proxy-v2")),
            // The header comes before TLS.
            (ports[2], "", &format!("{to_tls} send-proxy-v2")),
            (ports[3], "", &format!("{to_tls} send-proxy {checked}")),
        ],
    );
    let ca = authority.ca();
    let ca = ca.to_str().unwrap();
    for (port, scheme, daemon) in [
        (ports[0], "http", &plain),
        (ports[1], "https", &plain),
        (ports[2], "https", &tls),
        (ports[3], "http", &tls),
    ] {
        let url = format!("{scheme}://localhost:{port}/");
        let call = [
            "--cacert",
            ca,
            "--user",
            FAKE_COOKIE,
            "--data",
            ECHO,
            "--interface",
            "127.0.0.9",
            &url,
        ];
        eventually(
            "an answer",
            super::SOON,
            || curl(&call),
            |(status, _)| status == "200",
        );
        let lines = daemon.log();
        let line = lines
            .lines()
            .rfind(|line| line.contains("method=echo"))
            .unwrap();
        assert!(line.contains("client_addr=127.0.0.9:"), "{line}");
    }
}

#[test]
fn from_a_trusted_proxy_the_header_is_required_and_from_others_it_is_a_bad_request() {
    let node = node();
    let trusted = format!("{TRUSTED}proxy_protocol = \"required\"\n");
    let daemon = Daemon::launch(attached_to_fake(&node).with(&trusted));
    daemon.wait_for_log("listening");
    // None: what is sent is an ordinary request.
    let closed = http::send(daemon.addr(), Request::get("/health/live"));
    assert!(closed.is_err(), "{closed:?}");

    let others = "[rpc]\ntrusted_proxies = [\"192.0.2.0/24\"]\nproxy_protocol = \"required\"\n";
    for config in [others, TRUSTED] {
        let daemon = Daemon::start(attached_to_fake(&node).with(config));
        let mut connection = daemon.connect();
        let header = b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n";
        let request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        connection.write(&[&header[..], request].concat()).unwrap();
        assert_eq!(connection.read(false).unwrap().status, 400, "{config}");
        assert_eq!(daemon.get("/health/live?scope=daemon").status, 200);
    }
}

#[test]
fn a_proxy_whose_header_does_not_end_is_closed_after_five_seconds() {
    let trusted = format!("{TRUSTED}proxy_protocol = \"required\"\n");
    let node = node();
    let daemon = Daemon::launch(attached_to_fake(&node).with(&trusted));
    daemon.wait_for_log("listening");
    let began = now();
    let mut open: Vec<_> = ["", "PROXY TCP4 192.0.2.7 ", "\r\n\r\n\0\r\nQUIT\n\x21\x11"]
        .map(|part| {
            let mut stream = TcpStream::connect(daemon.addr()).unwrap();
            stream.write_all(part.as_bytes()).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            stream
        })
        .into();
    for stream in &mut open {
        assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
    }
    let took = now() - began;
    assert!((4..15).contains(&took.as_secs()), "{took:?}");
}

/// One request over a connection that begins with this PROXY header.
fn told(addr: SocketAddr, header: &str, request: &str) -> u16 {
    let mut connection = http::Connection::open(addr).unwrap();
    connection
        .write(format!("{header}\r\n{request}").as_bytes())
        .unwrap();
    connection.read(false).unwrap().status
}

#[test]
fn no_address_that_a_proxy_tells_opens_the_control_api() {
    let node = node();
    let required = format!("{TRUSTED}proxy_protocol = \"required\"\n");
    let daemon = Daemon::launch(attached_to_fake(&node).with(&required));
    daemon.wait_for_log("serving");
    let token = fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let api = |forwarded: &str| {
        format!(
            "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n{forwarded}Authorization: Bearer {}\r\n\r\n",
            token.trim()
        )
    };
    let local = "PROXY TCP4 127.0.0.3 127.0.0.1 1 2";
    let remote = "PROXY TCP4 192.0.2.7 127.0.0.1 1 2";
    let addr = daemon.addr();
    assert_eq!(told(addr, local, &api("")), 200);
    assert_eq!(told(addr, "PROXY UNKNOWN", &api("")), 200);
    assert_eq!(told(addr, remote, &api("")), 403);
    assert_eq!(
        told(addr, remote, &api("X-Forwarded-For: 127.0.0.1\r\n")),
        403
    );
    assert_eq!(
        told(addr, local, &api("X-Forwarded-For: 192.0.2.7\r\n")),
        403
    );
}

#[test]
fn each_client_behind_the_proxy_protocol_has_a_limit_of_its_own() {
    let node = node();
    let config = format!(
        "{TRUSTED}proxy_protocol = \"required\"\n[rpc.auth]\nrate_limit_rate = 0.01\nrate_limit_burst = 1"
    );
    let daemon = Daemon::launch(attached_to_fake(&node).with(&config));
    daemon.wait_for_log("serving");
    let call = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic QQ==\r\nContent-Length: {}\r\n\r\n{ECHO}",
        ECHO.len()
    );
    // Each login is another one, so that the limit is that of the address.
    let call = |login: &str| call.replace("QQ==", login);
    let one = "PROXY TCP4 192.0.2.7 127.0.0.1 1 2";
    let other = "PROXY TCP4 192.0.2.8 127.0.0.1 1 2";
    let addr = daemon.addr();
    assert_eq!(told(addr, one, &call("QTpi")), 200);
    assert_eq!(told(addr, one, &call("Qjpi")), 429);
    assert_eq!(told(addr, other, &call("Qzpi")), 200);
}

#[test]
fn nginx_speaks_tls_to_the_daemon_and_forwards_for_whom() {
    let executable = or_skip!(program("NGINX_EXE", "nginx"), "there is no nginx");
    let authority = Authority::new("ours");
    let issued = authority.issue("server", &["localhost", "127.0.0.1"]);
    let node = node();
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(TRUSTED)
            .with(&issued.listeners()),
    );
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display();
    let port = free_port();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {root}/pid;\nerror_log {root}/error.log;\nevents {{}}\n\
         http {{\n  access_log off;\n  client_body_temp_path {root}/a;\n  proxy_temp_path {root}/b;\n  \
         fastcgi_temp_path {root}/c;\n  uwsgi_temp_path {root}/d;\n  scgi_temp_path {root}/e;\n  server {{\n    \
         listen 127.0.0.1:{port};\n    location / {{\n      proxy_pass https://{addr};\n      \
         proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n      \
         proxy_set_header X-Forwarded-For $remote_addr;\n      proxy_ssl_verify on;\n      \
         proxy_ssl_name localhost;\n      proxy_ssl_trusted_certificate {ca};\n    }}\n  }}\n}}\n",
        addr = daemon.addr(),
        ca = authority.ca().display(),
    );
    let file = directory.path().join("nginx.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(executable);
    command.arg("-p").arg(directory.path()).arg("-c").arg(&file);
    let _nginx = Background::start(command, &directory.path().join("printed.log"));
    let url = format!("http://127.0.0.1:{port}/");
    let call = [
        "--user",
        FAKE_COOKIE,
        "--data",
        ECHO,
        "--interface",
        "127.0.0.9",
        &url,
    ];
    eventually(
        "an answer",
        super::SOON,
        || curl(&call),
        |(status, _)| status == "200",
    );
    daemon.wait_for_log("client_addr=127.0.0.9 ");
}
