//! The port, as an attached node serves it: each question as the call that answers it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::block_files::ReportedBlocks;
use super::disk::{self, Directories};
use super::{RpcNode, decode, decode_figures, decode_peers, usage};
use crate::node::{
    Ban, BlockStats, ChainInfo, ChainTip, IndexList, Indexes, LockedMemory, MempoolInfo,
    NetworkInfo, Node, NodeError, NodeResult, Peer, PruneLock, PruneTo, Pruned, Traffic, Usage,
    UtxoSet, Volume,
};
use crate::values::PeerAddress;

/// The calls that stand in for `uptime`, in the order in which they are tried: none takes long.
const LIVENESS_CALLS: [&str; 3] = ["uptime", "getconnectioncount", "getblockcount"];

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
        decode_peers::disconnected(self.peer_call("disconnectnode", &[address]).await)
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

impl RpcNode {
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
