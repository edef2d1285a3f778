//! The arrows in `docs/ARCHITECTURE.md`, held against every path that the sources name.
//!
//! It knows no Rust but its tokens: strings and comments are dropped, `use` groups are expanded,
//! `super` is resolved.

mod document;
mod own_folder;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use document::{Document, Impure};
use paths::{Named, module_of, paths_in};

use crate::support::surroundings::repository;

#[test]
fn arrows_between_folders_go_only_where_the_architecture_says() {
    let document = Document::read();
    let faults: Vec<_> = sources()
        .iter()
        .flat_map(|file| {
            let layer = layer_of(file);
            let Some(allowed) = document.allowed(&layer) else {
                return vec![format!(
                    "{}: no line `{layer} -> …` in {}",
                    file.display(),
                    document::FILE
                )];
            };
            named_in(file)
                .into_iter()
                .filter_map(|named| {
                    let target = named.in_crate()?;
                    (target != layer && !allowed.contains(target)).then(|| {
                        format!(
                            "{}:{}: {layer} -> {target} ({})",
                            file.display(),
                            named.line,
                            named.path.join("::")
                        )
                    })
                })
                .collect()
        })
        .collect();
    assert!(
        faults.is_empty(),
        "arrows that {} does not allow; move the code, or change the list there:\n  {}",
        document::FILE,
        faults.join("\n  ")
    );
}

#[test]
fn arrows_never_go_in_a_circle() {
    let document = Document::read();
    assert_eq!(
        document.circle(),
        None,
        "a circle in the arrows of {}",
        document::FILE
    );
}

#[test]
fn pure_files_name_no_clock_runtime_file_socket_or_log() {
    let document = Document::read();
    let sources = sources();
    let mut faults = Vec::new();
    for pure in &document.pure {
        let files: Vec<_> = sources
            .iter()
            .filter(|file| is_within(file, pure))
            .collect();
        assert!(
            !files.is_empty(),
            "{} calls {pure} pure, but there is no such file",
            document::FILE
        );
        for file in files {
            for named in named_in(file) {
                if let Some(rule) = document
                    .impure
                    .iter()
                    .find(|rule| rule.forbids(&named.path))
                {
                    let path = named.path.join("::");
                    faults.push(format!(
                        "{}:{}: {path}, but pure files name no {rule}",
                        file.display(),
                        named.line
                    ));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "files that {} calls pure are not:\n  {}",
        document::FILE,
        faults.join("\n  ")
    );
}

/// All sources, relative to the repository.
fn sources() -> Vec<PathBuf> {
    let root = repository();
    let mut files: Vec<_> = walkdir::WalkDir::new(root.join("src"))
        .into_iter()
        .map(|entry| entry.expect("an entry of src/").into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| {
            path.strip_prefix(&root)
                .expect("a file of the repository")
                .to_owned()
        })
        .collect();
    files.sort();
    files
}

fn named_in(file: &Path) -> Vec<Named> {
    let text = fs::read_to_string(repository().join(file)).expect("a source file");
    paths_in(&text, &module_of(file))
}

/// The folder of `src/` a file is in, or the name of a file directly there.
fn layer_of(file: &Path) -> String {
    let mut parts = file.components().skip(1);
    let first = parts
        .next()
        .expect("a name below src/")
        .as_os_str()
        .to_str()
        .expect("a name in UTF-8");
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

fn is_within(file: &Path, entry: &str) -> bool {
    match entry.strip_suffix('/') {
        Some(folder) => file.starts_with(folder),
        None => file == Path::new(entry),
    }
}

#[test]
fn a_layer_is_the_first_name_below_src() {
    let layer = |file: &str| layer_of(Path::new(file));
    assert_eq!(layer("src/node/rpc/client.rs"), "node");
    assert_eq!(layer("src/clock.rs"), "clock");
    assert!(is_within(Path::new("src/health/check.rs"), "src/health/"));
    assert!(!is_within(
        Path::new("src/health/check.rs"),
        "src/health.rs"
    ));
}

#[test]
fn a_name_is_impure_below_a_rule_and_where_it_would_hide_one() {
    let forbidden = |rule: &str, path: &str| {
        let path: Vec<_> = path.split("::").map(str::to_owned).collect();
        Impure::new(rule).forbids(&path)
    };
    assert!(forbidden("tokio", "tokio::time::sleep"));
    assert!(forbidden("std::time::Instant", "std::time::Instant::now"));
    assert!(forbidden("std::time::Instant", "std::time"));
    assert!(forbidden("std::time::Instant", "std::time::*"));
    assert!(forbidden("std::net::Tcp*", "std::net::TcpStream"));
    assert!(!forbidden("std::time::Instant", "std::time::Duration"));
    assert!(!forbidden("std::net::Tcp*", "std::net::IpAddr"));
    assert!(!forbidden("tokio", "tokio_util::sync"));
}
