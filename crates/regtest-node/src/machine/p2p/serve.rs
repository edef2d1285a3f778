//! What others are given: headers, blocks, transactions.

use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::{GetBlocksMessage, GetHeadersMessage, Inventory};
use bitcoin::{Block, BlockHash, Witness};

use super::PeerId;
use super::messages::Breach;
use super::relay::MAX_INVENTORY;
use super::sync::MAX_HEADERS;
use crate::chain::tree::Id;
use crate::machine::Machine;

/// bitcoind's own limit.
const MAX_LOCATOR: usize = 101;
/// Hashes in an answer to `getblocks`.
const MAX_BLOCK_HASHES: usize = 500;
/// Things that one peer may wait for.
const MAX_TO_SERVE: usize = 2 * MAX_INVENTORY;

impl Machine {
    pub(super) fn get_headers(&mut self, id: PeerId, wanted: &GetHeadersMessage) -> Breach {
        if wanted.locator_hashes.len() > MAX_LOCATOR {
            return Err(format!(
                "a locator of {} hashes",
                wanted.locator_hashes.len()
            ));
        }
        let tree = self.chain.tree();
        let after = tree.locate(&wanted.locator_hashes);
        let only = if wanted.locator_hashes.is_empty() {
            tree.find(&wanted.stop_hash)
        } else {
            None
        };
        let ids: Vec<Id> = match only {
            Some(only) => vec![only],
            None => self.best_after(after, MAX_HEADERS, wanted.stop_hash),
        };
        let headers = ids
            .iter()
            .map(|block| self.chain.tree().get(*block).header)
            .collect();
        let sent = ids.last().copied().unwrap_or(after);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.best_sent = Some(sent);
        }
        self.send(id, NetworkMessage::Headers(headers));
        Ok(())
    }

    /// As nodes asked before there were headers.
    pub(super) fn get_blocks(&mut self, id: PeerId, wanted: &GetBlocksMessage) -> Breach {
        if wanted.locator_hashes.len() > MAX_LOCATOR {
            return Err(format!(
                "a locator of {} hashes",
                wanted.locator_hashes.len()
            ));
        }
        let after = self.chain.tree().locate(&wanted.locator_hashes);
        let ids = self.best_after(after, MAX_BLOCK_HASHES, wanted.stop_hash);
        let hashes: Vec<BlockHash> = ids
            .iter()
            .map(|block| self.chain.tree().get(*block).hash)
            .collect();
        let Some(last) = hashes.last().copied() else {
            return Ok(());
        };
        if let Some(peer) = self.peers.get_mut(id) {
            peer.continue_at = (hashes.len() == MAX_BLOCK_HASHES).then_some(last);
        }
        self.send(
            id,
            NetworkMessage::Inv(hashes.into_iter().map(Inventory::Block).collect()),
        );
        Ok(())
    }

    /// At most `count` blocks of the best chain after `after`, up to `stop`.
    fn best_after(&self, after: Id, count: usize, stop: BlockHash) -> Vec<Id> {
        let tree = self.chain.tree();
        let mut found = Vec::new();
        for height in tree.get(after).height.saturating_add(1)..=tree.height() {
            let Some(block) = tree.at_height(height).filter(|_| found.len() < count) else {
                break;
            };
            found.push(block);
            if tree.get(block).hash == stop {
                break;
            }
        }
        found
    }

    pub(super) fn get_data(&mut self, id: PeerId, wanted: Vec<Inventory>) -> Breach {
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        if wanted.len() > MAX_INVENTORY || peer.to_serve.len() > MAX_TO_SERVE {
            return Err(format!("asks for {} things at once", wanted.len()));
        }
        peer.to_serve.extend(wanted);
        Ok(())
    }

    /// The next thing that the peer asked for. It is made only when the one before has gone out.
    pub(crate) fn serve(&mut self, id: PeerId) -> Option<NetworkMessage> {
        let peer = self.peers.get_mut(id).filter(|peer| !peer.is_closed)?;
        let wanted = peer.to_serve.pop_front()?;
        Some(
            self.find(id, wanted)
                .unwrap_or_else(|| NetworkMessage::NotFound(vec![wanted])),
        )
    }

    fn find(&mut self, id: PeerId, wanted: Inventory) -> Option<NetworkMessage> {
        match wanted {
            Inventory::WitnessBlock(hash) | Inventory::CompactBlock(hash) => {
                self.find_block(id, hash, true)
            }
            Inventory::Block(hash) => self.find_block(id, hash, false),
            Inventory::WTx(wtxid) => {
                let entry = self.mempool.get_by_wtxid(&wtxid)?;
                Some(NetworkMessage::Tx(entry.tx.as_ref().clone()))
            }
            Inventory::WitnessTransaction(txid) => Some(NetworkMessage::Tx(
                self.mempool.get(&txid)?.tx.as_ref().clone(),
            )),
            Inventory::Transaction(txid) => {
                let mut tx = self.mempool.get(&txid)?.tx.as_ref().clone();
                strip(&mut tx.input);
                Some(NetworkMessage::Tx(tx))
            }
            Inventory::Error | Inventory::Unknown { .. } => None,
        }
    }

    fn find_block(
        &mut self,
        id: PeerId,
        hash: BlockHash,
        with_witness: bool,
    ) -> Option<NetworkMessage> {
        let known = self.chain.tree().find(&hash)?;
        if self.chain.tree().get(known).validity.has_failed() {
            return None;
        }
        let block = match self.chain.block(known) {
            Ok(block) => block?,
            Err(error) => {
                self.failed(error);
                return None;
            }
        };
        self.peer_has(id, known);
        if let Some(peer) = self.peers.get_mut(id)
            && peer.continue_at == Some(hash)
        {
            peer.continue_at = None;
            let tip = self.chain.tree().get(self.chain.tree().tip()).hash;
            self.send(id, NetworkMessage::Inv(vec![Inventory::Block(tip)]));
        }
        let mut block = Block::clone(&block);
        if !with_witness {
            block.txdata.iter_mut().for_each(|tx| strip(&mut tx.input));
        }
        Some(NetworkMessage::Block(block))
    }
}

fn strip(inputs: &mut [bitcoin::TxIn]) {
    for input in inputs {
        input.witness = Witness::new();
    }
}
