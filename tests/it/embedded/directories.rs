//! Whose the data directory is: that of a bitcoind is left as it is, whatever is asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::child::{self, Output};
use crate::support::config::embedded;
use crate::support::daemon::{Daemon, bllvmctl, run, write_private};
use crate::support::skip::bitcoind_or_skip;

const LONG: Duration = Duration::from_mins(2);

/// Everything below `directory` with what is in it, but for the log of a node that runs.
fn contents(directory: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
            found.push((path, None));
        } else if path.file_name().is_some_and(|name| name != "debug.log") {
            found.push((path.clone(), Some(fs::read(path).unwrap())));
        }
    }
    found.sort();
    found
}

/// A configuration that forgets `kind = "attached"`.
fn config(home: &Path, data: &Path) -> String {
    let file = home.join("bllvmctl.toml");
    let data = format!("[node]\ndata_dir = \"{}\"", data.display());
    let text = embedded()
        .without("node", "kind")
        .with(&data)
        .to_string()
        .replace("{dir}", home.to_str().unwrap());
    write_private(&file, &text);
    file.to_str().unwrap().to_owned()
}

/// `serve` to its end, which must come by itself.
fn serve(home: &Path, file: &str, more: &[&str]) -> Output {
    let mut command = bllvmctl(home);
    command.args(["serve", "--config", file]).args(more);
    child::run(command, b"", LONG)
}

/// Neither `serve` nor `--reindex` starts in `data` or changes anything there, and `config check`
/// says why.
fn assert_refused(data: &Path, found: &str) {
    let home = tempfile::tempdir().unwrap();
    let file = config(home.path(), data);
    let before = contents(data);
    let reported = [
        &format!(
            "node.data_dir = {}: is another node's directory: {found}",
            data.display()
        ),
        "write kind = \"attached\" under [node]",
        "let data_dir name another directory",
    ];
    for more in [[].as_slice(), &["--reindex"]] {
        let output = serve(home.path(), &file, more);
        assert_eq!(output.code, Some(78), "{output:?}");
        assert!(
            reported
                .iter()
                .all(|reported| output.stderr.contains(reported)),
            "{output:?}"
        );
    }
    let output = run(&["config", "check", &file], &[]);
    assert_eq!(output.code, Some(78), "{output:?}");
    assert!(
        reported
            .iter()
            .all(|reported| output.stdout.contains(reported)),
        "{output:?}"
    );
    assert_eq!(
        run(&["config", "check", "--offline", &file], &[]).code,
        Some(0)
    );
    assert!(
        !home.path().join("state").exists(),
        "nor is anything written elsewhere"
    );
    assert!(contents(data) == before, "the directory has changed");
}

#[test]
fn the_directory_of_a_bitcoind_is_not_touched_while_it_runs_nor_after() {
    let mut bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    bitcoind.mine(120);
    let chain = bitcoind.datadir().join("regtest");
    let found = "it has blocks/index, blocks/xor.dat, blocks/rev00000.dat and ";
    let above =
        "it has regtest/blocks/index, regtest/blocks/xor.dat, regtest/blocks/rev00000.dat and ";
    assert_refused(&chain, found);
    assert_refused(bitcoind.datadir(), above);
    assert_refused(&chain.join("blocks"), "it has blk00000.dat, rev00000.dat");
    bitcoind.stop();
    assert_refused(&chain, found);
    assert_refused(bitcoind.datadir(), above);
    bitcoind.restart();
    assert_eq!(bitcoind.rpc("getblockcount", json!([])), 120);
    bitcoind.mine(1);
}

#[test]
fn what_is_left_of_a_bitcoind_is_another_node_s_too() {
    let mut bitcoind = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default().prunable());
    bitcoind.mine(400);
    bitcoind.stop();
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("blocks")).unwrap();
    for entry in fs::read_dir(bitcoind.datadir().join("regtest/blocks")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("blk") {
            fs::copy(&path, copy.path().join("blocks").join(name)).unwrap();
        }
    }
    assert!(copy.path().join("blocks/blk00001.dat").exists());
    assert_refused(
        copy.path(),
        "there is no block of regtest in blocks/blk0000",
    );
}

#[test]
fn a_directory_of_its_own_is_valid_before_its_start_while_it_runs_and_after() {
    let mut daemon = Daemon::start(embedded());
    daemon.wait_for_status("/health/ready", 200, LONG);
    let check = |daemon: &Daemon| {
        let output = daemon.cli(&["config", "check"]);
        assert_eq!(output.code, Some(0), "{output:?}");
    };
    check(&daemon);
    daemon.kill();
    assert!(
        daemon.directory().join("data/.cookie").exists(),
        "left by the crash"
    );
    check(&daemon);
    daemon.restart();
    daemon.wait_for_status("/health/ready", 200, LONG);
    assert_eq!(daemon.stop(), 0);
    fs::remove_dir_all(daemon.directory().join("data")).unwrap();
    check(&daemon);
}

#[test]
fn a_file_of_its_own_that_has_no_block_any_more_is_named_and_left() {
    let mut daemon = Daemon::start(embedded());
    daemon.wait_for_status("/health/ready", 200, LONG);
    assert_eq!(daemon.stop(), 0);
    let file = daemon.directory().join("data/blocks/blk00000.dat");
    fs::write(&file, [7; 5_000]).unwrap();
    for more in [[].as_slice(), &["--reindex"]] {
        let output = serve(
            daemon.directory(),
            daemon.config_file().to_str().unwrap(),
            more,
        );
        assert_eq!(output.code, Some(70), "{output:?}");
        assert!(
            output
                .stderr
                .contains("blk00000.dat is damaged: there is no block of regtest in it"),
            "{output:?}"
        );
        assert!(output.stderr.contains("move it away"), "{output:?}");
    }
    let output = daemon.cli(&["config", "check"]);
    assert!(
        output.code == Some(78) && output.stdout.contains("there is no block of regtest in it"),
        "{output:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), [7; 5_000]);
}
