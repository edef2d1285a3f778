//! How much memory the daemon takes: idle, and after calls from many addresses. The numbers of the
//! optimised program are in docs/NUMBERS.md; here is what must not grow with clients, and an
//! unoptimised program is not much larger.

use std::fs;

use serde_json::json;

use super::{before, echo_node};
use crate::support::daemon::Daemon;
use crate::support::sight::{Page, wait_ready};

const ADDRESSES: u32 = 10_000;
const MIB: u64 = 1 << 20;

/// What the daemon holds for itself, bytes: without its program and libraries, of which the
/// unoptimised ones have more.
#[track_caller]
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

#[test]
fn ten_thousand_addresses_are_limited_each_by_its_own_buckets_in_little_memory() {
    let limits = "[rpc]\ntrusted_proxies = [\"127.0.0.1\"]\n\
                  [rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 2\n\
                  [rpc.auth.per_method_limits]\necho = { rate = 0.001, burst = 1 }";
    let node = echo_node();
    let daemon = Daemon::start(before(&node, limits));
    wait_ready(&daemon);
    let idle = own_memory(&daemon);
    assert!(idle < 15 * MIB, "{idle} bytes, idle");

    let body = json!({"id": 1, "method": "echo"}).to_string();
    let call = |n: u32| {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + n);
        let length = body.len();
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nContent-Length: \
             {length}\r\n\r\n{body}"
        )
    };
    let mut connection = daemon.connect();
    // All but the last ten of them twice: the second call is over the method's limit.
    for first in (0..ADDRESSES).step_by(10) {
        let calls: String = (first..first + 10)
            .chain(first.saturating_sub(10)..first)
            .map(call)
            .collect();
        connection.write(calls.as_bytes()).unwrap();
        for n in 0..if first == 0 { 10 } else { 20 } {
            let status = connection.read(false).unwrap().status;
            assert_eq!(status, if n < 10 { 200 } else { 429 });
        }
    }
    let page = Page::of(&daemon);
    for layer in ["address", "method"] {
        let keys = page.series(&format!("bllvm_rpc_limiter_keys{{layer=\"{layer}\"}}"));
        assert!(keys >= Some(f64::from(ADDRESSES)), "{layer}: {keys:?}");
    }
    let after = own_memory(&daemon);
    assert!(
        after < 25 * MIB && after < idle + 10 * MIB,
        "{after} bytes, {idle} before"
    );
}
