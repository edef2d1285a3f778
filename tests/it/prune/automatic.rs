//! Runs that start by themselves.

use serde_json::json;

use super::*;
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::bitcoind_or_skip;

/// 300 KB and 200 KB.
const NORMAL: &str = "[storage]\npruning_mode = \"normal\"\npruning_threshold_gb = \
    0.0003\npruning_target_gb = 0.0002\n";

#[test]
fn a_threshold_that_mining_crosses_is_pruned_to_the_target_by_itself() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let daemon = daemon_beside(&node, NORMAL);
    wait_for_check(&daemon, "pruning", &["[+]", "is not above the threshold"]);
    assert_eq!(
        (first_kept(&node), prune_status(&daemon)["last"].clone()),
        (0, json!(null))
    );

    node.mine(200);
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["trigger"], &job["state"]),
        (&json!("threshold"), &json!("reached")),
        "{job}"
    );
    assert!(size_on_disk(&node) <= 200_000);
    // Two files of 276 blocks; a third would have been too many.
    assert_gone_below(&node, 552);
    assert_eq!(
        (&job["pruned_height"], &job["held_by"], &job["error"]),
        (&json!(551), &json!(null), &json!(null))
    );
    let freed = job["freed_bytes"].as_u64().unwrap();
    assert!((150_000..160_000).contains(&freed), "{freed}");
    assert_eq!(
        (&job["plan"]["action"], &job["plan"]["target_bytes"]),
        (&json!("prune"), &json!(200_000))
    );

    let page = wait_metrics(&daemon, "the run", |page| {
        page.node(
            "prune_runs_total",
            &[("trigger", "threshold"), ("outcome", "reached")],
        ) == Some(1.0)
    });
    assert_eq!(
        page.node("prune_freed_bytes_total", &[]),
        Some(f64::from(u32::try_from(freed).unwrap()))
    );
    assert_eq!(
        page.node(
            "prune_runs_total",
            &[("trigger", "manual"), ("outcome", "held")]
        ),
        Some(0.0)
    );
    assert!(page.node("prune_last_run_timestamp_seconds", &[]).unwrap() > 1.7e9);
    let log = daemon.log();
    for expected in [
        "pruning begins",
        "trigger=threshold",
        "target_bytes=200000",
        "outcome=reached",
        "freed_bytes=",
    ] {
        assert!(log.contains(expected), "no {expected} in:\n{log}");
    }
    assert!(
        log.contains("duration_ms=") && log.contains("pruned_height=551"),
        "{log}"
    );
}

#[test]
fn aggressive_goes_to_the_kept_blocks_whatever_the_target_and_does_not_begin_again_for_each_block()
{
    let node = node_with_blocks(bitcoind_or_skip!(), 1200);
    let daemon = daemon_beside(
        &node,
        "[storage]\npruning_mode = \"aggressive\"\npruning_threshold_gb = 0.0001\n\
         pruning_target_gb = 0.00009\n\
         pruning_keep_blocks = 400\n",
    );
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["state"], &job["held_by"]),
        (&json!("reached"), &json!(null)),
        "{job}"
    );
    // Of 1201 blocks 801 may go; 828 is the end of the third file.
    assert_gone_below(&node, 552);
    node.mine(5);
    let tip = |page: &Page| page.node("chain_height", &[]) == Some(1205.0);
    wait_metrics(&daemon, "the new tip", tip);
    wait_for_check(&daemon, "pruning", &["more is tried once"]);
    assert_eq!(
        prune_status(&daemon)["last"]["id"],
        1,
        "a run for each block would free nothing"
    );
    // The third file may go whole.
    node.mine(50);
    wait_for_run(&daemon, "another run", |job| {
        job["id"] == 2 && job["state"] == "reached"
    });
    assert_eq!(first_kept(&node), 828);
}

