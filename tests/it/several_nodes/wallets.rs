//! Wallets are at their node, changes of a node go to the named one.

use serde_json::json;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::fleet::{NodeFleet, answered_by, call, call_at};
use crate::support::skip::bitcoind_or_skip;

#[test]
fn a_wallet_call_goes_to_the_node_that_has_the_wallet() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 10);
    fleet.nodes[1].rpc("createwallet", json!(["hot"]));
    let config = fleet
        .config()
        .replace("priority = 20\n", "priority = 20\nwallets = [\"hot\"]\n");
    let daemon = crate::support::daemon::Daemon::start(config);
    crate::support::fleet::wait_in_rotation(&daemon, 2);
    let body = r#"{"id":1,"method":"getwalletinfo"}"#;
    let answer = call_at(&daemon, "/wallet/hot", body);
    assert_eq!(answer.json()["result"]["walletname"], "hot");
    assert_eq!(answered_by(&answer), Some("b"));
    let answer = call_at(&daemon, "/wallet/cold", body);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (500, &json!(-18))
    );
    assert!(answer.text().contains("nodes.wallets"), "{}", answer.text());
    let answer = call_at(&daemon, "/node/b/wallet/hot", body);
    assert_eq!(answer.json()["result"]["walletname"], "hot");
}

#[test]
fn a_change_of_a_node_needs_its_name() {
    let executable = bitcoind_or_skip!();
    let fleet = NodeFleet::start(&executable, vec![BitcoindOptions::default(); 2], 10);
    let daemon = fleet.serve("");
    let answer = call(&daemon, "setnetworkactive", json!([false]));
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (403, &json!(-32003))
    );
    assert!(answer.text().contains("/node/"), "{}", answer.text());
    let body = r#"{"id":1,"method":"setnetworkactive","params":[false]}"#;
    let answer = call_at(&daemon, "/node/b", body);
    assert_eq!((answer.status, answered_by(&answer)), (200, Some("b")));
    let active =
        |index: usize| fleet.nodes[index].rpc("getnetworkinfo", json!([]))["networkactive"].clone();
    assert_eq!((active(0), active(1)), (json!(true), json!(false)));
}
