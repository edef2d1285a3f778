//! Nodes that run on this machine: found by their processes, and by their cookies in the usual
//! directories.
//!
//! Reads command lines, configuration files and directories, and asks each node who it is. Changes
//! nothing.

mod node_process;
mod options;
#[cfg(target_os = "linux")]
mod processes;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;
use url::Url;

use self::node_process::NodeProcess;
use self::options::{NodeOptions, is_given, path_in, rpc_authority};
use crate::env::Env;
use crate::node::rpc::{CallObserver, Directories, Endpoint, RpcNode};
use crate::node::{Node, NodeError};
use crate::tls::ClientTls;
use crate::values::{Chain, Credentials, Secret};

/// A node that answers nothing for so long is written down as it was started.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// No configuration file of a node is longer.
const MAX_CONF_BYTES: u64 = 1 << 20;
/// Where packages and manuals put a node's directory, beside that of the user.
const USUAL_DIRECTORIES: [&str; 4] = [
    "/var/lib/bitcoind",
    "/var/lib/bitcoin",
    "/home/bitcoin/.bitcoin",
    "/data/bitcoin",
];

/// A node that runs on this machine.
#[derive(Clone, Debug)]
pub struct LocalNode {
    /// Its process, where that is seen.
    pub process_id: Option<i32>,
    /// The chain that it was started on.
    pub chain: Chain,
    /// Its directory, `-datadir`.
    pub data_dir: PathBuf,
    /// `-blocksdir`, if it was given.
    pub blocks_dir: Option<PathBuf>,
    /// `-prune`, if it was given: 0 is off, 1 is by hand, more is by itself, MiB.
    pub prune: Option<u64>,
    /// Its JSON-RPC.
    pub rpc_url: Url,
    /// How it lets callers in.
    pub login: NodeLogin,
    /// What it answered.
    pub answer: Option<NodeSelfReport>,
    /// Why it did not answer.
    pub error: Option<String>,
}

/// How a node lets callers in.
#[derive(Clone, Debug)]
pub enum NodeLogin {
    /// By a cookie.
    Cookie(PathBuf),
    /// By the user and the password of its configuration; there is no cookie.
    Password {
        /// `rpcuser`
        user: String,
        /// `rpcpassword`
        password: Secret,
    },
}

/// What a node said of itself.
#[derive(Clone, Debug)]
pub struct NodeSelfReport {
    /// Its name and version, such as `/Satoshi:31.0.0/`.
    pub user_agent: String,
    /// The height of its tip.
    pub height: u32,
    /// It is in prune mode.
    pub pruned: Option<bool>,
    /// Its block files, where it counts them exactly, bytes.
    pub size_on_disk_bytes: Option<u64>,
    /// What the volume of its blocks has free, bytes.
    pub volume_free_bytes: Option<u64>,
    /// The size of that volume, bytes.
    pub volume_size_bytes: Option<u64>,
}

impl LocalNode {
    /// The directory of its chain, which no two nodes share.
    #[must_use]
    pub fn chain_directory(&self) -> PathBuf {
        // Joining the main chain's, which is empty, would leave a slash at the end.
        match self.chain.subdirectory() {
            "" => self.data_dir.clone(),
            name => self.data_dir.join(name),
        }
    }

    /// Whether somebody who says `directory` means this node.
    #[must_use]
    pub fn is_in(&self, directory: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let directory = real(directory);
        real(&self.data_dir) == directory || real(&self.chain_directory()) == directory
    }

    /// Asks the node who it is.
    async fn ask(&mut self) {
        let asked = timeout(ANSWER_TIMEOUT, self.answer()).await;
        match asked {
            Ok(Ok((chain, answer))) => {
                self.chain = chain.unwrap_or(self.chain);
                self.answer = Some(answer);
            }
            Ok(Err(error)) => self.error = Some(error),
            Err(_) => self.error = Some("it has not answered in time".to_owned()),
        }
    }

