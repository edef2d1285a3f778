//! The attached node: any program that speaks Bitcoin Core's JSON-RPC.
//!
//! Finds out whose program it is, asks in its dialect, and never again for what it does not have.

mod block_files;
mod chainstates;
mod client;
mod credentials;
mod decode;
mod decode_figures;
mod decode_peers;
mod destination;
pub(super) mod disk;
mod envelope;
mod magic;
#[cfg(test)]
mod recordings;
pub(super) mod usage;

pub use block_files::ReportedBlocks;
pub use client::{CallObserver, USER_TIMEOUT};
pub use destination::{CurrentCredentials, Destination, Inlet};
pub use disk::Directories;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use self::block_files::BlockFileCheck;
use self::chainstates::Chainstates;
use self::client::{Caller, LIVENESS_USER_TIMEOUT};
use self::credentials::Keyring;
use super::{
    Ban, BlockStats, ChainInfo, ChainTip, Dialect, Identity, IndexList, Indexes, LockedMemory,
    MempoolInfo, NetworkInfo, Node, NodeError, NodeResult, Peer, PruneLock, PruneTo, Pruned,
    Traffic, Usage, UtxoSet, Volume,
};
use crate::tls::{ClientTls, ClientTrust, SharedTrust, TlsFileError, plain_client_config};
use crate::values::{Credentials, PeerAddress};

/// How an attached node is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The node's JSON-RPC.
    pub url: Url,
    /// How to authenticate.
    pub credentials: Credentials,
    /// Whom to trust there, and who bllvmctl is, if the URL is `https`.
    pub tls: ClientTls,
    /// The node's files, where they are on this machine.
    pub directories: Option<Directories>,
}

/// Why there is no client of a node.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A file of certificates or keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsFileError),
    /// The HTTP client cannot be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// The calls that stand in for `uptime`, in the order in which they are tried: none takes long.
const LIVENESS_CALLS: [&str; 3] = ["uptime", "getconnectioncount", "getblockcount"];

/// A node reached over JSON-RPC.
pub struct RpcNode {
    url: Url,
    keyring: Arc<Keyring>,
    /// `None`: it is called in the clear.
    trust: Option<Arc<SharedTrust>>,
    /// On a connection of its own, so that a queue of slow polls cannot make the node look dead.
    liveness: Caller,
    polls: Caller,
    /// Of minutes each, so that no poll waits behind one.
    prunes: Caller,
    directories: Option<Directories>,
    /// What it reported last of its blocks, and what was found of them.
    block_file_check: Arc<BlockFileCheck>,
    chainstates: Chainstates,
    identity: ArcSwapOption<Identity>,
    liveness_call: AtomicU8,
}

/// What distinguishes one chain from another: all signets have one genesis block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainIdentity {
    /// Hash of the first block, hexadecimal.
    pub genesis: String,
    /// What blocks must satisfy, on a signet.
    pub signet_challenge: Option<String>,
}

impl RpcNode {
    /// A node at `endpoint`; nothing is sent yet. With TLS it waits for the disk.
    pub fn new(endpoint: Endpoint, observer: &CallObserver) -> Result<Self, EndpointError> {
        const POLL_CONNECTIONS: usize = 4;
        let keyring = Arc::new(Keyring::new(endpoint.credentials));
        let trust = (endpoint.url.scheme() == "https")
            .then(|| endpoint.tls.read())
            .transpose()?
            .map(|trust| Arc::new(SharedTrust::new(trust)));
        let tls = trust
            .as_ref()
            .map_or_else(plain_client_config, SharedTrust::config);
        let caller = |connections, user_timeout| {
            let (url, keyring, observer) = (
                endpoint.url.clone(),
                Arc::clone(&keyring),
                Arc::clone(observer),
            );
            Caller::new(url, &tls, connections, user_timeout, keyring, observer)
        };
        Ok(Self {
            url: endpoint.url.clone(),
            keyring: Arc::clone(&keyring),
            trust,
            liveness: caller(1, LIVENESS_USER_TIMEOUT)?,
            polls: caller(POLL_CONNECTIONS, USER_TIMEOUT)?,
            prunes: caller(1, USER_TIMEOUT)?,
            directories: endpoint.directories,
            block_file_check: Arc::default(),
            chainstates: Chainstates::default(),
            identity: ArcSwapOption::empty(),
            liveness_call: AtomicU8::new(0),
        })
    }

