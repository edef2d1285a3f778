//! What others are given: headers, blocks, transactions.

use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::{GetBlocksMessage, GetHeadersMessage, Inventory};
use bitcoin::{Block, BlockHash, Witness};

use super::download::MAX_HEADERS;
use super::peers::PeerSet;
use super::relay::MAX_INVENTORY;
use super::{PeerId, ProtocolResult};
use crate::chain::tree::{HeaderTree, Id};
use crate::time::Now;
use crate::validation::Validation;

/// bitcoind's own limit.
const MAX_LOCATOR: usize = 101;
/// Hashes in an answer to `getblocks`.
const MAX_BLOCK_HASHES: usize = 500;
/// Things that one peer may wait for.
const MAX_TO_SERVE: usize = 2 * MAX_INVENTORY;

/// Answers `getheaders`.
pub(super) fn get_headers(
    peers: &mut PeerSet,
    tree: &HeaderTree,
    id: PeerId,
    wanted: &GetHeadersMessage,
    now: Now,
) -> ProtocolResult {
    if wanted.locator_hashes.len() > MAX_LOCATOR {
        return Err(format!(
            "a locator of {} hashes",
            wanted.locator_hashes.len()
        ));
    }
    let after = tree.locate(&wanted.locator_hashes);
    let only = if wanted.locator_hashes.is_empty() {
        tree.find(&wanted.stop_hash)
    } else {
        None
    };
    let ids: Vec<Id> = match only {
        Some(only) => vec![only],
        None => best_after(tree, after, MAX_HEADERS, wanted.stop_hash),
    };
    let headers = ids.iter().map(|block| tree.get(*block).header).collect();
    let sent = ids.last().copied().unwrap_or(after);
    if let Some(peer) = peers.get_mut(id) {
        peer.best_sent = Some(sent);
    }
    peers.send(id, NetworkMessage::Headers(headers), now);
    Ok(())
}

/// As nodes asked before there were headers.
pub(super) fn get_blocks(
    peers: &mut PeerSet,
    tree: &HeaderTree,
    id: PeerId,
    wanted: &GetBlocksMessage,
    now: Now,
) -> ProtocolResult {
    if wanted.locator_hashes.len() > MAX_LOCATOR {
        return Err(format!(
            "a locator of {} hashes",
            wanted.locator_hashes.len()
        ));
    }
    let after = tree.locate(&wanted.locator_hashes);
    let ids = best_after(tree, after, MAX_BLOCK_HASHES, wanted.stop_hash);
    let hashes: Vec<BlockHash> = ids.iter().map(|block| tree.get(*block).hash).collect();
    let Some(last) = hashes.last().copied() else {
        return Ok(());
    };
    if let Some(peer) = peers.get_mut(id) {
        peer.continue_at = (hashes.len() == MAX_BLOCK_HASHES).then_some(last);
    }
    let hashes = hashes.into_iter().map(Inventory::Block).collect();
    peers.send(id, NetworkMessage::Inv(hashes), now);
    Ok(())
}

/// At most `count` blocks of the best chain after `after`, up to `stop`.
fn best_after(tree: &HeaderTree, after: Id, count: usize, stop: BlockHash) -> Vec<Id> {
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

/// Answers `getdata`: what is asked for is made by `serve`.
pub(super) fn get_data(peers: &mut PeerSet, id: PeerId, wanted: Vec<Inventory>) -> ProtocolResult {
    let Some(peer) = peers.get_mut(id) else {
        return Ok(());
    };
    if wanted.len() > MAX_INVENTORY || peer.to_serve.len() > MAX_TO_SERVE {
        return Err(format!("asks for {} things at once", wanted.len()));
    }
    peer.to_serve.extend(wanted);
    Ok(())
}

/// The next thing that the peer asked for. It is made only when the one before has gone out.
pub(crate) fn serve(
    validation: &mut Validation,
    peers: &mut PeerSet,
    id: PeerId,
    now: Now,
) -> Option<NetworkMessage> {
    let peer = peers.get_mut(id).filter(|peer| !peer.is_closed)?;
    let wanted = peer.to_serve.pop_front()?;
    Some(
        find(validation, peers, id, wanted, now)
            .unwrap_or_else(|| NetworkMessage::NotFound(vec![wanted])),
    )
}

fn find(
    validation: &mut Validation,
    peers: &mut PeerSet,
    id: PeerId,
    wanted: Inventory,
    now: Now,
) -> Option<NetworkMessage> {
    match wanted {
        Inventory::WitnessBlock(hash) | Inventory::CompactBlock(hash) => {
            find_block(validation, peers, id, (hash, true), now)
        }
        Inventory::Block(hash) => find_block(validation, peers, id, (hash, false), now),
        Inventory::WTx(wtxid) => {
            let entry = validation.mempool.get_by_wtxid(&wtxid)?;
            Some(NetworkMessage::Tx(entry.tx.as_ref().clone()))
        }
        Inventory::WitnessTransaction(txid) => Some(NetworkMessage::Tx(
            validation.mempool.get(&txid)?.tx.as_ref().clone(),
        )),
        Inventory::Transaction(txid) => {
            let mut tx = validation.mempool.get(&txid)?.tx.as_ref().clone();
            strip(&mut tx.input);
            Some(NetworkMessage::Tx(tx))
        }
        Inventory::Error | Inventory::Unknown { .. } => None,
    }
}

fn find_block(
    validation: &mut Validation,
    peers: &mut PeerSet,
    id: PeerId,
    (hash, with_witness): (BlockHash, bool),
    now: Now,
) -> Option<NetworkMessage> {
    let tree = validation.chain.tree();
    let known = tree.find(&hash)?;
    if tree.get(known).validity.has_failed() {
        return None;
    }
    let block = match validation.chain.block(known) {
        Ok(block) => block?,
        Err(error) => {
            validation.failed(error);
            return None;
        }
    };
    peers.has_block(id, validation.chain.tree(), known);
    if let Some(peer) = peers.get_mut(id)
        && peer.continue_at == Some(hash)
    {
        peer.continue_at = None;
        let tree = validation.chain.tree();
        let tip = tree.get(tree.tip()).hash;
        peer.send(NetworkMessage::Inv(vec![Inventory::Block(tip)]), now);
    }
    let mut block = Block::clone(&block);
    if !with_witness {
        block.txdata.iter_mut().for_each(|tx| strip(&mut tx.input));
    }
    Some(NetworkMessage::Block(block))
}

fn strip(inputs: &mut [bitcoin::TxIn]) {
    for input in inputs {
        input.witness = Witness::new();
    }
}
