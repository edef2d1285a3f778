//! The arrows in `docs/ARCHITECTURE.md`, held against every path that the sources name.
//!
//! It knows no Rust but its tokens: strings and comments are dropped, `use` groups are expanded,
//! `super` is resolved.

mod document;
mod own_folder;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use document::{Crate, Document, Impure, PROGRAM, REGTEST_NODE};
use paths::{Named, below_src, module_of, paths_in};

use crate::support::surroundings::repository;

#[test]
fn arrows_between_folders_go_only_where_the_architecture_says() {
    let faults: Vec<_> = [PROGRAM, REGTEST_NODE]
        .into_iter()
        .flat_map(forbidden_arrows)
        .collect();
    assert!(
        faults.is_empty(),
        "arrows that {} does not allow; move the code, or change the list there:\n  {}",
        document::FILE,
        faults.join("\n  ")
    );
}

fn forbidden_arrows(of: Crate) -> Vec<String> {
    let document = Document::read(of);
    let mut faults = Vec::new();
    for file in sources(of) {
        let layer = layer_of(&file);
        let file_name = file.display();
        let Some(allowed) = document.allowed(&layer) else {
            faults.push(format!(
                "{file_name}: no line `{layer} -> …` in {}",
                document::FILE
            ));
            continue;
        };
        for named in named_in(&file) {
            let Some(target) = named.in_crate() else {
                continue;
            };
            if target != layer && !allowed.contains(target) {
                let path = named.path.join("::");
                let line = named.line;
                faults.push(format!("{file_name}:{line}: {layer} -> {target} ({path})"));
            }
        }
    }
    faults
}

#[test]
fn arrows_never_go_in_a_circle() {
    for of in [PROGRAM, REGTEST_NODE] {
        assert_eq!(
            Document::read(of).circle(),
            None,
            "a circle in the arrows of {} in {}",
            of.src,
            document::FILE
        );
    }
}

#[test]
fn only_the_adapter_names_the_regtest_node_and_only_the_daemon_the_adapter() {
    let adapter = Path::new("src/node/embedded.rs");
    let is_adapter =
        |file: &&PathBuf| file.as_path() == adapter || file.starts_with(adapter.with_extension(""));
    let faults: Vec<_> = sources(PROGRAM)
        .iter()
        .filter(|file| !is_adapter(file))
        .flat_map(|file| {
            let may_name_adapter = file.starts_with("src/daemon");
            named_in(file).into_iter().filter_map(move |named| {
                let is_crate = named.path.starts_with(&["regtest_node".to_owned()]);
                let is_adapter = named.path.join("::").starts_with("crate::node::embedded");
                (is_crate || (is_adapter && !may_name_adapter))
                    .then(|| format!("{}:{}", file.display(), named.line))
            })
        })
        .collect();
    assert!(
        faults.is_empty(),
        "the embedded node is named in {}",
        faults.join(", ")
    );
    let names_it = |named: &Named| named.path.starts_with(&["regtest_node".to_owned()]);
    assert!(named_in(adapter).iter().any(names_it));
}

#[test]
fn pure_files_name_no_clock_runtime_file_socket_or_log() {
    let document = Document::read(PROGRAM);
    let sources = [sources(PROGRAM), sources(REGTEST_NODE)].concat();
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

/// All sources of a crate, relative to the repository.
fn sources(of: Crate) -> Vec<PathBuf> {
    let root = repository();
    let mut files: Vec<_> = walkdir::WalkDir::new(root.join(of.src))
        .into_iter()
        .map(|entry| entry.expect("an entry of the sources").into_path())
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
    let mut parts = below_src(file).components();
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
    assert_eq!(layer("crates/a/src/chain/tree.rs"), "chain");
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
