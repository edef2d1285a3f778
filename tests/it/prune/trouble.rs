//! Whatever dies, hangs or comes at the same time: a run ends, and what it says is true.

use nix::sys::signal::Signal;

use super::*;
use crate::support::config::attached_to_fake;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::throughout;

/// Some looks at the disk.
const LOOKS: Duration = Duration::from_secs(3);

/// A node of 1400 blocks that can be pruned.
fn fake() -> FakeNode {
    FakeNode::from_fixtures("core-31.99/synced-prunable")
}

fn begun(daemon: &Daemon) -> Value {
    let output = daemon.cli(&["prune", "--to-height", "600", "--no-wait", "-o", "json"]);
    assert_exit(&output, 0);
    output.json()
}

#[test]
fn of_two_requests_at_once_the_second_is_answered_with_the_running_job() {
    let node = fake();
    node.set("pruneblockchain", Behaviour::Hang);
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    let id = begun(&daemon)["id"].clone();
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    let output = daemon.cli(&["prune", "--to-height", "700"]);
    assert_exit(&output, 1);
    assert!(
        output
            .stderr
            .contains(&format!("prune job {id} is running")),
        "{output:?}"
    );
    let token = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let bearer = format!("Bearer {token}");
    let answer = daemon.post(
        "/api/v1/prune/jobs",
        &[("Authorization", &bearer)],
        b"{\"to_height\":700}",
    );
    assert_eq!(
        (answer.status, &answer.json()["job_id"]),
        (409, &id),
        "{answer:?}"
    );
    assert_eq!(prune_status(&daemon)["job"]["id"], id);

    // Meanwhile everybody else is answered, and a dry run too.
    assert_eq!(daemon.get("/health/ready").status, 200);
    assert_exit(
        &daemon.cli(&["prune", "--to-height", "700", "--dry-run"]),
        0,
    );
    assert!(check(&daemon, "pruning").contains(&format!("job {id} is running")));
    node.set("pruneblockchain", Behaviour::Result(json!(551)));
    wait_for_run(&daemon, "the end", |job| {
        job["id"] == id && job["state"] == "reached"
    });
    assert_eq!(node.count("pruneblockchain"), 1);
}

#[test]
fn a_node_that_is_killed_in_the_middle_of_a_job_fails_it_and_is_pruned_when_it_is_back() {
    let mut node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    node.freeze();
    let id = begun(&daemon)["id"].clone();
    assert_eq!(prune_status(&daemon)["job"]["state"], "running");
    node.kill();
    let job = wait_for_run(&daemon, "the end", |job| job["id"] == id);
    assert_eq!(job["state"], "failed", "{job}");
    assert!(
        !job["error"].as_str().unwrap().is_empty() && job["finished_at"].is_string(),
        "{job}"
    );
    let refused = daemon.cli(&["prune", "--to-height", "600"]);
    assert_exit(&refused, 1);
    assert!(
        refused.stderr.contains("does not report its chain"),
        "{refused:?}"
    );
    node.restart();
    // What it had not written out is lost.
    node.mine(1000);
    daemon.wait_for_status("/health/ready", 200, SOON);
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
    assert_gone_below(&node, 552);
}

#[test]
fn a_call_that_the_node_breaks_off_fails_the_job_with_its_reason() {
    let node = fake();
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    for (behaviour, reason) in [
        (Behaviour::Close, "closed the connection"),
        (Behaviour::HalfAnswer, "closed the connection"),
        (
            Behaviour::Error {
                http_status: 500,
                code: -1,
                message: "Disk space is too low!".into(),
            },
            "too low",
        ),
        (
            Behaviour::Status {
                status: 403,
                content_type: String::new(),
                body: String::new(),
            },
            "rpcwhitelist",
        ),
    ] {
        node.set("pruneblockchain", behaviour);
        let output = daemon.cli(&["prune", "--to-height", "600", "-o", "json"]);
        assert_exit(&output, 1);
        assert_eq!(output.json()["state"], "failed", "{output:?}");
        assert!(output.stderr.contains(reason), "{reason}: {output:?}");
    }
    node.set("pruneblockchain", Behaviour::queue_exceeded());
    begun(&daemon);
    let calls = node.count("pruneblockchain");
    wait_until("another try", SOON, || {
        node.count("pruneblockchain") > calls
    });
    node.set("pruneblockchain", Behaviour::Result(json!(551)));
    wait_for_run(&daemon, "the end", |job| job["state"] == "reached");
}

