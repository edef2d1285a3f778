//! `bllvmctl prune`, as an operator and as cron types it.

use super::*;
use crate::support::child;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::program;

#[test]
fn each_flag_prunes_as_far_as_it_says_and_a_dry_run_prunes_nothing() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1500);
    let daemon = daemon_beside(&node, "");
    for flags in [
        &["--to", "300K"][..],
        &["--to-height", "500"],
        &["--keep-blocks", "600"],
    ] {
        let output = daemon.cli(&[&["prune", "--dry-run", "-o", "json"], flags].concat());
        assert_exit(&output, 0);
        assert_eq!(
            (output.json()["action"].clone(), first_kept(&node)),
            (json!("prune"), 0)
        );
    }

    let output = daemon.cli(&["prune", "--to-height", "500"]);
    assert_exit(&output, 0);
    assert!(
        output.stdout.contains("reached its target") && output.stdout.contains("up to height 275"),
        "{output:?}"
    );
    assert_gone_below(&node, 276);

    let output = daemon.cli(&["prune", "--to", "300KB", "-o", "json"]);
    assert_exit(&output, 0);
    let job = output.json();
    let size = size_on_disk(&node);
    assert!(size <= 300_000 && size + 2 * 76_800 > 300_000, "{size}");
    assert_eq!(
        (&job["state"], &job["trigger"], &job["id"]),
        (&json!("reached"), &json!("manual"), &json!(2))
    );

    let output = daemon.cli(&["prune", "--keep-blocks", "600", "-o", "tsv"]);
    assert_exit(&output, 0);
    assert!(output.stdout.contains("state\treached\n"), "{output:?}");
    assert_gone_below(&node, 828);
    let members: Vec<_> = job
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let sizes = ["freed_bytes", "deleted_bytes", "pruned_height"];
    let reported = [
        &["id", "trigger", "state", "plan"][..],
        &sizes,
        &["held_by", "started_at", "finished_at", "error"],
    ];
    assert_eq!(members, reported.concat());
}

#[test]
fn a_dry_run_is_the_plan_of_the_run() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    let plan = daemon
        .cli(&["prune", "--to", "200K", "--dry-run", "-o", "json"])
        .json();
    let job = daemon.cli(&["prune", "--to", "200K", "-o", "json"]).json();
    let without_room = |plan: &Value| {
        let mut plan = plan.clone();
        plan["free_bytes"].take();
        plan
    };
    assert_eq!(without_room(&plan), without_room(&job["plan"]));
}

#[test]
fn the_configured_target_needs_a_yes_where_there_is_no_terminal() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(
        &node,
        "[storage]\npruning_threshold_gb = 0.0003\npruning_target_gb = 0.0002\n",
    );
    let output = daemon.cli(&["prune"]);
    assert_exit(&output, 2);
    assert!(
        output.stderr.contains("--yes") && output.stderr.contains("hint:"),
        "{output:?}"
    );
    assert_eq!(first_kept(&node), 0);
    assert_exit(&daemon.cli(&["prune", "--dry-run"]), 0);
    assert_exit(&daemon.cli(&["prune", "--yes"]), 0);
    assert_eq!(first_kept(&node), 552, "disabled only means: not by itself");
}

#[test]
fn a_target_that_is_reached_already_is_nothing_to_do() {
    let node = node_with_blocks(bitcoind_or_skip!(), 400);
    let daemon = daemon_beside(&node, "");
    for flags in [&["--to", "1G"][..], &["--keep-blocks", "5000"]] {
        let output = daemon.cli(&[&["prune"], flags].concat());
        assert_exit(&output, 0);
        assert!(output.stdout.starts_with("nothing to do"), "{output:?}");
    }
    assert_eq!(
        (first_kept(&node), prune_status(&daemon)["last"].clone()),
        (0, json!(null))
    );
}

#[test]
fn a_request_past_a_rule_is_refused_by_that_rule_and_prunes_nothing() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "[storage]\npruning_keep_blocks = 500\n");
    for (flags, rule) in [
        (["--to-height", "1001"], "above the tip, which is at 1000"),
        (["--to-height", "713"], "the last 288 blocks are kept"),
        (["--to-height", "501"], "pruning_keep_blocks = 500"),
        (["--keep-blocks", "287"], "the last 288 blocks are kept"),
        (["--keep-blocks", "499"], "pruning_keep_blocks = 500"),
    ] {
        for dry in [&[][..], &["--dry-run"]] {
            let output = daemon.cli(&[&["prune"], &flags[..], dry].concat());
            assert_exit(&output, 1);
            let expected = format!("{}{}", output.stdout, output.stderr);
            assert!(expected.contains(rule), "{output:?}");
        }
    }
    assert_eq!(
        (first_kept(&node), prune_status(&daemon)["last"].clone()),
        (0, json!(null))
    );
    assert_exit(&daemon.cli(&["prune", "--to-height", "500"]), 0);
}