    async fn answer(&self) -> Result<(Option<Chain>, NodeSelfReport), String> {
        // The password is not in a file yet; the file lives as long as the question.
        let file = tempfile::NamedTempFile::new().ok();
        let credentials = match (&self.login, &file) {
            (NodeLogin::Cookie(path), _) => Credentials::CookieFile(path.clone()),
            (NodeLogin::Password { user, password }, Some(file)) => {
                // What could not be written is refused by the node.
                let _ = fs::write(file.path(), password.expose());
                Credentials::UserPassword {
                    user: user.clone(),
                    password_file: file.path().to_path_buf(),
                }
            }
            (NodeLogin::Password { .. }, None) => Credentials::CookieFile(PathBuf::new()),
        };
        let endpoint = Endpoint {
            url: self.rpc_url.clone(),
            credentials,
            tls: ClientTls::default(),
            directories: Some(Directories {
                data: self.data_dir.clone(),
                blocks: self.blocks_dir.clone(),
            }),
        };
        let unobserved: CallObserver = Arc::new(|_, _, _| {});
        let node = RpcNode::new(endpoint, &unobserved).map_err(|error| error.to_string())?;
        let why = |error: NodeError| error.to_string();
        let network = node.network().await.map_err(why)?;
        let chain = node.chain().await.map_err(why)?;
        let volume = node.volume().await.ok();
        let answer = NodeSelfReport {
            user_agent: network.identity.subversion,
            height: chain.blocks,
            pruned: chain.pruned,
            size_on_disk_bytes: chain.size_on_disk_bytes,
            volume_free_bytes: volume.map(|volume| volume.free_bytes),
            volume_size_bytes: volume.map(|volume| volume.size_bytes),
        };
        Ok((chain.chain.parse().ok(), answer))
    }
}

/// The nodes that run on this machine, each asked who it is; those in `directory` only, if that is
/// given. Waits for their answers.
pub fn find(env: &Env, directory: Option<&Path>) -> std::io::Result<Vec<LocalNode>> {
    let is_wanted = |node: &LocalNode| directory.is_none_or(|wanted| node.is_in(wanted));
    let has_login = |node: &LocalNode| match &node.login {
        NodeLogin::Cookie(cookie) => cookie.exists(),
        NodeLogin::Password { .. } => true,
    };
    let mut found: Vec<LocalNode> = Vec::new();
    let seen = processes();
    let guessed = candidates(env, directory);
    for node in seen.iter().chain(&guessed).filter_map(of_process) {
        let is_same = |other: &LocalNode| other.chain_directory() == node.chain_directory();
        let is_there = node.process_id.is_some() || has_login(&node);
        if is_there && is_wanted(&node) && !found.iter().any(is_same) {
            found.push(node);
        }
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for node in &mut found {
            node.ask().await;
        }
    });
    // A cookie may be there still whose node has died.
    let runs = |node: &LocalNode| {
        node.process_id.is_some() || node.answer.is_some() || directory.is_some()
    };
    found.retain(runs);
    Ok(found)
}

#[cfg(target_os = "linux")]
fn processes() -> Vec<NodeProcess> {
    processes::of_nodes()
}

#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<NodeProcess> {
    Vec::new()
}

/// What might run in the usual directories, or in the one that is given, though no process of it is
/// seen.
fn candidates(env: &Env, directory: Option<&Path>) -> Vec<NodeProcess> {
    let home = env.get("HOME").map(PathBuf::from);
    let of_user = home.iter().map(|home| home.join(".bitcoin"));
    let usual = of_user.chain(USUAL_DIRECTORIES.map(PathBuf::from));
    let directories: Vec<PathBuf> = match directory {
        Some(directory) => vec![directory.to_owned()],
        None => usual.collect(),
    };
    let of_directory = |data: &PathBuf| {
        let data = data.clone();
        Chain::ALL.map(|chain| NodeProcess {
            id: None,
            arguments: vec![
                format!("-datadir={}", data.display()),
                format!("-chain={}", chain.as_str()),
            ],
            directory: PathBuf::from("/"),
            home: None,
        })
    };
    directories.iter().flat_map(of_directory).collect()
}

/// The node of a process; `None` if it is one that this program does not know, or whose directory
/// is not seen.
fn of_process(process: &NodeProcess) -> Option<LocalNode> {
    let given = NodeOptions::of_command_line(process.arguments.iter().map(String::as_str));
    let default = process.home.as_ref().map(|home| home.join(".bitcoin"));
    let named =
        |options: &NodeOptions| path_in(&process.directory, options.value_outside("datadir"));
    let base = named(&given).or(default)?;
    let conf = given.value_outside("conf");
    let conf = path_in(&base, conf).unwrap_or_else(|| base.join("bitcoin.conf"));
    let mut options = given;
    if let Some(text) = text_of(&conf) {
        options = options.with_file(&text);
        let included: Vec<PathBuf> = options
            .values_outside("includeconf")
            .into_iter()
            .map(|name| base.join(name))
            .collect();
        for text in included.iter().filter_map(|path| text_of(path)) {
            options = options.with_file(&text);
        }
    }
    let data_dir = named(&options).unwrap_or(base);
    of_options(process, &options, data_dir)
}

