//! The embedded node as any other: `regtest-node` behind the port.
//!
//! Translates. It knows no rule of the chain, and nothing but this file and the daemon's assembling
//! knows that there is such a node.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::BlockHash;
use regtest_node::{
    Agent, ChainReading, NotRunning, OpenError, PeerReading, RegtestNode, RunError, StoreError,
};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use regtest_node::{Event, Observer, Options, RpcListener};

use super::rpc::{Directories, Inlet, disk, usage};
use super::{
    Answer, Ban, ChainInfo, Direction, Extent, Flavour, Identity, Index, Indexes, Mempool,
    NetworkInfo, Node, NodeError, Peer, PruneTo, Pruned, Traffic, Usage, UtxoSet, Volume,
};
use crate::values::{Chain, PeerAddress};

/// What stands in the place of an address.
const HERE: &str = "the embedded node";

/// The embedded node.
pub struct Embedded {
    node: Arc<RegtestNode>,
    directories: Directories,
}

/// What keeps the node going: to be run until the end.
pub struct Running {
    node: Arc<RegtestNode>,
    running: regtest_node::Running,
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
pub struct Unusable {
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
pub fn unusable(directory: &Path) -> Option<Unusable> {
    let error = regtest_node::check_directory(directory).err()?;
    let found = match &error {
        StoreError::OtherNode { found, .. } => Some(found),
        _ => None,
    };
    Some(Unusable {
        message: found.map_or_else(
            || error.to_string(),
            |found| format!("is another node's directory: {found}"),
        ),
        hint: hint(&error),
        is_another_nodes: found.is_some(),
    })
}

/// What an operator can do about it.
fn hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Io { .. } => {
            "node.data_dir names the directory; look at its owner, its mode and the free space"
        }
        StoreError::InUse(_) => {
            "is another bllvmctl running? node.data_dir names another directory"
        }
        StoreError::Database { .. } | StoreError::Damaged { .. } => {
            "`bllvmctl serve --reindex` rebuilds the database from the block files, and what those have lost \
             comes from peers again"
        }
        StoreError::Foreign { .. } => "node.data_dir names another directory",
        StoreError::OtherNode { .. } => {
            "nothing in it was touched; to stand beside the node that it is of, write kind = \"attached\" under \
             [node]; for a node of its own, let data_dir name another directory"
        }
        StoreError::NoBlock { .. } => {
            "it was left as it is; move it away, and `bllvmctl serve --reindex` goes on without it, with what \
             comes from peers"
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
fn logged(observer: Observer, data_dir: &Path) -> Observer {
    let data_dir = data_dir.to_owned();
    Arc::new(move |event| {
        if let Event::Started { height, tip } = event {
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

impl Embedded {
    /// Opens the node's files and starts its thread. Peers are spoken with once `Running` runs. In
    /// a directory that is not the node's own nothing is touched.
    pub async fn start(mut options: Options) -> Result<(Self, Running), EmbeddedError> {
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
        Ok((embedded, Running { node, running }))
    }

    /// The node itself.
    #[must_use]
    pub fn node(&self) -> &RegtestNode {
        &self.node
    }

    /// Where we listen, unless that is everywhere.
    fn own_addresses(&self) -> Vec<PeerAddress> {
        let listening = self.node.listening();
        let own = listening.filter(|address| !address.ip().is_unspecified());
        own.into_iter()
            .filter_map(|address| address.to_string().parse().ok())
            .collect()
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        measure: impl FnOnce(&Directories) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let directories = self.directories.clone();
        let measured = tokio::task::spawn_blocking(move || measure(&directories)).await;
        measured.unwrap_or_else(|error| {
            Err(NodeError::Disk {
                path: self.directories.data.display().to_string(),
                reason: error.to_string(),
            })
        })
    }
}

impl Running {
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

/// Why `method` has no answer.
fn no_answer(method: &'static str) -> impl FnOnce(NotRunning) -> NodeError {
    move |reason| match reason {
        NotRunning::Starting(message) => NodeError::Starting {
            message: message.to_owned(),
        },
        NotRunning::Stopped => NodeError::Closed {
            address: HERE.to_owned(),
            method,
        },
    }
}

#[async_trait]
impl Node for Embedded {
    async fn uptime(&self) -> Answer<Option<Duration>> {
        let uptime = self.node.uptime();
        uptime.map(Some).map_err(no_answer("uptime"))
    }

    async fn chain(&self) -> Answer<ChainInfo> {
        let chain = self.node.chain().await;
        chain
            .map(|chain| chain_info(&chain))
            .map_err(no_answer("getblockchaininfo"))
    }

    async fn network(&self) -> Answer<NetworkInfo> {
        let active = self.node.is_network_active().await;
        let active = active.map_err(no_answer("getnetworkinfo"))?;
        let agent = self.node.agent();
        Ok(NetworkInfo {
            identity: Identity {
                flavour: Flavour::Embedded,
                version: Some(agent.version_number()),
                version_text: agent.version.clone(),
                subversion: agent.user_agent(),
            },
            active: Some(active),
            proxied: false,
            own_addresses: self.own_addresses(),
        })
    }

    async fn peers(&self) -> Answer<Vec<Peer>> {
        let peers = self.node.peers().await;
        let peers = peers.map_err(no_answer("getpeerinfo"))?;
        Ok(peers.into_iter().map(peer_info).collect())
    }

    async fn traffic(&self) -> Answer<Traffic> {
        let traffic = self.node.traffic();
        Ok(Traffic {
            sent_bytes: traffic.sent_bytes,
            received_bytes: traffic.received_bytes,
        })
    }

    async fn mempool(&self) -> Answer<Mempool> {
        let mempool = self.node.mempool().await;
        let mempool = mempool.map_err(no_answer("getmempoolinfo"))?;
        let min_fee = bitcoin::Amount::from_sat(mempool.min_fee_rate);
        Ok(Mempool {
            transactions: u64::try_from(mempool.transactions).unwrap_or(u64::MAX),
            bytes: mempool.bytes,
            usage_bytes: Some(mempool.usage_bytes),
            min_fee_btc_per_kvb: Some(min_fee.to_btc()),
        })
    }

    async fn indexes(&self) -> Answer<Indexes> {
        let chain = self.node.chain().await;
        let chain = chain.map_err(no_answer("getindexinfo"))?;
        // The coins are counted as they come and go, which is what the index is for.
        let coinstats = Index {
            name: "coinstatsindex".to_owned(),
            synced: true,
            height: Some(chain.blocks),
        };
        Ok(Indexes {
            indexes: vec![coinstats],
            prune_locks: Vec::new(),
        })
    }

    async fn utxos(&self) -> Answer<UtxoSet> {
        let outputs = self.node.utxo_count().await;
        let outputs = outputs.map_err(no_answer("gettxoutsetinfo"))?;
        Ok(UtxoSet { outputs })
    }

    async fn is_in_best_chain(&self, hash: &str) -> Answer<bool> {
        let not_found = || refused("getblockheader", -5, "Block not found");
        let hash: BlockHash = hash.parse().map_err(|_| not_found())?;
        let is_best = self.node.is_in_best_chain(hash).await;
        is_best
            .map_err(no_answer("getblockheader"))?
            .ok_or_else(not_found)
    }

    async fn volume(&self) -> Answer<Volume> {
        // The block files are in the data directory itself.
        let volume = self
            .on_disk(|directories| disk::volume(directories, Some(Chain::Main)))
            .await?;
        Ok(Volume {
            write_failure: self.node.write_failure(),
            ..volume
        })
    }

    async fn settle_volume(&self) -> Answer<()> {
        self.on_disk(|directories| disk::settle(directories, Some(Chain::Main)))
            .await
    }

    async fn usage(&self) -> Answer<Usage> {
        self.on_disk(|directories| usage::usage(directories, Some(Chain::Main)))
            .await
    }

    async fn prune(&self, to: PruneTo) -> Answer<Pruned> {
        let height = match to {
            PruneTo::Height(height) => height,
            PruneTo::All => u32::MAX,
        };
        let pruned = self.node.prune(height).await;
        let first_stored = pruned.map_err(no_answer("pruneblockchain"))?;
        let extent = |first: u32| first.checked_sub(1).map_or(Extent::Nothing, Extent::UpTo);
        Ok(first_stored.map_or(Pruned::ChainTooShort, |first| Pruned::Done(extent(first))))
    }

    async fn block_size(&self, height: u32) -> Answer<u64> {
        let size = self.node.block_size(height).await;
        size.map_err(no_answer("getblock"))?
            .ok_or_else(|| refused("getblock", -1, "Block not available (pruned data)"))
    }

    async fn block_median_time(&self, height: u32) -> Answer<u64> {
        let time = self.node.block_median_time(height).await;
        time.map_err(no_answer("getblockheader"))?
            .map(u64::from)
            .ok_or_else(|| refused("getblockhash", -8, "Block height out of range"))
    }

    async fn dial(&self, address: &PeerAddress) -> Answer<()> {
        let dialled = self.node.connect(address.to_string()).await;
        dialled.map_err(no_answer("addnode"))
    }

    async fn disconnect(&self, address: &PeerAddress) -> Answer<()> {
        let found = self.node.disconnect(address.to_string()).await;
        if found.map_err(no_answer("disconnectnode"))? {
            return Ok(());
        }
        Err(refused(
            "disconnectnode",
            -29,
            "Node not found in connected nodes",
        ))
    }

    async fn bans(&self) -> Answer<Vec<Ban>> {
        Ok(Vec::new())
    }

    fn forget(&self) {}
}

/// As bitcoind refuses it.
fn refused(method: &'static str, code: i64, message: &str) -> NodeError {
    NodeError::Rpc {
        method,
        code,
        message: message.to_owned(),
    }
}

fn chain_info(chain: &ChainReading) -> ChainInfo {
    ChainInfo {
        chain: Chain::Regtest.as_str().to_owned(),
        blocks: chain.blocks,
        headers: chain.headers,
        tip_hash: chain.tip.to_string(),
        tip_time: Some(chain.tip_time.into()),
        median_time: Some(chain.median_time.into()),
        difficulty: Some(chain.difficulty),
        verification_progress: Some(chain.progress),
        initial_block_download: Some(chain.is_in_initial_download),
        size_on_disk_bytes: Some(chain.size_on_disk),
        // It can be pruned at any time, whether or not anything has gone.
        pruned: Some(true),
        prune_height: Some(chain.first_stored),
        background: None,
    }
}

fn peer_info(peer: PeerReading) -> Peer {
    Peer {
        address: peer.address,
        direction: Some(if peer.is_inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        }),
        connection_type: Some(peer.connection_type.to_owned()),
        synced_headers: peer.synced_headers,
        synced_blocks: peer.synced_blocks,
        starting_height: peer.starting_height,
        handshaken: peer.is_handshaken,
        local_address: peer.local_address.map(|local| local.to_string()),
        connected_at: Some(peer.connected_at),
        ping: peer.ping,
        // Zero is never, as in `getpeerinfo`.
        last_block_at: Some(peer.last_block_at.unwrap_or(0)),
        last_transaction_at: Some(peer.last_transaction_at.unwrap_or(0)),
    }
}