#[test]
fn custom_keeps_what_its_keys_protect_and_a_reload_lets_go() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let custom = "[storage]\npruning_mode = \"custom\"\npruning_threshold_gb = \
        0.0001\npruning_target_gb = 0.00005\n";
    let height = format!("{custom}[storage.custom]\nkeep_from_height = 400\n");
    let with_height = config(&node, &height);
    let daemon = ready_with(with_height.clone());
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["state"], first_kept(&node)),
        (&json!("held"), 276),
        "{job}"
    );
    assert_eq!(job["held_by"], "storage.custom.keep_from_height = 400");
    wait_for_check(&daemon, "pruning", &["[!]", "keep_from_height = 400"]);

    // All blocks are younger than a day.
    let days = with_height
        .clone()
        .without("storage", "custom")
        .with("[storage.custom]\nkeep_days = 1\n");
    reconfigure(&daemon, days);
    wait_for_check(&daemon, "pruning", &["[!]", "keep_days = 1"]);
    assert_eq!(
        (first_kept(&node), &prune_status(&daemon)["last"]["id"]),
        (276, &json!(1))
    );

    let blocks = with_height
        .without("storage", "custom")
        .with("[storage.custom]\nkeep_blocks = 300\n");
    reconfigure(&daemon, blocks);
    let job = wait_for_run(&daemon, "another run", |job| job["id"] == 2);
    assert_eq!(
        (&job["held_by"], first_kept(&node)),
        (&json!("storage.custom.keep_blocks = 300"), 552)
    );
}

#[test]
fn a_window_that_is_closed_delays_a_run() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let minute = |later: i64| {
        let at = jiff::Timestamp::from_second(wall_secs() + later * 60)
            .unwrap()
            .to_string();
        at.split_once('T').unwrap().1[..5].to_owned()
    };
    let window = |from: i64, until: i64| {
        format!(
            "[storage]\npruning_mode = \"custom\"\npruning_threshold_gb = 0.0002\n\
             pruning_target_gb = 0.00018\n\
             [storage.custom]\nwindow = \"{}-{}\"\n",
            minute(from),
            minute(until)
        )
    };
    let daemon = daemon_beside(&node, &window(60, 120));
    wait_for_check(
        &daemon,
        "pruning",
        &["[+]", "outside of storage.custom.window"],
    );
    assert_eq!(
        (first_kept(&node), &prune_status(&daemon)["last"]),
        (0, &json!(null))
    );
    reconfigure(&daemon, config(&node, &window(-60, 60)));
    wait_for_run(&daemon, "a run", |job| job["state"] == "reached");
}

fn wall_secs() -> i64 {
    let now = std::process::Command::new("date")
        .arg("+%s")
        .output()
        .unwrap();
    String::from_utf8(now.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn blocks_younger_than_so_many_days_are_kept_by_their_own_time_and_not_by_a_clock_that_is_ahead() {
    const DAY: i64 = 86_400;
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    node.rpc("setmocktime", json!([wall_secs() - 60 * DAY]));
    node.mine(600);
    // By the wall clock all blocks are older than 30 days now; by their own, none is. A clock that
    // has jumped ahead looks like this.
    let custom = "[storage]\npruning_mode = \"custom\"\npruning_threshold_gb = 0.0001\n\
                  pruning_target_gb = 0.00005\n\
                  [storage.custom]\nkeep_days = 30\n";
    let daemon = Daemon::start(config(&node, custom));
    wait_for_check(&daemon, "pruning", &["[!]", "keep_days = 30"]);
    let refused = daemon.cli(&["prune", "--to-height", "10"]);
    assert_exit(&refused, 1);
    assert!(refused.stderr.contains("keep_days = 30"), "{refused:?}");
    assert_eq!(first_kept(&node), 0);

    node.rpc("setmocktime", json!([wall_secs()]));
    node.mine(600);
    let job = wait_for_run(&daemon, "a run", |job| job["pruned_height"] == 551);
    assert_eq!(job["state"], "held", "{job}");
    // 600 and below are old, and the file of 552 to 827 has young ones.
    assert_gone_below(&node, 552);
    // The median time lags behind: some of the first young blocks count as old, and none of the old
    // as young.
    let refused = daemon.cli(&["prune", "--to-height", "612"]);
    assert!(refused.stderr.contains("keep_days = 30"), "{refused:?}");
    assert_exit(&daemon.cli(&["prune", "--to-height", "590"]), 0);
}
