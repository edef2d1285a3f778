//! Who is connected, by the node's last list. Pure.

use std::collections::{HashMap, HashSet};

use super::names::ResolvedNames;
use crate::node::{Dialect, NetworkInfo, Peer};
use crate::values::{Chain, Mono, PeerAddress};

/// What the node shows of its peers.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The list.
    pub peers: &'a [Peer],
    /// When the list was asked for: an attempt that ended later is not in it.
    pub asked: Mono,
    /// Who the node is, and whether its network is on.
    pub network: Option<&'a NetworkInfo>,
    /// Its chain.
    pub chain: Option<Chain>,
    /// Counts the node's starts.
    pub epoch: u64,
}

/// The peers of one list by address; names that stand for one of these are there too.
pub(super) struct ListedPeers<'a> {
    /// Those after their handshakes.
    pub(super) connected: HashMap<PeerAddress, &'a Peer>,
    /// All of them.
    pub(super) all: HashMap<PeerAddress, &'a Peer>,
}

impl<'a> ListedPeers<'a> {
    pub(super) fn new(peers: &'a [Peer], names: &ResolvedNames) -> Self {
        let mut all: HashMap<PeerAddress, &Peer> = peers
            .iter()
            .filter_map(|peer| Some((peer.address.parse().ok()?, peer)))
            .collect();
        for (name, addresses) in names.iter() {
            let listed = addresses
                .iter()
                .find_map(|address| all.get(address).copied());
            if let Some(peer) = listed {
                all.entry(name.clone()).or_insert(peer);
            }
        }
        let connected = all.iter().filter(|(_, peer)| peer.handshaken);
        Self {
            connected: connected
                .map(|(address, peer)| (address.clone(), *peer))
                .collect(),
            all,
        }
    }
}

/// The last list.
#[derive(Debug, Default)]
pub(super) struct PeerList {
    /// Any peer at all was in it, after its handshake.
    has_peer: bool,
    /// The addresses after their handshakes, and the names that stand for them.
    connected: HashSet<PeerAddress>,
    /// The addresses as the node has them.
    listed: HashSet<PeerAddress>,
}

impl PeerList {
    /// Takes in a list. Its peers by address, for the comparison with what was known.
    pub(super) fn observe<'a>(
        &mut self,
        peers: &'a [Peer],
        names: &ResolvedNames,
    ) -> ListedPeers<'a> {
        let listed = ListedPeers::new(peers, names);
        self.has_peer = Peer::connected(peers).next().is_some();
        self.connected = listed.connected.keys().cloned().collect();
        self.listed = peers
            .iter()
            .filter_map(|peer| peer.address.parse().ok())
            .collect();
        listed
    }

    pub(super) fn has_peer(&self) -> bool {
        self.has_peer
    }

    pub(super) fn is_connected(&self, address: &PeerAddress) -> bool {
        self.connected.contains(address)
    }

    pub(super) fn is_listed(&self, address: &PeerAddress) -> bool {
        self.listed.contains(address)
    }

    pub(super) fn connected(&self) -> impl Iterator<Item = &PeerAddress> {
        self.connected.iter()
    }
}

/// What was last seen of the node itself.
#[derive(Debug, Default)]
pub(super) struct NodeView {
    pub(super) is_up: bool,
    pub(super) dialect: Dialect,
    /// The counter of its starts, as the last list had it.
    epoch: Option<u64>,
    /// Names may be looked up here: no proxy of the node does that.
    pub(super) may_look_up: bool,
}

impl NodeView {
    /// Takes in what came with a list. Whether the node was started again since the one before.
    pub(super) fn observe(&mut self, observation: &Observation<'_>) -> bool {
        let before = self.epoch.replace(observation.epoch);
        let was_restarted = before.is_some_and(|epoch| epoch != observation.epoch);
        match observation.network {
            Some(network) => self.dialect = network.identity.dialect(),
            // It may be another version.
            None if was_restarted => self.dialect = Dialect::default(),
            None => {}
        }
        self.may_look_up = observation.network.is_some_and(|network| !network.proxied);
        was_restarted
    }
}
