//! A primary that says nothing, though its connections stay open: frozen, cut off, or with its
//! chain locked.

use std::time::Duration;

use serde_json::json;

use super::{before_two_fakes, rounds, three_nodes};
use crate::support::config::FAKE_COOKIE;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::fleet::{alice, answered_by, call, wait_in_rotation};
use crate::support::http::basic;
use crate::support::load::Load;
use crate::support::network::{Lost, in_own_network};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::wait_until;

const READS: [&str; 3] = [
    r#"{"id":1,"method":"getblockcount"}"#,
    r#"{"id":1,"method":"getbestblockhash"}"#,
    r#"{"id":1,"method":"getblockchaininfo"}"#,
];
const CLIENTS: usize = 32;
const SOON: Duration = Duration::from_secs(30);
/// The promise is 3.5 s. A machine that runs other tests is slower; without what is tested it is
/// the timeout of the call, half a minute.
const LEFT: Duration = Duration::from_secs(10);
/// The promise is 5 s.
const LEFT_BUSY: Duration = Duration::from_secs(12);

fn wait_for_primary(daemon: &Daemon) {
    wait_until("the primary serves", SOON, || {
        answered_by(&call(daemon, "getblockcount", json!([]))) == Some("a")
    });
}

#[test]
fn every_read_is_answered_while_the_primary_is_frozen() {
    let executable = bitcoind_or_skip!();
    let mut fleet = three_nodes(&executable);
    let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
    for round in 0..rounds(1) {
        wait_for_primary(&daemon);
        let load = Load::start(daemon.addr(), &alice(), CLIENTS, &READS);
        fleet.nodes[0].freeze();
        wait_in_rotation(&daemon, 2);
        load.wait_for(500);
        let report = load.stop();
        fleet.nodes[0].thaw();
        println!("frozen, round {round}: {}", report.summary());
        assert!(report.failures.is_empty(), "{round}: {:?}", report.failures);
        assert!(report.slowest() < LEFT, "{:?}", report.slowest());
        wait_in_rotation(&daemon, 3);
    }
}

const NO_NETWORK: &str = "no network of its own can be made here: that takes root and ip";

#[test]
fn every_read_is_answered_while_no_packet_of_the_primary_comes() {
    let executable = bitcoind_or_skip!();
    let done = in_own_network(|| {
        let fleet = three_nodes(&executable);
        let daemon = fleet.serve("[fleet]\nfailback_secs = 1");
        for round in 0..rounds(1) {
            wait_for_primary(&daemon);
            let load = Load::start(daemon.addr(), &alice(), CLIENTS, &READS);
            let lost = Lost::from_port(fleet.nodes[0].rpc_port())?;
            wait_in_rotation(&daemon, 2);
            load.wait_for(500);
            let report = load.stop();
            drop(lost);
            println!("cut off, round {round}: {}", report.summary());
            assert!(report.failures.is_empty(), "{round}: {:?}", report.failures);
            assert!(report.slowest() < LEFT, "{:?}", report.slowest());
            wait_in_rotation(&daemon, 3);
        }
        Some(())
    });
    or_skip!(done.flatten(), NO_NETWORK);
}

#[test]
fn every_read_is_answered_while_the_chain_of_the_primary_is_locked() {
    let ([node, other], daemon) = before_two_fakes("[rpc.auth]\nrate_limit_enabled = false");
    let login = basic(FAKE_COOKIE);
    let load = Load::start(daemon.addr(), &login, CLIENTS, &READS[..2]);
    let before = other.count("getblockcount");
    node.override_all_but("uptime", Behaviour::Hang);
    wait_until("a line that says so", SOON, || {
        daemon.log().contains(" rotation] node=a from=in to=busy ")
    });
    load.wait_for(1_000);
    let report = load.stop();
    node.end_override();
    println!("chain locked: {}", report.summary());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.slowest() < LEFT_BUSY, "{:?}", report.slowest());
    assert!(other.count("getblockcount") > before);
}
