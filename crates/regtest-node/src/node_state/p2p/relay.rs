//! Transactions of others: who is asked for them, and what waits for its parents.
//!
//! Decides which transaction is news. Refuses to know whether one is valid. Invariant: a
//! transaction is asked of one peer at a time, and what was refused is not asked for again until
//! the next block.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::Inventory;
use bitcoin::{Transaction, Txid, Wtxid};

use super::PeerId;
use super::peer::RecentSet;
use super::peers::PeerSet;
use super::requests::TransactionRequests;
use crate::mempool::Mempool;
use crate::time::Now;

/// Things in one `inv` or `getdata`.
pub(super) const MAX_INVENTORY: usize = 50_000;

/// Transactions whose parents are not here yet.
#[derive(Debug, Default)]
struct OrphanTransactions {
    by_wtxid: BTreeMap<Wtxid, (Arc<Transaction>, PeerId)>,
    by_parent: HashMap<Txid, BTreeSet<Wtxid>>,
}

impl OrphanTransactions {
    const MAX_ORPHANS: usize = 100;

    fn insert(&mut self, tx: Arc<Transaction>, from: PeerId) {
        let wtxid = tx.compute_wtxid();
        for input in &tx.input {
            self.by_parent
                .entry(input.previous_output.txid)
                .or_default()
                .insert(wtxid);
        }
        self.by_wtxid.insert(wtxid, (tx, from));
        if self.by_wtxid.len() > Self::MAX_ORPHANS
            && let Some(any) = self.by_wtxid.keys().find(|other| **other != wtxid).copied()
        {
            self.remove(&any);
        }
    }

    fn remove(&mut self, wtxid: &Wtxid) -> Option<(Arc<Transaction>, PeerId)> {
        let (tx, from) = self.by_wtxid.remove(wtxid)?;
        for input in &tx.input {
            let parent = input.previous_output.txid;
            if let Some(children) = self.by_parent.get_mut(&parent) {
                children.remove(wtxid);
                if children.is_empty() {
                    self.by_parent.remove(&parent);
                }
            }
        }
        Some((tx, from))
    }

    fn take_children(&mut self, parent: &Txid) -> Vec<(Arc<Transaction>, PeerId)> {
        let children: Vec<Wtxid> = self
            .by_parent
            .get(parent)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        children
            .iter()
            .filter_map(|wtxid| self.remove(wtxid))
            .collect()
    }

    /// Those from that peer.
    fn forget(&mut self, peer: PeerId) {
        let of_peer = self.by_wtxid.iter().filter(|(_, (_, from))| *from == peer);
        let of_peer: Vec<Wtxid> = of_peer.map(|(wtxid, _)| *wtxid).collect();
        for wtxid in of_peer {
            self.remove(&wtxid);
        }
    }
}

/// Transactions that are on their way here.
#[derive(Debug)]
pub(crate) struct TransactionRelay {
    orphans: OrphanTransactions,
    requests: TransactionRequests,
    /// Those that were refused since the last block.
    refused: RecentSet<[u8; 32]>,
}

impl Default for TransactionRelay {
    fn default() -> Self {
        const MAX_REFUSED: usize = 20_000;
        Self {
            orphans: OrphanTransactions::default(),
            requests: TransactionRequests::default(),
            refused: RecentSet::new(MAX_REFUSED),
        }
    }
}

impl TransactionRelay {
    /// The peer announced a transaction. Returns whether it was not refused before.
    pub(super) fn is_wanted(&self, peers: &mut PeerSet, id: PeerId, hash: [u8; 32]) -> bool {
        let Some(peer) = peers.get_mut(id) else {
            return false;
        };
        peer.known_transactions.insert(hash);
        !self.refused.contains(&hash)
    }

    /// Asks for those that nobody was asked for yet.
    pub(super) fn request(
        &mut self,
        peers: &mut PeerSet,
        id: PeerId,
        mut wanted: Vec<Inventory>,
        now: Now,
    ) {
        wanted.retain(|item| self.requests.announced(id, *item, now.mono));
        if !wanted.is_empty() {
            peers.send(id, NetworkMessage::GetData(wanted), now);
        }
    }

    /// The peer does not have what it was asked for: others are asked.
    pub(super) fn not_found(
        &mut self,
        peers: &mut PeerSet,
        id: PeerId,
        item: &Inventory,
        now: Now,
    ) {
        let next = item
            .network_hash()
            .and_then(|hash| self.requests.failed(id, &hash, now.mono));
        request_again(peers, next.into_iter().collect(), now);
    }

    /// The peer is gone: others are asked for what it was asked for.
    pub(super) fn forget(&mut self, peers: &mut PeerSet, id: PeerId, now: Now) {
        self.orphans.forget(id);
        let next = self.requests.gone(id, now.mono);
        request_again(peers, next, now);
    }

    /// Asks others for what has not come in time.
    pub(crate) fn watch(&mut self, peers: &mut PeerSet, now: Now) {
        let next = self.requests.expired(now.mono);
        request_again(peers, next, now);
    }

    /// A transaction came from a peer. Whether that is connected.
    pub(super) fn arrived(
        &mut self,
        peers: &mut PeerSet,
        id: PeerId,
        tx: &Transaction,
        now: Now,
    ) -> bool {
        let hashes = [
            tx.compute_txid().to_byte_array(),
            tx.compute_wtxid().to_byte_array(),
        ];
        let Some(peer) = peers.get_mut(id) else {
            return false;
        };
        peer.last_transaction = Some(now);
        for hash in hashes {
            peer.known_transactions.insert(hash);
            self.requests.arrived(&hash);
        }
        true
    }

    /// The transaction is valid: those that waited for it, and who sent them.
    pub(super) fn take_children(&mut self, parent: &Txid) -> Vec<(Arc<Transaction>, PeerId)> {
        self.orphans.take_children(parent)
    }

    /// The transaction is not valid.
    pub(super) fn refuse(&mut self, tx: &Transaction) {
        self.refused.insert(tx.compute_wtxid().to_byte_array());
    }

    /// What was refused may be valid on the new tip.
    pub(crate) fn clear_rejected(&mut self) {
        self.refused.clear();
    }

    /// Keeps a transaction until its parents come, and asks its sender for them.
    pub(super) fn keep_orphan(
        &mut self,
        peers: &mut PeerSet,
        mempool: &Mempool,
        tx: &Arc<Transaction>,
        from: PeerId,
        now: Now,
    ) {
        let parents: BTreeSet<Txid> = tx
            .input
            .iter()
            .map(|input| input.previous_output.txid)
            .collect();
        if parents
            .iter()
            .any(|txid| self.refused.contains(&txid.to_byte_array()))
        {
            return;
        }
        self.orphans.insert(Arc::clone(tx), from);
        let unknown = parents
            .into_iter()
            .filter(|txid| mempool.get(txid).is_none());
        let wanted = unknown.map(Inventory::WitnessTransaction).collect();
        self.request(peers, from, wanted, now);
    }
}

fn request_again(peers: &mut PeerSet, next: Vec<(PeerId, Inventory)>, now: Now) {
    for (id, item) in next {
        peers.send(id, NetworkMessage::GetData(vec![item]), now);
    }
}
