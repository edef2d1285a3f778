//! Readings of the node's state, without JSON: what a program that watches the node polls.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use bitcoin::BlockHash;

use crate::chain::header;
use crate::chain::tree::Id;
use crate::clock;
use crate::error::NotRunning;
use crate::mempool::MIN_FEE_RATE;
use crate::node::RegtestNode;
use crate::node_state::NodeState;
use crate::node_state::p2p::PeerState;
use crate::node_thread::Stopped;
use crate::time::Now;

/// The chain and its tip.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainReading {
    /// Height of the tip.
    pub blocks: u32,
    /// Height of the best header.
    pub headers: u32,
    /// The tip.
    pub tip: BlockHash,
    /// The time in the tip's header, seconds since 1970.
    pub tip_time: u32,
    /// The median time of the tip and the ten blocks below it, seconds since 1970.
    pub median_time: u32,
    /// Difficulty of the tip.
    pub difficulty: f64,
    /// Part of the known chain that is connected, in [0, 1].
    pub progress: f64,
    /// The blocks of the configured peers are not here yet.
    pub is_in_initial_download: bool,
    /// Size of the block files, bytes.
    pub size_on_disk: u64,
    /// The first height whose block is stored.
    pub first_stored: u32,
}

/// A connected peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerReading {
    /// Where it is, as `getpeerinfo` lists it.
    pub address: String,
    /// It connected to us.
    pub is_inbound: bool,
    /// As `connection_type` of `getpeerinfo`.
    pub connection_type: &'static str,
    /// Height of the best header that it has announced.
    pub synced_headers: Option<u32>,
    /// Height of the last block that both have.
    pub synced_blocks: Option<u32>,
    /// Its height when it connected, as it said.
    pub starting_height: Option<u32>,
    /// Both know each other's version.
    pub is_handshaken: bool,
    /// The address on our side.
    pub local_address: Option<SocketAddr>,
    /// Since when it is connected, seconds since 1970.
    pub connected_at: u64,
    /// How long the last ping took.
    pub ping: Option<Duration>,
    /// When it last sent a block, seconds since 1970; `None`: never.
    pub last_block_at: Option<u64>,
    /// When it last sent a transaction, seconds since 1970; `None`: never.
    pub last_transaction_at: Option<u64>,
}

/// What is in the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolReading {
    /// Transactions.
    pub transactions: usize,
    /// Their virtual size, bytes.
    pub bytes: u64,
    /// Memory that it takes, bytes.
    pub usage_bytes: u64,
    /// The lowest rate that is accepted, satoshi per 1000 virtual bytes.
    pub min_fee_rate: u64,
}

/// Bytes to and from peers since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficReading {
    /// To peers.
    pub sent_bytes: u64,
    /// From peers.
    pub received_bytes: u64,
}

impl RegtestNode {
    /// Time since the start. It does not wait for the node's thread.
    pub fn uptime(&self) -> Result<Duration, NotRunning> {
        self.check_started()?;
        Ok(clock::mono().since(self.started))
    }

    /// Bytes to and from peers. It does not wait for the node's thread.
    #[must_use]
    pub fn traffic(&self) -> TrafficReading {
        TrafficReading {
            sent_bytes: self.counters.sent(),
            received_bytes: self.counters.received(),
        }
    }

    /// Why writes to the disk fail, while they do: no block is taken meanwhile. It does not wait
    /// for the node's thread.
    #[must_use]
    pub fn write_failure(&self) -> Option<ErrorKind> {
        self.writes.failure()
    }

    /// The chain and its tip.
    pub async fn chain(&self) -> Result<ChainReading, NotRunning> {
        self.read(chain_reading).await
    }

    /// Whether peers are connected to at all (`setnetworkactive`).
    pub async fn is_network_active(&self) -> Result<bool, NotRunning> {
        self.read(|state| state.peers.is_network_active).await
    }

    /// The connected peers.
    pub async fn peers(&self) -> Result<Vec<PeerReading>, NotRunning> {
        self.read(|state| {
            let peers = state.peers.iter();
            peers.map(|peer| peer_reading(state, peer)).collect()
        })
        .await
    }

    /// What is in the mempool.
    pub async fn mempool(&self) -> Result<MempoolReading, NotRunning> {
        self.read(|state| MempoolReading {
            transactions: state.validation.mempool.len(),
            bytes: state.validation.mempool.bytes(),
            usage_bytes: state.validation.mempool.usage(),
            min_fee_rate: MIN_FEE_RATE,
        })
        .await
    }

