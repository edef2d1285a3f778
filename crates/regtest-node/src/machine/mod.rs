//! The whole state of the node, in one place, changed by one thread.
//!
//! Everything that may wait for the disk or takes long happens here; who asks hands a job in
//! (`engine`).

pub(crate) mod disk;
pub(crate) mod p2p;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitcoin::{Block, Transaction, Txid};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use self::disk::Writes;
use self::p2p::{Dial, PeerId, Peers};
use crate::agent::Agent;
use crate::chain::connect::Failure;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::Id;
use crate::chainstate::{Accepted, BlockError, Chainstate, Step};
use crate::clock;
use crate::event::{Event, Observer};
use crate::mempool::Mempool;
use crate::store::StoreError;
use crate::time::{Mono, Now};

/// Bytes to and from all peers since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn add_sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What the node is told at its start.
pub(crate) struct Wiring {
    pub(crate) observer: Observer,
    /// Addresses to connect to go here.
    pub(crate) dials: mpsc::UnboundedSender<Dial>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) writes: Arc<Writes>,
    pub(crate) agent: Arc<Agent>,
    /// Peers are configured, whose chain is to be waited for.
    pub(crate) expects_peers: bool,
    pub(crate) max_peers: usize,
}

/// The state of the node.
pub(crate) struct Machine {
    pub(crate) chain: Chainstate,
    pub(crate) mempool: Mempool,
    pub(crate) peers: Peers,
    pub(crate) wiring: Wiring,
    /// The time of the current job.
    pub(crate) now: Now,
    started: Mono,
    /// Whether the first download is over; once it is, it stays so.
    is_synced: bool,
    /// Who sent a block that is not connected yet.
    pub(super) sources: HashMap<Id, PeerId>,
    /// Peers have been told of this tip.
    pub(super) announced: Id,
    /// The last block that could not be connected, and why.
    refused: Option<(Id, Reject)>,
    /// The write that failed, while none succeeds.
    pub(super) blocked: Option<StoreError>,
    pub(super) tried_writing: Mono,
    /// What the node cannot live with: it ends.
    pub(crate) fatal: Option<StoreError>,
    pub(crate) is_stopping: bool,
}

impl Machine {
    const WAIT_FOR_PEERS: Duration = Duration::from_secs(30);

    pub(crate) fn new(chain: Chainstate, wiring: Wiring, now: Now) -> Self {
        let announced = chain.tree().tip();
        let is_synced = !wiring.expects_peers;
        Self {
            chain,
            mempool: Mempool::default(),
            peers: Peers::default(),
            wiring,
            now,
            started: now.mono,
            is_synced,
            sources: HashMap::new(),
            announced,
            refused: None,
            blocked: None,
            tried_writing: now.mono,
            fatal: None,
            is_stopping: false,
        }
    }

    /// Seconds since 1970.
    pub(crate) fn now_secs(&self) -> u64 {
        self.now.unix_seconds()
    }

    /// The blocks of the peers we were told of are not here yet.
    pub(crate) fn is_in_initial_download(&self) -> bool {
        !self.is_synced
    }

    /// Part of the known chain that is connected, in [0, 1].
    pub(crate) fn progress(&self) -> f64 {
        let tree = self.chain.tree();
        let (blocks, headers) = (tree.height(), tree.get(self.chain.best_header()).height);
        if headers <= blocks {
            1.0
        } else {
            f64::from(blocks) / f64::from(headers)
        }
    }

    /// Why the block could not be connected, if it was the last such block.
    pub(crate) fn last_refusal(&self, id: Id) -> Option<&Reject> {
        self.refused
            .as_ref()
            .filter(|(refused, _)| *refused == id)
            .map(|(_, reject)| reject)
    }

    pub(super) fn look_whether_synced(&mut self) {
        let tree = self.chain.tree();
        // Of two chains with the same work either will do.
        let caught_up = tree.get(tree.tip()).work >= tree.get(self.chain.best_header()).work;
        // With a chain from before, and nobody there whom we chose to ask, there is nothing to wait
        // for.
        let is_alone = !self
            .peers
            .iter()
            .any(|peer| peer.is_outbound() && peer.is_ready)
            && self.now.mono.since(self.started) > Self::WAIT_FOR_PEERS;
        let is_known = self.peers.have_told_their_chain() || (tree.height() > 0 && is_alone);
        if !self.is_synced && caught_up && is_known {
            info!(height = tree.height(), "the first download is over");
            self.is_synced = true;
            (self.wiring.observer)(Event::Synced);
        }
    }

