//! Certificates that are replaced while they are in use.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use nix::sys::signal::Signal;

use super::{ECHO, daemon};
use crate::support::config::FAKE_COOKIE;
use crate::support::http::basic;
use crate::support::surroundings::wait_until;
use crate::support::tls::{Authority, TlsConnection, trusting};

#[test]
fn certificates_are_replaced_under_load_without_a_failed_call() {
    const ROTATIONS: usize = 5;
    let authority = Authority::new("ours");
    let (_node, mut daemon) = daemon(
        &authority,
        "[rpc.auth]\nrate_limit_rate = 100000\nrate_limit_burst = 100000",
    );
    let addr = daemon.addr();
    let config = trusting(&authority.ca());
    let login = format!("Authorization: {}\r\n", basic(FAKE_COOKIE));
    let stop = AtomicBool::new(false);
    let calls = AtomicU64::new(0);
    let begun = AtomicU64::new(0);
    let call = |connection: &mut TlsConnection| {
        let (status, body) = connection.send_with("POST /", &login, ECHO).unwrap();
        assert_eq!(
            (status, body.contains("as it was sent")),
            (200, true),
            "{body}"
        );
        calls.fetch_add(1, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        // One keeps its connection over all rotations, others make new ones all the time.
        scope.spawn(|| {
            let mut kept = TlsConnection::open(addr, &config, "localhost").unwrap();
            while !stop.load(Ordering::Relaxed) {
                call(&mut kept);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let mut fresh = TlsConnection::open(addr, &config, "localhost").unwrap();
                    begun.fetch_add(1, Ordering::Relaxed);
                    call(&mut fresh);
                }
            });
        }
        for round in 1..=ROTATIONS {
            let before = begun.load(Ordering::Relaxed);
            authority.issue(
                "server",
                &["localhost", "127.0.0.1", &format!("round-{round}")],
            );
            daemon.signal(Signal::SIGHUP);
            wait_until("a reload", super::SOON, || {
                daemon.log().matches("configuration reloaded").count() == round
            });
            wait_until("new connections", super::SOON, || {
                begun.load(Ordering::Relaxed) > before + 5
            });
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut last = TlsConnection::open(addr, &config, &format!("round-{ROTATIONS}")).unwrap();
    call(&mut last);
    eprintln!(
        "{} calls over {} connections",
        calls.load(Ordering::Relaxed),
        begun.load(Ordering::Relaxed)
    );
}

#[test]
fn a_pair_that_does_not_match_changes_nothing_and_is_reported() {
    let authority = Authority::new("ours");
    let (_node, mut daemon) = daemon(&authority, "");
    let config = trusting(&authority.ca());
    let other = authority.issue("other", &["other.example"]);
    fs::copy(&other.key, authority.path("server.key")).unwrap();
    let output = daemon.cli(&["config", "reload"]);
    assert_eq!(output.code, Some(78), "{output:?}");
    assert!(output.stderr.contains("rpc.tls_key_file"), "{output:?}");
    assert!(
        output.stderr.contains("does not belong to the certificate"),
        "{output:?}"
    );
    TlsConnection::open(daemon.addr(), &config, "localhost").unwrap();
    // The right pair is taken up.
    fs::copy(&other.certificate, authority.path("server.pem")).unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("configuration reloaded");
    TlsConnection::open(daemon.addr(), &config, "other.example").unwrap();
}