fn of_options(
    process: &NodeProcess,
    options: &NodeOptions,
    data_dir: PathBuf,
) -> Option<LocalNode> {
    let chain = options.chain()?;
    let rpc_url = Url::parse(&format!("http://{}", rpc_authority(options, chain))).ok()?;
    let value = |name: &str| options.value(name, chain).filter(|value| is_given(value));
    let chain_directory = data_dir.join(chain.subdirectory());
    let login = if let Some(password) = value("rpcpassword") {
        NodeLogin::Password {
            user: value("rpcuser").unwrap_or_default().to_owned(),
            password: Secret::new(password.to_owned()),
        }
    } else {
        let cookie = value("rpccookiefile").unwrap_or(".cookie");
        NodeLogin::Cookie(chain_directory.join(cookie))
    };
    Some(LocalNode {
        process_id: process.id,
        chain,
        blocks_dir: path_in(&process.directory, value("blocksdir")),
        prune: value("prune").and_then(|text| text.parse().ok()),
        data_dir,
        rpc_url,
        login,
        answer: None,
        error: None,
    })
}

/// The text of a node's configuration file, if it can be read.
fn text_of(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_CONF_BYTES {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(directory: &Path, arguments: &[&str]) -> Option<LocalNode> {
        of_process(&NodeProcess {
            id: Some(1),
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            directory: directory.to_owned(),
            home: Some(directory.join("home")),
        })
    }

    fn cookie(node: &LocalNode) -> &Path {
        match &node.login {
            NodeLogin::Cookie(path) => path,
            NodeLogin::Password { .. } => panic!("a cookie"),
        }
    }

    #[test]
    fn without_options_it_is_the_main_chain_in_the_home_of_its_user() {
        let root = tempfile::tempdir().unwrap();
        let found = node(root.path(), &[]).unwrap();
        let data = root.path().join("home/.bitcoin");
        assert_eq!(found.data_dir, data);
        assert_eq!(found.chain, Chain::Main);
        assert_eq!(cookie(&found), data.join(".cookie"));
        assert_eq!(found.rpc_url.as_str(), "http://127.0.0.1:8332/");
    }

    #[test]
    fn relative_paths_are_where_the_process_is() {
        let root = tempfile::tempdir().unwrap();
        let line = ["-datadir=d", "-blocksdir=b", "-regtest", "-rpccookiefile=c"];
        let found = node(root.path(), &line).unwrap();
        assert_eq!(found.data_dir, root.path().join("d"));
        assert_eq!(found.blocks_dir, Some(root.path().join("b")));
        assert_eq!(cookie(&found), root.path().join("d/regtest/c"));
        assert!(found.is_in(&root.path().join("d")));
        assert!(found.is_in(&root.path().join("d/regtest")));
        assert!(!found.is_in(root.path()));
    }

    #[test]
    fn its_file_is_read_with_what_it_includes() {
        let root = tempfile::tempdir().unwrap();
        let conf = "includeconf=more.conf\nsignet=1\n[signet]\nrpcport=7\n";
        fs::write(root.path().join("bitcoin.conf"), conf).unwrap();
        let more = "rpcuser=me\nrpcpassword=pw\nprune=550\n";
        fs::write(root.path().join("more.conf"), more).unwrap();
        let found = node(root.path(), &["-datadir=."]).unwrap();
        assert_eq!(found.chain, Chain::Signet);
        assert_eq!(found.rpc_url.as_str(), "http://127.0.0.1:7/");
        assert_eq!(found.prune, Some(550));
        let NodeLogin::Password { user, password } = &found.login else {
            panic!("{found:?}");
        };
        assert_eq!((user.as_str(), password.expose()), ("me", "pw"));
        assert!(!format!("{found:?}").contains("pw"), "{found:?}");
    }
}
