//! New blocks and transactions: who is told, who is asked, and what waits for its parents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::Inventory;
use bitcoin::{Transaction, Txid, Wtxid};
use tracing::debug;

use super::PeerId;
use super::messages::Breach;
use crate::chain::reject::Fault;
use crate::chain::tree::Id;
use crate::machine::Machine;

/// Things in one `inv` or `getdata`.
pub(super) const MAX_INVENTORY: usize = 50_000;
/// More new blocks than this are told as one hash.
const MAX_ANNOUNCED: usize = 8;

/// Transactions whose parents are not here yet.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    by_wtxid: BTreeMap<Wtxid, (Arc<Transaction>, PeerId)>,
    by_parent: HashMap<Txid, BTreeSet<Wtxid>>,
}

impl Orphans {
    const MAX: usize = 100;

    fn insert(&mut self, tx: Arc<Transaction>, from: PeerId) {
        let wtxid = tx.compute_wtxid();
        for input in &tx.input {
            self.by_parent
                .entry(input.previous_output.txid)
                .or_default()
                .insert(wtxid);
        }
        self.by_wtxid.insert(wtxid, (tx, from));
        if self.by_wtxid.len() > Self::MAX
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
    pub(super) fn forget(&mut self, peer: PeerId) {
        let of_peer = self.by_wtxid.iter().filter(|(_, (_, from))| *from == peer);
        let of_peer: Vec<Wtxid> = of_peer.map(|(wtxid, _)| *wtxid).collect();
        for wtxid in of_peer {
            self.remove(&wtxid);
        }
    }
}

impl Machine {
    pub(super) fn inventory(&mut self, id: PeerId, inventory: &[Inventory]) -> Breach {
        if inventory.len() > MAX_INVENTORY {
            return Err(format!("tells of {} things at once", inventory.len()));
        }
        let (mut unknown, mut wanted) = (None, Vec::new());
        for item in inventory {
            match item {
                Inventory::Block(hash)
                | Inventory::WitnessBlock(hash)
                | Inventory::CompactBlock(hash) => match self.chain.tree().find(hash) {
                    Some(known) => self.peer_has(id, known),
                    None => unknown = Some(*hash),
                },
                Inventory::WTx(wtxid) => {
                    let is_known = self.mempool.get_by_wtxid(wtxid).is_some();
                    if self.wants(id, wtxid.to_byte_array()) && !is_known {
                        wanted.push(*item);
                    }
                }
                Inventory::Transaction(txid) => {
                    let is_known = self.mempool.get(txid).is_some();
                    if self.wants(id, txid.to_byte_array()) && !is_known {
                        wanted.push(Inventory::WitnessTransaction(*txid));
                    }
                }
                _ => {}
            }
        }
        if unknown.is_some() {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.best_unknown = unknown;
            }
            self.ask_headers(id, self.chain.best_header(), false);
        }
        self.fetch_blocks();
        self.request(id, wanted);
        Ok(())
    }

    /// The transaction is news.
    fn wants(&mut self, id: PeerId, hash: [u8; 32]) -> bool {
        let is_refused = self.peers.refused.contains(&hash);
        let is_downloading = self.is_in_initial_download();
        let Some(peer) = self.peers.get_mut(id) else {
            return false;
        };
        peer.known_transactions.insert(hash);
        !is_refused && !is_downloading
    }

    /// Asks for those that nobody was asked for yet.
    fn request(&mut self, id: PeerId, mut wanted: Vec<Inventory>) {
        let now = self.now.mono;
        wanted.retain(|item| self.peers.requests.told(id, *item, now));
        if !wanted.is_empty() {
            self.send(id, NetworkMessage::GetData(wanted));
        }
    }

    /// Asks others for what those who were asked do not send.
    pub(super) fn request_again(&mut self, next: Vec<(PeerId, Inventory)>) {
        for (id, item) in next {
            self.send(id, NetworkMessage::GetData(vec![item]));
        }
    }

