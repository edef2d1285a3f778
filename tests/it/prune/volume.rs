//! A volume that fills: it is pruned before the node's own check fails, wherever links lead.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::*;
use crate::support::config::attached_to_fake;
use crate::support::mount::Small;
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::{bitcoind_or_skip, or_skip};

const WHY: &str = "a tmpfs cannot be mounted here: that takes root";

fn fill(small: &Small, mebibytes: usize) {
    fs::write(small.path().join("ballast"), vec![7; mebibytes << 20]).unwrap();
}

#[test]
fn a_volume_that_fills_is_pruned_before_the_node_stops_and_not_when_it_is_too_late() {
    let executable = bitcoind_or_skip!();
    let small = or_skip!(Small::mount(90), WHY);
    let blocks = small.path().join("blocks");
    fs::create_dir(&blocks).unwrap();
    let options = BitcoindOptions::default()
        .prunable()
        .with(format!("-blocksdir={}", blocks.display()));
    let node = Bitcoind::start(executable, options);
    node.mine(1000);
    let daemon = daemon_beside(
        &node,
        &format!(
            "[node]\ndata_dir = \"{}\"\nblocks_dir = \"{}\"\n[storage]\npruning_mode = \"normal\"\n\
             min_free_gb = 0.07\n\
             storage_critical_gb = 0.001\n",
            node.datadir().display(),
            blocks.display()
        ),
    );
    let page = wait_metrics(&daemon, "the volume", |page| {
        page.node("storage_volume_size_bytes", &[]).is_some()
    });
    assert_eq!(
        page.node("storage_volume_size_bytes", &[]),
        Some(f64::from(90 << 20))
    );
    wait_for_check(&daemon, "disk", &["[!]", "below twice min_free_gb"]);
    assert_eq!(
        prune_status(&daemon)["last"],
        json!(null),
        "there is enough still"
    );

    fill(&small, 25);
    let job = wait_for_run(&daemon, "a run", |job| !job.is_null());
    assert_eq!(
        (&job["trigger"], &job["state"]),
        (&json!("min_free"), &json!("held")),
        "{job}"
    );
    assert_eq!(
        job["plan"]["target_bytes"], 140_000_000,
        "twice min_free_gb"
    );
    assert_gone_below(&node, 552);
    wait_for_check(&daemon, "disk", &["[!]", "below min_free_gb"]);
    assert_eq!(
        Page::of(&daemon).node("health_check", &[("check", "disk")]),
        Some(0.5)
    );

    // Too late: a call would stop the node.
    fill(&small, 45);
    let refused = daemon.cli(&["prune", "--to-height", "700"]);
    assert_exit(&refused, 1);
    assert!(
        refused.stderr.contains("too full") && refused.stderr.contains("by hand"),
        "{refused:?}"
    );
    assert_eq!(first_kept(&node), 552, "and it is alive");
}

#[test]
fn a_full_volume_refuses_leases_loses_none_and_grants_them_again_when_there_is_room() {
    let small = or_skip!(Small::mount(20), WHY);
    let node = crate::support::ready::healthy_node();
    let state = format!(
        "[node]\nstate_dir = \"{}\"\n",
        small.path().join("state").display()
    );
    let mut daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&state));
    assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "500"]), 0);
    let full = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "cat /dev/zero > {}/ballast",
            small.path().display()
        ))
        .output();
    assert!(!full.unwrap().status.success());
    // The store may have room of its own for some.
    let refused =
        (0..2000).map(|n| daemon.cli(&["lease", "add", &format!("x{n}"), "--last", "500"]));
    let refused = refused
        .into_iter()
        .find(|output| output.code != Some(0))
        .expect("a refusal");
    assert_exit(&refused, 70);
    assert!(
        refused.stderr.contains("state.redb") && refused.stderr.contains("No space left"),
        "{refused:?}"
    );
    let leases = |daemon: &Daemon| daemon.cli(&["lease", "list", "-o", "tsv"]).stdout;
    let before = leases(&daemon);
    assert!(before.contains("lnd"));

    fs::remove_file(small.path().join("ballast")).unwrap();
    assert_exit(&daemon.cli(&["lease", "add", "late", "--last", "500"]), 0);
    daemon.restart();
    assert_eq!(
        leases(&daemon).lines().count(),
        before.lines().count() + 1,
        "{before}"
    );
}

#[test]
fn a_daemon_starts_on_a_full_volume_of_its_state_and_has_its_cookie_again_when_there_is_room() {
    for has_run_before in [true, false] {
        let small = or_skip!(Small::mount(8), WHY);
        let node = crate::support::ready::healthy_node();
        let state = small.path().join("state");
        let more = format!("[node]\nstate_dir = \"{}\"\n", state.display());
        let mut daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
        assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "500"]), 0);
        if has_run_before {
            // Its cookie stays.
            daemon.kill();
        } else {
            assert_eq!(daemon.stop(), 0);
        }
        let full = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "cat /dev/zero > {}/ballast",
                small.path().display()
            ))
            .output();
        assert!(!full.unwrap().status.success());
        let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
        assert_eq!(daemon.get("/metrics").status, 200);
        // The control socket takes no block of the volume: it is the token that is missing.
        let url = daemon.url();
        let listed = || daemon.cli(&["lease", "list", "-o", "tsv", "--url", &url]);
        if has_run_before {
            assert!(
                listed().stdout.contains("lnd"),
                "{:?}\n{}",
                listed(),
                daemon.log()
            );
        } else {
            daemon.wait_for_log("the volume of the state is full");
            assert_ne!(listed().code, Some(0));
            let storage = || daemon.get("/health/ready?verbose").text().to_owned();
            let cookie = format!(
                "[!] storage: cannot write {}",
                state.join("control.cookie").display()
            );
            wait_until("the storage check", SOON, || storage().contains(&cookie));
        }
        fs::remove_file(small.path().join("ballast")).unwrap();
        wait_until("the control cookie", SOON, || listed().code == Some(0));
        assert!(
            listed().stdout.contains("lnd"),
            "{:?}\n{}",
            listed(),
            daemon.log()
        );
    }
}

