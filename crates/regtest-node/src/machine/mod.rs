//! The whole state of the node, in one place, changed by one thread.
//!
//! Everything that may wait for the disk or takes long happens here; who asks hands a job in
//! (`engine`).

pub(crate) mod p2p;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitcoin::p2p::message::NetworkMessage;
use bitcoin::{Block, Transaction, Txid};
use tokio::sync::mpsc;
use tracing::{info, warn};

use self::p2p::{
    AnnouncedTip, BlockDownload, Dial, Dialler, Peer, PeerId, Peers, TransactionRelay,
    announce_transaction, serve,
};
use crate::agent::Agent;
use crate::chain::reject::Reject;
use crate::chain::tree::Id;
use crate::chainstate::{Accepted, Chainstate};
use crate::event::{Event, Observer};
use crate::time::{Mono, Now};
use crate::validation::{Validation, Writes};

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
    pub(crate) validation: Validation,
    pub(crate) peers: Peers,
    download: BlockDownload,
    relay: TransactionRelay,
    announced: AnnouncedTip,
    pub(crate) dialler: Dialler,
    pub(crate) wiring: Wiring,
    /// The time of the current job.
    pub(crate) now: Now,
    started: Mono,
    /// Whether the first download is over; once it is, it stays so.
    is_synced: bool,
    /// Who sent a block that is not connected yet.
    sources: HashMap<Id, PeerId>,
    pub(crate) is_stopping: bool,
}

impl Machine {
    const WAIT_FOR_PEERS: Duration = Duration::from_secs(30);

    pub(crate) fn new(chain: Chainstate, wiring: Wiring, now: Now) -> Self {
        let announced = AnnouncedTip::new(chain.tree().tip());
        let observer = Arc::clone(&wiring.observer);
        let writes = Arc::clone(&wiring.writes);
        Self {
            validation: Validation::new(chain, observer, writes, now.mono),
            peers: Peers::default(),
            download: BlockDownload::default(),
            relay: TransactionRelay::default(),
            announced,
            dialler: Dialler::new(wiring.dials.clone()),
            is_synced: !wiring.expects_peers,
            wiring,
            now,
            started: now.mono,
            sources: HashMap::new(),
            is_stopping: false,
        }
    }

    /// The blocks of the peers we were told of are not here yet.
    pub(crate) fn is_in_initial_download(&self) -> bool {
        !self.is_synced
    }

    fn look_whether_synced(&mut self) {
        let chain = &self.validation.chain;
        let tree = chain.tree();
        // Of two chains with the same work either will do.
        let caught_up = tree.get(tree.tip()).work >= tree.get(chain.best_header()).work;
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
        let accepted = self.validation.accept_block(block, self.now)?;
        if let (Some(source), true) = (source, accepted.is_new) {
            self.sources.insert(accepted.id, source);
        }
        self.advance();
        Ok(accepted)
    }

    /// Goes to the best chain, and lets peers know.
    pub(crate) fn advance(&mut self) {
        let advance = self.validation.advance(self.now);
        for id in &advance.connected {
            self.sources.remove(id);
        }
        for (id, reject) in &advance.refused {
            self.block_refused(*id, reject);
        }
        if advance.is_complete {
            self.look_whether_synced();
            self.announce_tip();
            self.fetch_blocks();
        }
    }

    fn announce_tip(&mut self) {
        if self.is_in_initial_download() {
            return;
        }
        let tree = self.validation.chain.tree();
        if self.announced.announce(&mut self.peers, tree, self.now) {
            self.relay.forgive();
        }
    }

    fn fetch_blocks(&mut self) {
        self.download
            .fetch(&mut self.peers, &self.validation, self.now);
    }

    fn block_refused(&mut self, id: Id, reject: &Reject) {
        let hash = self.validation.chain.tree().get(id).hash;
        warn!(block = %hash, %reject, "refused a block");
        if let Some(source) = self.sources.remove(&id) {
            self.peers
                .misbehaved(source, &format!("block {hash}: {reject}"));
        }
    }

    /// Takes a transaction into the mempool.
    pub(crate) fn take_transaction(&mut self, tx: &Arc<Transaction>) -> Result<Txid, Reject> {
        self.validation.take_transaction(tx, self.now, None)
    }

    /// Tells the peers of a transaction that is in the mempool now.
    pub(crate) fn announce_transaction(&mut self, txid: Txid) {
        announce_transaction(&mut self.peers, &self.validation.mempool, txid, self.now);
    }

    /// The next thing that the peer asked for. It is made only when the one before has gone out.
    pub(crate) fn serve(&mut self, id: PeerId) -> Option<NetworkMessage> {
        serve(&mut self.validation, &mut self.peers, id, self.now)
    }

    /// The best block that we and the peer both have.
    pub(crate) fn common_block(&self, peer: &Peer) -> Option<Id> {
        let tree = self.validation.chain.tree();
        Some(tree.last_common(peer.best_known?, tree.tip()))
    }

    /// Writes what is not written.
    pub(crate) fn flush(&mut self) {
        if self.validation.flush(self.now) {
            self.advance();
        }
    }

    /// What is due by the clock, about once a second.
    pub(crate) fn tick(&mut self) {
        let now = self.now;
        self.validation.mempool.expire(now.unix_seconds());
        if self.validation.watch_disk(now) {
            self.advance();
        }
        self.look_whether_synced();
        self.peers.watch(now);
        self.relay.watch(&mut self.peers, now);
        self.dialler.dial_added(&self.peers, now.mono);
        self.fetch_blocks();
    }
}
