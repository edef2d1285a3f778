//! The embedded node as any other: `regtest-node` behind the port.
//!
//! From the program's words to the crate's and back: options, errors with their cures, the port. It
//! knows no rule of the chain, and nothing but this and the daemon's assembling knows that there is
//! such a node.

mod port;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regtest_node::{Agent, OpenError, RegtestNode, RunError, StorageError};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use regtest_node::{EventObserver, NodeEvent, Options, RpcListener};

use super::rpc::{Directories, Inlet};

/// The embedded node.
pub struct EmbeddedNode {
    node: Arc<RegtestNode>,
    directories: Directories,
}

/// What keeps the node going: to be run until the end.
pub struct EmbeddedRunner {
    node: Arc<RegtestNode>,
    running: regtest_node::NodeRunner,
}

/// Why the embedded node cannot be started.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct EmbeddedError(#[from] OpenError);

impl EmbeddedError {
    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match &self.0 {
            OpenError::Store(error) => Some(hint(error)),
            OpenError::Listen { .. } => {
                Some("is another node running? network.listen names another address")
            }
            OpenError::Thread(_) => None,
        }
    }
}

/// Why a directory cannot be the embedded node's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableDirectory {
    /// What is wrong with it.
    pub message: String,
    /// What an operator can do about it.
    pub hint: &'static str,
    /// It holds the files of another node.
    pub is_another_nodes: bool,
}

/// Why the embedded node would not start in `directory`, as far as that can be seen without
/// starting it.
#[must_use]
pub fn unusable(directory: &Path) -> Option<UnusableDirectory> {
    let error = regtest_node::check_directory(directory).err()?;
    let found = match &error {
        StorageError::OtherNode { found, .. } => Some(found),
        _ => None,
    };
    Some(UnusableDirectory {
        message: found.map_or_else(
            || error.to_string(),
            |found| format!("is another node's directory: {found}"),
        ),
        hint: hint(&error),
        is_another_nodes: found.is_some(),
    })
}

/// What an operator can do about it.
fn hint(error: &StorageError) -> &'static str {
    match error {
        StorageError::Io { .. } => {
            "node.data_dir names the directory; look at its owner, its mode and the free space"
        }
        StorageError::InUse(_) => {
            "is another bllvmctl running? node.data_dir names another directory"
        }
        StorageError::Database { .. } | StorageError::Damaged { .. } => {
            "`bllvmctl serve --reindex` rebuilds the database from the block files, and what those \
             have lost comes from peers again"
        }
        StorageError::Foreign { .. } => "node.data_dir names another directory",
        StorageError::OtherNode { .. } => {
            "nothing in it was touched; to stand beside the node that it is of, write kind = \
             \"attached\" under [node]; for a node of its own, let data_dir name another \
             directory"
        }
        StorageError::NoBlock { .. } => {
            "it was left as it is; move it away, and `bllvmctl serve --reindex` goes on without \
             it, with what comes from peers"
        }
    }
}

/// A node in `data_dir` that knows no peers.
#[must_use]
pub fn options(data_dir: PathBuf) -> Options {
    Options {
        agent: Agent {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        ..Options::new(data_dir)
    }
}

/// `observer`, and a line in the log when the node is up.
fn logged(observer: EventObserver, data_dir: &Path) -> EventObserver {
    let data_dir = data_dir.to_owned();
    Arc::new(move |event| {
        if let NodeEvent::Started { height, tip } = event {
            info!(data_dir = %data_dir.display(), height, %tip, "the embedded node is up");
        }
        observer(event);
    })
}

/// A way to call a node that is yet to be started, and what to give that node.
#[must_use]
pub fn inlet() -> (Inlet, RpcListener) {
    let (connector, listener) = regtest_node::rpc_channel();
    (Inlet::new(move || connector.connect()), listener)
}

impl EmbeddedNode {
    /// Opens the node's files and starts its thread. Peers are spoken with once `EmbeddedRunner`
    /// runs. In a directory that is not the node's own nothing is touched.
    pub async fn start(mut options: Options) -> Result<(Self, EmbeddedRunner), EmbeddedError> {
        options.observer = logged(options.observer, &options.data_dir);
        let (node, running) = RegtestNode::open(options).await?;
        let node = Arc::new(node);
        let embedded = Self {
            directories: Directories {
                data: node.data_dir().to_owned(),
                blocks: None,
            },
            node: Arc::clone(&node),
        };
        Ok((embedded, EmbeddedRunner { node, running }))
    }

    /// The node itself.
    #[must_use]
    pub fn node(&self) -> &RegtestNode {
        &self.node
    }
}

impl EmbeddedRunner {
    /// Speaks with peers and answers `calls` until `stop`, then writes what is not written. Ends
    /// before only by a fault.
    pub async fn run(self, calls: RpcListener, stop: CancellationToken) -> Result<(), String> {
        let node = self.node;
        let running = self.running.run(calls);
        tokio::pin!(running);
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = stop.cancelled() => {
                node.stop();
                running.await
            }
        };
        ended.map_err(|error| match error {
            RunError::Store(error) => format!("{error}; {}", hint(&error)),
            error => error.to_string(),
        })
    }
}
