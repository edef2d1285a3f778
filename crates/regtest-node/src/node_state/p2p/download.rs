//! Headers first, then blocks from several peers at once.
//!
//! Decides who is asked for which block, and which headers there is room for. Refuses to know what
//! is in a block. Invariant: a block is asked of one peer at a time.

use std::collections::HashMap;
use std::time::Duration;

use bitcoin::BlockHash;
use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::{GetHeadersMessage, Inventory};
use tracing::debug;

use super::peer::{BlockInFlight, PeerState};
use super::peers::PeerSet;
use super::{PROTOCOL_VERSION, PeerId};
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::{HeaderTree, Id};
use crate::chainstate::Chainstate;
use crate::time::{MonotonicTime, Now};
use crate::validation::Validation;

/// A message has at most so many headers; one that is full is followed by more.
pub(super) const MAX_HEADERS: usize = 2_000;
/// Blocks that one peer is asked for at once.
const MAX_IN_FLIGHT: usize = 16;
/// How far beyond the last common block blocks are fetched.
const DOWNLOAD_WINDOW_BLOCKS: u32 = 1_024;
/// Between two questions for what is below headers that do not connect.
const ASK_BELOW_INTERVAL: Duration = Duration::from_secs(10);
/// Headers off the best chain, of all peers together: they cost a stranger nothing on a chain
/// without work.
const MAX_SPARE_HEADERS: usize = if cfg!(test) { 4_000 } else { 500_000 };
/// The deepest fork below the tip that is accepted when there are too many headers.
const MAX_FORK_DEPTH_BLOCKS: u32 = 288;
/// Headers that an inbound peer may then send before it sends a block.
const MAX_HEADERS_WHEN_FULL: usize = 16;

/// What came of the headers that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadersOutcome {
    /// Nothing changed.
    Ignored,
    /// The peer has no more.
    Exhausted,
    /// They were looked at: there may be blocks to fetch.
    Taken,
}

/// Asks for the headers after `from`, or from one before it, so that the answer is useful even
/// without new ones.
pub(super) fn ask_headers(
    peers: &mut PeerSet,
    tree: &HeaderTree,
    id: PeerId,
    from: Id,
    and_itself: bool,
    now: Now,
) {
    let from = if and_itself {
        tree.get(from).parent.unwrap_or(from)
    } else {
        from
    };
    let message = GetHeadersMessage {
        version: PROTOCOL_VERSION,
        locator_hashes: tree.locator(from),
        stop_hash: BlockHash::all_zeros(),
    };
    peers.send(id, NetworkMessage::GetHeaders(message), now);
}

/// The best block of a peer that sends blocks, if its chain has more work than ours.
fn better(peer: &PeerState, tree: &HeaderTree) -> Option<Id> {
    let can_send = peer.is_ready && !peer.is_closed && peer.serves_blocks();
    let best = peer.best_known.filter(|_| can_send)?;
    let is_worth =
        tree.get(best).work > tree.get(tree.tip()).work && !tree.get(best).validity.has_failed();
    is_worth.then_some(best)
}

/// Accepts the headers that a peer sent, or says which rule they break.
pub(super) fn take_headers(
    chain: &mut Chainstate,
    peers: &mut PeerSet,
    id: PeerId,
    headers: &[Header],
    now: Now,
) -> Result<HeadersOutcome, String> {
    if headers.len() > MAX_HEADERS {
        return Err(format!("{} headers at once", headers.len()));
    }
    if !is_chain(headers) {
        return Err("headers that are no chain".to_owned());
    }
    let Some(peer) = peers.get_mut(id) else {
        return Ok(HeadersOutcome::Ignored);
    };
    let Some(first) = headers.first() else {
        peer.has_sent_headers = true;
        return Ok(HeadersOutcome::Exhausted);
    };
    if chain.tree().find(&first.prev_blockhash).is_none() {
        ask_below(chain, peers, id, now);
        return Ok(HeadersOutcome::Ignored);
    }
    if !has_room_for(chain, peers, id, headers) {
        return if peers.get(id).is_some_and(PeerState::is_outbound) {
            Ok(HeadersOutcome::Ignored)
        } else {
            Err("too many headers off the best chain".to_owned())
        };
    }
    let taken = chain.accept_headers(headers, now.unix_seconds());
    let Some(peer) = peers.get_mut(id) else {
        return Ok(HeadersOutcome::Ignored);
    };
    peer.asked_below = None;
    match taken {
        Ok(Some(last)) => {
            peer.has_sent_headers = true;
            peers.has_block(id, chain.tree(), last);
            if headers.len() == MAX_HEADERS {
                ask_headers(peers, chain.tree(), id, last, false, now);
            }
        }
        Ok(None) => {}
        Err(reject) => excused(&reject)?,
    }
    Ok(HeadersOutcome::Taken)
}

