//! The embedded node as any other: the port's questions, answered from its state.

use std::time::Duration;

use async_trait::async_trait;
use bitcoin::BlockHash;

use super::chain::header;
use super::chain::tree::Id;
use super::engine::Stopped;
use super::machine::Machine;
use super::mempool::MIN_FEE_RATE;
use super::p2p::{Direction as Way, Peer as Connected, connection_type, user_agent};
use super::rpc::version_number;
use super::{CHAIN, Embedded};
use crate::clock;
use crate::node::rpc::{disk, usage};
use crate::node::{
    Answer, Ban, ChainInfo, Direction, Extent, Flavour, Identity, Index, Indexes, Mempool,
    NetworkInfo, Node, NodeError, Peer, PruneTo, Pruned, Traffic, Usage, UtxoSet, Volume,
};
use crate::values::{Chain, Now, PeerAddress};

/// What stands in the place of an address.
const HERE: &str = "the embedded node";

impl Embedded {
    /// What `question` finds, once the start is over.
    async fn look<T: Send + 'static>(
        &self,
        method: &'static str,
        question: impl FnOnce(&Machine) -> T + Send + 'static,
    ) -> Answer<T> {
        self.change(method, move |machine| question(machine)).await
    }

    /// What comes of `job`, once the start is over.
    async fn change<T: Send + 'static>(
        &self,
        method: &'static str,
        job: impl FnOnce(&mut Machine) -> T + Send + 'static,
    ) -> Answer<T> {
        if let Some(message) = self.engine.phase().message() {
            return Err(NodeError::Starting {
                message: message.to_owned(),
            });
        }
        self.engine
            .ask(job)
            .await
            .map_err(|Stopped| NodeError::Closed {
                address: HERE.to_owned(),
                method,
            })
    }

    /// Where we listen, unless that is everywhere.
    fn own_addresses(&self) -> Vec<PeerAddress> {
        let own = self
            .listening
            .filter(|address| !address.ip().is_unspecified());
        own.into_iter()
            .filter_map(|address| address.to_string().parse().ok())
            .collect()
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        measure: impl FnOnce(&super::Directories) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let (directories, path) = (
            self.directories.clone(),
            self.directories.data.display().to_string(),
        );
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
impl Node for Embedded {
    async fn uptime(&self) -> Answer<Option<Duration>> {
        match self.engine.phase().message() {
            Some(message) => Err(NodeError::Starting {
                message: message.to_owned(),
            }),
            None => Ok(Some(clock::mono().since(self.started))),
        }
    }

    async fn chain(&self) -> Answer<ChainInfo> {
        self.look("getblockchaininfo", chain_info).await
    }

    async fn network(&self) -> Answer<NetworkInfo> {
        let identity = Identity {
            flavour: Flavour::Embedded,
            version: Some(version_number()),
            version_text: env!("CARGO_PKG_VERSION").to_owned(),
            subversion: user_agent(),
        };
        let active = self
            .look("getnetworkinfo", |machine| machine.peers.is_network_active)
            .await?;
        Ok(NetworkInfo {
            identity,
            active: Some(active),
            proxied: false,
            own_addresses: self.own_addresses(),
        })
    }

    async fn peers(&self) -> Answer<Vec<Peer>> {
        let peers = |machine: &Machine| {
            machine
                .peers
                .iter()
                .map(|peer| peer_info(machine, peer))
                .collect()
        };
        self.look("getpeerinfo", peers).await
    }

    async fn traffic(&self) -> Answer<Traffic> {
        // Counted beside the state, so that nobody is waited for.
        Ok(Traffic {
            sent_bytes: self.counters.sent(),
            received_bytes: self.counters.received(),
        })
    }

    async fn mempool(&self) -> Answer<Mempool> {
        let mempool = |machine: &Machine| {
            let mempool = &machine.mempool;
            Mempool {
                transactions: u64::try_from(mempool.len()).unwrap_or(u64::MAX),
                bytes: mempool.bytes(),
                usage_bytes: Some(mempool.usage()),
                min_fee_btc_per_kvb: Some(bitcoin::Amount::from_sat(MIN_FEE_RATE).to_btc()),
            }
        };
        self.look("getmempoolinfo", mempool).await
    }

    async fn indexes(&self) -> Answer<Indexes> {
        // The coins are counted as they come and go, which is what the index is for.
        let height = self
            .look("getindexinfo", |machine| machine.chain.tree().height())
            .await?;
        let coinstats = Index {
            name: "coinstatsindex".to_owned(),
            synced: true,
            height: Some(height),
        };
        Ok(Indexes {
            indexes: vec![coinstats],
            prune_locks: Vec::new(),
        })
    }

    async fn utxos(&self) -> Answer<UtxoSet> {
        let outputs = self
            .look("gettxoutsetinfo", |machine| {
                machine.chain.coin_stats().outputs
            })
            .await?;
        Ok(UtxoSet { outputs })
    }

    async fn is_in_best_chain(&self, hash: &str) -> Answer<bool> {
        let not_found = || refused("getblockheader", -5, "Block not found");
        let hash: BlockHash = hash.parse().map_err(|_| not_found())?;
        let is_best = move |machine: &Machine| {
            let tree = machine.chain.tree();
            tree.find(&hash).map(|id| tree.is_best(id))
        };
        self.look("getblockheader", is_best)
            .await?
            .ok_or_else(not_found)
    }

    async fn volume(&self) -> Answer<Volume> {
        // The block files are in the data directory itself.
        let volume = self
            .on_disk(|directories| disk::volume(directories, Some(Chain::Main)))
            .await?;
        Ok(Volume {
            write_failure: self.writes.failure(),
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
        let pruned = self
            .change("pruneblockchain", move |machine| machine.prune(height))
            .await?;
        let extent = |first: u32| first.checked_sub(1).map_or(Extent::Nothing, Extent::UpTo);
        Ok(pruned.map_or(Pruned::ChainTooShort, |first| Pruned::Done(extent(first))))
    }

    async fn block_size(&self, height: u32) -> Answer<u64> {
        let size = move |machine: &Machine| {
            let tree = machine.chain.tree();
            let location = tree.at_height(height).and_then(|id| tree.get(id).location);
            location.map(|location| u64::from(location.length))
        };
        let size = self.look("getblock", size).await?;
        size.ok_or_else(|| refused("getblock", -1, "Block not available (pruned data)"))
    }

    async fn block_median_time(&self, height: u32) -> Answer<u64> {
        let time = move |machine: &Machine| {
            let tree = machine.chain.tree();
            tree.at_height(height)
                .map(|id| u64::from(tree.median_time(id)))
        };
        let time = self.look("getblockheader", time).await?;
        time.ok_or_else(|| refused("getblockhash", -8, "Block height out of range"))
    }

    async fn dial(&self, address: &PeerAddress) -> Answer<()> {
        let address = address.to_string();
        self.change("addnode", move |machine| machine.dial(address))
            .await
    }

    async fn disconnect(&self, address: &PeerAddress) -> Answer<()> {
        let address = address.to_string();
        let found = self.change("disconnectnode", move |machine| {
            machine.peers.added.remove(&address);
            let peer = machine.peers.find(&address).map(|peer| peer.id);
            peer.inspect(|id| machine.disconnect(*id, "an operator asked for it"))
                .is_some()
        });
        if found.await? {
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

/// Seconds since 1970; zero for what has not been.
fn seconds(moment: Option<Now>) -> Option<u64> {
    moment.map_or(Some(0), |moment| {
        u64::try_from(moment.wall.as_second()).ok()
    })
}

fn chain_info(machine: &Machine) -> ChainInfo {
    let (chain, tree) = (&machine.chain, machine.chain.tree());
    let tip = tree.get(tree.tip());
    ChainInfo {
        chain: CHAIN.to_core_arg().to_owned(),
        blocks: tip.height,
        headers: tree.get(chain.best_header()).height,
        tip_hash: tip.hash.to_string(),
        tip_time: Some(tip.header.time.into()),
        median_time: Some(tree.median_time(tree.tip()).into()),
        difficulty: Some(header::difficulty(tip.header.bits)),
        verification_progress: Some(machine.progress()),
        initial_block_download: Some(machine.is_in_initial_download()),
        size_on_disk_bytes: Some(chain.size_on_disk()),
        // It can be pruned at any time, whether or not anything has gone.
        pruned: Some(true),
        prune_height: Some(chain.first_stored()),
        background: None,
    }
}

fn peer_info(machine: &Machine, peer: &Connected) -> Peer {
    let height = |id: Option<Id>| id.map(|id| machine.chain.tree().get(id).height);
    Peer {
        address: peer.name.clone(),
        direction: Some(match peer.direction {
            Way::Inbound => Direction::Inbound,
            Way::Outbound => Direction::Outbound,
        }),
        connection_type: Some(connection_type(peer).to_owned()),
        synced_headers: height(peer.best_known),
        synced_blocks: height(machine.common_block(peer)),
        starting_height: peer
            .hello
            .as_ref()
            .and_then(|hello| u32::try_from(hello.start_height).ok()),
        handshaken: peer.is_ready,
        local_address: peer.local.map(|local| local.to_string()),
        connected_at: seconds(Some(peer.connected)),
        ping: peer.pings.last,
        last_block_at: seconds(peer.last_block),
        last_transaction_at: seconds(peer.last_transaction),
    }
}
