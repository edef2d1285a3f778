//! No caller is shown less of the chain than before, whichever node dies.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{rounds, three_nodes};
use crate::support::daemon::Daemon;
use crate::support::fleet::{alice, call, wait_in_rotation};
use crate::support::http::{Connection, Request};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{env, wait_until};

const SOON: Duration = Duration::from_secs(60);
/// A miner adds five blocks a second.
const BLOCK_INTERVAL: Duration = Duration::from_millis(200);
const CLIENTS: u32 = 8;

/// A client that follows the chain over one connection.
struct Follower<'a> {
    daemon: &'a Daemon,
    authorization: String,
    connection: Connection,
    /// The height that it has seen.
    height: u64,
}

impl<'a> Follower<'a> {
    fn of(daemon: &'a Daemon) -> Self {
        Self {
            daemon,
            authorization: alice(),
            connection: daemon.connect(),
            height: 0,
        }
    }

    /// The result of a read, which never fails.
    fn read(&mut self, method: &str, params: &Value) -> Value {
        let body = json!({"id": 1, "method": method, "params": params}).to_string();
        let headers = [("Authorization", self.authorization.as_str())];
        let request = Request::post("/", body.as_bytes()).with(&headers);
        let answer = self.connection.send(request).expect("an answer");
        let mut body = answer.json();
        if answer.status != 200 {
            let nodes = self.daemon.cli(&["nodes", "-o", "wide"]).stdout;
            let explained = self.daemon.cli(&["nodes", "explain", method]).stdout;
            panic!("{method} {params}: {body}\n{nodes}{explained}");
        }
        body["result"].take()
    }

    /// Asks for the height, the hash of the block there, and the block.
    fn follow(&mut self) {
        let height = self.read("getblockcount", &json!([])).as_u64().unwrap();
        assert!(height >= self.height, "{} fell to {height}", self.height);
        let hash = self.read("getblockhash", &json!([height]));
        let block = self.read("getblock", &json!([hash]));
        assert_eq!(block["height"], height);
        self.height = height;
    }
}

#[test]
fn the_hash_of_every_old_block_is_answered_at_once() {
    let executable = bitcoind_or_skip!();
    let fleet = three_nodes(&executable);
    let daemon = fleet.serve("");
    assert_eq!(Follower::of(&daemon).read("getblockcount", &json!([])), 110);
    for height in [0, 1, 50, 109, 110] {
        let answer = call(&daemon, "getblockhash", json!([height]));
        let own = fleet.nodes[0].rpc("getblockhash", json!([height]));
        assert_eq!((answer.status, &answer.json()["result"]), (200, &own));
    }
}

#[test]
fn no_height_falls_and_no_call_fails_while_the_primary_dies() {
    let executable = bitcoind_or_skip!();
    or_skip!(
        env("BLLVMCTL_ROUNDS"),
        "it takes a minute and a machine of its own: BLLVMCTL_ROUNDS=2, and BLLVMCTL_LOOPS"
    );
    let loops_in_all = env("BLLVMCTL_LOOPS").and_then(|loops| loops.parse().ok());
    let between_deaths = loops_in_all.unwrap_or(0) / (2 * rounds(2)) + 50;
    let mut fleet = three_nodes(&executable);
    fleet.nodes[1].connect_to(&fleet.nodes[2]);
    // A machine that is busy may not reach the floor within the default.
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1\n[rpc]\nqueue_timeout_ms = 20000");
    let is_over = AtomicBool::new(false);
    let loops = AtomicU32::new(0);
    let (primary, others) = fleet.nodes.split_at_mut(1);
    let wait_for = |more: u32| {
        let wanted = loops.load(Ordering::Relaxed) + more;
        let within = SOON + Duration::from_millis(50) * more;
        wait_until("clients go on", within, || {
            is_over.load(Ordering::Relaxed) || loops.load(Ordering::Relaxed) >= wanted
        });
    };
    std::thread::scope(|scope| {
        let miner = &others[1];
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                miner.mine(1);
                std::thread::sleep(BLOCK_INTERVAL);
            }
        });
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                // One that fails ends all of it.
                let _end = EndOnPanic(&is_over);
                let mut follower = Follower::of(&daemon);
                while !is_over.load(Ordering::Relaxed) {
                    follower.follow();
                    loops.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _end = EndOnPanic(&is_over);
        for _ in 0..rounds(2) {
            wait_for(between_deaths);
            primary[0].kill();
            wait_for(between_deaths);
            primary[0].restart();
            primary[0].connect_to(&others[0]);
            wait_in_rotation(&daemon, 3);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let loops = loops.load(Ordering::Relaxed);
    let deaths = rounds(2);
    println!("{loops} loops, {deaths} deaths of the primary, no call failed");
}

/// Ends the other threads when its own panics.
struct EndOnPanic<'a>(&'a AtomicBool);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
