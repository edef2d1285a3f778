//! The surroundings of a configuration, tried before a start: the node, the directories, the
//! listeners.
//!
//! A state of the node that may pass, such as being unreachable, is a warning; what only the
//! operator can fix is an error.

mod block_files;
mod certificates;
mod cookies;
mod directories;
mod embedded_directory;
mod members;
mod node;
mod problem;
mod store;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use tokio::runtime::Builder;

use jiff::Timestamp;
use serde::Serialize;

pub use self::block_files::CountedUsage;
pub(super) use self::directories::{another_nodes_directory, unknown_group};
use self::node::Checked;
use self::problem::error;
use super::socket_file;
use crate::config::schema::{MemberConfig, NodeKind};
use crate::config::{Config, Entry, Loaded, Problem};
use crate::state::StateDir;
use crate::values::{Chain, ListenAddress};

/// The file with the control token of a daemon that runs with `loaded`.
#[must_use]
pub fn control_cookie(loaded: &Loaded) -> Option<PathBuf> {
    let named = match &loaded.config {
        Some(config) => config.rpc.control_token_file.clone(),
        None => path_in(loaded, "rpc.control_token_file"),
    };
    named.or_else(|| Some(state_dir(loaded)?.join(StateDir::COOKIE)))
}

/// The control socket of a daemon that runs with `loaded`.
#[must_use]
pub fn control_socket(loaded: &Loaded) -> Option<PathBuf> {
    Some(state_dir(loaded)?.join(StateDir::SOCKET))
}

fn state_dir(loaded: &Loaded) -> Option<PathBuf> {
    match &loaded.config {
        Some(config) => Some(config.state_dir.clone()),
        None => path_in(loaded, "state_dir"),
    }
}

/// The path at `key` of a file that may have become wrong since the daemon read it.
fn path_in(loaded: &Loaded, key: &str) -> Option<PathBuf> {
    let entry: &Entry = loaded.entries.iter().find(|entry| entry.key == key)?;
    let path = entry.value.as_str().filter(|text| !text.is_empty());
    path.map(PathBuf::from)
}

/// What a look at the surroundings of a configuration found.
#[derive(Debug)]
pub struct Surroundings {
    /// What is wrong with them.
    pub problems: Vec<Problem>,
    /// What counts as usage of the only node, where that is measured.
    pub counted: Option<CountedUsage>,
    /// The same of each node in `[[nodes]]`.
    pub nodes: Vec<MemberUsage>,
}

/// What a node of several takes.
#[derive(Debug, Serialize)]
pub struct MemberUsage {
    /// The name of the node.
    pub name: String,
    /// What counts as its usage.
    #[serde(flatten)]
    pub counted: CountedUsage,
}

/// What is wrong with the certificates that `config` names, the values of which came from
/// `entries`, at `now`. Nothing beside these files is looked at.
#[must_use]
pub fn certificates(config: &Config, entries: &[Entry], now: Timestamp) -> Vec<Problem> {
    let mut problems: Vec<Problem> = certificates::check(config, now)
        .into_iter()
        .map(|problem| problem.located(entries))
        .collect();
    for (index, member) in config.members().enumerate() {
        let identity = member.node.tls.identity.as_ref();
        let found = certificates::check_of_node(identity, now);
        problems.extend(found.map(|problem| members::located(problem, config, index, entries)));
    }
    problems
}

/// Tries the surroundings of `config`, the values of which came from `entries`, and reports what is
/// wrong with them. Writes a small file into the directory of the state, and removes it.
pub fn preflight(config: &Config, entries: &[Entry]) -> std::io::Result<Surroundings> {
    look_around(config, entries, directories::check(config))
}

/// The same, but that it writes nothing anywhere.
pub fn inspect(config: &Config, entries: &[Entry]) -> std::io::Result<Surroundings> {
    look_around(config, entries, directories::inspect(config))
}