#[test]
fn a_daemon_that_is_killed_in_the_middle_of_a_job_knows_afterwards_that_it_was_interrupted() {
    let mut node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let mut daemon = daemon_beside(&node, "");
    node.freeze();
    let begun = begun(&daemon);
    daemon.kill();
    node.thaw();
    daemon.restart();
    let job = prune_status(&daemon)["last"].clone();
    assert_eq!(
        (&job["id"], &job["state"], &job["trigger"]),
        (&begun["id"], &json!("interrupted"), &json!("manual"))
    );
    assert!(
        job["finished_at"].is_string() && job["error"].is_string(),
        "{job}"
    );
    // Nobody saw how far the node came.
    assert_eq!(
        (&job["freed_bytes"], &job["pruned_height"]),
        (&json!(null), &json!(null)),
        "{job}"
    );
    let reported = daemon.cli(&["prune", "status"]).stdout;
    assert!(
        reported.contains("was interrupted: an unknown amount freed, at "),
        "{reported}"
    );
    assert_eq!(prune_status(&daemon)["job"], json!(null));
    daemon.wait_for_status("/health/ready", 200, SOON);
    let page = Page::of(&daemon);
    assert_eq!(
        page.node(
            "prune_runs_total",
            &[("trigger", "manual"), ("outcome", "interrupted")]
        ),
        Some(1.0)
    );
    let next = daemon.cli(&["prune", "--to-height", "600", "-o", "json"]);
    assert_exit(&next, 0);
    assert_ne!(next.json()["id"], begun["id"]);
    assert_gone_below(&node, 552);
}

#[test]
fn who_waits_for_a_job_learns_how_it_ended_though_the_daemon_was_killed_meanwhile() {
    let node = fake();
    node.set("pruneblockchain", Behaviour::Hang);
    let mut daemon = ready_with(attached_to_fake(&node).with(QUICK));
    let config = daemon.config_file();
    let home = daemon.directory().to_owned();
    let waiting = std::thread::spawn(move || {
        let mut command = crate::support::daemon::bllvmctl(&home);
        command
            .args(["prune", "--to-height", "600", "-o", "json", "--config"])
            .arg(config);
        crate::support::child::run(command, b"", SOON)
    });
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    daemon.kill();
    daemon.restart();
    let output = waiting.join().unwrap();
    assert_exit(&output, 1);
    assert_eq!(output.json()["state"], "interrupted", "{output:?}");
}

#[test]
fn what_the_node_was_not_asked_before_the_end_was_announced_it_is_not_asked_any_more() {
    let node = fake();
    let seldom = "[node]\npoll_interval_secs = 60\ntimeout_secs = 60\n[rpc]\ndrain_secs = 600";
    let mut daemon = ready_with(attached_to_fake(&node).with(seldom));
    node.set("getblockchaininfo", Behaviour::Hang);
    let looks = node.count("getblockchaininfo");
    let config = daemon.config_file();
    let home = daemon.directory().to_owned();
    let asking = std::thread::spawn(move || {
        let mut command = crate::support::daemon::bllvmctl(&home);
        command
            .args(["prune", "--to-height", "600", "--config"])
            .arg(config);
        crate::support::child::run(command, b"", SOON)
    });
    wait_until("a look at the node", SOON, || {
        node.count("getblockchaininfo") > looks
    });
    daemon.signal(Signal::SIGTERM);
    let output = asking.join().unwrap();
    assert_exit(&output, 1);
    assert!(
        output
            .stderr
            .contains("nothing was pruned: the daemon is shutting down"),
        "{output:?}"
    );
    node.set("getblockchaininfo", Behaviour::unknown_method());
    let again = daemon.cli(&["prune", "--to-height", "600"]);
    assert_eq!(
        (again.code, again.stderr.contains("shutting down")),
        (Some(1), true),
        "{again:?}"
    );
    assert!(!daemon.log().contains("pruning begins"), "{}", daemon.log());
    assert_eq!(node.count("pruneblockchain"), 0);
    daemon.kill();
}

#[test]
fn a_run_goes_no_further_once_the_end_is_announced_and_says_how_far_it_came() {
    let node = fake();
    node.set("pruneblockchain", Behaviour::Hang);
    let mut daemon = ready_with(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[rpc]\ndrain_secs = 600"),
    );
    let output = daemon.cli(&["prune", "--to", "500K", "--no-wait"]);
    assert_exit(&output, 0);
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    daemon.signal(Signal::SIGTERM);
    daemon.wait_for_status("/health/ready", 503, SOON);
    // The files are as they were, so that a run would go on.
    node.set("pruneblockchain", Behaviour::Result(json!(0)));
    let job = wait_for_run(&daemon, "the end", |job| !job.is_null());
    assert_eq!(
        (&job["state"], &job["freed_bytes"]),
        (&json!("interrupted"), &json!(0)),
        "{job}"
    );
    assert!(
        job["error"].as_str().unwrap().contains("went down"),
        "{job}"
    );
    assert_eq!(node.count("pruneblockchain"), 1);
    daemon.kill();
}

