//! What counts as usage: the chain's own directory, as `du` says it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::support::sight::wait_metrics;
use crate::support::skip::bitcoind_or_skip;

fn du(path: &Path) -> f64 {
    let output = Command::new("du")
        .args(["-s", "--block-size=1"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn other_chains_links_and_backups_of_hard_links_in_the_directory_are_no_usage() {
    let node = node_with_blocks(bitcoind_or_skip!(), 1000);
    let root = node.datadir();
    let chain = node.datadir().join("regtest");
    let elsewhere = tempfile::tempdir().unwrap();
    for other in [
        root.join("blocks"),
        root.join("testnet4/blocks"),
        elsewhere.path().to_path_buf(),
    ] {
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("blk00000.dat"), vec![1; 30_000_000]).unwrap();
    }
    symlink(elsewhere.path(), chain.join("old-blocks")).unwrap();
    let backup = chain.join("blocks-before-upgrade");
    assert!(
        Command::new("cp")
            .arg("-al")
            .arg(chain.join("blocks"))
            .arg(&backup)
            .status()
            .unwrap()
            .success()
    );
    let threshold = (du(&chain) + 5_000_000.0) / 1e9;
    let daemon = daemon_beside(
        &node,
        &format!(
            "[node]\ndata_dir = \"{}\"\n[storage]\npruning_mode = \"normal\"\n\
             pruning_threshold_gb = {threshold}\n\
             pruning_target_gb = 0.0001\n",
            root.display()
        ),
    );
    let near = |usage: f64| (usage - du(&chain)).abs() < 1_000_000.0;
    let measured = |page: &crate::support::sight::Page| {
        page.node("storage_usage_bytes", &[]).is_some_and(near)
    };
    wait_metrics(&daemon, "the usage of the chain alone", measured);
    wait_for_check(&daemon, "pruning", &["[+]", "is not above the threshold"]);
    assert_eq!(
        (first_kept(&node), &prune_status(&daemon)["last"]),
        (0, &json!(null))
    );

    let reported = daemon.cli(&["config", "check"]).stdout;
    let line = reported
        .lines()
        .find(|line| line.starts_with("usage: "))
        .unwrap_or_else(|| panic!("{reported}"));
    assert!(
        line.ends_with(&format!(" in {}", chain.display())),
        "{line}"
    );
    let counted = daemon.cli(&["config", "check", "-o", "json"]).json()["counted"].take();
    assert_eq!(counted["directories"], json!([chain.display().to_string()]));
    assert!(near(counted["usage_bytes"].as_f64().unwrap()), "{counted}");
}