/// Each header is that of the block above the one before.
fn is_chain(headers: &[Header]) -> bool {
    headers
        .iter()
        .zip(headers.iter().skip(1))
        .all(|(below, above)| above.prev_blockhash == below.block_hash())
}

/// Asks a peer for the headers below those that it sent, which are on none that is known.
fn ask_below(chain: &Chainstate, peers: &mut PeerSet, id: PeerId, now: Now) {
    // Several announcements may arrive before the first request is answered.
    let is_due = |asked: Option<MonotonicTime>| {
        asked.is_none_or(|asked| now.mono.since(asked) > ASK_BELOW_INTERVAL)
    };
    if let Some(peer) = peers.get_mut(id).filter(|peer| is_due(peer.asked_below)) {
        peer.asked_below = Some(now.mono);
        ask_headers(peers, chain.tree(), id, chain.best_header(), false, now);
    }
}

/// Whether a peer may send headers that are refused like this; the error says which rule they
/// break.
fn excused(reject: &Reject) -> Result<(), String> {
    match reject.fault {
        Fault::NotYet => debug!(%reject, "a header is not valid yet"),
        // It may be our operator who called it invalid, and the peer may come over to another
        // chain.
        Fault::OnRefused => debug!(%reject, "headers on a refused block"),
        _ => return Err(format!("a header: {reject}")),
    }
    Ok(())
}

/// There is no room for every header of a stranger: once there are too many, each peer may send
/// a few headers on our chain until it has sent a block of them.
fn has_room_for(chain: &Chainstate, peers: &mut PeerSet, id: PeerId, headers: &[Header]) -> bool {
    let tree = chain.tree();
    let Some(peer) = peers.get_mut(id) else {
        return false;
    };
    let best = tree.get(chain.best_header()).height;
    // The chain of our outbound peers is the one that will be fetched.
    let (useful, most) = if peer.is_outbound() {
        (best.max(tree.height()), MAX_HEADERS)
    } else {
        (tree.height(), MAX_HEADERS_WHEN_FULL)
    };
    let spare = tree
        .len()
        .saturating_sub(usize::try_from(useful).unwrap_or(0));
    if spare <= MAX_SPARE_HEADERS {
        return true;
    }
    let below = headers
        .first()
        .and_then(|first| tree.find(&first.prev_blockhash));
    let is_near = |below| {
        tree.is_best(below)
            && tree.get(below).height.saturating_add(MAX_FORK_DEPTH_BLOCKS) >= tree.height()
    };
    peer.headers_in_want = peer.headers_in_want.saturating_add(headers.len());
    peer.headers_in_want <= most && below.is_some_and(is_near)
}

/// The blocks that are on their way here.
#[derive(Debug, Default)]
pub(crate) struct BlockDownload {
    /// Who was asked for a block.
    in_flight: HashMap<Id, PeerId>,
}

