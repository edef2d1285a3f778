//! Handshakes that do not end: they are bounded, and delay no probe.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::daemon;
use crate::support::skip::say_skipped;
use crate::support::surroundings::{now, raise_descriptor_limit};
use crate::support::tls::{Authority, TlsConnection, client_hello, trusting};

/// Fewer than may be open, which each may be for ten seconds.
const HALF_OPEN: usize = 1000;
/// So many may be open.
const MAX_HANDSHAKES: usize = 1024;

#[test]
fn a_thousand_half_open_handshakes_delay_no_probe() {
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "[rpc]\nmax_connections_per_address = 4000");
    let addr = daemon.addr();
    let config = trusting(&authority.ca());
    let mut kept_alive = TlsConnection::open(addr, &config, "localhost").unwrap();
    let hello = client_hello(&config, "localhost");
    // Some say nothing, some stop in the middle of their first message, some after it.
    let mut half_open: Vec<TcpStream> = (0..HALF_OPEN)
        .map(|index| {
            let mut stream = TcpStream::connect(addr).unwrap();
            let sent = [0, hello.len() / 2, hello.len()][index % 3];
            stream.write_all(&hello[..sent]).unwrap();
            stream
        })
        .collect();
    let probe = |connection: &mut TlsConnection| {
        let began = now();
        let (status, _) = connection
            .send("GET /health/live?scope=daemon", "")
            .unwrap();
        assert_eq!(status, 200);
        now() - began
    };
    let mut took: Vec<Duration> = (0..50).map(|_| probe(&mut kept_alive)).collect();
    took.sort_unstable();
    // Ten times what is promised, on a machine that many share.
    assert!(took[25] < Duration::from_millis(50), "{took:?}");
    let mut fresh: Vec<Duration> = (0..20)
        .map(|_| {
            let began = now();
            let mut connection = TlsConnection::open(addr, &config, "localhost").unwrap();
            probe(&mut connection);
            now() - began
        })
        .collect();
    fresh.sort_unstable();
    assert!(fresh[10] < Duration::from_millis(50), "{fresh:?}");
    eprintln!(
        "probe, kept alive: {:?}; on a new connection: {:?}",
        took[25], fresh[10]
    );
    // One that says nothing is closed.
    let mut silent = half_open.swap_remove(0);
    silent
        .set_read_timeout(Some(Duration::from_secs(25)))
        .unwrap();
    assert_eq!(silent.read(&mut [0; 8]).unwrap_or(0), 0);
}

#[test]
fn the_handshake_that_was_begun_first_gives_way_to_one_too_many() {
    const TOO_MANY: usize = 4;
    let wanted = u64::try_from(MAX_HANDSHAKES).unwrap() * 3;
    if raise_descriptor_limit(wanted) < wanted {
        return say_skipped("tls::handshakes", "too few descriptors may be open");
    }
    let authority = Authority::new("ours");
    let (_node, daemon) = daemon(&authority, "[rpc]\nmax_connections_per_address = 4000");
    let mut silent: Vec<TcpStream> = (0..MAX_HANDSHAKES + TOO_MANY)
        .map(|_| TcpStream::connect(daemon.addr()).unwrap())
        .collect();
    // Whoever is too many is closed at once, long before its ten seconds.
    let began = now();
    for stream in &mut silent[..TOO_MANY] {
        let limit = Duration::from_secs(8);
        stream.set_read_timeout(Some(limit)).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    }
    assert!(now() - began < Duration::from_secs(8));
    let next = &mut silent[TOO_MANY];
    next.set_nonblocking(true).unwrap();
    let unread = next.read(&mut [0; 8]).unwrap_err();
    assert_eq!(unread.kind(), ErrorKind::WouldBlock);
    let config = trusting(&authority.ca());
    let mut fresh = TlsConnection::open(daemon.addr(), &config, "localhost").unwrap();
    let (status, _) = fresh.send("GET /health/live?scope=daemon", "").unwrap();
    assert_eq!(status, 200);
}
