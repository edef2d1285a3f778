//! A command that is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::{SOON, notifying};
use crate::support::surroundings::eventually;

/// A program of these lines.
fn script(path: &Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_command_is_told_what_happened_on_its_input_and_in_its_environment() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("notify");
    let seen = directory.path().join("seen");
    script(
        &program,
        "read -r line; printf '%s|%s|%s|%s\\n' \"$BLLVM_EVENT\" \"$BLLVM_TO\" \"$1\" \"$line\" >> \"$2\"",
    );
    let (node, _daemon) = notifying(&format!(
        "[[notify]]\nname = \"x\"\ncommand = [\"{}\", \"$HOME; exit\", \"{}\"]\nhold_secs = 0\n\
         on = [\"state\"]\n",
        program.display(),
        seen.display()
    ));
    drop(node);
    let text = eventually(
        "a line of the command",
        SOON,
        || fs::read_to_string(&seen).unwrap_or_default(),
        |text| text.ends_with('\n'),
    );
    let parts: Vec<&str> = text.trim_end().splitn(4, '|').collect();
    assert_eq!(
        parts[..3],
        ["state", "unreachable", "$HOME; exit"],
        "no shell: {text}"
    );
    let document: Value = serde_json::from_str(parts[3]).unwrap();
    assert_eq!(document["to"], "unreachable");
}

#[test]
fn a_command_that_is_late_is_killed_with_its_children_and_reported() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("notify");
    let pids = directory.path().join("pids");
    script(
        &program,
        &format!("sleep 1000 &\necho $$ $! > {}\nwait", pids.display()),
    );
    let (_node, daemon) = notifying(&format!(
        "[[notify]]\nname = \"x\"\ncommand = [\"{}\"]\n",
        program.display()
    ));
    let tested = daemon.cli(&["notify", "test"]);
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(
        tested.stdout.contains("took longer than 10 s"),
        "{tested:?}"
    );
    for pid in fs::read_to_string(&pids).unwrap().split_whitespace() {
        let stat = format!("/proc/{pid}/stat");
        eventually(
            "the end of a process",
            SOON,
            || fs::read_to_string(&stat).unwrap_or_default(),
            |stat| stat.is_empty() || stat.contains(") Z") || stat.contains(") X"),
        );
    }
}
