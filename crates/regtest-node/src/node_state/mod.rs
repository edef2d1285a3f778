//! The whole state of the node, in one place, changed by one thread.
//!
//! Work that may wait for the disk, or takes long, happens here. Other threads send jobs
//! (`node_thread`).

pub(crate) mod p2p;
mod traffic;

pub(crate) use traffic::TrafficCounters;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::p2p::message::NetworkMessage;
use bitcoin::{Block, Transaction, Txid};
use tokio::sync::mpsc;
use tracing::{info, warn};

use self::p2p::{
    AnnouncedTip, BlockDownload, DialRequest, PeerDialler, PeerId, PeerSet, PeerState,
    TransactionRelay, announce_transaction, serve,
};
use crate::agent::Agent;
use crate::chain::reject::Reject;
use crate::chain::tree::Id;
use crate::chainstate::{AcceptedBlock, Chainstate};
use crate::event::{EventObserver, NodeEvent};
use crate::time::{MonotonicTime, Now};
use crate::validation::{Validation, WriteStatus};

/// The node's surroundings, given at its start.
pub(crate) struct NodeContext {
    pub(crate) observer: EventObserver,
    /// Addresses to connect to go here.
    pub(crate) dials: mpsc::UnboundedSender<DialRequest>,
    pub(crate) counters: Arc<TrafficCounters>,
    pub(crate) writes: Arc<WriteStatus>,
    pub(crate) agent: Arc<Agent>,
    /// Peers are configured, whose chain is to be waited for.
    pub(crate) expects_peers: bool,
    pub(crate) max_peers: usize,
}

/// The state of the node.
pub(crate) struct NodeState {
    pub(crate) validation: Validation,
    pub(crate) peers: PeerSet,
    download: BlockDownload,
    relay: TransactionRelay,
    announced: AnnouncedTip,
    pub(crate) dialler: PeerDialler,
    pub(crate) context: NodeContext,
    /// The time of the current job.
    pub(crate) now: Now,
    started: MonotonicTime,
    /// Whether the first download is over; once it is, it stays so.
    is_synced: bool,
    /// Who sent a block that is not connected yet.
    sources: HashMap<Id, PeerId>,
    pub(crate) is_stopping: bool,
}

impl NodeState {
    const PEER_WAIT: Duration = Duration::from_secs(30);

    pub(crate) fn new(chain: Chainstate, context: NodeContext, now: Now) -> Self {
        let announced = AnnouncedTip::new(chain.tree().tip());
        let observer = Arc::clone(&context.observer);
        let writes = Arc::clone(&context.writes);
        Self {
            validation: Validation::new(chain, observer, writes, now.mono),
            peers: PeerSet::default(),
            download: BlockDownload::default(),
            relay: TransactionRelay::default(),
            announced,
            dialler: PeerDialler::new(context.dials.clone()),
            is_synced: !context.expects_peers,
            context,
            now,
            started: now.mono,
            sources: HashMap::new(),
            is_stopping: false,
        }
    }

    /// The blocks of the configured peers are not downloaded yet.
    pub(crate) fn is_in_initial_download(&self) -> bool {
        !self.is_synced
    }

    fn update_sync_state(&mut self) {
        let chain = &self.validation.chain;
        let tree = chain.tree();
        // Of two chains with the same work either will do.
        let caught_up = tree.get(tree.tip()).work >= tree.get(chain.best_header()).work;
        // With a stored chain and no outbound peer there is nothing to wait for.
        let is_alone = !self
            .peers
            .iter()
            .any(|peer| peer.is_outbound() && peer.is_ready)
            && self.now.mono.since(self.started) > Self::PEER_WAIT;
        let is_known = self.peers.have_announced_headers() || (tree.height() > 0 && is_alone);
        if !self.is_synced && caught_up && is_known {
            info!(height = tree.height(), "the first download is over");
            self.is_synced = true;
            (self.context.observer)(NodeEvent::Synced);
        }
    }

    /// Takes a block from wherever, and goes to the best chain with it.
    pub(crate) fn take_block(
        &mut self,
        block: Arc<Block>,
        source: Option<PeerId>,
    ) -> Result<AcceptedBlock, Reject> {
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
            self.update_sync_state();
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
            self.relay.clear_rejected();
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

    /// Announces a transaction of the mempool to the peers.
    pub(crate) fn announce_transaction(&mut self, txid: Txid) {
        announce_transaction(&mut self.peers, &self.validation.mempool, txid, self.now);
    }

    /// The next item that the peer requested. It is built after the previous one was sent.
    pub(crate) fn serve(&mut self, id: PeerId) -> Option<NetworkMessage> {
        serve(&mut self.validation, &mut self.peers, id, self.now)
    }

    /// The best block that we and the peer both have.
    pub(crate) fn common_block(&self, peer: &PeerState) -> Option<Id> {
        let tree = self.validation.chain.tree();
        Some(tree.last_common(peer.best_known?, tree.tip()))
    }

    /// Writes pending changes to the disk.
    pub(crate) fn flush(&mut self) {
        if self.validation.flush(self.now) {
            self.advance();
        }
    }

    /// Periodic work, about once a second.
    pub(crate) fn tick(&mut self) {
        let now = self.now;
        self.validation.mempool.expire(now.unix_seconds());
        if self.validation.watch_disk(now) {
            self.advance();
        }
        self.update_sync_state();
        self.peers.watch(now);
        self.relay.watch(&mut self.peers, now);
        self.dialler.dial_added(&self.peers, now.mono);
        self.fetch_blocks();
    }
}
