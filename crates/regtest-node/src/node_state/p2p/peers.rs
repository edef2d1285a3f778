//! All connections, and what keeps each of them alive.
//!
//! Decides who may connect, which peer is stalled and which is pinged. Refuses to know the content
//! of messages. Invariant: a peer that is closed is sent nothing more.

use std::collections::BTreeMap;
use std::time::Duration;

use bitcoin::p2p::message::NetworkMessage;
use tracing::info;

use super::peer::{ConnectionDirection, NewPeer, PeerId, PeerState};
use crate::chain::tree::{HeaderTree, Id};
use crate::time::{MonotonicTime, Now};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);
const PING_INTERVAL: Duration = Duration::from_secs(120);
const PING_TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// A block may take so long when nobody else could send it sooner.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(120);
/// And so long when others wait for it.
const STALL_TIMEOUT: Duration = Duration::from_secs(4);

/// All peers.
#[derive(Debug)]
pub(crate) struct PeerSet {
    by_id: BTreeMap<PeerId, PeerState>,
    next: u64,
    pub(crate) is_network_active: bool,
}

impl Default for PeerSet {
    fn default() -> Self {
        Self {
            by_id: BTreeMap::new(),
            next: 0,
            is_network_active: true,
        }
    }
}

impl PeerSet {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PeerState> {
        self.by_id.values()
    }

    pub(crate) fn get(&self, id: PeerId) -> Option<&PeerState> {
        self.by_id.get(&id)
    }

    /// The peer, if both sides know each other's version.
    pub(super) fn ready_mut(&mut self, id: PeerId) -> Option<&mut PeerState> {
        self.get_mut(id).filter(|peer| peer.is_ready)
    }

    pub(super) fn get_mut(&mut self, id: PeerId) -> Option<&mut PeerState> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn ids(&self) -> Vec<PeerId> {
        self.by_id.keys().copied().collect()
    }

    /// Those whose connection is not ending.
    pub(super) fn open(&self) -> usize {
        self.iter().filter(|peer| !peer.is_closed).count()
    }

    /// Who goes when somebody new wants a place: of the inbound peers that never gave us a block or
    /// a transaction, the one that has been silent the longest, and for more than half a minute.
    /// Whoever is useful, or just came, stays.
    pub(super) fn to_evict(&self, now: MonotonicTime) -> Option<PeerId> {
        const MIN_SILENCE_TO_EVICT: Duration = Duration::from_secs(30);
        let idle = self
            .iter()
            .filter(|peer| !peer.is_outbound() && !peer.is_closed && !peer.was_useful());
        let longest = idle.max_by_key(|peer| peer.silence(now))?;
        (longest.silence(now) > MIN_SILENCE_TO_EVICT).then_some(longest.id)
    }

    pub(super) fn insert(&mut self, new: NewPeer, now: Now) -> PeerId {
        let id = PeerId(self.next);
        self.next = self.next.saturating_add(1);
        self.by_id.insert(id, PeerState::new(id, new, now));
        id
    }

    pub(super) fn remove(&mut self, id: PeerId) -> Option<PeerState> {
        self.by_id.remove(&id)
    }

    /// A connection to that name or address is there; one that is ending only if there is no other.
    pub(crate) fn find(&self, name: &str) -> Option<&PeerState> {
        let named = self
            .iter()
            .filter(|peer| peer.name == name || peer.address.to_string() == name);
        named.min_by_key(|peer| peer.is_closed)
    }

    /// Some outbound peer has answered what headers it has.
    pub(crate) fn have_announced_headers(&self) -> bool {
        self.iter()
            .any(|peer| peer.is_outbound() && peer.has_sent_headers)
    }

