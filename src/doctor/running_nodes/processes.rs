//! The processes of nodes, from `/proc`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};
use procfs::process::{Process, all_processes};

use super::node_process::NodeProcess;

/// The programs of Bitcoin Core and of its relatives that are nodes.
const PROGRAMS: [&str; 4] = ["bitcoind", "bitcoin-qt", "bitcoin-node", "bitcoin-gui"];

/// Every process of a node that is seen from here.
pub(super) fn of_nodes() -> Vec<NodeProcess> {
    let Ok(processes) = all_processes() else {
        return Vec::new();
    };
    // One that has ended meanwhile is none.
    processes
        .filter_map(|process| of_node(&process.ok()?))
        .collect()
}

fn of_node(process: &Process) -> Option<NodeProcess> {
    Some(NodeProcess {
        id: Some(process.pid),
        arguments: arguments_of_node(&process.cmdline().ok()?)?.to_vec(),
        // Where we may not look, relative paths lead nowhere.
        directory: process.cwd().unwrap_or_else(|_| PathBuf::from("/")),
        home: home_of(process),
    })
}

/// The arguments of a node, if `line` is its command line.
fn arguments_of_node(line: &[String]) -> Option<&[String]> {
    let name = |word: &String| Some(Path::new(word).file_name()?.to_str()?.to_owned());
    let is_node = |word: &String| name(word).is_some_and(|name| PROGRAMS.contains(&&*name));
    let first = line.first()?;
    // The loader of another libc may run it: its own options and the node's path come first.
    let is_loader = name(first).is_some_and(|name| name.starts_with("ld-"));
    let at = if is_loader {
        line.iter().position(is_node)?
    } else {
        is_node(first).then_some(0)?
    };
    line.get(at + 1..)
}

/// What the node takes for the home of its user.
fn home_of(process: &Process) -> Option<PathBuf> {
    let variable = |process: &Process| process.environ().ok()?.remove(OsStr::new("HOME"));
    if let Some(home) = variable(process).filter(|home| !home.is_empty()) {
        return Some(PathBuf::from(home));
    }
    let user = User::from_uid(Uid::from_raw(process.uid().ok()?)).ok()??;
    Some(user.dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_known_by_its_program_also_behind_a_loader() {
        let arguments = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            arguments_of_node(&words).map(|arguments| arguments.join(" "))
        };
        let found = Some("-regtest".to_owned());
        assert_eq!(arguments("bitcoind -regtest"), found);
        assert_eq!(arguments("/usr/bin/bitcoin-qt -regtest"), found);
        let loader = "/x/ld-linux-x86-64.so.2 --library-path /x/lib /x/bin/bitcoind -regtest";
        assert_eq!(arguments(loader), found);
        for other in ["bitcoin-cli stop", "vim bitcoind", "bitcoind.sh", "ld-x y"] {
            assert_eq!(arguments(other), None, "{other}");
        }
    }
}
