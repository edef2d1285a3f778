//! A build without the embedded node: every node is attached, and what needs the embedded one says
//! so. A target of its own, since the tests in `tests/it` are of the program as it is released.
//!
//! `CXX=/bin/false cargo test --locked --no-default-features --test attached_only`

#![cfg(not(feature = "embedded"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

#[path = "../it/support/mod.rs"]
#[allow(unused_imports, unused_macros, reason = "no test here uses all of it")]
mod support;

use std::time::Duration;

use support::config::attached_to_fake;
use support::daemon::{Daemon, run, write_private};
use support::ready::healthy_node;

const LONG: Duration = Duration::from_mins(1);

#[test]
fn a_kind_that_nobody_wrote_is_attached() {
    let node = healthy_node();
    let config = attached_to_fake(&node).without("node", "kind");
    let mut daemon = Daemon::start(config);
    daemon.wait_for_status("/health/ready", 200, LONG);
    let shown = daemon.cli(&["config", "show"]);
    let line = |key: &str| shown.stdout.lines().find(|line| line.contains(key));
    assert!(line("kind").unwrap().contains("attached"), "{shown:?}");
    assert!(line("data_dir").unwrap().contains("\"\""), "{shown:?}");
    assert_eq!(daemon.stop(), 0, "{}", daemon.log());
}

#[test]
fn an_embedded_node_that_is_written_is_exit_78_and_the_way_out_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    write_private(&file, "[node]\nkind = \"embedded\"\n");
    for command in [&["config", "check", "--offline"][..], &["serve"]] {
        let output = run(
            &[command, &["--config", file.to_str().unwrap()]].concat(),
            &[],
        );
        let said = output.stdout.clone() + &output.stderr;
        assert_eq!(output.code, Some(78), "{output:?}");
        for part in ["node.kind", "this build has no embedded node", "attached"] {
            assert!(said.contains(part), "{part}: {output:?}");
        }
    }
}

#[test]
fn dev_says_that_it_needs_the_embedded_node() {
    let output = run(&["serve", "--dev"], &[]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(
        output
            .stderr
            .contains("--dev needs the embedded node, which this build does not have"),
        "{output:?}"
    );
    assert!(output.stderr.contains("hint: "), "{output:?}");
}
