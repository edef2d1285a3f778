//! The directories of the state and of the node: whether they can be used, and whose they are.

use std::path::Path;

use nix::unistd::{AccessFlags, access};

use super::block_files;
use super::embedded_directory::unusable_directory;
use super::problem::{error, warning};
use crate::config::schema::{MemberConfig, NodeKind};
use crate::config::{Config, Problem, Severity};
use crate::state::{self, StateDir};

/// What is wrong with the directory of the state, for which a file is written into it.
pub(super) fn check(config: &Config) -> Vec<Problem> {
    let state = &config.state_dir;
    let mut problems = inspect(config);
    if problems
        .iter()
        .all(|problem| problem.severity != Severity::Error)
    {
        problems.extend(without_room("state_dir", state));
    }
    problems
}

/// What is wrong with the directory of the state, as far as that is seen without writing.
pub(super) fn inspect(config: &Config) -> Vec<Problem> {
    let state = &config.state_dir;
    let mut problems = Vec::from_iter(not_writable("state_dir", state));
    problems.extend(without_socket(state));
    problems.extend(unknown_group(config));
    problems
}

/// What is wrong with the directories of a node.
pub(super) fn check_of_node(config: &MemberConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    let attached = config.node.kind == NodeKind::Attached;
    if let Some(data) = config.node.data_dir.as_ref().filter(|_| !attached) {
        problems.extend(not_writable("node.data_dir", data).or_else(|| not_its_own(config, false)));
    }
    let named = [
        ("node.data_dir", &config.node.data_dir),
        ("node.blocks_dir", &config.node.blocks_dir),
    ];
    for (key, path) in named
        .into_iter()
        .filter_map(|(key, path)| Some((key, path.as_ref()?)))
        .filter(|_| attached)
    {
        if let Err(reason) = std::fs::read_dir(path) {
            let message =
                format!("cannot read it ({reason}), so neither its size nor its volume is watched");
            problems.push(warning(key, path.display(), message));
        }
    }
    problems.extend(block_files::on_another_volume(config));
    problems
}

/// Of an embedded node, why it would not start in its directory; if `only_others`, no other reason
/// than that it is another node's.
fn not_its_own(config: &MemberConfig, only_others: bool) -> Option<Problem> {
    let data = config
        .node
        .data_dir
        .as_ref()
        .filter(|_| config.node.kind == NodeKind::Embedded)?;
    unusable_directory(data, only_others)
}

/// The embedded node is never to write in the directory of another one.
pub(in crate::daemon) fn another_nodes_directory(config: &Config) -> Option<Problem> {
    not_its_own(config.first_member(), true)
}

/// A directory that is not there yet is made at start, in the nearest one that is.
fn not_writable(key: &str, directory: &Path) -> Option<Problem> {
    let nearest = directory
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(directory);
    let is_writable =
        nearest.is_dir() && access(nearest, AccessFlags::W_OK | AccessFlags::X_OK).is_ok();
    (!is_writable).then(|| {
        error(
            key,
            directory.display(),
            format!("cannot write in {}", nearest.display()),
        )
    })
}

/// Nobody could be let in by it.
pub(in crate::daemon) fn unknown_group(config: &Config) -> Option<Problem> {
    let group = config
        .rpc
        .control_cookie_group
        .as_ref()
        .filter(|group| !state::is_group(group))?;
    let suggestion = Some("name one of those that `getent group` lists".to_owned());
    let message = "there is no such group on this machine";
    Some(Problem {
        suggestion,
        ..error("rpc.control_cookie_group", group, message)
    })
}

/// The commands can do without one.
fn without_socket(state: &Path) -> Option<Problem> {
    let reason = StateDir::may_have_socket(state).err()?;
    let message = format!(
        "there can be no control socket in it ({reason}): commands use the listener and the \
         control token"
    );
    Some(warning("state_dir", state.display(), message))
}

/// A full volume does not prevent a start: a daemon is needed most just then.
fn without_room(key: &str, directory: &Path) -> Option<Problem> {
    let reason = state::probe_free_space(directory).err()?;
    let suggestion = Some("make room on its volume".to_owned());
    let message = format!(
        "there is no room in it ({reason}): leases and changes of the reconnection queue are \
         refused, and without a control cookie the control API too"
    );
    Some(Problem {
        suggestion,
        ..warning(key, directory.display(), message)
    })
}
