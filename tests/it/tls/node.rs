//! A node behind https: stunnel before a real bitcoind, with certificates on both sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::Background;
use crate::support::config::{Config, attached_to, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::http::basic;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{free_port, program};
use crate::support::tls::{Authority, Issued};

/// A tunnel that speaks TLS to its clients and nothing to what is behind it.
struct Stunnel {
    _process: Background,
    port: u16,
}

impl Stunnel {
    /// In front of `to`, with the certificate `issued`; it asks clients for one of `clients`.
    fn before(executable: &Path, to: u16, issued: &Issued, clients: &Path) -> Self {
        let port = free_port();
        let file = issued.certificate.with_extension(format!("{port}.conf"));
        let text = format!(
            "foreground = yes\npid =\nsyslog = no\n[node]\naccept = 127.0.0.1:{port}\n\
             connect = 127.0.0.1:{to}\ncert = {}\nkey = {}\nCAfile = {}\nverifyChain = yes\n",
            issued.certificate.display(),
            issued.key.display(),
            clients.display()
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new(executable);
        command.arg(&file);
        Self {
            _process: Background::start(command, &file.with_extension("log")),
            port,
        }
    }
}

fn stunnel() -> Option<PathBuf> {
    program("STUNNEL_EXE", "stunnel")
}

/// The keys of a node at this port that shows a certificate of `servers`.
fn over_tls(config: Config, port: u16, ca: &Path, own: Option<&Issued>) -> Config {
    let identity = own.map_or_else(String::new, |own| {
        format!(
            "rpc_client_cert_file = \"{}\"\nrpc_client_key_file = \"{}\"\n",
            own.certificate.display(),
            own.key.display()
        )
    });
    config.with(&format!(
        "[node]\nrpc_url = \"https://localhost:{port}\"\nrpc_ca_file = \"{}\"\n{identity}",
        ca.display()
    ))
}

#[test]
fn a_bitcoind_behind_stunnel_is_polled_and_called_with_certificates_on_both_sides() {
    let executable = bitcoind_or_skip!();
    let stunnel = or_skip!(stunnel(), "there is no stunnel");
    let node = Bitcoind::start(executable, BitcoindOptions::default());
    node.mine(3);
    let servers = Authority::new("servers");
    let clients = Authority::new("clients");
    let tunnel = Stunnel::before(
        &stunnel,
        node.rpc_port(),
        &servers.issue("node", &["localhost"]),
        &clients.ca(),
    );
    let own = clients.issue("bllvmctl", &["bllvmctl"]);
    let config = over_tls(attached_to(&node), tunnel.port, &servers.ca(), Some(&own));
    let daemon = Daemon::start(config);
    daemon.wait_for_status("/health/ready", 200, super::SOON);
    let cookie = fs::read_to_string(node.cookie_file()).unwrap();
    let login = [("Authorization", &*basic(cookie.trim()))];
    let mut connection = daemon.connect();
    for _ in 0..3 {
        let body = br#"{"id":1,"method":"getblockcount"}"#;
        let request = crate::support::http::Request::post("/", body).with(&login);
        let answer = connection.send(request).unwrap();
        assert_eq!(answer.json()["result"], 3, "{answer:?}");
    }
    // A long answer, and a long call.
    let help = daemon.post("/", &login, br#"{"id":1,"method":"help"}"#);
    assert!(help.body.len() > 4000, "{help:?}");
    let long = format!(
        r#"{{"id":1,"method":"echo","params":["{}"]}}"#,
        "x".repeat(3 << 20)
    );
    let answer = daemon.post("/", &login, long.as_bytes());
    assert_eq!(
        answer.json()["result"][0].as_str().map(str::len),
        Some(3 << 20)
    );

    let check = daemon.cli(&["config", "check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
}

#[test]
fn a_server_that_is_not_trusted_gets_no_call_and_its_new_ca_is_taken_up_by_a_reload() {
    let stunnel = or_skip!(stunnel(), "there is no stunnel");
    let node = super::node();
    let servers = Authority::new("servers");
    let strangers = Authority::new("strangers");
    // It asks for no certificate that this test has not: the file of the CA is only named.
    let issued = servers.issue("node", &["localhost"]);
    let port = free_port();
    let file = servers.path("stunnel.conf");
    let text = format!(
        "foreground = yes\npid =\nsyslog = no\n[node]\naccept = 127.0.0.1:{port}\n\
         connect = 127.0.0.1:{}\ncert = {}\nkey = {}\n",
        node.port(),
        issued.certificate.display(),
        issued.key.display()
    );
    fs::write(&file, text).unwrap();
    let mut command = Command::new(&stunnel);
    command.arg(&file);
    let _tunnel = Background::start(command, &file.with_extension("log"));
    let ca = strangers.path("trusted.pem");
    fs::copy(strangers.ca(), &ca).unwrap();
    let mut daemon = Daemon::start(over_tls(attached_to_fake(&node), port, &ca, None));
    daemon.wait_for_log("unknown CA");
    let refused = daemon.post("/", &[], super::ECHO.as_bytes());
    assert_eq!(refused.status, 502, "{refused:?}");
    assert_eq!(node.calls().len(), 0);
    fs::copy(servers.ca(), &ca).unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_status("/health/ready", 200, super::SOON);
    let answer = daemon.post("/", &[], super::ECHO.as_bytes());
    assert_eq!(answer.json()["result"], "as it was sent", "{answer:?}");
}
