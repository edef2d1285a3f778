//! At which addresses the node itself is, so that it is not dialled. Pure.

use std::collections::HashSet;

use super::names::ResolvedNames;
use super::peer_list::Observation;
use crate::node::Direction;
use crate::values::PeerAddress;

/// The node's own addresses.
#[derive(Debug, Default)]
pub(super) struct OwnAddresses {
    known: HashSet<PeerAddress>,
    /// Those that were found out by dialling them.
    found: HashSet<PeerAddress>,
    /// Those that were reported.
    reported: HashSet<PeerAddress>,
}

impl OwnAddresses {
    pub(super) fn contains(&self, address: &PeerAddress) -> bool {
        self.known.contains(address)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PeerAddress> {
        self.known.iter()
    }

    /// Those that the node reports, those at which others have reached it, those that were found,
    /// and the names of these.
    pub(super) fn observe(&mut self, observation: &Observation<'_>, names: &ResolvedNames) {
        let reported = observation
            .network
            .into_iter()
            .flat_map(|network| network.own_addresses.iter().cloned());
        let inbound = observation
            .peers
            .iter()
            .filter(|peer| peer.direction == Some(Direction::Inbound));
        let reached = inbound.filter_map(|peer| peer.local_address.as_ref()?.parse().ok());
        self.known = reported
            .chain(reached)
            .chain(self.found.iter().cloned())
            .collect();
        let names = names.names_of_any(&self.known);
        self.known.extend(names);
    }

    /// `own` is the node, and so is `address`, which stands for it.
    pub(super) fn found(&mut self, own: PeerAddress, address: PeerAddress) {
        self.known.insert(own.clone());
        self.found.extend([own, address]);
    }

    /// `address` is the node. Whether that is to be reported, which it is once.
    pub(super) fn add(&mut self, address: &PeerAddress) -> bool {
        self.known.insert(address.clone());
        self.reported.insert(address.clone())
    }

    /// The node was started again: it may listen elsewhere.
    pub(super) fn forget_found(&mut self) {
        self.found.clear();
    }

    /// The next list says which they are.
    pub(super) fn forget_known(&mut self) {
        self.known.clear();
    }
}
