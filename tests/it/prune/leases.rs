//! Leases hold blocks back, and only as long as they should.

use super::*;
use crate::support::fake_node::Behaviour;
use crate::support::sight::wait_metrics;
use crate::support::skip::bitcoind_or_skip;

#[test]
fn a_lease_holds_expires_and_is_released() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    let added = daemon.cli(&["lease", "add", "lnd", "--from-height", "300"]);
    assert_exit(&added, 0);
    assert!(
        added
            .stdout
            .contains("lease lnd keeps from height 300, until "),
        "{added:?}"
    );

    let output = daemon.cli(&["prune", "--to-height", "600", "-o", "json"]);
    assert_exit(&output, 1);
    let job = output.json();
    assert_eq!(
        (&job["state"], &job["held_by"]),
        (&json!("held"), &json!("lease lnd")),
        "{job}"
    );
    assert_eq!(
        (&job["plan"]["to_height"], &job["plan"]["held_by"]),
        (&json!(299), &json!("lease lnd"))
    );
    assert!(output.stderr.contains("lease lnd"), "{output:?}");
    assert_gone_below(&node, 276);
    let output = daemon.cli(&["prune", "--to", "1K"]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("lease lnd"), "{output:?}");
    assert_eq!(first_kept(&node), 276);

    // Nothing at all is left below it: that is no error of the node's, and has its place among the
    // jobs.
    assert_exit(
        &daemon.cli(&["lease", "add", "all", "--from-height", "0"]),
        0,
    );
    let output = daemon.cli(&["prune", "--to", "1K", "-o", "json"]);
    assert_exit(&output, 1);
    assert_eq!(
        (&output.json()["state"], &output.json()["held_by"]),
        (&json!("held"), &json!("lease all"))
    );
    let listed = |daemon: &Daemon| daemon.cli(&["lease", "list", "-o", "json"]).json();
    assert_exit(&daemon.cli(&["lease", "release", "all"]), 0);
    assert_exit(
        &daemon.cli(&["lease", "add", "brief", "--from-height", "0", "--ttl", "1s"]),
        0,
    );
    wait_until("the lease to expire", SOON, || {
        listed(&daemon).as_array().unwrap().len() == 1
    });
    daemon.wait_for_log("lease expired");

    let released = daemon.cli(&["lease", "release", "lnd"]);
    assert_exit(&released, 0);
    assert_exit(&daemon.cli(&["lease", "release", "lnd"]), 1);
    assert_eq!(daemon.cli(&["lease", "list"]).stdout, "no leases\n");
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
    assert_gone_below(&node, 552);
    let late = daemon.cli(&["lease", "add", "late", "--from-height", "300"]);
    assert!(
        late.stdout
            .contains("blocks below height 552 are already pruned"),
        "{late:?}"
    );
}

#[test]
fn a_lease_holds_an_automatic_run_which_goes_on_when_it_is_released() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    assert_exit(
        &daemon.cli(&["lease", "add", "electrs", "--last", "700", "--ttl", "never"]),
        0,
    );
    let normal = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
        0.0002\npruning_target_gb = 0.00015\n";
    reconfigure(&daemon, config(&node, normal));
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["state"], &job["held_by"]),
        (&json!("held"), &json!("lease electrs")),
        "{job}"
    );
    assert_eq!(first_kept(&node), 276);
    wait_for_check(&daemon, "pruning", &["[!]", "lease electrs"]);
    wait_metrics(&daemon, "the lease", |page| {
        page.node("prune_leases", &[]) == Some(1.0)
            && page.node("health_check", &[("check", "pruning")]) == Some(0.5)
    });
    assert_eq!(
        daemon.get("/health").status,
        200,
        "a disk is cured by no probe"
    );

    assert_exit(&daemon.cli(&["lease", "release", "electrs"]), 0);
    let job = wait_for_run(&daemon, "another run", |job| job["id"] == 2);
    assert_eq!(
        (&job["state"], first_kept(&node)),
        (&json!("reached"), 552),
        "{job}"
    );
    wait_for_check(&daemon, "pruning", &["[+]"]);
}

