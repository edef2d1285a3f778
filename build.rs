//! Tells the program which commit it is built from: `BLLVMCTL_COMMIT`, else that of the package,
//! else that of git.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What the program is made of.
const SOURCES: [&str; 5] = ["build.rs", "Cargo.toml", "Cargo.lock", "src", "crates"];

// Cargo runs this in the folder of the package.
fn main() {
    for path in SOURCES.iter().filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=BLLVMCTL_COMMIT");
    let commit = given().or_else(of_package).or_else(of_git);
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=BUILD_COMMIT={commit}");
}

/// What whoever builds from a tarball says.
#[expect(clippy::disallowed_methods, reason = "the environment of the build")]
fn given() -> Option<String> {
    env::var("BLLVMCTL_COMMIT")
        .ok()
        .filter(|commit| !commit.is_empty())
}

/// What `cargo package` writes beside the sources: `{"git": {"sha1": "…"}, …}`.
fn of_package() -> Option<String> {
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    Some(rest.split('"').nth(1)?.get(..12)?.to_owned())
}

/// The commit of this repository, not of one that the sources were unpacked into; with `-dirty` if
/// they differ.
fn of_git() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = Path::new(".").canonicalize().ok()?;
    if Path::new(&top).canonicalize().ok()? != here {
        return None;
    }
    // It changes with each commit and checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&[&["status", "--porcelain", "--"], &SOURCES[..]].concat())?;
    let mark = if changed.is_empty() { "" } else { "-dirty" };
    Some(format!("{commit}{mark}"))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