/// The surroundings; `problems` are those of the directory of the state.
fn look_around(
    config: &Config,
    entries: &[Entry],
    mut problems: Vec<Problem>,
) -> std::io::Result<Surroundings> {
    let ours = StateDir::is_in_use(&config.state_dir);
    problems.extend(listeners(config, ours));
    let mut problems: Vec<Problem> = problems
        .into_iter()
        .map(|problem| problem.located(entries))
        .collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (checked, of_store) =
        runtime.block_on(async { tokio::join!(members::ask(config), store::check(config)) });
    let of_store = of_store.into_iter();
    problems.extend(of_store.map(|problem| problem.located(entries)));
    // A file that hangs must not keep the check.
    runtime.shutdown_background();
    let mut surroundings = Surroundings {
        problems,
        counted: None,
        nodes: Vec::new(),
    };
    surroundings.add_nodes(config, entries, checked);
    if !config.has_node_list() {
        surroundings.counted = surroundings.nodes.pop().map(|usage| usage.counted);
    }
    Ok(surroundings)
}

impl Surroundings {
    /// Adds what is wrong with each node, and what counts as its usage; `checked` is what asking
    /// them found.
    fn add_nodes(&mut self, config: &Config, entries: &[Entry], checked: Vec<Checked>) {
        let mut elsewhere = members::on_other_chains(config, &checked)
            .into_iter()
            .peekable();
        for (index, (member, node)) in config.members().zip(checked).enumerate() {
            let mut found = directories::check_of_node(member);
            found.extend(node.problems);
            found.extend(
                elsewhere
                    .next_if(|(of, _)| *of == index)
                    .map(|(_, problem)| problem),
            );
            match count_usage(member, node.chain, &found) {
                Some(Ok(counted)) => self.nodes.push(MemberUsage {
                    name: member.node.name.clone(),
                    counted,
                }),
                Some(Err(problem)) => found.push(problem),
                None => {}
            }
            let located = |problem| members::located(problem, config, index, entries);
            self.problems.extend(found.into_iter().map(located));
        }
    }
}

/// The usage of an attached node, or why it cannot be measured, unless `found` says so already.
fn count_usage(
    member: &MemberConfig,
    chain: Option<Chain>,
    found: &[Problem],
) -> Option<Result<CountedUsage, Problem>> {
    let is_reported = |problem: &Problem| {
        matches!(
            problem.key.as_deref(),
            Some("node.data_dir" | "node.blocks_dir")
        )
    };
    let is_attached = member.node.kind == NodeKind::Attached;
    let counted = is_attached
        .then(|| block_files::count_usage(member, chain.or(member.node.chain)))
        .flatten()?;
    let is_new = counted.is_ok() || !found.iter().any(is_reported);
    is_new.then_some(counted)
}

/// The database of an attached node is not ours to rebuild.
pub(super) fn no_reindex(config: &Config, reindex: bool) -> Option<Problem> {
    (reindex && config.first_member().node.kind == NodeKind::Attached).then(|| {
        let suggestion =
            Some("leave out --reindex, or start the node itself with -reindex".to_owned());
        Problem {
            suggestion,
            ..error(
                "node.kind",
                "attached",
                "--reindex is for the embedded node",
            )
        }
    })
}

fn listeners(config: &Config, ours: bool) -> Vec<Problem> {
    let member = config.first_member();
    let is_embedded = member.node.kind == NodeKind::Embedded;
    let peers = member.network.listen.filter(|_| is_embedded);
    let named = [
        ("rpc.listen", config.rpc.listen.tcp()),
        (
            "rpc.ops_listen",
            config.rpc.ops_listen.as_ref().and_then(ListenAddress::tcp),
        ),
        ("rpc.agent_listen", config.rpc.agent_listen),
        ("network.listen", peers),
    ];
    let taken = |(key, address): (&str, Option<SocketAddr>)| {
        let address = address?;
        let reason = TcpListener::bind(address).err()?;
        let in_use = reason.kind() == std::io::ErrorKind::AddrInUse;
        // 18332 is also where a testnet node answers calls.
        let testnet = if address.port() == 18_332 {
            "; it is also the RPC port of testnet"
        } else {
            ""
        };
        (!(in_use && ours)).then(|| {
            error(
                key,
                address,
                format!("cannot listen there: {reason}{testnet}"),
            )
        })
    };
    let mut problems: Vec<Problem> = named.into_iter().filter_map(taken).collect();
    if let ListenAddress::Unix(path) = &config.rpc.listen
        && !ours
        && socket_file::is_alive(path)
    {
        let message = "another program listens there";
        problems.push(error("rpc.listen", &config.rpc.listen, message));
    }
    problems
}
