//! The surroundings of a configuration, tried before a start: the node, the directories, the
//! listeners.
//!
//! What is the node's own state, such as being away, is a warning; what only the operator can mend
//! is an error.

use std::fmt::Display;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{AccessFlags, access};
use serde::Serialize;
use tokio::runtime::Builder;
use tokio::time::timeout;
use url::Host;

use super::{embedded, settings};
use crate::config::schema::{Credentials, NodeKind, PruningMode};
use crate::config::{Config, Entry, Loaded, Problem, Severity};
use crate::node::rpc::{Directories, Endpoint, Observer, RpcNode, Told};
use crate::node::{ChainInfo, Node, NodeError, RefusedCredentials};
use crate::state::{self, StateDir};
use crate::values::Chain;

/// The control cookie of a daemon that runs with `loaded`.
#[must_use]
pub fn control_cookie(loaded: &Loaded) -> Option<PathBuf> {
    if let Some(config) = &loaded.config {
        let cookie = || config.state_dir.join(StateDir::COOKIE);
        return Some(config.rpc.control_token_file.clone().unwrap_or_else(cookie));
    }
    // The file may have become wrong since the daemon read it.
    let value = |key: &str| {
        let entry: &Entry = loaded.entries.iter().find(|entry| entry.key == key)?;
        entry
            .value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(PathBuf::from)
    };
    value("rpc.control_token_file").or_else(|| Some(value("state_dir")?.join(StateDir::COOKIE)))
}

fn problem(
    severity: Severity,
    key: &str,
    value: &dyn Display,
    message: impl Into<String>,
) -> Problem {
    Problem {
        severity,
        file: None,
        line: None,
        column: None,
        given_by: None,
        key: Some(key.to_owned()),
        value: Some(value.to_string()),
        message: message.into(),
        suggestion: None,
    }
}

pub(super) fn error(key: &str, value: impl Display, message: impl Into<String>) -> Problem {
    problem(Severity::Error, key, &value, message)
}

fn warning(key: &str, value: impl Display, message: impl Into<String>) -> Problem {
    problem(Severity::Warning, key, &value, message)
}

/// What a look at the surroundings of a configuration found.
#[derive(Debug)]
pub struct Surroundings {
    /// What is wrong with them.
    pub problems: Vec<Problem>,
    /// What counts as usage, where that is measured.
    pub counted: Option<CountedUsage>,
}

/// What `storage.pruning_threshold_gb` is compared with.
#[derive(Debug, Serialize)]
pub struct CountedUsage {
    /// The directories of the chain that are measured.
    pub directories: Vec<PathBuf>,
    /// What they take, as `du` says it.
    pub usage_bytes: u64,
}

/// Tries the surroundings of `config`, the values of which came from `entries`, and reports what is
/// wrong with them.
pub fn preflight(config: &Config, entries: &[Entry]) -> std::io::Result<Surroundings> {
    let ours = StateDir::is_in_use(&config.state_dir);
    let mut problems = directories(config);
    problems.extend(listeners(config, ours));
    let mut counted = None;
    if config.node.kind == NodeKind::Attached {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (found, chain) = runtime.block_on(node(config));
        problems.extend(found);
        // A file that hangs must not keep the check.
        runtime.shutdown_background();
        let is_told = |problem: &Problem| {
            matches!(
                problem.key.as_deref(),
                Some("node.data_dir" | "node.blocks_dir")
            )
        };
        match count_usage(config, chain.or(config.node.chain)) {
            Some(Ok(usage)) => counted = Some(usage),
            Some(Err(problem)) if !problems.iter().any(is_told) => problems.push(problem),
            Some(Err(_)) | None => {}
        }
    }
    let problems = problems
        .into_iter()
        .map(|problem| problem.located(entries))
        .collect();
    Ok(Surroundings { problems, counted })
}

fn directories(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let state = &config.state_dir;
    problems.extend(not_writable("state_dir", state).or_else(|| without_room("state_dir", state)));
    problems.extend(unknown_group(config));
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
    problems.extend(volumes(config));
    problems
}

/// bitcoind lets nobody else into the directories of its blocks and its chain state, whoever may
/// read what is around.
fn count_usage(config: &Config, chain: Option<Chain>) -> Option<Result<CountedUsage, Problem>> {
    let data = config.node.data_dir.as_ref()?;
    let directories = Directories {
        data: data.clone(),
        blocks: config.node.blocks_dir.clone(),
    };
    Some(match directories.measure(chain) {
        Ok((directories, usage)) => Ok(CountedUsage {
            directories,
            usage_bytes: usage.total_bytes,
        }),
        Err(reason) => {
            let suggestion =
                Some("run bllvmctl as the node's user, or let its group in".to_owned());
            let message = format!(
                "it cannot be measured, so the usage is what the node counts, which is its blocks only: {reason}"
            );
            Err(Problem {
                suggestion,
                ..warning("node.data_dir", data.display(), message)
            })
        }
    })
}

