//! Clients whose credentials the nodes check (`fleet.pass_through`).

use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, alice, answered_by, call, call_at, wait_in_rotation};
use crate::support::sight::wait_metrics;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::wait_until;

/// Alice with the password `secret`.
const ALICE: &str = "-rpcauth=alice:00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f891516\
                     3d687de88b01b139720c60e410c0540a0937";
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_node_that_alone_does_not_know_a_user_is_shown_and_its_reads_are_answered_elsewhere() {
    let executable = bitcoind_or_skip!();
    let options = [
        BitcoindOptions::default(),
        BitcoindOptions::default().with(ALICE),
    ];
    let fleet = NodeFleet::start(&executable, options, 5);
    let config = fleet.config();
    let users = config.find("[[rpc.auth.users]]").expect("users");
    let nodes = config.find("[[nodes]]").expect("nodes");
    let config = format!("{}{}", &config[..users], &config[nodes..]);
    let daemon = Daemon::start(Config::of(&config).with("[fleet]\npass_through = true"));
    wait_in_rotation(&daemon, 2);

    let body = json!({"id": 1, "method": "getblockcount"}).to_string();
    assert_eq!(
        call_at(&daemon, "/node/b", &body).status,
        200,
        "{}",
        alice()
    );
    let answer = call(&daemon, "getblockcount", json!([]));
    assert_eq!(answered_by(&answer), Some("b"), "{answer:?}");
    wait_metrics(&daemon, "the node that does not know her", |page| {
        let of = |node: &str| {
            page.series(&format!(
                "bllvm_health_check{{node=\"{node}\",check=\"credentials\"}}"
            ))
        };
        of("a") == Some(0.0) && of("b") == Some(1.0)
    });
    assert_eq!(daemon.get("/health/ready").status, 200);
    let of_node = daemon.get("/health/ready?node=a");
    let reason = "credentials: the node refuses a user whom another node accepts";
    assert_eq!(of_node.status, 503, "{}", of_node.text());
    assert!(of_node.text().contains(reason), "{}", of_node.text());
    wait_until("a line that says which", SOON, || {
        let log = daemon.log();
        let mut lines = log.lines().filter(|line| line.contains(" WARN "));
        lines.any(|line| line.contains("node=a") && line.contains("does not accept credentials"))
    });
}
