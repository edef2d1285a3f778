//! What the memory of the daemon does while very many connections send no whole request, and after
//! they have closed.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::ready::{healthy_node, ready_with};
use crate::support::skip::say_skipped;
use crate::support::surroundings::{env, raise_descriptor_limit, wait_until};

const MIB: u64 = 1 << 20;
/// From so many addresses they come.
const ADDRESSES: u8 = 8;

/// How many connections: some here, `HOSTILE_CONNECTIONS=16000` for the long run.
fn wanted() -> u64 {
    env("HOSTILE_CONNECTIONS")
        .and_then(|count| count.parse().ok())
        .unwrap_or(2_000)
}

/// What the daemon holds for itself, bytes.
fn own_memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.process_id()))
        .expect("a running daemon");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"));
    line.and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .expect("RssAnon")
        * 1024
}

/// A connection from the `n`th of the addresses.
fn connect(to: SocketAddr, n: u8) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2 + n), 0)).into())?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

#[test]
fn connections_that_send_no_whole_request_are_held_in_little_memory_which_goes_back() {
    const OTHERS: u64 = 1_000;
    let possible = raise_descriptor_limit(wanted() + OTHERS).saturating_sub(OTHERS);
    let count = usize::try_from(possible.min(wanted())).unwrap();
    if possible < wanted() {
        say_skipped(
            "clients::hostile_memory",
            &format!("the limit allows {count} of {} connections", wanted()),
        );
    }
    // The daemon has the limit of this process.
    let _ = setrlimit(
        Resource::RLIMIT_NOFILE,
        possible + OTHERS,
        possible + OTHERS,
    );
    let node = healthy_node();
    let daemon = ready_with(attached_to_fake(&node));
    let head = [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ".as_slice(),
        &[b'a'; 15_000],
    ]
    .concat();
    let post = |headers: &str, sent: usize| {
        [
            format!("POST / HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n").as_bytes(),
            &vec![b' '; sent],
        ]
        .concat()
    };
    let floods = [
        ("heads", head),
        ("short bodies", post("Content-Length: 16384", 16_000)),
        ("long bodies", post("Content-Length: 9000000", 60_000)),
        (
            "chunks",
            [
                post("Transfer-Encoding: chunked", 0),
                b"3000\r\n".to_vec(),
                vec![b' '; 12_288],
            ]
            .concat(),
        ),
        (
            "a scrape",
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        ),
        (
            "a scrape and half a head",
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metr".to_vec(),
        ),
    ];
    for (name, bytes) in floods {
        let before = own_memory(&daemon);
        let mut peak = before;
        let mut open = Vec::new();
        for n in 0..count {
            let Ok(mut stream) = connect(
                daemon.addr(),
                u8::try_from(n % usize::from(ADDRESSES)).unwrap(),
            ) else {
                continue;
            };
            stream.set_nonblocking(true).unwrap();
            // It may be cut already.
            let _ = stream.write(&bytes);
            open.push(stream);
            if n % 500 == 0 {
                peak = peak.max(own_memory(&daemon));
                assert_eq!(daemon.get("/health/live").status, 200);
            }
        }
        for _ in 0..10 {
            peak = peak.max(own_memory(&daemon));
            thread::sleep(Duration::from_millis(20));
        }
        drop(open);
        println!("{name}: {count} connections, {before} bytes before, {peak} at most");
        assert!(
            peak < 100 * MIB,
            "{name}: {peak} bytes at most, {before} before"
        );
        wait_until(name, Duration::from_secs(10), || {
            own_memory(&daemon) < before + 4 * MIB
        });
    }
}

#[test]
fn one_address_has_a_part_of_all_connections_and_others_are_served() {
    let node = healthy_node();
    let daemon =
        ready_with(attached_to_fake(&node).with("[rpc]\nmax_connections_per_address = 20"));
    let ask = |stream: &mut TcpStream| {
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let sent = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        sent.and_then(|()| std::io::Read::read(stream, &mut [0; 512]))
            .is_ok_and(|read| read > 0)
    };
    // In the middle of a request, so that they are not idle; the first gives way once it has been
    // for a moment.
    let mut many: Vec<_> = (0..20)
        .map(|_| connect(daemon.addr(), 0).unwrap())
        .collect();
    assert!(many.iter_mut().all(ask));
    assert!(
        ask(&mut connect(daemon.addr(), 1).unwrap()),
        "another address"
    );
    wait_until("one that gives way", Duration::from_secs(10), || {
        ask(&mut connect(daemon.addr(), 0).unwrap())
    });
    let left = many.iter_mut().map(ask).filter(|served| *served).count();
    assert!(left < 20, "{left} of 20 are still served beside a new one");
    let proxied = attached_to_fake(&node)
        .with("[rpc]\nmax_connections_per_address = 20\ntrusted_proxies = [\"127.0.0.2\"]");
    let daemon = ready_with(proxied);
    let mut many: Vec<_> = (0..40)
        .map(|_| connect(daemon.addr(), 0).unwrap())
        .collect();
    assert!(many.iter_mut().all(ask), "a proxy has no such bound");
}