/// Nobody could be let in by it.
pub(super) fn unknown_group(config: &Config) -> Option<Problem> {
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

/// The database of an attached node is not ours to rebuild.
pub(super) fn no_reindex(config: &Config, reindex: bool) -> Option<Problem> {
    (reindex && config.node.kind == NodeKind::Attached).then(|| {
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

/// Of an embedded node, why it would not start in its directory; if `only_others`, no other reason
/// than that it is another node's.
fn not_its_own(config: &Config, only_others: bool) -> Option<Problem> {
    let data = config
        .node
        .data_dir
        .as_ref()
        .filter(|_| config.node.kind == NodeKind::Embedded)?;
    embedded::unusable_directory(data, only_others)
}

/// The embedded node is never to write in the directory of another one.
pub(super) fn another_nodes_directory(config: &Config) -> Option<Problem> {
    not_its_own(config, true)
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

/// A full volume does not prevent a start: a daemon is needed most just then.
fn without_room(key: &str, directory: &Path) -> Option<Problem> {
    let reason = state::try_room(directory).err()?;
    let suggestion = Some("make room on its volume".to_owned());
    let message = format!(
        "there is no room in it ({reason}): leases and changes of the reconnection queue are refused, and without a \
         control cookie the control API too"
    );
    Some(Problem {
        suggestion,
        ..warning(key, directory.display(), message)
    })
}

/// Chain state on another volume than the blocks, whose volume is the one that is watched.
fn volumes(config: &Config) -> Option<Problem> {
    use std::os::unix::fs::MetadataExt;
    let data = config.node.data_dir.as_ref()?;
    let directories = Directories {
        data: data.clone(),
        blocks: config.node.blocks_dir.clone(),
    };
    let blocks = directories.block_files(config.node.chain);
    let (watched, state) = (
        std::fs::metadata(&blocks).ok()?,
        std::fs::metadata(data).ok()?,
    );
    (state.dev() != watched.dev()).then(|| {
        let (watched, state) = (mount_point(&blocks), mount_point(data));
        // Some kinds of volumes are not in the system's list, and told as what they are mounted in.
        let known = watched != state;
        let volume =
            |mount: Option<String>| mount.filter(|_| known).map_or_else(String::new, |mount| format!(" ({mount})"));
        let message = format!(
            "the volume of the blocks is watched{}; the rest of the node's data is on another one{}, which is not",
            volume(watched),
            volume(state)
        );
        warning("node.data_dir", data.display(), message)
    })
}

/// Where the volume of `path` is mounted, and what it is.
fn mount_point(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let inside = disks
        .iter()
        .filter(|disk| path.starts_with(disk.mount_point()));
    let disk = inside.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some(format!(
        "{}, {}",
        disk.mount_point().display(),
        disk.file_system().to_string_lossy()
    ))
}

fn listeners(config: &Config, ours: bool) -> Vec<Problem> {
    let peers = config
        .network
        .listen
        .filter(|_| config.node.kind == NodeKind::Embedded);
    let named = [
        ("rpc.listen", Some(config.rpc.listen)),
        ("rpc.ops_listen", config.rpc.ops_listen),
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
    named.into_iter().filter_map(taken).collect()
}

/// What is wrong with the node, and the chain that it is on.
async fn node(config: &Config) -> (Vec<Problem>, Option<Chain>) {
    let url = config.node.rpc_url.as_str();
    let unobserved: Observer = Arc::new(|_, _, _| {});
    let node = match RpcNode::new(settings::endpoint(config), &unobserved) {
        Ok(node) => node,
        Err(reason) => return (vec![error("node.rpc_url", url, reason.to_string())], None),
    };
    let late =
        |limit: Duration| format!("the node has not answered within {} s", limit.as_secs_f64());
    match timeout(config.node.timeout, node.uptime()).await {
        Err(_) => {
            return (
                vec![warning("node.rpc_url", url, late(config.node.timeout))],
                None,
            );
        }
        Ok(Err(reason)) => {
            return (
                not_answering(config, &reason).await.into_iter().collect(),
                None,
            );
        }
        Ok(Ok(_)) => {}
    }
    // Whose program it is says whether its numbers are exact.
    let asked = async {
        let _ = node.network().await;
        node.chain().await
    };
    match timeout(config.node.timeout, asked).await {
        Err(_) => (
            vec![warning("node.rpc_url", url, late(config.node.timeout))],
            None,
        ),
        Ok(Err(reason)) => (
            not_answering(config, &reason).await.into_iter().collect(),
            None,
        ),
        Ok(Ok(chain)) => {
            let problems = fits(config, &chain)
                .into_iter()
                .chain(other_files(config, &chain))
                .collect();
            (problems, chain.chain.parse().ok())
        }
    }
}

/// A node that is away, starting or busy may be all right later; one that refuses us will not.
async fn not_answering(config: &Config, reason: &NodeError) -> Option<Problem> {
    let url = config.node.rpc_url.as_str();
    match reason {
        NodeError::Unsupported { .. } => None,
        NodeError::Unauthorized { detail, .. } => Some(match &config.node.credentials {
            Credentials::CookieFile(path) => {
                let message = match detail {
                    RefusedCredentials::NotSent(why) => {
                        format!("{why}; the node refuses calls without it")
                    }
                    RefusedCredentials::Sent(_) => reason.to_string(),
                };
                let accepted = accepted_cookie(config, path).await;
                let suggestion = accepted.map(|cookie| format!("write \"{}\"", cookie.display()));
                Problem {
                    suggestion,
                    ..error("node.rpc_cookie_file", path.display(), message)
                }
            }
            _ => error("node.rpc_url", url, reason.to_string()),
        }),
        NodeError::NotANode { .. } => Some(error("node.rpc_url", url, reason.to_string())),
        _ => Some(warning("node.rpc_url", url, reason.to_string())),
    }
}

/// The nearest cookie to the one that is configured that the node accepts. Of one elsewhere none is
/// here, and it must not be shown those of other nodes.
async fn accepted_cookie(config: &Config, path: &Path) -> Option<PathBuf> {
    let is_here = match config.node.rpc_url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    for cookie in cookies_near(path, config.node.data_dir.as_deref())
        .into_iter()
        .filter(|_| is_here)
    {
        let unobserved: Observer = Arc::new(|_, _, _| {});
        let credentials = Credentials::CookieFile(cookie.clone());
        let endpoint = Endpoint {
            credentials,
            ..settings::endpoint(config)
        };
        let Ok(node) = RpcNode::new(endpoint, &unobserved) else {
            continue;
        };
        if timeout(config.node.timeout, node.uptime())
            .await
            .is_ok_and(|answer| answer.is_ok())
        {
            return Some(cookie);
        }
    }
    None
}

/// The cookies that there are in the directories of nodes around `path`, the nearest first.
fn cookies_near(path: &Path, data: Option<&Path>) -> Vec<PathBuf> {
    let around = path.ancestors().take(3).chain(data);
    let of_chains =
        |root: &Path| Chain::ALL.map(|chain| root.join(chain.subdirectory()).join(".cookie"));
    let mut found: Vec<PathBuf> = Vec::new();
    for cookie in around.flat_map(of_chains) {
        if cookie != path && cookie.is_file() && !found.contains(&cookie) {
            found.push(cookie);
        }
    }
    found
}

/// The blocks are not where they are watched.
fn other_files(config: &Config, chain: &ChainInfo) -> Option<Problem> {
    let node = &config.node;
    let directories = Directories {
        data: node.data_dir.clone()?,
        blocks: node.blocks_dir.clone(),
    };
    // A directory that is not there has been told.
    let named = node.blocks_dir.as_ref().unwrap_or(&directories.data);
    named.is_dir().then_some(())?;
    let told = Told::from(chain);
    let (key, what) = match node.blocks_dir {
        Some(_) => (
            "node.blocks_dir",
            "write the directory that this node's -blocksdir names, or leave it out",
        ),
        None => (
            "node.data_dir",
            "write blocks_dir, the directory that the node's -blocksdir names, or its own data_dir",
        ),
    };
    let suggestion = Some(what.to_owned());
    if let Some(counted) = directories.has_no_file_of(told) {
        let message = format!(
            "there is no block file of the chain {} in it, and the node counts {counted} of them, so that neither \
             their size nor their volume is watched",
            chain.chain
        );
        return Some(Problem {
            suggestion,
            ..error(key, named.display(), message)
        });
    }
    // A node that reads its files anew counts them one after the other.
    let settled = chain.initial_block_download == Some(false);
    let message = match (
        directories.has_too_little(told),
        directories.has_twice_as_much(told),
    ) {
        (Some(NodeError::OtherFiles { found, counted, .. }), _) => format!(
            "there is {found} in it, and the node counts {counted} of them, so that neither their size nor their \
             volume is watched"
        ),
        (None, Some((found, counted))) if settled => {
            format!(
                "its block files take {found}, and the node counts {counted} of them: they are another node's"
            )
        }
        _ => return None,
    };
    Some(Problem {
        suggestion,
        ..warning(key, named.display(), message)
    })
}

fn fits(config: &Config, chain: &ChainInfo) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(wanted) = config
        .node
        .chain
        .filter(|wanted| wanted.as_str() != chain.chain)
    {
        let message = format!("the node is on {}", chain.chain);
        let suggestion = Some(format!(
            "write chain = \"{}\", or the rpc_url of the other node",
            chain.chain
        ));
        problems.push(Problem {
            suggestion,
            ..error("node.chain", wanted, message)
        });
    }
    if config.storage.pruning_mode != PruningMode::Disabled && chain.pruned == Some(false) {
        let mode = config.storage.pruning_mode.as_str();
        let suggestion =
            Some("start the node with -prune=1, or write pruning_mode = \"disabled\"".to_owned());
        let message = "the node is not in prune mode, so nothing can be pruned";
        problems.push(Problem {
            suggestion,
            ..error("storage.pruning_mode", mode, message)
        });
    }
    problems
}
