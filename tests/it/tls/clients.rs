//! Clients of the listeners: openssl, curl, Python's requests, bllvmctl itself.

use std::path::{Path, PathBuf};

use super::{ECHO, curl, daemon, run};
use crate::support::config::{FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::{self as program_under_test, Daemon};
use crate::support::http::{Connection, basic};
use crate::support::ready::healthy_node;
use crate::support::skip::or_skip;
use crate::support::surroundings::{free_port, program};
use crate::support::tls::Authority;

fn openssl() -> Option<PathBuf> {
    program("OPENSSL_EXE", "openssl")
}

#[test]
fn openssl_agrees_on_1_2_and_1_3_and_on_nothing_older_or_weaker() {
    let openssl = or_skip!(openssl(), "there is no openssl");
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "");
    let address = daemon.addr().to_string();
    let ca = authority.ca();
    let client = |arguments: &[&str], stdin: &str| {
        let fixed = [
            "s_client",
            "-connect",
            &address,
            "-CAfile",
            ca.to_str().unwrap(),
        ];
        let output = run(&openssl, &[&fixed[..], arguments].concat(), stdin);
        output.stdout + &output.stderr
    };
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let seen = client(
            &[version, "-alpn", "h2,http/1.1", "-verify_return_error"],
            "",
        );
        for expected in [
            name,
            "Verify return code: 0 (ok)",
            "ALPN protocol: http/1.1",
        ] {
            assert!(seen.contains(expected), "{expected}\n{seen}");
        }
        // TLS 1.3 has no compression at all.
        assert!(!seen.contains("Compression: zlib"), "{seen}");
    }
    for version in ["-tls1", "-tls1_1"] {
        let seen = client(&[version, "-cipher", "DEFAULT@SECLEVEL=0"], "");
        // Without what TLS 1.2 brought it is a failed handshake before its version is looked at.
        let is_refused = ["alert protocol version", "alert handshake failure"];
        assert!(
            is_refused.iter().any(|alert| seen.contains(alert)),
            "{seen}"
        );
    }
    let only_h2 = client(&["-alpn", "h2"], "");
    assert!(only_h2.contains("no application protocol"), "{only_h2}");
    // A line with an R lets the client ask for a second handshake.
    let second = client(&["-tls1_2"], "R\n");
    assert!(second.contains("no renegotiation"), "{second}");
}

#[test]
fn curl_asks_for_all_that_is_served_and_checks_the_name() {
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "");
    let port = daemon.addr().port();
    let ca = authority.ca();
    let ca = ["--cacert", ca.to_str().unwrap()];
    let url = format!("https://localhost:{port}");
    let live = format!("{url}/health/live?scope=daemon");
    assert_eq!(curl(&[&ca[..], &[&live]].concat()).0, "200");
    // A long answer, and several of them on one connection.
    let metrics = format!("{url}/metrics");
    let (status, output) = curl(&[&ca[..], &[&metrics, &metrics, &live]].concat());
    assert_eq!(status, "200", "{output:?}");
    assert_eq!(output.stdout.matches("\nbllvm_build_info{").count(), 2);
    let call = curl(&[&ca[..], &["--user", FAKE_COOKIE, "--data", ECHO, &url]].concat());
    assert!(call.1.stdout.contains("as it was sent"), "{call:?}");

    let other = format!("https://other.example:{port}/health");
    let resolve = format!("other.example:{port}:127.0.0.1");
    let refused = curl(&[&ca[..], &["--resolve", &resolve, &other]].concat()).1;
    assert_eq!(refused.code, Some(60), "{refused:?}");
    let strangers = Authority::new("theirs");
    let refused = curl(&["--cacert", strangers.ca().to_str().unwrap(), &url]).1;
    assert_eq!(refused.code, Some(60), "{refused:?}");
}

#[test]
fn who_speaks_plainly_to_tls_is_told_and_so_is_who_speaks_http_2() {
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "");
    let (status, output) = curl(&[&format!("http://{}/health", daemon.addr())]);
    assert_eq!(status, "400", "{output:?}");
    assert!(output.stdout.contains("https://"), "{output:?}");

    let node = healthy_node();
    let plain = Daemon::start(attached_to_fake(&node));
    let mut connection = plain.connect();
    // The preface, and the first frame, of a client that knows beforehand.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    connection.write(preface).unwrap();
    let answer = connection.read(false).unwrap();
    assert_eq!(answer.status, 505);
    assert!(answer.text().contains("HTTP/1.1"), "{answer:?}");
    // And so does who begins TLS where none is spoken.
    let mut connection: Connection = plain.connect();
    connection
        .write(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n")
        .unwrap();
    assert_eq!(connection.read(false).unwrap().status, 400);
}

