//! Which build it is.

use std::process::Command;
use std::time::Duration;

use crate::support::child;
use crate::support::daemon::run;
use crate::support::surroundings::{env, repository};

#[test]
fn the_version_names_the_commit_that_the_program_is_built_from() {
    let version = run(&["--version"], &[]).stdout;
    let commit = version.trim_end().strip_prefix(concat!(
        "bllvmctl ",
        env!("CARGO_PKG_VERSION"),
        " (commit "
    ));
    let commit = commit.and_then(|commit| commit.strip_suffix(')'));
    let commit = commit.unwrap_or_else(|| panic!("no commit in {version:?}"));
    // What the build was given, or sources without git.
    if env("BLLVMCTL_COMMIT").is_some() || !repository().join(".git").exists() {
        return;
    }
    let mut command = Command::new("git");
    command
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(repository());
    let head = child::run(command, b"", Duration::from_mins(1));
    let commit = commit.strip_suffix("-dirty").unwrap_or(commit);
    assert_eq!(commit, head.stdout.trim(), "{version}");
}