    /// Takes a block from wherever, and goes to the best chain with it.
    pub(crate) fn take_block(
        &mut self,
        block: Arc<Block>,
        source: Option<PeerId>,
    ) -> Result<Accepted, Reject> {
        self.unless_blocked()?;
        match self.chain.accept_block(block, self.now_secs()) {
            Ok(accepted) => {
                if let (Some(source), true) = (source, accepted.is_new) {
                    self.sources.insert(accepted.id, source);
                }
                self.advance();
                Ok(accepted)
            }
            Err(BlockError::Reject(reject)) => Err(reject),
            Err(BlockError::Store(error)) => {
                self.failed(error);
                Err(Reject::new(Fault::Policy, "the block cannot be written"))
            }
        }
    }

    /// Goes to the best chain.
    pub(crate) fn advance(&mut self) {
        if self.is_blocked() {
            return;
        }
        let mut undone: Vec<Arc<Block>> = Vec::new();
        loop {
            let began = clock::mono();
            let mempool = &self.mempool;
            match self
                .chain
                .step(|wtxid| mempool.get_by_wtxid(wtxid).is_some())
            {
                Ok(None) => break,
                Ok(Some(Step::Connected(id, block))) => {
                    (self.wiring.observer)(Event::BlockConnected(clock::mono().since(began)));
                    self.mempool.block_connected(&block);
                    self.sources.remove(&id);
                    debug!(height = self.chain.tree().height(), hash = %block.block_hash(), "new tip");
                }
                Ok(Some(Step::Disconnected(block))) => undone.push(block),
                Ok(Some(Step::Refused(id, reject))) => self.block_refused(id, &reject),
                Err(error) => {
                    self.failed(error);
                    return;
                }
            }
        }
        if !undone.is_empty() {
            info!(
                blocks = undone.len(),
                height = self.chain.tree().height(),
                "reorganised"
            );
            self.refill_mempool(&undone);
        }
        self.look_whether_synced();
        self.announce_tip();
        self.fetch_blocks();
    }

    fn block_refused(&mut self, id: Id, reject: &Reject) {
        let hash = self.chain.tree().get(id).hash;
        warn!(block = %hash, %reject, "refused a block");
        self.refused = Some((id, reject.clone()));
        if let Some(source) = self.sources.remove(&id) {
            self.misbehaved(source, &format!("block {hash}: {reject}"));
        }
    }

    /// After a reorganisation what the old blocks had may be mined again, if it is still valid.
    pub(super) fn refill_mempool(&mut self, undone: &[Arc<Block>]) {
        let of_blocks = undone
            .iter()
            .rev()
            .flat_map(|block| block.txdata.iter().skip(1).cloned().map(Arc::new));
        let all: Vec<Arc<Transaction>> = of_blocks.chain(self.mempool.take_all()).collect();
        for tx in all {
            if let Err(reject) = self.take_transaction(&tx) {
                debug!(%reject, "dropped from the mempool");
            }
        }
    }

    /// Takes a transaction into the mempool.
    pub(crate) fn take_transaction(&mut self, tx: &Arc<Transaction>) -> Result<Txid, Reject> {
        self.take_transaction_within(tx, None)
    }

    /// As `take_transaction`, unless it pays more than `max_rate`, satoshi per 1000 virtual bytes.
    pub(crate) fn take_transaction_within(
        &mut self,
        tx: &Arc<Transaction>,
        max_rate: Option<u64>,
    ) -> Result<Txid, Reject> {
        self.unless_blocked()?;
        let now_secs = self.now_secs();
        match self
            .mempool
            .examine(tx, &self.chain.next_place(), &self.chain, now_secs)
        {
            Ok(admission) => self.mempool.admit(admission.within(max_rate)?),
            Err(Failure::Reject(reject)) => Err(reject),
            Err(Failure::Store(error)) => {
                self.failed(error);
                Err(Reject::new(Fault::Policy, "the coins cannot be read"))
            }
        }
    }

    /// A chain shorter than this is not pruned, as with bitcoind's `-fastprune`.
    const PRUNE_AFTER_HEIGHT: u32 = 100;

    /// Whether the chain is long enough for anything to be pruned.
    pub(crate) fn is_prunable(&self) -> bool {
        self.chain.tree().height() >= Self::PRUNE_AFTER_HEIGHT
    }

    /// Deletes the segments of blocks up to `height`, but never the last blocks. The first height
    /// that is left; `None` if the chain is too short.
    pub(crate) fn prune(&mut self, height: u32) -> Option<u32> {
        if !self.is_prunable() {
            return None;
        }
        match self.chain.prune(height) {
            Ok(pruned) if pruned.segments > 0 => {
                let first_stored = self.chain.first_stored();
                info!(
                    segments = pruned.segments,
                    bytes = pruned.bytes,
                    first_stored,
                    "pruned"
                );
            }
            Ok(_) => {}
            Err(error) => self.failed(error),
        }
        Some(self.chain.first_stored())
    }

    /// What is due by the clock, about once a second.
    pub(crate) fn tick(&mut self) {
        let now_secs = self.now_secs();
        self.mempool.expire(now_secs);
        self.watch_disk();
        self.look_whether_synced();
        self.watch_peers();
        self.fetch_blocks();
    }
}