#[test]
fn leases_and_runs_outlive_the_daemon_however_it_ends() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let mut daemon = daemon_beside(&node, "");
    assert_exit(
        &daemon.cli(&["lease", "add", "lnd", "--from-height", "300", "--ttl", "2d"]),
        0,
    );
    assert_exit(
        &daemon.cli(&["lease", "add", "cln", "--last", "500", "--ttl", "never"]),
        0,
    );
    assert_exit(&daemon.cli(&["prune", "--to-height", "290"]), 0);
    let listed = |daemon: &Daemon| daemon.cli(&["lease", "list", "-o", "json"]).json();
    let whole_seconds = |leases: Value| {
        let shown = leases.as_array().unwrap().iter().map(|lease| {
            let ends = lease["expires_at"]
                .as_str()
                .map(|ends| ends[..16].to_owned());
            (
                lease["name"].clone(),
                lease["from_height"].clone(),
                lease["last"].clone(),
                ends,
            )
        });
        shown.collect::<Vec<_>>()
    };
    let leases = whole_seconds(listed(&daemon));
    let last = prune_status(&daemon)["last"].clone();
    assert_eq!(leases.len(), 2);
    daemon.kill();
    daemon.restart();
    daemon.wait_for_status("/health/ready", 200, SOON);
    assert_eq!(
        (
            whole_seconds(listed(&daemon)),
            prune_status(&daemon)["last"].clone()
        ),
        (leases, last)
    );
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 1);
    let next = daemon
        .cli(&["prune", "--to-height", "290", "-o", "json"])
        .json();
    assert_eq!(next["id"], 3, "numbers go on");
}

#[test]
fn a_lease_of_the_same_name_is_renewed_and_what_cannot_be_one_is_exit_2() {
    let (_node, daemon) = crate::support::ready::ready(QUICK);
    assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "10"]), 0);
    let renewed = daemon.cli(&["lease", "add", "lnd", "--last", "20", "-o", "json"]);
    assert_eq!(
        (&renewed.json()["replaced"], &renewed.json()["last"]),
        (&json!(true), &json!(20))
    );
    assert_eq!(
        daemon
            .cli(&["lease", "list", "-o", "tsv"])
            .stdout
            .lines()
            .count(),
        2
    );
    for (arguments, expected) in [
        (&["lnd"][..], "--from-height"),
        (
            &["lnd", "--last", "1", "--from-height", "1"],
            "cannot be used with",
        ),
        (&["a b", "--last", "1"], "not a name for a lease"),
        (&["lnd", "--last", "0"], "keeps nothing"),
        (&["lnd", "--last", "-1"], "write a number of blocks"),
        (
            &["lnd", "--from-height", "x"],
            "write the height of a block",
        ),
        (&["lnd", "--last", "1", "--ttl", "24"], "`24s`"),
        (&["lnd", "--last", "1", "--ttl", "0s"], "keeps nothing"),
        (&["lnd", "--last", "1", "--ttl", "ever"], "or never"),
    ] {
        let output = daemon.cli(&[&["lease", "add"], arguments].concat());
        assert_exit(&output, 2);
        assert!(output.stderr.contains(expected), "{expected}: {output:?}");
    }
}

#[test]
fn a_lease_that_comes_while_blocks_are_deleted_is_reported_which() {
    let (node, daemon) = crate::support::ready::ready(QUICK);
    node.set("pruneblockchain", Behaviour::Hang);
    assert_exit(
        &daemon.cli(&["prune", "--to-height", "600", "--no-wait"]),
        0,
    );
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    let added = daemon.cli(&["lease", "add", "lnd", "--from-height", "300"]);
    assert_exit(&added, 0);
    assert!(
        added
            .stdout
            .contains("deleting blocks up to height 600 now"),
        "{added:?}"
    );
    let above = daemon.cli(&["lease", "add", "cln", "--from-height", "601"]);
    assert!(!above.stdout.contains("[!]"), "{above:?}");
}
