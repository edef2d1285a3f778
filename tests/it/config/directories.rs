//! Directories, cookies and block files, as `config check` finds them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::{Checked, assert_reports, nowhere};
use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::config::{Config, attached_to, attached_to_fake};
use crate::support::daemon::{Daemon, write_private};
use crate::support::http;
use crate::support::ready::healthy_node;
use crate::support::sight::{Page, wait_metrics};
use crate::support::skip::bitcoind_or_skip;

#[test]
fn a_check_leaves_the_state_directory_as_it_found_it() {
    let checked = Checked::new(nowhere());
    let state = checked.directory.path().join("state");
    fs::create_dir(&state).unwrap();
    assert_eq!(checked.check(&[]).code, Some(0));
    assert_eq!(
        fs::read_dir(&state).unwrap().count(),
        0,
        "a lock of root's would keep the daemon out"
    );
}

#[test]
fn blocks_that_are_elsewhere_than_watched_are_reported_with_what_to_write() {
    let elsewhere = tempfile::tempdir().unwrap();
    let volume = elsewhere.path().display().to_string();
    let options = BitcoindOptions::default().with(format!("-blocksdir={volume}"));
    let node = Bitcoind::start(bitcoind_or_skip!(), options);
    node.mine(10);
    let data = format!(
        "[node]\npoll_interval_secs = 0.2\ndata_dir = \"{}\"\n",
        node.datadir().display()
    );
    let wrong = attached_to(&node).with(&data);
    let report = Checked::new(wrong.clone()).check(&["-o", "json"]).json();
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["severity"], &problem["key"]),
        (&json!("error"), &json!("node.data_dir")),
        "{report}"
    );
    assert!(
        problem["message"]
            .as_str()
            .unwrap()
            .contains("no block file"),
        "{problem}"
    );
    assert!(
        problem["suggestion"]
            .as_str()
            .unwrap()
            .contains("write blocks_dir"),
        "{problem}"
    );

    let daemon = Daemon::start(wrong.clone());
    let reported = |page: &Page| page.node("health_check", &[("check", "disk")]) == Some(0.5);
    let page = wait_metrics(
        &daemon,
        "a warning, and the usage as the node counts it",
        |page| {
            reported(page)
                && page.node("storage_usage_bytes", &[]) < Some(1e6)
                && page.has("bllvm_storage_usage_bytes")
        },
    );
    assert_eq!(
        page.node("health_check", &[("check", "storage")]),
        Some(1.0),
        "{}",
        page.text()
    );
    let disk = daemon.get("/health?verbose");
    assert!(
        disk.text().contains("no block file") && disk.text().contains("node.blocks_dir"),
        "{disk:?}"
    );
    drop(daemon);

    let right = wrong.with(&format!("[node]\nblocks_dir = \"{volume}\""));
    assert_reports(
        &Checked::new(right.clone()).check(&[]),
        0,
        &["valid, 0 errors, 0 warnings"],
    );
    let daemon = Daemon::start(right);
    wait_metrics(&daemon, "the usage", |page| {
        page.node("storage_usage_bytes", &[]) > Some(1e6) && !reported(page)
    });
}

#[test]
fn a_cookie_that_is_missing_or_a_directory_is_an_error_that_names_the_one_the_node_takes() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let datadir = node.datadir().display().to_string();
    let right = node.cookie_file().display().to_string();
    for wrong in [
        format!("{datadir}/.cookie"),
        format!("{datadir}/regtest"),
        datadir.clone(),
    ] {
        let config = Config::attached(node.rpc_port(), Path::new(&wrong));
        let checked = Checked::new(config);
        let report = checked.check(&["-o", "json"]).json();
        let problem = &report["problems"][0];
        let reported = (&problem["severity"], &problem["key"]);
        assert_eq!(
            reported,
            (&json!("error"), &json!("node.rpc_cookie_file")),
            "{wrong} {report}"
        );
        assert_eq!(
            problem["suggestion"],
            json!(format!("write \"{right}\"")),
            "{report}"
        );
        // Offline nothing is asked, and a start is not kept from it: the node may come later.
        assert_reports(&checked.check(&["--offline"]), 0, &["valid, 0 errors"]);
        let text = fs::read_to_string(checked.file())
            .unwrap()
            .replace(&format!("\"{wrong}\""), &format!("\"{right}\""));
        assert_reports(&Checked::new(text).check(&[]), 0, &["valid, 0 errors"]);
    }
}

#[test]
fn a_data_dir_without_a_block_file_of_the_nodes_chain_is_an_error() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    node.mine(3);
    let other = tempfile::tempdir().unwrap();
    fs::create_dir_all(other.path().join("blocks")).unwrap();
    fs::write(
        other.path().join("blocks/blk00000.dat"),
        [0xf9, 0xbe, 0xb4, 0xd9, 0],
    )
    .unwrap();
    let check = |directory: &Path| {
        let data = format!("[node]\ndata_dir = \"{}\"", directory.display());
        Checked::new(attached_to(&node).with(&data)).check(&[])
    };
    assert_reports(&check(node.datadir()), 0, &["valid, 0 errors"]);
    // A common temporary directory, and the directory of a node on another chain.
    for directory in [Path::new("/tmp"), other.path()] {
        assert_reports(
            &check(directory),
            78,
            &[
                "error: ",
                "node.data_dir = ",
                "no block file of the chain regtest",
            ],
        );
    }
}

#[test]
fn a_password_that_an_editor_has_spoilt_is_reported_so() {
    let node = healthy_node();
    node.require(&http::basic("me:right"));
    let config = attached_to_fake(&node)
        .without("node", "rpc_cookie_file")
        .with("[node]\nrpc_user = \"me\"\nrpc_password_file = \"{dir}/password\"");
    let checked = Checked::new(config);
    for (content, expected) in [
        ("right \n", "ends with a blank"),
        ("\u{feff}right\n", "begins with a byte order mark"),
    ] {
        write_private(&checked.directory.path().join("password"), content);
        assert_reports(
            &checked.check(&["--offline"]),
            0,
            &["warning: ", "node.rpc_password_file", expected],
        );
        let output = checked.check(&[]);
        assert_reports(&output, 78, &["error: ", &format!("which {expected}")]);
        assert!(!output.stdout.contains("right"), "{output:?}");
    }
}

#[test]
fn directories_that_do_not_serve_are_reported() {
    let checked = Checked::new(nowhere().with("[node]\ndata_dir = \"{dir}/absent\""));
    assert_reports(
        &checked.check(&[]),
        0,
        &["warning: ", ": node.data_dir = ", "absent: cannot read it"],
    );

    let checked = Checked::new(nowhere().with("[node]\nstate_dir = \"{dir}/file/state\""));
    let file = checked.directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert_reports(
        &checked.check(&[]),
        78,
        &["error: ", ": state_dir = ", "cannot write in "],
    );
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    assert_reports(
        &checked.check(&[]),
        78,
        &["error: ", ": state_dir = ", "cannot write in "],
    );
}
