//! Headers first, then blocks from several peers at once, and what is done about those that stall.

use std::time::Duration;

use bitcoin::BlockHash;
use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::{GetHeadersMessage, Inventory};
use tracing::debug;

use super::messages::Breach;
use super::peer::InFlight;
use super::{PROTOCOL_VERSION, PeerId};
use crate::chain::reject::Fault;
use crate::chain::tree::Id;
use crate::machine::Machine;
use crate::time::Mono;

/// A message has at most so many headers; one that is full is followed by more.
pub(super) const MAX_HEADERS: usize = 2_000;
/// Blocks that one peer is asked for at once.
const MAX_IN_FLIGHT: usize = 16;
/// How far beyond the last common block blocks are fetched.
const WINDOW: u32 = 1_024;
/// Between two questions for what is below headers that do not connect.
const ASK_BELOW_INTERVAL: Duration = Duration::from_secs(10);
/// Headers off the best chain, of all peers together: they cost a stranger nothing on a chain
/// without work.
const MAX_SPARE_HEADERS: usize = if cfg!(test) { 4_000 } else { 500_000 };
/// So far below the tip a chain may part from ours when there are too many.
const NEAR: u32 = 288;
/// So many headers one who connected to us may then tell before it gives a block.
const FEW: usize = 16;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);
const PING_INTERVAL: Duration = Duration::from_secs(120);
const PING_TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// A block may take so long when nobody else could send it sooner.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(120);
/// And so long when others wait for it.
const STALL_TIMEOUT: Duration = Duration::from_secs(4);
const ADDED_INTERVAL: Duration = Duration::from_secs(60);

impl Machine {
    /// Asks for the headers after `from`, or from one before it, so that the answer tells even if
    /// there are no new ones.
    pub(super) fn ask_headers(&mut self, id: PeerId, from: Id, and_itself: bool) {
        let tree = self.chain.tree();
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
        self.send(id, NetworkMessage::GetHeaders(message));
    }

    pub(super) fn headers(&mut self, id: PeerId, headers: &[Header]) -> Breach {
        if headers.len() > MAX_HEADERS {
            return Err(format!("{} headers at once", headers.len()));
        }
        let is_chain = headers
            .iter()
            .zip(headers.iter().skip(1))
            .all(|(below, above)| above.prev_blockhash == below.block_hash());
        if !is_chain {
            return Err("headers that are no chain".to_owned());
        }
        let (best_header, now) = (self.chain.best_header(), self.now.mono);
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        let Some(first) = headers.first() else {
            peer.has_told_headers = true;
            self.look_whether_synced();
            return Ok(());
        };
        if self.chain.tree().find(&first.prev_blockhash).is_none() {
            // Several may be told before the first question about them is answered.
            if peer
                .asked_below
                .is_none_or(|asked| now.since(asked) > ASK_BELOW_INTERVAL)
            {
                peer.asked_below = Some(now);
                self.ask_headers(id, best_header, false);
            }
            return Ok(());
        }
        if !self.has_room_for(id, headers) {
            let is_outbound = self.peers.get(id).is_some_and(super::Peer::is_outbound);
            return if is_outbound {
                Ok(())
            } else {
                Err("too many headers off the best chain".to_owned())
            };
        }
        let now_secs = self.now_secs();
        let taken = self.chain.accept_headers(headers, now_secs);
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        peer.asked_below = None;
        match taken {
            Ok(Some(last)) => {
                peer.has_told_headers = true;
                self.peer_has(id, last);
                if headers.len() == MAX_HEADERS {
                    self.ask_headers(id, last, false);
                }
            }
            Ok(None) => {}
            Err(reject) if reject.fault == Fault::NotYet => {
                debug!(%reject, "a header is not good yet");
            }
            // It may be our operator who called it invalid, and the peer may come over to another
            // chain.
            Err(reject) if reject.fault == Fault::OnRefused => {
                debug!(%reject, "headers on a refused block");
            }
            Err(reject) => return Err(format!("a header: {reject}")),
        }
        self.look_whether_synced();
        self.fetch_blocks();
        Ok(())
    }

