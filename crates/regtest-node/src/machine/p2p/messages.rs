//! What is done with each message, on the node's thread.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_network::VersionMessage;
use bitcoin::p2p::{Address, ServiceFlags};
use bitcoin::{Block, Network};
use tracing::{debug, info};

use super::peer::{Hello, Peer};
use super::{Direction, NewPeer, PROTOCOL_VERSION, PeerId};
use crate::chain::reject::Fault;
use crate::chainstate::Chainstate;
use crate::machine::Machine;
use crate::mempool::MIN_FEE_RATE;

/// Older ones know no headers.
const MIN_VERSION: u32 = 31_800;
const SENDHEADERS_VERSION: u32 = 70_012;
const FEEFILTER_VERSION: u32 = 70_013;
const WTXID_VERSION: u32 = 70_016;
const MAX_USER_AGENT: usize = 256;

/// A rule that a peer broke.
pub(super) type Breach = Result<(), String>;

impl Machine {
    /// A connection was opened. `None` if it is one too many.
    pub(crate) fn peer_connected(&mut self, new: NewPeer) -> Option<PeerId> {
        if let Err(reason) = self.make_room(&new) {
            debug!(peer = %new.name, reason, "a connection is not taken up");
            return None;
        }
        let is_outbound = new.direction == Direction::Outbound;
        let id = self.peers.insert(new, self.now);
        if is_outbound {
            self.send_version(id);
        }
        Some(id)
    }

