//! Deletion that gives no room: little goes, it is said why, and the rest stays.

use std::fs;
use std::process::Command;

use super::*;
use crate::support::mount::Small;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::throughout;

/// A node whose blocks are on `small`, and the part of a configuration that watches them and wants
/// more room than there is.
fn crowded(executable: PathBuf, small: &Small) -> (Bitcoind, String) {
    let blocks = small.path().join("chain");
    fs::create_dir_all(&blocks).unwrap();
    let options = BitcoindOptions::default()
        .prunable()
        .with(format!("-blocksdir={}", blocks.display()));
    let node = Bitcoind::start(executable, options);
    node.mine(3000);
    let config = format!(
        "[node]\ndata_dir = \"{}\"\nblocks_dir = \"{}\"\n[storage]\npruning_mode = \"normal\"\n\
         min_free_gb = 100\n\
         storage_critical_gb = 0.001\npruning_check_interval_secs = 1\n",
        node.datadir().display(),
        blocks.display()
    );
    (node, config)
}

#[track_caller]
fn assert_stops_after_the_first_call(daemon: &Daemon, node: &Bitcoind) {
    let job = wait_for_run(daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["trigger"], &job["state"]),
        (&json!("min_free"), &json!("no_progress")),
        "{job}"
    );
    assert!(
        job["error"]
            .as_str()
            .unwrap()
            .contains("a snapshot or hard links"),
        "{job}"
    );
    let deleted = job["deleted_bytes"].as_u64().unwrap();
    let freed = job["freed_bytes"].as_u64().unwrap();
    assert!(deleted > 0 && freed < deleted / 10, "{job}");
    let kept = first_kept(node);
    assert!(kept <= 3 * 276, "most of the blocks stay: {kept}");
    wait_for_check(daemon, "disk", &["[!]", "a snapshot or hard links hold"]);
    wait_for_check(daemon, "pruning", &["[!]", "until the volume has changed"]);
    let runs = || prune_status(daemon)["last"]["id"].clone();
    throughout("one run", Duration::from_secs(4), runs, |id| {
        id == &job["id"]
    });
}

const WHY: &str = "a file system cannot be mounted here: that takes root, and mkfs.btrfs";

#[test]
fn hard_links_hold_the_room_of_what_is_deleted_and_their_end_lets_pruning_go_on() {
    let executable = bitcoind_or_skip!();
    let small = or_skip!(Small::mount(200), WHY);
    let (node, more) = crowded(executable, &small);
    let blocks = small.path().join("chain");
    let backup = small.path().join("backup");
    assert!(
        Command::new("cp")
            .arg("-al")
            .arg(&blocks)
            .arg(&backup)
            .status()
            .unwrap()
            .success()
    );
    let mut daemon = daemon_beside(&node, &more);
    assert_stops_after_the_first_call(&daemon, &node);

    // A restart begins nothing anew.
    let kept = first_kept(&node);
    daemon.restart();
    wait_for_check(&daemon, "pruning", &["[!]", "until the volume has changed"]);
    assert_eq!(first_kept(&node), kept);

    // Somebody asks.
    let output = daemon.cli(&["prune", "--to-height", "1200"]);
    assert_exit(&output, 0);
    assert!(
        output.stdout.contains("0 B freed of") && output.stdout.contains("deleted"),
        "{output:?}"
    );

    fs::remove_dir_all(&backup).unwrap();
    let job = wait_for_run(&daemon, "another run", |job| {
        job["trigger"] == "min_free" && job["state"] == "held"
    });
    assert!(job["freed_bytes"].as_u64().unwrap() > 100_000, "{job}");
    assert!(first_kept(&node) > 2000);
}

#[test]
fn a_btrfs_snapshot_holds_the_room_and_without_one_pruning_frees_it() {
    let executable = bitcoind_or_skip!();
    let small = or_skip!(Small::btrfs(300), WHY);
    let subvolume = small.path().join("chain");
    let btrfs = |arguments: &[&str]| {
        let output = Command::new("btrfs").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    btrfs(&["subvolume", "create", &subvolume.display().to_string()]);
    let (node, more) = crowded(executable, &small);
    btrfs(&[
        "subvolume",
        "snapshot",
        &subvolume.display().to_string(),
        &small.path().join("kept").display().to_string(),
    ]);
    let daemon = daemon_beside(&node, &more);
    assert_stops_after_the_first_call(&daemon, &node);
}