impl BlockDownload {
    /// Asks every peer that has room for the next blocks that nobody was asked for.
    pub(crate) fn fetch(&mut self, peers: &mut PeerSet, validation: &Validation, now: Now) {
        // They could not be kept.
        if validation.is_blocked() {
            return;
        }
        let tree = validation.chain.tree();
        for id in peers.ids() {
            let wanted = self.next_blocks(peers, tree, id, now.mono);
            if wanted.is_empty() {
                continue;
            }
            let hashes = wanted
                .iter()
                .map(|block| Inventory::WitnessBlock(tree.get(*block).hash));
            let request = NetworkMessage::GetData(hashes.collect());
            let Some(peer) = peers.get_mut(id) else {
                continue;
            };
            peer.in_flight
                .extend(wanted.iter().map(|block| BlockInFlight {
                    id: *block,
                    since: now.mono,
                }));
            self.in_flight
                .extend(wanted.into_iter().map(|block| (block, id)));
            peer.send(request, now);
        }
    }

    /// The next blocks to ask the peer for. Notes who holds everything up, if there are none
    /// because of another.
    fn next_blocks(
        &self,
        peers: &mut PeerSet,
        tree: &HeaderTree,
        id: PeerId,
        now: MonotonicTime,
    ) -> Vec<Id> {
        let Some((peer, best)) = peers
            .get(id)
            .and_then(|peer| Some((peer, better(peer, tree)?)))
        else {
            return Vec::new();
        };
        let room = MAX_IN_FLIGHT.saturating_sub(peer.in_flight.len());
        if room == 0 {
            return Vec::new();
        }
        // One that only has the last blocks cannot help to catch up from further back.
        let lowest = if peer.has_whole_chain() {
            0
        } else {
            tree.get(best).height.saturating_sub(288)
        };
        let mut common = tree.last_common(peer.common.unwrap_or_else(|| tree.fork(best)), best);
        let end = tree
            .get(common)
            .height
            .saturating_add(DOWNLOAD_WINDOW_BLOCKS)
            .min(tree.get(best).height);
        let mut wanted = Vec::new();
        let mut holder = None;
        let mut height = tree.get(common).height.saturating_add(1);
        while height <= end && wanted.len() < room {
            let Some(block) = tree.ancestor(best, height) else {
                break;
            };
            height = height.saturating_add(1);
            let entry = tree.get(block);
            if entry.transactions > 0 {
                if entry.is_complete() {
                    common = block;
                }
                continue;
            }
            match self.in_flight.get(&block) {
                Some(other) => holder = holder.or((*other != id).then_some(*other)),
                None if entry.height >= lowest => wanted.push(block),
                None => break,
            }
        }
        let is_held_up = wanted.is_empty() && peer.in_flight.is_empty() && height > end;
        if let Some(peer) = peers.get_mut(id) {
            peer.common = Some(common);
        }
        if let Some(holder) = holder.filter(|_| is_held_up)
            && let Some(holder) = peers.get_mut(holder)
        {
            holder.stalling_since.get_or_insert(now);
        }
        wanted
    }

    /// A block came from a peer. Whether it had been asked for it.
    pub(super) fn arrived(
        &mut self,
        peers: &mut PeerSet,
        tree: &HeaderTree,
        id: PeerId,
        block: Id,
        now: Now,
    ) -> bool {
        peers.has_block(id, tree, block);
        let Some(peer) = peers.get_mut(id) else {
            return false;
        };
        peer.last_block = Some(now);
        peer.headers_in_want = 0;
        let before = peer.in_flight.len();
        peer.in_flight.retain(|open| open.id != block);
        peer.stalling_since = None;
        // The others are being sent: their timeout restarts.
        for open in &mut peer.in_flight {
            open.since = now.mono;
        }
        let was_asked = peer.in_flight.len() < before;
        if was_asked {
            self.in_flight.remove(&block);
        }
        was_asked
    }

    /// The peer does not have the block that it was asked for.
    pub(super) fn not_found(&mut self, peers: &mut PeerSet, id: PeerId, block: Id) {
        if self.in_flight.get(&block) != Some(&id) {
            return;
        }
        self.in_flight.remove(&block);
        if let Some(peer) = peers.get_mut(id) {
            peer.in_flight.retain(|open| open.id != block);
            // What it says it has it does not: somebody else is asked.
            peer.best_known = None;
        }
    }

    /// The peer is gone: others are asked for its blocks.
    pub(super) fn forget(&mut self, id: PeerId) {
        self.in_flight.retain(|_, peer| *peer != id);
    }
}