    /// Makes room for a new connection, or says why there is none.
    fn make_room(&mut self, new: &NewPeer) -> Result<(), &'static str> {
        if !self.peers.is_network_active {
            return Err("the network is off");
        }
        if new.direction == Direction::Outbound {
            // One that is ending keeps nobody from being connected to again.
            let mut open = self.peers.iter().filter(|peer| !peer.is_closed);
            let is_there = open.any(|peer| peer.is_outbound() && peer.name == new.name);
            return if is_there {
                Err("it is connected already")
            } else {
                Ok(())
            };
        }
        if self.peers.open() >= self.wiring.max_peers {
            let evicted = self
                .peers
                .to_evict(self.now.mono)
                .and_then(|id| self.peers.get_mut(id));
            evicted
                .ok_or("there are too many, and nobody makes room")?
                .hang_up("somebody new takes its place");
        }
        Ok(())
    }

    /// A connection is no more.
    pub(crate) fn peer_gone(&mut self, id: PeerId, reason: &str) {
        if let Some(peer) = self.peers.remove(id) {
            let was_ready = peer.is_ready;
            let peer = &peer.name;
            if was_ready {
                info!(%peer, reason, "peer disconnected");
            } else {
                debug!(%peer, reason, "no peer");
            }
            let next = self.peers.requests.gone(id, self.now.mono);
            self.request_again(next);
            self.fetch_blocks();
        }
    }

    /// The peer broke a rule.
    pub(crate) fn misbehaved(&mut self, id: PeerId, reason: &str) {
        if let Some(peer) = self.peers.get_mut(id) {
            info!(peer = %peer.name, reason, "disconnecting a peer that breaks the rules");
            peer.close(reason.to_owned());
        }
    }

    /// Takes up a message. Whether there is something to `serve` afterwards.
    pub(crate) fn peer_message(&mut self, id: PeerId, message: NetworkMessage) -> bool {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(id).filter(|peer| !peer.is_closed) else {
            return false;
        };
        peer.last_received = Some(now);
        if let Err(reason) = self.dispatch(id, message) {
            self.misbehaved(id, &reason);
        }
        self.peers
            .get(id)
            .is_some_and(|peer| !peer.to_serve.is_empty() && !peer.is_closed)
    }

    fn dispatch(&mut self, id: PeerId, message: NetworkMessage) -> Breach {
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        if !peer.is_ready {
            return self.greet(id, message);
        }
        match message {
            NetworkMessage::Ping(nonce) => self.send(id, NetworkMessage::Pong(nonce)),
            NetworkMessage::Pong(nonce) => self.pong(id, nonce),
            NetworkMessage::SendHeaders => peer.wants_headers = true,
            NetworkMessage::FeeFilter(rate) => peer.fee_filter = u64::try_from(rate).unwrap_or(0),
            NetworkMessage::Headers(headers) => return self.headers(id, &headers),
            NetworkMessage::Inv(inventory) => return self.inventory(id, &inventory),
            NetworkMessage::GetData(wanted) => return self.get_data(id, wanted),
            NetworkMessage::NotFound(missing) => self.not_found(id, &missing),
            NetworkMessage::GetHeaders(wanted) => return self.get_headers(id, &wanted),
            NetworkMessage::GetBlocks(wanted) => return self.get_blocks(id, &wanted),
            NetworkMessage::Block(block) => return self.block(id, block),
            NetworkMessage::Tx(tx) => self.transaction(id, tx),
            NetworkMessage::CmpctBlock(compact) => {
                let header = compact.compact_block.header;
                return self.headers(id, &[header]);
            }
            NetworkMessage::Version(_) => return Err("a second version".to_owned()),
            NetworkMessage::WtxidRelay | NetworkMessage::SendAddrV2 => {
                return Err(format!("{} after verack", message.cmd()));
            }
            NetworkMessage::FilterLoad(_)
            | NetworkMessage::FilterAdd(_)
            | NetworkMessage::FilterClear => {
                return Err("bloom filters are not served".to_owned());
            }
            // Addresses are not kept, and compact blocks not asked for.
            _ => debug!(command = message.cmd(), "ignored"),
        }
        Ok(())
    }

    /// The messages before the two know each other.
    fn greet(&mut self, id: PeerId, message: NetworkMessage) -> Breach {
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        match message {
            NetworkMessage::Version(version) if peer.hello.is_none() => {
                return self.version(id, &version);
            }
            NetworkMessage::Version(_) => return Err("a second version".to_owned()),
            NetworkMessage::Verack if peer.hello.is_some() => self.ready(id),
            NetworkMessage::WtxidRelay if peer.hello.is_some() => {
                peer.uses_wtxid = peer.speaks(WTXID_VERSION);
            }
            _ if peer.hello.is_none() => return Err(format!("{} before version", message.cmd())),
            _ => debug!(command = message.cmd(), "ignored before verack"),
        }
        Ok(())
    }

    fn version(&mut self, id: PeerId, version: &VersionMessage) -> Breach {
        if version.version < MIN_VERSION {
            return Err(format!("protocol version {} is too old", version.version));
        }
        let is_ourselves = self
            .peers
            .iter()
            .any(|peer| peer.is_outbound() && peer.nonce == version.nonce);
        let now_secs = i64::try_from(self.now_secs()).unwrap_or(i64::MAX);
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        if is_ourselves && !peer.is_outbound() {
            return Err("connected to ourselves".to_owned());
        }
        let user_agent = version
            .user_agent
            .chars()
            .take(MAX_USER_AGENT)
            .filter(|c| !c.is_control())
            .collect();
        peer.hello = Some(Hello {
            version: version.version,
            services: version.services,
            user_agent,
            start_height: version.start_height,
            relays: version.relay,
            time_offset: version.timestamp.saturating_sub(now_secs),
        });
        if peer.is_outbound() && !peer.serves_blocks() {
            return Err("it serves no blocks".to_owned());
        }
        let (is_inbound, knows_wtxid) = (!peer.is_outbound(), peer.speaks(WTXID_VERSION));
        if is_inbound {
            self.send_version(id);
        }
        if knows_wtxid {
            self.send(id, NetworkMessage::WtxidRelay);
            self.send(id, NetworkMessage::SendAddrV2);
        }
        self.send(id, NetworkMessage::Verack);
        Ok(())
    }

    /// The handshake is over.
    fn ready(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        peer.is_ready = true;
        let agent = peer
            .hello
            .as_ref()
            .map_or("", |hello| hello.user_agent.as_str());
        info!(peer = %peer.name, agent, outbound = peer.is_outbound(), "peer connected");
        let (knows_headers, knows_fees) = (
            peer.speaks(SENDHEADERS_VERSION),
            peer.speaks(FEEFILTER_VERSION),
        );
        if knows_headers {
            self.send(id, NetworkMessage::SendHeaders);
        }
        if knows_fees {
            self.send(
                id,
                NetworkMessage::FeeFilter(i64::try_from(MIN_FEE_RATE).unwrap_or(0)),
            );
        }
        self.ping(id);
        self.ask_headers(id, self.chain.best_header(), true);
        self.tell_mempool(id);
    }

    pub(super) fn send(&mut self, id: PeerId, message: NetworkMessage) {
        let now = self.now;
        if let Some(peer) = self.peers.get_mut(id) {
            peer.send(message, now);
        }
    }

    fn send_version(&mut self, id: PeerId) {
        let services = services(&self.chain);
        let timestamp = i64::try_from(self.now.unix_seconds()).unwrap_or(i64::MAX);
        let height = self.chain.tree().height();
        let user_agent = self.wiring.agent.user_agent();
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        let unspecified = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let version = VersionMessage {
            version: PROTOCOL_VERSION,
            services,
            timestamp,
            receiver: Address::new(&peer.address, ServiceFlags::NONE),
            sender: Address::new(&unspecified, services),
            nonce: peer.nonce,
            user_agent,
            start_height: i32::try_from(height).unwrap_or(i32::MAX),
            relay: true,
        };
        self.send(id, NetworkMessage::Version(version));
    }

    pub(super) fn ping(&mut self, id: PeerId) {
        let now = self.now.mono;
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        // Nobody gains by guessing it: it only tells one ping from the next.
        let nonce = peer
            .nonce
            .rotate_left(7)
            .wrapping_add(u64::try_from(now.since_start().as_micros()).unwrap_or(0));
        peer.pings.open = Some((nonce, now));
        peer.pings.sent = Some(now);
        self.send(id, NetworkMessage::Ping(nonce));
    }

    fn pong(&mut self, id: PeerId, nonce: u64) {
        let now = self.now.mono;
        let Some(peer) = self.peers.get_mut(id) else {
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

    fn block(&mut self, id: PeerId, block: Block) -> Breach {
        let hash = block.block_hash();
        let Some(known) = self.chain.tree().find(&hash) else {
            // Its header may come first: who knows what is below it.
            return self.headers(id, &[block.header]);
        };
        let was_asked = self.block_arrived(id, known);
        let is_far = self.chain.tree().get(known).height
            > self.chain.tree().height().saturating_add(Chainstate::KEPT);
        if !was_asked && is_far {
            return Ok(());
        }
        match self.take_block(Arc::new(block), Some(id)) {
            Ok(_) => Ok(()),
            Err(reject)
                if matches!(reject.fault, Fault::Policy | Fault::NotYet | Fault::Missing) =>
            {
                Ok(())
            }
            Err(reject) => Err(format!("block {hash}: {reject}")),
        }
    }
}

/// What we offer.
pub(crate) fn services(chain: &Chainstate) -> ServiceFlags {
    let old = if chain.is_pruned() {
        ServiceFlags::NONE
    } else {
        ServiceFlags::NETWORK
    };
    old | ServiceFlags::NETWORK_LIMITED | ServiceFlags::WITNESS
}

/// Where peers of `network` listen unless they say otherwise.
pub(crate) fn default_port(network: Network) -> u16 {
    match network {
        Network::Bitcoin => 8_333,
        Network::Testnet => 18_333,
        Network::Testnet4 => 48_333,
        Network::Signet => 38_333,
        Network::Regtest => 18_444,
    }
}

/// What a peer is called in `getpeerinfo`.
pub(crate) fn connection_type(peer: &Peer) -> &'static str {
    match peer.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "manual",
    }
}