    /// The number of unspent outputs, which are counted as they come and go.
    pub async fn utxo_count(&self) -> Result<u64, NotRunning> {
        self.read(|state| state.validation.chain.coin_stats().outputs)
            .await
    }

    /// Whether the block is part of the best chain; `None` if its header is not known.
    pub async fn is_in_best_chain(&self, hash: BlockHash) -> Result<Option<bool>, NotRunning> {
        self.read(move |state| {
            let tree = state.validation.chain.tree();
            tree.find(&hash).map(|id| tree.is_best(id))
        })
        .await
    }

    /// The size of the block at `height`, bytes; `None` if it is not stored.
    pub async fn block_size(&self, height: u32) -> Result<Option<u64>, NotRunning> {
        self.read(move |state| {
            let tree = state.validation.chain.tree();
            let location = tree.at_height(height).and_then(|id| tree.get(id).location);
            location.map(|location| u64::from(location.length))
        })
        .await
    }

    /// The median time of the block at `height` and the ten below it, seconds since 1970; `None`
    /// above the tip.
    pub async fn block_median_time(&self, height: u32) -> Result<Option<u32>, NotRunning> {
        self.read(move |state| {
            let tree = state.validation.chain.tree();
            tree.at_height(height).map(|id| tree.median_time(id))
        })
        .await
    }

    /// Deletes block files up to `height`, but never the last blocks. The first height that is
    /// still stored; `None` if the chain is too short to be pruned.
    pub async fn prune(&self, height: u32) -> Result<Option<u32>, NotRunning> {
        self.change(move |state| state.validation.prune(height))
            .await
    }

    /// Tries once to connect to `address`, a host or host and port. That it was tried is no
    /// success.
    pub async fn connect(&self, address: String) -> Result<(), NotRunning> {
        self.change(move |state| state.dialler.dial(address)).await
    }

    /// Ends the connection to the peer that is listed as `address`, and does not connect to it
    /// again. Whether there was one.
    pub async fn disconnect(&self, address: String) -> Result<bool, NotRunning> {
        self.change(move |state| {
            state.dialler.added.remove(&address);
            let peer = state.peers.find(&address).map(|peer| peer.id);
            peer.inspect(|id| state.peers.disconnect(*id, "an operator asked for it"))
                .is_some()
        })
        .await
    }

    fn check_started(&self) -> Result<(), NotRunning> {
        let message = self.thread.phase().message();
        message.map_or(Ok(()), |message| Err(NotRunning::Starting(message)))
    }

    /// What `question` finds, once the start is over.
    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&NodeState) -> T + Send + 'static,
    ) -> Result<T, NotRunning> {
        self.change(move |state| question(state)).await
    }

    /// What comes of `job`, once the start is over.
    async fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut NodeState) -> T + Send + 'static,
    ) -> Result<T, NotRunning> {
        self.check_started()?;
        self.thread
            .request(job)
            .await
            .map_err(|Stopped| NotRunning::Stopped)
    }
}

fn chain_reading(state: &NodeState) -> ChainReading {
    let chain = &state.validation.chain;
    let tree = chain.tree();
    let tip = tree.get(tree.tip());
    ChainReading {
        blocks: tip.height,
        headers: tree.get(chain.best_header()).height,
        tip: tip.hash,
        tip_time: tip.header.time,
        median_time: tree.median_time(tree.tip()),
        difficulty: header::difficulty(tip.header.bits),
        progress: state.validation.progress(),
        is_in_initial_download: state.is_in_initial_download(),
        size_on_disk: chain.size_on_disk(),
        first_stored: chain.first_stored(),
    }
}

fn peer_reading(state: &NodeState, peer: &PeerState) -> PeerReading {
    let height = |id: Option<Id>| id.map(|id| state.validation.chain.tree().get(id).height);
    let hello = peer.hello.as_ref();
    PeerReading {
        address: peer.name.clone(),
        is_inbound: !peer.is_outbound(),
        connection_type: peer.connection_type(),
        synced_headers: height(peer.best_known),
        synced_blocks: height(state.common_block(peer)),
        starting_height: hello.and_then(|hello| u32::try_from(hello.start_height).ok()),
        is_handshaken: peer.is_ready,
        local_address: peer.local,
        connected_at: peer.connected.unix_seconds(),
        ping: peer.pings.last,
        last_block_at: peer.last_block.map(Now::unix_seconds),
        last_transaction_at: peer.last_transaction.map(Now::unix_seconds),
    }
}
