//! No caller is shown less of the chain than before, whichever node dies.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{rounds, three_nodes};
use crate::support::daemon::Daemon;
use crate::support::fleet::{call, wait_in_rotation};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, wait_until};

const SOON: Duration = Duration::from_secs(60);

/// The result of a read. A machine that is busy may not reach the floor in time: that is said, and
/// asked again.
#[track_caller]
fn read(daemon: &Daemon, method: &str, params: &Value) -> Value {
    let mut result = Value::Null;
    wait_until("the floor is reached", SOON, || {
        let answer = call(daemon, method, params.clone());
        if answer.status == 503 {
            return false;
        }
        let body = answer.json();
        assert_eq!(answer.status, 200, "{method} {params}: {body}");
        result = body["result"].clone();
        true
    });
    result
}

/// One loop of a client that follows the chain; the height that it has seen.
fn follow(daemon: &Daemon, before: u64) -> u64 {
    let height = read(daemon, "getblockcount", &json!([])).as_u64().unwrap();
    assert!(height >= before, "{before} fell to {height}");
    let hash = read(daemon, "getblockhash", &json!([height]));
    let block = read(daemon, "getblock", &json!([hash]));
    assert_eq!(block["height"], height);
    height
}

#[test]
fn no_height_falls_and_no_block_is_missing_while_the_primary_dies() {
    let executable = bitcoind_or_skip!();
    or_skip!(
        env("BLLVMCTL_ROUNDS"),
        "it takes a minute and a machine of its own: BLLVMCTL_ROUNDS=2"
    );
    let mut fleet = three_nodes(&executable);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    let (is_over, loops) = (AtomicBool::new(false), AtomicU32::new(0));
    let (primary, others) = fleet.nodes.split_at_mut(1);
    let wait_for = |more: u32| {
        let wanted = loops.load(Ordering::Relaxed) + more;
        wait_until("clients go on", SOON, || {
            loops.load(Ordering::Relaxed) >= wanted
        });
    };
    std::thread::scope(|scope| {
        let miner = &others[1];
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                miner.mine(1);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut height = 0;
                while !is_over.load(Ordering::Relaxed) {
                    height = follow(&daemon, height);
                    loops.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..rounds(2) {
            wait_for(50);
            primary[0].kill();
            wait_for(50);
            primary[0].restart();
            primary[0].connect_to(&others[0]);
            wait_in_rotation(&daemon, 3);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