#[test]
fn pythons_requests_call_the_node_over_tls() {
    let python = or_skip!(
        program("PYTHON_CLIENTS", "python3"),
        "PYTHON_CLIENTS is not set, and there is no python3"
    );
    if run(&python, &["-c", "import requests"], "").code != Some(0) {
        return crate::support::skip::say_skipped("tls::clients::pythons_requests", "no requests");
    }
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "");
    let script = format!(
        "import requests\nsession = requests.Session()\nfor _ in range(3):\n    \
         answer = session.post('https://localhost:{port}/', data='{ECHO}', verify='{ca}', \
         headers={{'Authorization': '{login}'}})\n    print(answer.json()['result'])\n",
        port = daemon.addr().port(),
        ca = authority.ca().display(),
        login = basic(FAKE_COOKIE),
    );
    let output = run(&python, &["-c", &script], "");
    assert_eq!(output.stdout, "as it was sent\n".repeat(3), "{output:?}");
}

#[test]
fn who_has_a_certificate_of_the_ca_is_let_in_and_probes_too_only_if_they_are_open() {
    let servers = Authority::new("servers");
    let clients = Authority::new("clients");
    let known = clients.issue("client", &["client"]);
    let others = Authority::new("others");
    let unknown = others.issue("client", &["client"]);
    let asks = format!(
        "[rpc]\ntls_client_ca_file = \"{}\"\n",
        clients.ca().display()
    );
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    for (probes, of_probe, of_call) in [("closed", "000", "000"), ("open", "200", "403")] {
        let more = format!("{asks}tls_probes = \"{probes}\"");
        let (_node, daemon) = daemon(&servers, &more);
        let ask = |more: &[&str]| {
            let ca = text(&servers.ca());
            curl(&[&["--cacert", &ca][..], more].concat())
        };
        let url = format!("https://{}", daemon.addr());
        let probe = format!("{url}/health/live?scope=daemon");
        let shown = |issued: &crate::support::tls::Issued| {
            [
                "--cert".to_owned(),
                text(&issued.certificate),
                "--key".to_owned(),
                text(&issued.key),
            ]
        };
        let with = shown(&known);
        let with_another = shown(&unknown);
        let with: Vec<&str> = with.iter().map(String::as_str).collect();
        let with_another: Vec<&str> = with_another.iter().map(String::as_str).collect();
        assert_eq!(ask(&[&with[..], &[&probe]].concat()).0, "200");
        let call = ["--user", FAKE_COOKIE, "--data", ECHO, url.as_str()];
        assert_eq!(ask(&[&with[..], &call].concat()).0, "200");
        assert_eq!(
            ask(&[&with_another[..], &[&probe]].concat()).0,
            "000",
            "{probes}"
        );
        assert_eq!(ask(&[&probe]).0, of_probe, "{probes}");
        assert_eq!(ask(&call).0, of_call, "{probes}");
        let others = ["/metrics", "/health/detailed", "/api/v1/status", "/"];
        for path in others {
            assert_eq!(
                ask(&[&format!("{url}{path}")]).0,
                of_call,
                "{probes} {path}"
            );
        }
    }
}

#[test]
fn the_command_line_speaks_tls_with_a_ca_file_or_with_the_daemons_own_configuration() {
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "");
    daemon.wait_for_log("serving");
    let url = format!("https://localhost:{}", daemon.addr().port());
    let ca = authority.ca();
    let health = |arguments: &[&str]| {
        program_under_test::run(&[&["health", "--live"][..], arguments].concat(), &[])
    };
    let trusted = health(&["--url", &url, "--ca-file", ca.to_str().unwrap()]);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    let strangers = Authority::new("theirs");
    let stranger = strangers.ca();
    for arguments in [&["--ca-file", stranger.to_str().unwrap()][..], &[]] {
        let refused = health(&[&["--url", &url][..], arguments].concat());
        assert_eq!(refused.code, Some(69), "{refused:?}");
        assert!(refused.stderr.contains("unknown CA"), "{refused:?}");
        assert!(refused.stderr.contains("hint: --ca-file"), "{refused:?}");
    }
    let missing = health(&["--url", &url, "--ca-file", "/nonexistent.pem"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(
        missing.stderr.contains("there is no such file"),
        "{missing:?}"
    );
    // The certificate of its own daemon is known by the configuration.
    let own = daemon.cli(&["status"]);
    assert_eq!(own.code, Some(0), "{own:?}");
}

#[test]
fn a_wrong_pair_of_files_is_a_problem_of_the_configuration() {
    let authority = Authority::new("ours");
    let one = authority.issue("one", &["a"]);
    let other = authority.issue("other", &["b"]);
    let mixed = crate::support::tls::Issued {
        certificate: one.certificate,
        key: other.key,
    };
    let mut daemon = Daemon::launch(
        crate::support::config::Config::attached(free_port(), Path::new("{dir}/node.cookie"))
            .with(&mixed.listeners()),
    );
    assert_eq!(daemon.wait_exit(super::SOON), 78);
    let log = daemon.log();
    for expected in ["rpc.tls_key_file", "does not belong to the certificate in"] {
        assert!(log.contains(expected), "{expected}\n{log}");
    }
}
