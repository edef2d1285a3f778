//! The record of the tests that were skipped in one run of cargo: the binaries of tests write it,
//! and the last of them, `skipped`, reads it. All of them are started by the same process.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};

const PREFIX: &str = "skipped-tests-";

/// Adds a test, and why it was skipped.
pub(crate) fn add(test: &str, why: &str) -> io::Result<()> {
    let Some(run) = run_of(parent_id()) else {
        return Ok(());
    };
    let path = folder().join(run);
    let mut file = File::options().create(true).append(true).open(path)?;
    // One write, so that lines of tests that run side by side do not mix.
    file.write_all(format!("{test}\t{why}\n").as_bytes())
}

/// Why each test of this run was skipped. The record is removed, and so are those of runs that are
/// over.
pub(crate) fn take() -> Vec<String> {
    let Some(run) = run_of(parent_id()) else {
        return Vec::new();
    };
    let text = fs::read_to_string(folder().join(&run)).unwrap_or_default();
    for entry in fs::read_dir(folder()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_over = |rest: &str| {
            let process = rest.split('-').next().and_then(|id| id.parse().ok());
            process.and_then(run_of).as_ref() != Some(&name)
        };
        if name == run || name.strip_prefix(PREFIX).is_some_and(is_over) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(_, why)| why.to_owned()).collect()
}

/// The name of the record of the run that `process` is: its id, and when it started, since ids are
/// used again.
fn run_of(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold spaces; the start is the 22nd field of all.
    let (_, fields) = stat.rsplit_once(") ")?;
    let started = fields.split(' ').nth(19)?;
    Some(format!("{PREFIX}{process}-{started}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).to_owned()
}