#[test]
fn a_stop_in_the_middle_of_a_job_is_clean_and_leaves_it_interrupted() {
    let node = fake();
    node.set("pruneblockchain", Behaviour::Hang);
    let mut daemon = ready_with(attached_to_fake(&node).with(QUICK));
    let id = begun(&daemon)["id"].clone();
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    assert_eq!(daemon.stop(), 0);
    daemon.restart();
    let job = prune_status(&daemon)["last"].clone();
    assert_eq!((&job["id"], &job["state"]), (&id, &json!("interrupted")));
}

#[test]
fn a_node_that_is_not_in_prune_mode_is_one_warning_and_not_one_a_minute() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(500);
    let mode = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
        0.00002\npruning_target_gb = 0.00001\n";
    let daemon = daemon_beside(&node, mode);
    wait_for_check(&daemon, "pruning", &["[!]", "not in prune mode"]);
    wait_metrics(&daemon, "the check", |page| {
        page.node("health_check", &[("check", "pruning")]) == Some(0.5)
    });
    daemon.wait_for_log("not in prune mode");
    let output = daemon.cli(&["prune", "--to-height", "100"]);
    assert_exit(&output, 1);
    assert!(
        output
            .stderr
            .contains("not in prune mode: start it with prune=1"),
        "{output:?}"
    );
    // Some more looks at the disk.
    throughout(
        "one warning",
        LOOKS,
        || times(&daemon, "not in prune mode"),
        |times| *times == 1,
    );
    assert_eq!(daemon.get("/health").status, 200);
    assert_eq!(prune_status(&daemon)["last"], json!(null));
}

#[test]
fn a_chain_that_is_too_short_is_a_reason_to_hold_and_asked_for_no_second_time() {
    let node = Bitcoind::start(
        bitcoind_or_skip!(),
        BitcoindOptions::default().with("-prune=1"),
    );
    node.mine(400);
    let mode = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
        0.00002\npruning_target_gb = 0.00001\n";
    let daemon = daemon_beside(&node, mode);
    // Only the node knows: with -fastprune it would prune from height 100 on.
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["state"], &job["held_by"]),
        (&json!("held"), &json!("chain too short")),
        "{job}"
    );
    wait_for_check(&daemon, "pruning", &["[!]", "chain too short", "1000"]);
    let output = daemon.cli(&["prune", "--to-height", "100"]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("chain too short"), "{output:?}");
    node.mine(10);
    wait_metrics(&daemon, "the new tip", |page| {
        page.node("chain_height", &[]) == Some(410.0)
    });
    assert_eq!(prune_status(&daemon)["last"]["id"], 1);
}

#[test]
fn a_node_on_another_chain_is_left_alone() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let more = "[node]\nchain = \"signet\"\n[storage]\npruning_mode = \"normal\"\n\
                pruning_threshold_gb = 0.0002\n\
                pruning_target_gb = 0.0001\n";
    let daemon = Daemon::start(config(&node, more));
    wait_for_check(
        &daemon,
        "pruning",
        &["[!]", "on chain regtest, not on signet"],
    );
    let output = daemon.cli(&["prune", "--to-height", "500"]);
    assert_exit(&output, 1);
    assert_eq!(
        (first_kept(&node), &prune_status(&daemon)["last"]),
        (0, &json!(null))
    );
}

#[test]
fn a_run_that_fails_is_not_tried_again_at_each_look() {
    let node = fake();
    node.set(
        "pruneblockchain",
        Behaviour::Error {
            http_status: 500,
            code: -1,
            message: "no".into(),
        },
    );
    let more = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
        0.0002\npruning_target_gb = 0.0001\n";
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(more));
    wait_for_run(&daemon, "a run", |job| job["state"] == "failed");
    wait_for_check(&daemon, "pruning", &["[!]", "the last run failed"]);
    throughout(
        "one call",
        LOOKS,
        || node.count("pruneblockchain"),
        |calls| *calls == 1,
    );
}

#[test]
fn a_reload_that_names_another_node_interrupts_the_job_and_what_was_known_of_the_old_one_is_gone() {
    let old = fake();
    let new = fake();
    old.set("pruneblockchain", Behaviour::Hang);
    let daemon = ready_with(attached_to_fake(&old).with(QUICK));
    let id = begun(&daemon)["id"].clone();
    wait_until("the call", SOON, || old.count("pruneblockchain") == 1);
    reconfigure(&daemon, attached_to_fake(&new).with(QUICK));
    let job = wait_for_run(&daemon, "the end", |job| job["id"] == id);
    assert_eq!(job["state"], "interrupted", "{job}");
    daemon.wait_for_status("/health/ready", 200, SOON);
    new.set("pruneblockchain", Behaviour::Result(json!(551)));
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 0);
    assert_eq!(
        (old.count("pruneblockchain"), new.count("pruneblockchain")),
        (1, 1)
    );
}