    /// There is no room for every header of a stranger: once there are too many, each peer may tell
    /// what comes next on our chain, a few until a block has come of them.
    fn has_room_for(&mut self, id: PeerId, headers: &[Header]) -> bool {
        let tree = self.chain.tree();
        let Some(peer) = self.peers.get_mut(id) else {
            return false;
        };
        let best = tree.get(self.chain.best_header()).height;
        // The chain that we were told of by those whom we chose to ask is what we are about to
        // fetch.
        let (useful, most) = if peer.is_outbound() {
            (best.max(tree.height()), MAX_HEADERS)
        } else {
            (tree.height(), FEW)
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
            tree.is_best(below) && tree.get(below).height.saturating_add(NEAR) >= tree.height()
        };
        peer.headers_in_want = peer.headers_in_want.saturating_add(headers.len());
        peer.headers_in_want <= most && below.is_some_and(is_near)
    }

    /// The peer has the block `id`, so it is known to have all before it.
    pub(super) fn peer_has(&mut self, id: PeerId, block: Id) {
        let tree = self.chain.tree();
        let work = tree.get(block).work;
        if let Some(peer) = self.peers.get_mut(id)
            && peer
                .best_known
                .is_none_or(|best| tree.get(best).work <= work)
        {
            peer.best_known = Some(block);
        }
    }

    /// Asks every peer that has room for the next blocks that nobody was asked for.
    pub(crate) fn fetch_blocks(&mut self) {
        // They could not be kept.
        if self.is_blocked() {
            return;
        }
        for id in self.peers.ids() {
            let wanted = self.next_blocks(id);
            if wanted.is_empty() {
                continue;
            }
            let now = self.now.mono;
            let hashes = wanted
                .iter()
                .map(|block| Inventory::WitnessBlock(self.chain.tree().get(*block).hash));
            let request = NetworkMessage::GetData(hashes.collect());
            let Some(peer) = self.peers.get_mut(id) else {
                continue;
            };
            peer.in_flight.extend(wanted.iter().map(|block| InFlight {
                id: *block,
                since: now,
            }));
            self.peers
                .in_flight
                .extend(wanted.into_iter().map(|block| (block, id)));
            self.send(id, request);
        }
    }

    /// The next blocks to ask the peer for. Notes who holds everything up, if there are none
    /// because of another.
    fn next_blocks(&mut self, id: PeerId) -> Vec<Id> {
        let tree = self.chain.tree();
        let Some(peer) = self
            .peers
            .get(id)
            .filter(|peer| peer.is_ready && !peer.is_closed)
        else {
            return Vec::new();
        };
        let Some(best) = peer.best_known.filter(|_| peer.serves_blocks()) else {
            return Vec::new();
        };
        let room = MAX_IN_FLIGHT.saturating_sub(peer.in_flight.len());
        let is_worth = tree.get(best).work > tree.get(tree.tip()).work
            && !tree.get(best).validity.has_failed();
        if room == 0 || !is_worth {
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
            .saturating_add(WINDOW)
            .min(tree.get(best).height);
        let (mut wanted, mut holder) = (Vec::new(), None);
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
            match self.peers.in_flight.get(&block) {
                Some(other) => holder = holder.or((*other != id).then_some(*other)),
                None if entry.height >= lowest => wanted.push(block),
                None => break,
            }
        }
        let is_held_up = wanted.is_empty() && peer.in_flight.is_empty() && height > end;
        if let Some(peer) = self.peers.get_mut(id) {
            peer.common = Some(common);
        }
        if let Some(holder) = holder.filter(|_| is_held_up) {
            let now = self.now.mono;
            if let Some(holder) = self.peers.get_mut(holder) {
                holder.stalling_since.get_or_insert(now);
            }
        }
        wanted
    }

