//! No call is at a node twice that the table of classes does not allow, whatever the nodes do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{before_two_fakes, rounds};
use crate::support::config::FAKE_COOKIE;
use crate::support::fake_node::Behaviour;
use crate::support::http::{Connection, Request, basic};

/// Each with the most often that one call of it may be at a node.
const METHODS: [(&str, usize); 4] = [
    ("getblockcount", 3),
    ("sendrawtransaction", 3),
    ("gettxoutsetinfo", 1),
    ("nosuchmethod", 1),
];
const CLIENTS: usize = 16;

#[test]
fn a_call_that_may_have_run_is_at_no_second_node_while_nodes_die_and_hang() {
    let ([one, other], daemon) = before_two_fakes("[rpc.auth]\nrate_limit_enabled = false");
    for node in [&one, &other] {
        for (method, _) in METHODS {
            node.set(method, Behaviour::Result(json!(1400)));
        }
    }
    let is_over = AtomicBool::new(false);
    let number = AtomicU64::new(0);
    let authorization = basic(FAKE_COOKIE);
    let client = || {
        let headers = [("Authorization", authorization.as_str())];
        let mut connection = None;
        while !is_over.load(Ordering::Relaxed) {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let place = usize::try_from(number).unwrap_or_default() % METHODS.len();
            let (method, _) = METHODS[place];
            let body = json!({"id": 1, "method": method, "params": [number]}).to_string();
            let open = match connection.take() {
                Some(open) => Ok(open),
                None => Connection::open(daemon.addr()),
            };
            connection = open
                .and_then(|mut open| {
                    open.send(Request::post("/", body.as_bytes()).with(&headers))?;
                    Ok(open)
                })
                .ok();
        }
    };
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(client);
        }
        for round in 0..rounds(4) * 2 {
            let node = [&one, &other][usize::from(round % 2 == 1)];
            let pause = |ms| thread::sleep(Duration::from_millis(ms));
            pause(300);
            if round % 4 < 2 {
                node.override_all(Behaviour::Close);
                node.disconnect_all();
                pause(300);
            } else {
                node.override_all(Behaviour::Hang);
                pause(3_500);
            }
            node.end_override();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let mut times: HashMap<(String, String), usize> = HashMap::new();
    for call in one.calls().into_iter().chain(other.calls()) {
        *times
            .entry((call.method, call.params.to_string()))
            .or_default() += 1;
    }
    let mut calls = 0;
    let mut again = 0;
    for ((method, params), times) in times {
        let Some((_, most)) = METHODS.iter().find(|(known, _)| *known == method) else {
            continue;
        };
        calls += 1;
        again += usize::from(times > 1);
        assert!(
            times <= *most,
            "{method} {params} was {times} times at a node"
        );
    }
    println!("{calls} calls, {again} of them were sent again");
    assert!(calls > 100 && again > 0, "{calls} calls, {again} again");
}