    /// Makes room for a new connection, or says why there is none.
    pub(super) fn make_room(
        &mut self,
        new: &NewPeer,
        max_peers: usize,
        now: MonotonicTime,
    ) -> Result<(), &'static str> {
        if !self.is_network_active {
            return Err("the network is off");
        }
        if new.direction == ConnectionDirection::Outbound {
            // One that is ending keeps nobody from being connected to again.
            let mut open = self.iter().filter(|peer| !peer.is_closed);
            let is_there = open.any(|peer| peer.is_outbound() && peer.name == new.name);
            return if is_there {
                Err("it is connected already")
            } else {
                Ok(())
            };
        }
        if self.open() >= max_peers {
            let evicted = self.to_evict(now).and_then(|id| self.get_mut(id));
            evicted
                .ok_or("there are too many, and nobody makes room")?
                .abort("somebody new takes its place");
        }
        Ok(())
    }

    pub(super) fn send(&mut self, id: PeerId, message: NetworkMessage, now: Now) {
        if let Some(peer) = self.get_mut(id) {
            peer.send(message, now);
        }
    }

    /// The peer broke a rule.
    pub(crate) fn misbehaved(&mut self, id: PeerId, reason: &str) {
        if let Some(peer) = self.get_mut(id) {
            info!(peer = %peer.name, reason, "disconnecting a peer that breaks the rules");
            peer.close(reason.to_owned());
        }
    }

    /// Ends a connection.
    pub(crate) fn disconnect(&mut self, id: PeerId, reason: &str) {
        if let Some(peer) = self.get_mut(id) {
            peer.close(reason.to_owned());
        }
    }

    /// Turns the network on or off; off, nobody stays connected.
    pub(crate) fn set_network_active(&mut self, active: bool) {
        self.is_network_active = active;
        for id in self.ids().into_iter().filter(|_| !active) {
            self.disconnect(id, "the network was turned off");
        }
    }

    /// The peer has the block, so it is known to have all before it.
    pub(super) fn has_block(&mut self, id: PeerId, tree: &HeaderTree, block: Id) {
        let work = tree.get(block).work;
        if let Some(peer) = self.get_mut(id)
            && peer
                .best_known
                .is_none_or(|best| tree.get(best).work <= work)
        {
            peer.best_known = Some(block);
        }
    }

    pub(super) fn ping(&mut self, id: PeerId, now: Now) {
        let Some(peer) = self.get_mut(id) else {
            return;
        };
        // Nobody gains by guessing it: it only distinguishes one ping from the next.
        let nonce = peer
            .nonce
            .rotate_left(7)
            .wrapping_add(u64::try_from(now.mono.since_start().as_micros()).unwrap_or(0));
        peer.pings.open = Some((nonce, now.mono));
        peer.pings.sent = Some(now.mono);
        peer.send(NetworkMessage::Ping(nonce), now);
    }

    pub(super) fn pong(&mut self, id: PeerId, nonce: u64, now: MonotonicTime) {
        let Some(peer) = self.get_mut(id) else {
            return;
        };
        if let Some((wanted, since)) = peer.pings.open
            && wanted == nonce
        {
            let took = now.since(since);
            peer.pings.open = None;
            peer.pings.last = Some(took);
            peer.pings.best = Some(peer.pings.best.map_or(took, |best| best.min(took)));
        }
    }

    /// Pings all that know us.
    pub(crate) fn ping_all(&mut self, now: Now) {
        for id in self.ids() {
            if self.get(id).is_some_and(|peer| peer.is_ready) {
                self.ping(id, now);
            }
        }
    }

    /// What is due by the clock: pings, and peers that hang or hold up.
    pub(crate) fn watch(&mut self, now: Now) {
        for id in self.ids() {
            let Some(peer) = self.get(id) else {
                continue;
            };
            match fault(peer, now.mono) {
                Some(reason) => self.misbehaved(id, reason),
                None if is_ping_due(peer, now.mono) => self.ping(id, now),
                None => {}
            }
        }
    }
}

/// Why the peer is not waited for any longer.
fn fault(peer: &PeerState, now: MonotonicTime) -> Option<&'static str> {
    let older = |since: MonotonicTime, limit: Duration| now.since(since) > limit;
    let hangs = peer
        .pings
        .open
        .is_some_and(|(_, since)| older(since, PING_TIMEOUT));
    let stalls = peer
        .stalling_since
        .is_some_and(|since| older(since, STALL_TIMEOUT));
    let is_late = peer
        .in_flight
        .first()
        .is_some_and(|open| older(open.since, BLOCK_TIMEOUT));
    if !peer.is_ready && older(peer.connected.mono, HANDSHAKE_TIMEOUT) {
        Some("no handshake within 60 s")
    } else if hangs {
        Some("no answer to a ping for 20 min")
    } else if stalls {
        Some("holds up the download of blocks")
    } else if is_late {
        Some("no block within 120 s")
    } else {
        None
    }
}

fn is_ping_due(peer: &PeerState, now: MonotonicTime) -> bool {
    let has_been_pinged = peer
        .pings
        .sent
        .is_some_and(|sent| now.since(sent) <= PING_INTERVAL);
    peer.is_ready && peer.pings.open.is_none() && !has_been_pinged
}