    /// A block came from a peer. Whether it had been asked for it.
    pub(super) fn block_arrived(&mut self, id: PeerId, block: Id) -> bool {
        let now = self.now;
        self.peer_has(id, block);
        let Some(peer) = self.peers.get_mut(id) else {
            return false;
        };
        peer.last_block = Some(now);
        peer.headers_in_want = 0;
        let before = peer.in_flight.len();
        peer.in_flight.retain(|open| open.id != block);
        peer.stalling_since = None;
        // The others are being sent: their time begins anew.
        for open in &mut peer.in_flight {
            open.since = now.mono;
        }
        let was_asked = peer.in_flight.len() < before;
        if was_asked {
            self.peers.in_flight.remove(&block);
        }
        was_asked
    }

    /// What is due by the clock: pings, peers that hang or hold up, peers to connect to again.
    pub(crate) fn watch_peers(&mut self) {
        let now = self.now.mono;
        for id in self.peers.ids() {
            let Some(peer) = self.peers.get_mut(id) else {
                continue;
            };
            let older = |since: Mono, limit: Duration| now.since(since) > limit;
            let reason = if !peer.is_ready && older(peer.connected.mono, HANDSHAKE_TIMEOUT) {
                Some("no handshake within 60 s")
            } else if peer
                .pings
                .open
                .is_some_and(|(_, since)| older(since, PING_TIMEOUT))
            {
                Some("no answer to a ping for 20 min")
            } else if peer
                .stalling_since
                .is_some_and(|since| older(since, STALL_TIMEOUT))
            {
                Some("holds up the download of blocks")
            } else if peer
                .in_flight
                .first()
                .is_some_and(|open| older(open.since, BLOCK_TIMEOUT))
            {
                Some("no block within 120 s")
            } else {
                None
            };
            let has_been_pinged = peer
                .pings
                .sent
                .is_some_and(|sent| !older(sent, PING_INTERVAL));
            let is_ping_due = peer.is_ready && peer.pings.open.is_none() && !has_been_pinged;
            match reason {
                Some(reason) => self.misbehaved(id, reason),
                None if is_ping_due => self.ping(id),
                None => {}
            }
        }
        let next = self.peers.requests.expired(now);
        self.request_again(next);
        self.dial_added();
    }

    /// Connects to `address` once.
    pub(crate) fn dial(&mut self, address: String) {
        // Whoever listens there is gone only when the daemon goes down.
        let _ = self.wiring.dials.send(super::Dial::new(address));
    }

    /// Connects to `address` now, and again whenever it is not connected.
    pub(crate) fn keep_connected(&mut self, address: String) {
        self.peers.added.insert(address, None);
        self.dial_added();
    }

    /// Ends a connection.
    pub(crate) fn disconnect(&mut self, id: PeerId, reason: &str) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.close(reason.to_owned());
        }
    }

    /// Turns the network on or off; off, nobody stays connected.
    pub(crate) fn set_network_active(&mut self, active: bool) {
        self.peers.is_network_active = active;
        for id in self.peers.ids().into_iter().filter(|_| !active) {
            self.disconnect(id, "the network was turned off");
        }
    }

    pub(crate) fn ping_all(&mut self) {
        for id in self.peers.ids() {
            if self.peers.get(id).is_some_and(|peer| peer.is_ready) {
                self.ping(id);
            }
        }
    }

    /// The best block that we and the peer both have.
    pub(crate) fn common_block(&self, peer: &super::Peer) -> Option<Id> {
        let best = peer.best_known?;
        Some(self.chain.tree().last_common(best, self.chain.tree().tip()))
    }

    fn dial_added(&mut self) {
        let now = self.now.mono;
        let names: Vec<String> = self.peers.added.keys().cloned().collect();
        for name in names {
            let is_connected = self.peers.find(&name).is_some();
            let Some(tried) = self.peers.added.get_mut(&name) else {
                continue;
            };
            let is_due = tried.is_none_or(|tried| now.since(tried) > ADDED_INTERVAL);
            if !is_connected && is_due && self.peers.is_network_active {
                *tried = Some(now);
                self.dial(name);
            }
        }
    }
}
