//! What is done with each message: the handshake, and who takes up what after it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::Inventory;
use bitcoin::p2p::message_network::VersionMessage;
use bitcoin::p2p::{Address, ServiceFlags};
use bitcoin::{Block, Transaction};
use tracing::{debug, info};

use super::announce::announce_mempool;
use super::download::{HeadersOutcome, ask_headers, take_headers};
use super::peer::PeerVersion;
use super::relay::MAX_INVENTORY;
use super::{
    ConnectionDirection, NewPeer, PROTOCOL_VERSION, PeerId, ProtocolResult, serve, services,
};
use crate::chain::reject::Fault;
use crate::chainstate::Chainstate;
use crate::mempool::MIN_FEE_RATE;
use crate::node_state::NodeState;

/// Older ones know no headers.
const MIN_VERSION: u32 = 31_800;
const SENDHEADERS_VERSION: u32 = 70_012;
const FEEFILTER_VERSION: u32 = 70_013;
const WTXID_VERSION: u32 = 70_016;
const MAX_USER_AGENT: usize = 256;

impl NodeState {
    /// A connection was opened. `None` if it is one too many.
    pub(crate) fn peer_connected(&mut self, new: NewPeer) -> Option<PeerId> {
        if let Err(reason) = self
            .peers
            .make_room(&new, self.context.max_peers, self.now.mono)
        {
            debug!(peer = %new.name, reason, "refused a connection");
            return None;
        }
        let is_outbound = new.direction == ConnectionDirection::Outbound;
        let id = self.peers.insert(new, self.now);
        if is_outbound {
            self.send_version(id);
        }
        Some(id)
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
            self.download.forget(id);
            self.relay.forget(&mut self.peers, id, self.now);
            self.fetch_blocks();
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
            self.peers.misbehaved(id, &reason);
        }
        self.peers
            .get(id)
            .is_some_and(|peer| !peer.to_serve.is_empty() && !peer.is_closed)
    }

    fn dispatch(&mut self, id: PeerId, message: NetworkMessage) -> ProtocolResult {
        let Some(peer) = self.peers.get_mut(id) else {
            return Ok(());
        };
        if !peer.is_ready {
            return self.greet(id, message);
        }
        match message {
            NetworkMessage::Ping(nonce) => {
                self.peers.send(id, NetworkMessage::Pong(nonce), self.now);
            }
            NetworkMessage::Pong(nonce) => self.peers.pong(id, nonce, self.now.mono),
            NetworkMessage::SendHeaders => peer.wants_headers = true,
            NetworkMessage::FeeFilter(rate) => peer.fee_filter = u64::try_from(rate).unwrap_or(0),
            NetworkMessage::Headers(headers) => return self.headers(id, &headers),
            NetworkMessage::Inv(inventory) => return self.inventory(id, &inventory),
            NetworkMessage::GetData(wanted) => return serve::get_data(&mut self.peers, id, wanted),
            NetworkMessage::NotFound(missing) => self.not_found(id, &missing),
            NetworkMessage::GetHeaders(wanted) => {
                let tree = self.validation.chain.tree();
                return serve::get_headers(&mut self.peers, tree, id, &wanted, self.now);
            }
            NetworkMessage::GetBlocks(wanted) => {
                let tree = self.validation.chain.tree();
                return serve::get_blocks(&mut self.peers, tree, id, &wanted, self.now);
            }
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
    fn greet(&mut self, id: PeerId, message: NetworkMessage) -> ProtocolResult {
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

    fn version(&mut self, id: PeerId, version: &VersionMessage) -> ProtocolResult {
        if version.version < MIN_VERSION {
            return Err(format!("protocol version {} is too old", version.version));
        }
        let is_ourselves = self
            .peers
            .iter()
            .any(|peer| peer.is_outbound() && peer.nonce == version.nonce);
        let now_secs = i64::try_from(self.now.unix_seconds()).unwrap_or(i64::MAX);
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
        peer.hello = Some(PeerVersion {
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
        let is_inbound = !peer.is_outbound();
        let knows_wtxid = peer.speaks(WTXID_VERSION);
        if is_inbound {
            self.send_version(id);
        }
        if knows_wtxid {
            self.peers.send(id, NetworkMessage::WtxidRelay, self.now);
            self.peers.send(id, NetworkMessage::SendAddrV2, self.now);
        }
        self.peers.send(id, NetworkMessage::Verack, self.now);
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
        let knows_headers = peer.speaks(SENDHEADERS_VERSION);
        let knows_fees = peer.speaks(FEEFILTER_VERSION);
        if knows_headers {
            self.peers.send(id, NetworkMessage::SendHeaders, self.now);
        }
        if knows_fees {
            self.peers.send(
                id,
                NetworkMessage::FeeFilter(i64::try_from(MIN_FEE_RATE).unwrap_or(0)),
                self.now,
            );
        }
        self.peers.ping(id, self.now);
        self.ask_headers(id, true);
        announce_mempool(&mut self.peers, &self.validation.mempool, id, self.now);
    }

    fn send_version(&mut self, id: PeerId) {
        let services = services(&self.validation.chain);
        let timestamp = i64::try_from(self.now.unix_seconds()).unwrap_or(i64::MAX);
        let height = self.validation.chain.tree().height();
        let user_agent = self.context.agent.user_agent();
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
        self.peers
            .send(id, NetworkMessage::Version(version), self.now);
    }

    /// Asks for the headers after the best one, or from that one on.
    fn ask_headers(&mut self, id: PeerId, and_itself: bool) {
        let chain = &self.validation.chain;
        let from = chain.best_header();
        ask_headers(
            &mut self.peers,
            chain.tree(),
            id,
            from,
            and_itself,
            self.now,
        );
    }

    fn headers(&mut self, id: PeerId, headers: &[Header]) -> ProtocolResult {
        let chain = &mut self.validation.chain;
        let taken = take_headers(chain, &mut self.peers, id, headers, self.now)?;
        if taken != HeadersOutcome::Ignored {
            self.update_sync_state();
        }
        if taken == HeadersOutcome::Taken {
            self.fetch_blocks();
        }
        Ok(())
    }

    fn inventory(&mut self, id: PeerId, inventory: &[Inventory]) -> ProtocolResult {
        if inventory.len() > MAX_INVENTORY {
            return Err(format!("announces {} things at once", inventory.len()));
        }
        let mut unknown = None;
        let mut wanted = Vec::new();
        for item in inventory {
            match item {
                Inventory::Block(hash)
                | Inventory::WitnessBlock(hash)
                | Inventory::CompactBlock(hash) => match self.validation.chain.tree().find(hash) {
                    Some(known) => self
                        .peers
                        .has_block(id, self.validation.chain.tree(), known),
                    None => unknown = Some(*hash),
                },
                Inventory::WTx(wtxid) => {
                    let is_known = self.validation.mempool.get_by_wtxid(wtxid).is_some();
                    if self.is_wanted(id, wtxid.to_byte_array()) && !is_known {
                        wanted.push(*item);
                    }
                }
                Inventory::Transaction(txid) => {
                    let is_known = self.validation.mempool.get(txid).is_some();
                    if self.is_wanted(id, txid.to_byte_array()) && !is_known {
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
            self.ask_headers(id, false);
        }
        self.fetch_blocks();
        self.relay.request(&mut self.peers, id, wanted, self.now);
        Ok(())
    }

    /// The transaction is news, and there is use for it.
    fn is_wanted(&mut self, id: PeerId, hash: [u8; 32]) -> bool {
        let is_wanted = self.relay.is_wanted(&mut self.peers, id, hash);
        is_wanted && !self.is_in_initial_download()
    }

    fn not_found(&mut self, id: PeerId, missing: &[Inventory]) {
        for item in missing.iter().take(MAX_INVENTORY) {
            if let Inventory::Block(hash) | Inventory::WitnessBlock(hash) = item
                && let Some(block) = self.validation.chain.tree().find(hash)
            {
                self.download.not_found(&mut self.peers, id, block);
            }
            self.relay.not_found(&mut self.peers, id, item, self.now);
        }
        self.fetch_blocks();
    }

    fn transaction(&mut self, id: PeerId, tx: Transaction) {
        let is_there = self.relay.arrived(&mut self.peers, id, &tx, self.now);
        if !is_there || self.is_in_initial_download() {
            return;
        }
        let mut left = vec![(Arc::new(tx), id)];
        while let Some((tx, from)) = left.pop() {
            match self.take_transaction(&tx) {
                Ok(txid) => {
                    self.announce_transaction(txid);
                    left.extend(self.relay.take_children(&txid));
                }
                Err(reject) if reject.fault == Fault::Missing => {
                    let mempool = &self.validation.mempool;
                    self.relay
                        .keep_orphan(&mut self.peers, mempool, &tx, from, self.now);
                }
                Err(reject) => {
                    debug!(txid = %tx.compute_txid(), %reject, "refused a transaction");
                    self.relay.refuse(&tx);
                }
            }
        }
    }

    fn block(&mut self, id: PeerId, block: Block) -> ProtocolResult {
        let hash = block.block_hash();
        let Some(known) = self.validation.chain.tree().find(&hash) else {
            // Its header may come first: who knows what is below it.
            return self.headers(id, &[block.header]);
        };
        let tree = self.validation.chain.tree();
        let was_asked = self
            .download
            .arrived(&mut self.peers, tree, id, known, self.now);
        let is_far =
            tree.get(known).height > tree.height().saturating_add(Chainstate::MIN_BLOCKS_TO_KEEP);
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
