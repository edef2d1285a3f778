//! Whoever asked for a run goes, or wants it to end: the one learns that the run goes on, the
//! other ends it.

use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;

use super::*;
use crate::support::child::Background;
use crate::support::config::attached_to_fake;
use crate::support::daemon::bllvmctl;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::surroundings::throughout;

fn hanging() -> (FakeNode, Daemon) {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    node.set("pruneblockchain", Behaviour::Hang);
    let daemon = ready_with(attached_to_fake(&node).with(QUICK));
    (node, daemon)
}

#[test]
fn a_signal_says_that_the_job_continues_and_how_the_command_ended() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let (node, daemon) = hanging();
        let mut command = bllvmctl(daemon.directory());
        command
            .arg("--config")
            .arg(daemon.config_file())
            .args(["prune", "--to-height", "600"]);
        let mut child = Background::start(command, &daemon.directory().join("prune.log"));
        wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
        child.signal(signal);
        let status = child.wait(SOON);
        assert_eq!(
            (status.code(), status.signal()),
            (Some(code), None),
            "{signal}: {}",
            child.log()
        );
        let expected = "job 1 continues in the daemon; see bllvmctl prune status";
        assert!(child.log().contains(expected), "{}", child.log());
        assert_eq!(prune_status(&daemon)["job"]["state"], "running");
    }
}

#[test]
fn a_cancelled_job_sends_no_further_call() {
    let (node, daemon) = hanging();
    let nothing = daemon.cli(&["prune", "cancel"]);
    assert_exit(&nothing, 1);
    assert!(
        nothing.stderr.contains("no prune job is running"),
        "{nothing:?}"
    );
    assert_exit(&daemon.cli(&["prune", "--to", "200K", "--no-wait"]), 0);
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    let output = daemon.cli(&["prune", "cancel"]);
    assert_exit(&output, 0);
    assert!(
        output
            .stdout
            .contains("job 1 is cancelled: no further call is sent"),
        "{output:?}"
    );
    // The call that is open comes to its end; the target is far.
    node.set("pruneblockchain", Behaviour::Result(json!(100)));
    let job = wait_for_run(&daemon, "the end", |job| !job.is_null());
    assert_eq!(
        (&job["state"], &job["error"]),
        (
            &json!("interrupted"),
            &json!("cancelled by hand; no further call was sent")
        )
    );
    assert_eq!(node.count("pruneblockchain"), 1);
}

#[test]
fn after_a_cancel_no_run_begins_by_itself_until_somebody_asks_for_one() {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    node.set("pruneblockchain", Behaviour::Hang);
    let more = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
        0.0005\npruning_target_gb = 0.0004\n";
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(more));
    wait_until("the call", SOON, || node.count("pruneblockchain") == 1);
    for _ in 0..2 {
        assert_exit(&daemon.cli(&["prune", "cancel"]), 0);
    }
    node.set("pruneblockchain", Behaviour::Result(json!(100)));
    let job = wait_for_run(&daemon, "the end", |job| !job.is_null());
    assert_eq!(
        (&job["trigger"], &job["state"]),
        (&json!("threshold"), &json!("interrupted")),
        "{job}"
    );
    wait_for_check(&daemon, "pruning", &["[!]", "cancelled by hand"]);
    throughout(
        "one call",
        Duration::from_secs(3),
        || node.count("pruneblockchain"),
        |calls| *calls == 1,
    );
    assert_exit(&daemon.cli(&["prune", "cancel"]), 1);

    assert_exit(&daemon.cli(&["prune", "--to-height", "300"]), 0);
    wait_until("a run by itself", SOON, || {
        prune_status(&daemon)["last"]["trigger"] == "threshold"
    });
}