    /// How to speak to it, as far as it has said who it is: the chain is not asked for less because
    /// of who reports it.
    fn dialect(&self) -> Dialect {
        self.identity
            .load()
            .as_ref()
            .map(|identity| identity.dialect())
            .unwrap_or_default()
    }

    /// The same node, for calls of others.
    #[must_use]
    pub fn destination(&self) -> Destination {
        let tls = self.trust.as_ref().map(SharedTrust::config);
        Destination::new(&self.url, tls, Arc::clone(&self.keyring))
    }

    /// From the next call on, authenticates with `credentials`.
    pub fn change_credentials(&self, credentials: Credentials) {
        self.keyring.change(credentials);
    }

    /// From the next connection on, trusts whom `trust` does.
    pub fn change_trust(&self, trust: ClientTrust) {
        if let Some(shared) = &self.trust {
            shared.change(trust);
        }
    }

    /// A call that answers nothing but an error.
    async fn peer_call(&self, method: &'static str, params: &[Value]) -> NodeResult<()> {
        self.polls.call::<Value>(method, params).await.map(drop)
    }

    /// The locks that the node lists. They are enforced by the node: where the list may not be
    /// read, they have no names.
    async fn prune_locks(&self) -> NodeResult<Vec<PruneLock>> {
        match self
            .polls
            .call::<decode::RawPruneLocks>("listprunelocks", &[])
            .await
        {
            Ok(raw) => Ok(raw.read()),
            Err(NodeError::Unsupported { .. } | NodeError::Forbidden { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Which chain the node is on, whatever it calls it.
    pub async fn chain_identity(&self) -> NodeResult<ChainIdentity> {
        let genesis = self.polls.call("getblockhash", &[json!(0)]).await?;
        let chain: Value = self.polls.call("getblockchaininfo", &[]).await?;
        let challenge = chain.get("signet_challenge").and_then(Value::as_str);
        Ok(ChainIdentity {
            genesis,
            signet_challenge: challenge.map(str::to_owned),
        })
    }

    async fn hash_at(&self, height: u32) -> NodeResult<Value> {
        self.block_hash(height).await.map(Value::from)
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        measure: impl FnOnce(&Directories) -> NodeResult<T> + Send + 'static,
    ) -> NodeResult<T> {
        let Some(directories) = self.directories.clone() else {
            return Err(NodeError::Unsupported {
                what: "data directory on this machine",
            });
        };
        let path = directories.data.display().to_string();
        let measured = tokio::task::spawn_blocking(move || measure(&directories)).await;
        measured.unwrap_or_else(|error| {
            Err(NodeError::Disk {
                path,
                reason: error.to_string(),
            })
        })
    }
}

#[async_trait]
impl Node for RpcNode {
    fn restarts_seen(&self) -> u64 {
        self.keyring.cookie_changes()
    }

    async fn uptime(&self) -> NodeResult<Option<Duration>> {
        let first = self.liveness_call.load(Ordering::Relaxed);
        let mut forbidden = false;
        for (index, method) in (0_u8..).zip(LIVENESS_CALLS).skip(usize::from(first)) {
            self.liveness_call.store(index, Ordering::Relaxed);
            match self.liveness.call::<f64>(method, &[]).await {
                Err(NodeError::Unsupported { .. }) => {}
                Err(NodeError::Forbidden { .. }) => forbidden = true,
                answer => {
                    return answer.map(|seconds| {
                        Duration::try_from_secs_f64(seconds)
                            .ok()
                            .filter(|_| index == 0)
                    });
                }
            }
        }
        self.liveness_call.store(0, Ordering::Relaxed);
        if forbidden {
            return Err(self.liveness.all_forbidden(&LIVENESS_CALLS));
        }
        // Other programs speak JSON-RPC too.
        Err(self
            .liveness
            .not_a_node(format!("it has none of {}", LIVENESS_CALLS.join(", "))))
    }

    async fn chain(&self) -> NodeResult<ChainInfo> {
        let found = self.block_file_check.found();
        let chain = self
            .polls
            .call::<decode::RawChain>("getblockchaininfo", &[])
            .await?
            .read(&self.dialect());
        self.block_file_check
            .node_reported(ReportedBlocks::from(&chain), found);
        let background = match chain.background {
            None => {
                self.chainstates
                    .background(&self.polls, &self.dialect(), &chain.tip_hash)
                    .await?
            }
            background => background,
        };
        Ok(ChainInfo {
            background,
            ..chain
        })
    }

    async fn best_block_hash(&self) -> NodeResult<String> {
        self.polls.call("getbestblockhash", &[]).await
    }

    async fn network(&self) -> NodeResult<NetworkInfo> {
        let network = self
            .polls
            .call::<decode_peers::RawNetwork>("getnetworkinfo", &[])
            .await?
            .read();
        self.identity
            .store(Some(Arc::new(network.identity.clone())));
        Ok(network)
    }

    async fn peers(&self) -> NodeResult<Vec<Peer>> {
        let peers: Vec<decode_peers::RawPeer> = self.polls.call("getpeerinfo", &[]).await?;
        Ok(peers.into_iter().map(decode_peers::RawPeer::read).collect())
    }

    async fn traffic(&self) -> NodeResult<Traffic> {
        let raw: decode::RawTraffic = self.polls.call("getnettotals", &[]).await?;
        Ok(Traffic {
            sent_bytes: raw.totalbytessent,
            received_bytes: raw.totalbytesrecv,
        })
    }

    async fn mempool(&self) -> NodeResult<MempoolInfo> {
        Ok(self
            .polls
            .call::<decode::RawMempool>("getmempoolinfo", &[])
            .await?
            .read())
    }

    async fn private_broadcast(&self) -> NodeResult<bool> {
        let answer = self.polls.call("getprivatebroadcastinfo", &[]).await;
        decode::private_broadcast(answer)
    }

    async fn indexes(&self) -> NodeResult<Indexes> {
        let dialect = self.dialect();
        if dialect.index_list == IndexList::MadeUp {
            return Err(NodeError::Unsupported {
                what: "list of the indexes that it has",
            });
        }
        let indexes = self
            .polls
            .call::<decode::RawIndexes>("getindexinfo", &[])
            .await?
            .read();
        let prune_locks = if dialect.has_prune_locks {
            self.prune_locks().await?
        } else {
            Vec::new()
        };
        Ok(Indexes {
            indexes,
            prune_locks,
        })
    }

    async fn utxos(&self) -> NodeResult<UtxoSet> {
        // "none": no hash is computed, and the index answers where there is one.
        let raw: decode::RawUtxos = self.polls.call("gettxoutsetinfo", &[json!("none")]).await?;
        Ok(UtxoSet {
            outputs: raw.txouts,
        })
    }

    async fn is_in_best_chain(&self, hash: &str) -> NodeResult<bool> {
        let header = self
            .polls
            .call::<decode::RawHeader>("getblockheader", &[Value::from(hash)])
            .await?;
        Ok(header.confirmations >= 0)
    }

    async fn dial(&self, address: &PeerAddress) -> NodeResult<()> {
        let command = self.dialect().dial_command;
        self.peer_call("addnode", &[json!(address.to_string()), json!(command)])
            .await
    }

    async fn disconnect(&self, address: &PeerAddress) -> NodeResult<()> {
        let address = json!(address.to_string());
        // A peer that was never added is none to forget, which is no error here.
        match self
            .peer_call("addnode", &[address.clone(), json!("remove")])
            .await
        {
            Ok(()) | Err(NodeError::Rpc { .. }) => {}
            Err(error) => return Err(error),
        }
        self.peer_call("disconnectnode", &[address]).await
    }

    async fn bans(&self) -> NodeResult<Vec<Ban>> {
        let bans: Vec<decode_peers::RawBan> = self.polls.call("listbanned", &[]).await?;
        Ok(bans.into_iter().map(decode_peers::RawBan::read).collect())
    }

    async fn volume(&self) -> NodeResult<Volume> {
        let chain = self.block_file_check.reported().chain;
        self.on_disk(move |directories| disk::volume(directories, chain))
            .await
    }

    async fn settle_volume(&self) -> NodeResult<()> {
        let chain = self.block_file_check.reported().chain;
        self.on_disk(move |directories| disk::settle(directories, chain))
            .await
    }

    async fn usage(&self) -> NodeResult<Usage> {
        let block_file_check = Arc::clone(&self.block_file_check);
        self.on_disk(move |directories| {
            let usage = usage::usage(directories, block_file_check.reported().chain)?;
            block_file_check.measure(directories).map_or(Ok(usage), Err)
        })
        .await
    }

    async fn prune(&self, to: PruneTo) -> NodeResult<Pruned> {
        let height = match to {
            PruneTo::Height(height) => vec![json!(height)],
            PruneTo::All => Vec::new(),
        };
        decode::pruned(self.prunes.call("pruneblockchain", &height).await)
    }

    async fn block_hash(&self, height: u32) -> NodeResult<String> {
        self.polls.call("getblockhash", &[json!(height)]).await
    }

    async fn chain_tips(&self) -> NodeResult<Vec<ChainTip>> {
        let tips: Vec<decode::RawChainTip> = self.polls.call("getchaintips", &[]).await?;
        Ok(tips.into_iter().map(decode::RawChainTip::read).collect())
    }

    async fn block_size(&self, height: u32) -> NodeResult<u64> {
        let hash = self.hash_at(height).await?;
        Ok(self
            .polls
            .call::<decode::RawBlock>("getblock", &[hash, json!(1)])
            .await?
            .size)
    }

    async fn block_median_time(&self, height: u32) -> NodeResult<u64> {
        let hash = self.hash_at(height).await?;
        Ok(self
            .polls
            .call::<decode::RawTimes>("getblockheader", &[hash])
            .await?
            .mediantime)
    }

    async fn block_stats(&self, hash: &str) -> NodeResult<BlockStats> {
        let params = [json!(hash), json!(decode_figures::BLOCK_STATS)];
        let stats: decode_figures::RawBlockStats =
            self.polls.call("getblockstats", &params).await?;
        Ok(stats.read())
    }

    async fn chain_transactions(&self) -> NodeResult<Option<u64>> {
        let stats: decode_figures::RawChainStats = self.polls.call("getchaintxstats", &[]).await?;
        Ok(stats.txcount)
    }

    async fn hash_rate(&self, blocks: i32) -> NodeResult<f64> {
        self.polls.call("getnetworkhashps", &[json!(blocks)]).await
    }

    async fn fee_estimate(&self, blocks: u32) -> NodeResult<Option<f64>> {
        let params = [json!(blocks)];
        let fee: decode_figures::RawFee = self.polls.call("estimatesmartfee", &params).await?;
        Ok(fee.feerate)
    }

    async fn locked_memory(&self) -> NodeResult<LockedMemory> {
        let memory: decode_figures::RawMemory = self.polls.call("getmemoryinfo", &[]).await?;
        Ok(memory.read())
    }

    async fn calls_running(&self) -> NodeResult<u64> {
        let calls: decode_figures::RawCalls = self.polls.call("getrpcinfo", &[]).await?;
        Ok(calls.others())
    }

    fn forget(&self) {
        self.identity.store(None);
        self.chainstates.forget();
        self.block_file_check.forget();
        self.liveness_call.store(0, Ordering::Relaxed);
    }
}