    pub(super) fn not_found(&mut self, id: PeerId, missing: &[Inventory]) {
        for item in missing.iter().take(MAX_INVENTORY) {
            if let Inventory::Block(hash) | Inventory::WitnessBlock(hash) = item
                && let Some(block) = self.chain.tree().find(hash)
                && self.peers.in_flight.get(&block) == Some(&id)
            {
                self.peers.in_flight.remove(&block);
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.in_flight.retain(|open| open.id != block);
                    // What it says it has it does not: somebody else is asked.
                    peer.best_known = None;
                }
            }
            let next = item
                .network_hash()
                .and_then(|hash| self.peers.requests.failed(id, &hash, self.now.mono));
            self.request_again(next.into_iter().collect());
        }
        self.fetch_blocks();
    }

    pub(super) fn transaction(&mut self, id: PeerId, tx: Transaction) {
        let now = self.now;
        let hashes = [
            tx.compute_txid().to_byte_array(),
            tx.compute_wtxid().to_byte_array(),
        ];
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        peer.last_transaction = Some(now);
        for hash in hashes {
            peer.known_transactions.insert(hash);
        }
        for hash in &hashes {
            self.peers.requests.arrived(hash);
        }
        if self.is_in_initial_download() {
            return;
        }
        let mut left = vec![(Arc::new(tx), id)];
        while let Some((tx, from)) = left.pop() {
            match self.take_transaction(&tx) {
                Ok(txid) => {
                    self.announce_transaction(txid);
                    left.extend(self.peers.orphans.take_children(&txid));
                }
                Err(reject) if reject.fault == Fault::Missing => self.keep_orphan(&tx, from),
                Err(reject) => {
                    debug!(txid = %tx.compute_txid(), %reject, "refused a transaction");
                    self.peers
                        .refused
                        .insert(tx.compute_wtxid().to_byte_array());
                }
            }
        }
    }

    /// Keeps a transaction until its parents come, and asks its sender for them.
    fn keep_orphan(&mut self, tx: &Arc<Transaction>, from: PeerId) {
        let parents: BTreeSet<Txid> = tx
            .input
            .iter()
            .map(|input| input.previous_output.txid)
            .collect();
        if parents
            .iter()
            .any(|txid| self.peers.refused.contains(&txid.to_byte_array()))
        {
            return;
        }
        self.peers.orphans.insert(Arc::clone(tx), from);
        let unknown = parents
            .into_iter()
            .filter(|txid| self.mempool.get(txid).is_none());
        let wanted = unknown.map(Inventory::WitnessTransaction).collect();
        self.request(from, wanted);
    }

    /// Tells the peers of a transaction that is in the mempool now.
    pub(crate) fn announce_transaction(&mut self, txid: Txid) {
        for id in self.peers.ids() {
            self.tell_transactions(id, &[txid]);
        }
    }

    /// Tells a new peer of all that is there.
    pub(super) fn tell_mempool(&mut self, id: PeerId) {
        let all: Vec<Txid> = self
            .mempool
            .in_order()
            .iter()
            .map(|entry| entry.txid)
            .collect();
        for some in all.chunks(1_000) {
            self.tell_transactions(id, some);
        }
    }

    fn tell_transactions(&mut self, id: PeerId, txids: &[Txid]) {
        let now = self.now;
        let Some(peer) = self.peers.by_id.get_mut(&id).filter(|peer| peer.is_ready) else {
            return;
        };
        if !peer.hello.as_ref().is_some_and(|hello| hello.relays) {
            return;
        }
        let mut news = Vec::new();
        for entry in txids.iter().filter_map(|txid| self.mempool.get(txid)) {
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

    /// Tells the peers of the tip, if it is another than they were told.
    pub(crate) fn announce_tip(&mut self) {
        let tree = self.chain.tree();
        let tip = tree.tip();
        if tip == self.announced || self.is_in_initial_download() {
            return;
        }
        let fork = tree.last_common(self.announced, tip);
        let mut new: Vec<Id> = tree
            .line(tip)
            .take_while(|id| *id != fork)
            .take(MAX_ANNOUNCED + 1)
            .collect();
        new.reverse();
        self.announced = tip;
        // What was refused may be valid on the new tip.
        self.peers.refused.clear();
        for id in self.peers.ids() {
            self.tell_blocks(id, &new);
        }
    }

    fn tell_blocks(&mut self, id: PeerId, new: &[Id]) {
        let now = self.now;
        let tree = self.chain.tree();
        let Some(peer) = self.peers.by_id.get_mut(&id).filter(|peer| peer.is_ready) else {
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
            // A hash alone does not tell what is below it.
            NetworkMessage::Inv(vec![Inventory::Block(tree.get(tip).hash)])
        };
        peer.send(message, now);
    }
}
