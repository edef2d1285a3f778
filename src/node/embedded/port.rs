//! The port's questions, answered by the readings of `regtest-node`.

use std::time::Duration;

use async_trait::async_trait;
use bitcoin::BlockHash;
use regtest_node::{ChainReading, NotRunning, PeerReading};

use super::EmbeddedNode;
use crate::node::dialect::Flavour;
use crate::node::rpc::{Directories, disk, usage};
use crate::node::{
    Ban, ChainInfo, Direction, Extent, Identity, Index, Indexes, MempoolInfo, NetworkInfo, Node,
    NodeError, NodeResult, Peer, PruneTo, Pruned, Traffic, Usage, UtxoSet, Volume,
};
use crate::values::{Chain, PeerAddress};

/// What stands in the place of an address.
const HERE: &str = "the embedded node";

impl EmbeddedNode {
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
        measure: impl FnOnce(&Directories) -> NodeResult<T> + Send + 'static,
    ) -> NodeResult<T> {
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
impl Node for EmbeddedNode {
    async fn uptime(&self) -> NodeResult<Option<Duration>> {
        let uptime = self.node.uptime();
        uptime.map(Some).map_err(no_answer("uptime"))
    }

    async fn chain(&self) -> NodeResult<ChainInfo> {
        let chain = self.node.chain().await;
        chain
            .map(|chain| chain_info(&chain))
            .map_err(no_answer("getblockchaininfo"))
    }

    async fn network(&self) -> NodeResult<NetworkInfo> {
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
            protocol_version: None,
            has_warning: None,
            time_offset_secs: None,
            connections: crate::node::ConnectionCounts::default(),
        })
    }

    async fn peers(&self) -> NodeResult<Vec<Peer>> {
        let peers = self.node.peers().await;
        let peers = peers.map_err(no_answer("getpeerinfo"))?;
        Ok(peers.into_iter().map(peer_info).collect())
    }

    async fn traffic(&self) -> NodeResult<Traffic> {
        let traffic = self.node.traffic();
        Ok(Traffic {
            sent_bytes: traffic.sent_bytes,
            received_bytes: traffic.received_bytes,
        })
    }

    async fn mempool(&self) -> NodeResult<MempoolInfo> {
        let mempool = self.node.mempool().await;
        let mempool = mempool.map_err(no_answer("getmempoolinfo"))?;
        let min_fee = bitcoin::Amount::from_sat(mempool.min_fee_rate);
        Ok(MempoolInfo {
            transactions: u64::try_from(mempool.transactions).unwrap_or(u64::MAX),
            bytes: mempool.bytes,
            usage_bytes: Some(mempool.usage_bytes),
            min_fee_btc_per_kvb: Some(min_fee.to_btc()),
            unbroadcast: None,
        })
    }

    async fn indexes(&self) -> NodeResult<Indexes> {
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

    async fn utxos(&self) -> NodeResult<UtxoSet> {
        let outputs = self.node.utxo_count().await;
        let outputs = outputs.map_err(no_answer("gettxoutsetinfo"))?;
        Ok(UtxoSet { outputs })
    }

    async fn is_in_best_chain(&self, hash: &str) -> NodeResult<bool> {
        let not_found = || refused("getblockheader", -5, "Block not found");
        let hash: BlockHash = hash.parse().map_err(|_| not_found())?;
        let is_best = self.node.is_in_best_chain(hash).await;
        is_best
            .map_err(no_answer("getblockheader"))?
            .ok_or_else(not_found)
    }

    async fn volume(&self) -> NodeResult<Volume> {
        // The block files are in the data directory itself.
        let volume = self
            .on_disk(|directories| disk::volume(directories, Some(Chain::Main)))
            .await?;
        Ok(Volume {
            write_failure: self.node.write_failure(),
            ..volume
        })
    }

    async fn settle_volume(&self) -> NodeResult<()> {
        self.on_disk(|directories| disk::settle(directories, Some(Chain::Main)))
            .await
    }

    async fn usage(&self) -> NodeResult<Usage> {
        self.on_disk(|directories| usage::usage(directories, Some(Chain::Main)))
            .await
    }

    async fn prune(&self, to: PruneTo) -> NodeResult<Pruned> {
        let height = match to {
            PruneTo::Height(height) => height,
            PruneTo::All => u32::MAX,
        };
        let pruned = self.node.prune(height).await;
        let first_stored = pruned.map_err(no_answer("pruneblockchain"))?;
        let extent = |first: u32| first.checked_sub(1).map_or(Extent::Nothing, Extent::UpTo);
        Ok(first_stored.map_or(Pruned::ChainTooShort, |first| Pruned::Done(extent(first))))
    }

    async fn block_size(&self, height: u32) -> NodeResult<u64> {
        let size = self.node.block_size(height).await;
        size.map_err(no_answer("getblock"))?
            .ok_or_else(|| refused("getblock", -1, "Block not available (pruned data)"))
    }

    async fn block_median_time(&self, height: u32) -> NodeResult<u64> {
        let time = self.node.block_median_time(height).await;
        time.map_err(no_answer("getblockheader"))?
            .map(u64::from)
            .ok_or_else(|| refused("getblockhash", -8, "Block height out of range"))
    }

    async fn dial(&self, address: &PeerAddress) -> NodeResult<()> {
        let dialled = self.node.connect(address.to_string()).await;
        dialled.map_err(no_answer("addnode"))
    }

    async fn disconnect(&self, address: &PeerAddress) -> NodeResult<()> {
        let ended = self.node.disconnect(address.to_string()).await;
        ended.map(drop).map_err(no_answer("disconnectnode"))
    }

    async fn bans(&self) -> NodeResult<Vec<Ban>> {
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
        chainwork: None,
        signet_challenge: None,
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
