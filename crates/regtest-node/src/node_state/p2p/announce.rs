//! Announcements to peers: a new tip, and transactions of the mempool.
//!
//! Decides which peer gets which announcement, and in which form. Invariant: nothing is announced
//! to a peer that is known to have it.

use bitcoin::Txid;
use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::Inventory;

use super::PeerId;
use super::peers::PeerSet;
use crate::chain::tree::{HeaderTree, Id};
use crate::mempool::Mempool;
use crate::time::Now;

/// More new blocks than this are announced as one hash.
const MAX_ANNOUNCED: usize = 8;

/// The tip that was announced to peers.
#[derive(Debug)]
pub(crate) struct AnnouncedTip(Id);

impl AnnouncedTip {
    pub(crate) fn new(tip: Id) -> Self {
        Self(tip)
    }

    /// Announces the tip to the peers if it changed. Returns whether it did.
    pub(crate) fn announce(&mut self, peers: &mut PeerSet, tree: &HeaderTree, now: Now) -> bool {
        let tip = tree.tip();
        if tip == self.0 {
            return false;
        }
        let fork = tree.last_common(self.0, tip);
        let mut new: Vec<Id> = tree
            .line(tip)
            .take_while(|id| *id != fork)
            .take(MAX_ANNOUNCED + 1)
            .collect();
        new.reverse();
        self.0 = tip;
        for id in peers.ids() {
            announce_blocks(peers, tree, id, &new, now);
        }
        true
    }
}

/// Announces a transaction of the mempool to the peers.
pub(crate) fn announce_transaction(peers: &mut PeerSet, mempool: &Mempool, txid: Txid, now: Now) {
    for id in peers.ids() {
        announce_to(peers, mempool, id, &[txid], now);
    }
}

/// Announces the whole mempool to a new peer.
pub(super) fn announce_mempool(peers: &mut PeerSet, mempool: &Mempool, id: PeerId, now: Now) {
    let all: Vec<Txid> = mempool.in_order().iter().map(|entry| entry.txid).collect();
    for some in all.chunks(1_000) {
        announce_to(peers, mempool, id, some, now);
    }
}

fn announce_to(peers: &mut PeerSet, mempool: &Mempool, id: PeerId, txids: &[Txid], now: Now) {
    let Some(peer) = peers.ready_mut(id) else {
        return;
    };
    if !peer.hello.as_ref().is_some_and(|hello| hello.relays) {
        return;
    }
    let mut news = Vec::new();
    for entry in txids.iter().filter_map(|txid| mempool.get(txid)) {
        let item = if peer.uses_wtxid {
            Inventory::WTx(entry.wtxid)
        } else {
            Inventory::Transaction(entry.txid)
        };
        let hash = if peer.uses_wtxid {
            entry.wtxid.to_byte_array()
        } else {
            entry.txid.to_byte_array()
        };
        if entry.rate() >= peer.fee_filter && peer.known_transactions.insert(hash) {
            news.push(item);
        }
    }
    if !news.is_empty() {
        peer.send(NetworkMessage::Inv(news), now);
    }
}

fn announce_blocks(peers: &mut PeerSet, tree: &HeaderTree, id: PeerId, new: &[Id], now: Now) {
    let Some(peer) = peers.ready_mut(id) else {
        return;
    };
    let (Some(first), Some(tip)) = (new.first().copied(), new.last().copied()) else {
        return;
    };
    let known = [peer.best_known, peer.best_sent];
    let has = |block: Id| {
        let below = |best: Option<Id>| {
            best.is_some_and(|best| tree.ancestor(best, tree.get(block).height) == Some(block))
        };
        known.into_iter().any(below)
    };
    if has(tip) {
        return;
    }
    let connects = tree.get(first).parent.is_some_and(has);
    let message = if peer.wants_headers && connects && new.len() <= MAX_ANNOUNCED {
        let unknown = new
            .iter()
            .filter(|block| !has(**block))
            .map(|block| tree.get(*block).header);
        peer.best_sent = Some(tip);
        NetworkMessage::Headers(unknown.collect())
    } else {
        // A hash does not say which block is its parent.
        NetworkMessage::Inv(vec![Inventory::Block(tree.get(tip).hash)])
    };
    peer.send(message, now);
}