#[test]
fn a_target_below_what_is_kept_ends_held_and_says_by_what() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    let output = daemon.cli(&["prune", "--to", "1K", "-o", "json"]);
    assert_exit(&output, 1);
    assert!(
        output.json()["held_by"]
            .as_str()
            .unwrap()
            .contains("288 blocks"),
        "{output:?}"
    );
    assert!(output.stderr.contains("288 blocks"), "{output:?}");
    assert_eq!(
        (&output.json()["state"], first_kept(&node)),
        (&json!("held"), 552)
    );
    assert_gone_below(&node, 552);
    let again = daemon.cli(&["prune", "--to", "1K"]);
    assert_exit(&again, 1);
    assert!(
        again.stdout.contains("was held back") && again.stdout.contains("up to height 551"),
        "{again:?}"
    );
}

#[test]
fn what_frees_nothing_because_of_file_boundaries_ends_honestly() {
    let node = node_with_blocks(bitcoind_or_skip!(), 400);
    let daemon = daemon_beside(&node, "");
    // 112 blocks may go, and all of them are in the file of the first 276.
    let output = daemon.cli(&["prune", "--to-height", "100", "-o", "json"]);
    assert_exit(&output, 0);
    let job = output.json();
    assert_eq!(
        (&job["state"], &job["freed_bytes"]),
        (&json!("reached"), &json!(0)),
        "{job}"
    );
    assert_eq!(job["pruned_height"], json!(null));
    assert!(
        daemon
            .cli(&["prune", "--to-height", "100"])
            .stdout
            .contains("whole files only")
    );

    let target = format!("{}B", size_on_disk(&node) - 10_000);
    let output = daemon.cli(&["prune", "--to", &target, "-o", "json"]);
    assert_exit(&output, 1);
    let job = output.json();
    assert_eq!(
        (&job["state"], &job["freed_bytes"]),
        (&json!("no_progress"), &json!(0)),
        "{job}"
    );
    assert!(output.stderr.contains("whole files only"), "{output:?}");
    assert_eq!(first_kept(&node), 0);
}

#[test]
fn the_measured_directory_is_what_a_size_is_compared_with() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(
        &node,
        &format!("[node]\ndata_dir = \"{}\"\n", node.datadir().display()),
    );
    let ballast = node.datadir().join("regtest/ballast");
    std::fs::write(&ballast, vec![7; 5_000_000]).unwrap();
    let output = daemon.cli(&["prune", "--to", "4M", "--dry-run", "-o", "json"]);
    assert!(
        output.json()["usage_bytes"].as_u64().unwrap() > 5_000_000,
        "{output:?}"
    );
    assert_eq!(output.json()["action"], "prune");
    std::fs::remove_file(&ballast).unwrap();
    let output = daemon.cli(&["prune", "--to", "4M", "-o", "json"]);
    assert_exit(&output, 0);
    assert_eq!(
        (&output.json()["action"], first_kept(&node)),
        (&json!("idle"), 0),
        "measured anew for each request"
    );
}

#[test]
fn no_wait_returns_at_once_and_the_job_is_found_by_its_number() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    let output = daemon.cli(&["prune", "--to-height", "700", "--no-wait", "-o", "json"]);
    assert_exit(&output, 0);
    assert_eq!(
        (&output.json()["id"], &output.json()["state"]),
        (&json!(1), &json!("running"))
    );
    let job = wait_for_run(&daemon, "the job", |job| job["id"] == 1);
    assert_eq!((&job["state"], first_kept(&node)), (&json!("reached"), 552));
    let status = daemon.cli(&["prune", "status"]);
    for expected in [
        "job       none running",
        "job 1 (manual) reached its target",
        "usage ",
        "forecast ",
    ] {
        assert!(status.stdout.contains(expected), "{expected}: {status:?}");
    }
    let status = prune_status(&daemon);
    let members: Vec<_> = status.as_object().unwrap().keys().collect();
    assert_eq!(members, ["job", "last", "usage", "forecast"]);
}

#[test]
fn on_a_terminal_the_plan_is_shown_and_a_no_prunes_nothing() {
    let script = or_skip!(
        program("SCRIPT_EXE", "script"),
        "there is no `script` to make a terminal"
    );
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, "");
    let typed = |arguments: &str, answer: &str| {
        let line = format!(
            "{} --config config.toml {arguments}",
            env!("CARGO_BIN_EXE_bllvmctl")
        );
        let mut command = std::process::Command::new(&script);
        command
            .args(["-qec", &line, "/dev/null"])
            .current_dir(daemon.directory())
            .env("HOME", daemon.directory());
        child::run(command, answer.as_bytes(), SOON)
    };
    let output = typed("prune --to-height 500", "n\n");
    assert_eq!(output.code, Some(1), "{output:?}");
    for expected in [
        "prune blocks up to height 500",
        "Prune? [y/N]",
        "nothing was pruned",
    ] {
        assert!(output.stdout.contains(expected), "{expected}: {output:?}");
    }
    assert_eq!(first_kept(&node), 0);
    let output = typed("prune --to-height 500", "yes\n");
    assert_eq!(
        (output.code, first_kept(&node)),
        (Some(0), 276),
        "{output:?}"
    );
    let output = typed("prune --to-height 600 --yes", "");
    assert_eq!(
        (output.code, first_kept(&node)),
        (Some(0), 552),
        "{output:?}"
    );
    assert!(!output.stdout.contains("Prune?"), "{output:?}");
}