#[test]
fn a_first_start_on_a_full_volume_serves_without_a_store_and_makes_one_when_there_is_room() {
    let small = or_skip!(Small::mount(8), WHY);
    let node = crate::support::ready::healthy_node();
    let state = small.path().join("state");
    fs::create_dir(&state).unwrap();
    let more = format!("[node]\nstate_dir = \"{}\"\n", state.display());
    let full = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "cat /dev/zero > {}/ballast",
            small.path().display()
        ))
        .output();
    assert!(!full.unwrap().status.success());
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
    let check = || daemon.cli(&["config", "check", daemon.config_file().to_str().unwrap()]);
    let said = check();
    assert!(
        said.stdout.contains("no room in it") || said.stderr.contains("no room in it"),
        "{said:?}"
    );
    let storage = || daemon.get("/health/ready?verbose").text().to_owned();
    assert!(
        storage().contains("[!] storage: cannot use") && storage().contains("state.redb"),
        "{}",
        storage()
    );
    assert_eq!(
        (
            daemon.get("/health/ready").status,
            daemon.get("/metrics").status
        ),
        (200, 200)
    );
    fs::remove_file(small.path().join("ballast")).unwrap();
    let add = || daemon.cli(&["lease", "add", "lnd", "--last", "500"]);
    wait_until("a lease", SOON, || add().code == Some(0));
    wait_until("the storage check", SOON, || {
        !storage().contains("[!] storage")
    });
    let said = check();
    assert!(
        !said.stdout.contains("no room in it") && !said.stderr.contains("no room in it"),
        "{said:?}"
    );
    drop(daemon);
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
    assert!(
        daemon
            .cli(&["lease", "list", "-o", "tsv"])
            .stdout
            .contains("lnd"),
        "{}",
        daemon.log()
    );
}

#[test]
fn a_daemon_starts_where_not_even_the_state_directory_can_be_made_and_makes_it_when_there_is_room()
{
    const FILES: u32 = 20;
    let small = or_skip!(Small::of_few_files(FILES), WHY);
    let node = crate::support::ready::healthy_node();
    let state = small.path().join("a/state");
    let more = format!("[node]\nstate_dir = \"{}\"\n", state.display());
    let others: Vec<_> = (0..FILES)
        .map(|n| small.path().join(n.to_string()))
        .take_while(|path| fs::write(path, "").is_ok())
        .collect();
    assert!(others.len() < usize::try_from(FILES).unwrap());
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
    let check = || {
        let said = daemon.cli(&["config", "check", daemon.config_file().to_str().unwrap()]);
        said.stdout + &said.stderr
    };
    let said = check();
    assert!(said.contains("there is no room"), "{said}");
    assert_eq!(daemon.get("/metrics").status, 200);
    let storage = || daemon.get("/health/ready?verbose").text().to_owned();
    let store = state.join("state.redb");
    let cannot = format!(
        "[!] storage: cannot use {}: there is no room",
        store.display()
    );
    wait_until("the storage check", SOON, || storage().contains(&cannot));
    for path in others {
        fs::remove_file(path).unwrap();
    }
    let add = || daemon.cli(&["lease", "add", "lnd", "--last", "500"]);
    wait_until("a lease", SOON, || add().code == Some(0));
    wait_until("the storage check", SOON, || {
        !storage().contains("[!] storage")
    });
    let said = check();
    assert!(!said.contains("there is no room"), "{said}");
    let left = fs::read_dir(small.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the state is there");
    drop(daemon);
    let daemon = ready_with(attached_to_fake(&node).with(QUICK).with(&more));
    let listed = daemon.cli(&["lease", "list", "-o", "tsv"]);
    assert!(listed.stdout.contains("lnd"), "{listed:?}");
}

#[test]
fn the_volume_watched_is_the_one_the_blocks_are_on_wherever_links_lead() {
    let executable = bitcoind_or_skip!();
    let small = or_skip!(Small::mount(150), WHY);
    let mut node = node_with_blocks(executable, 400);
    node.stop();
    let home = node.datadir().to_owned();
    let real = small.path().join("elsewhere");
    let moved = Command::new("mv")
        .arg(home.join("regtest/blocks"))
        .arg(&real)
        .status();
    assert!(moved.unwrap().success());
    symlink(&real, home.join("regtest/blocks")).unwrap();
    // The same directory by another link, as an operator may have it.
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("link");
    symlink(&home, &link).unwrap();
    node.restart();
    let daemon = daemon_beside(
        &node,
        &format!(
            "[node]\ndata_dir = \"{}\"\n[storage]\nstorage_critical_gb = 0.001\n",
            link.display()
        ),
    );
    let page = wait_metrics(&daemon, "the volume", |page| {
        page.node("storage_volume_size_bytes", &[]) == Some(f64::from(150 << 20))
            && page.node("storage_usage_bytes", &[]).is_some()
    });
    let free = page.node("storage_volume_free_bytes", &[]);
    let usage = page.node("storage_usage_bytes", &[]);
    assert!(
        free.unwrap() < f64::from((150 << 20) - 100_000),
        "the blocks are on it: {free:?}"
    );
    assert!(
        usage.unwrap() > page.node("storage_database_bytes", &[]).unwrap() + 100_000.0,
        "and are measured"
    );
}
