//! Which peers are to be connected, by the configuration or by an operator. Pure.

use std::collections::{BTreeSet, HashSet};

use crate::values::PeerAddress;

/// Why a peer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is in the configuration.
    Configured,
    /// An operator added it.
    Added,
}

impl Kept {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Added => "added",
        }
    }
}

/// The peers to keep connected, and those that an operator does not want back.
#[derive(Debug, Default)]
pub(super) struct KeptPeers {
    configured: BTreeSet<PeerAddress>,
    added: BTreeSet<PeerAddress>,
    /// An operator took them out; until they are seen connected.
    dismissed: HashSet<PeerAddress>,
}

impl KeptPeers {
    /// An operator may add so many.
    pub(super) const MAX_ADDED_PEERS: usize = 1000;

    /// Why `address` is kept, if it is.
    pub(super) fn kept(&self, address: &PeerAddress) -> Option<Kept> {
        if self.configured.contains(address) {
            return Some(Kept::Configured);
        }
        self.added.contains(address).then_some(Kept::Added)
    }

    pub(super) fn is_kept(&self, address: &PeerAddress) -> bool {
        self.kept(address).is_some()
    }

    /// All that are kept, in the order of their addresses.
    pub(super) fn iter(&self) -> impl Iterator<Item = &PeerAddress> {
        self.configured.union(&self.added)
    }

    /// The configuration names `addresses`. Those that are not kept any more.
    pub(super) fn configure(&mut self, addresses: BTreeSet<PeerAddress>) -> Vec<PeerAddress> {
        let before = std::mem::replace(&mut self.configured, addresses);
        before
            .into_iter()
            .filter(|address| !self.is_kept(address))
            .collect()
    }

    /// Whether an operator may add one more.
    pub(super) fn has_room(&self) -> bool {
        self.added.len() < Self::MAX_ADDED_PEERS
    }

    pub(super) fn add(&mut self, address: PeerAddress) {
        self.added.insert(address);
    }

    /// Whether it had been added.
    pub(super) fn remove(&mut self, address: &PeerAddress) -> bool {
        self.added.remove(address)
    }

    pub(super) fn is_added(&self, address: &PeerAddress) -> bool {
        self.added.contains(address)
    }

    /// Its loss, or that it is missing, is no reason to dial it.
    pub(super) fn dismiss(&mut self, address: PeerAddress) {
        self.dismissed.insert(address);
    }

    pub(super) fn readmit(&mut self, address: &PeerAddress) {
        self.dismissed.remove(address);
    }

    pub(super) fn is_dismissed(&self, address: &PeerAddress) -> bool {
        self.dismissed.contains(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u8) -> PeerAddress {
        format!("10.0.0.{number}:1").parse().unwrap()
    }

    #[test]
    fn a_peer_that_leaves_the_configuration_stays_if_an_operator_added_it() {
        let mut kept = KeptPeers::default();
        let none_before = kept.configure(BTreeSet::from([peer(1), peer(2)]));
        assert_eq!(none_before, []);
        kept.add(peer(1));
        assert_eq!(kept.kept(&peer(1)), Some(Kept::Configured));
        assert_eq!(kept.configure(BTreeSet::from([peer(3)])), [peer(2)]);
        assert_eq!(kept.kept(&peer(1)), Some(Kept::Added));
        assert_eq!(kept.iter().cloned().collect::<Vec<_>>(), [peer(1), peer(3)]);
    }

    #[test]
    fn there_is_room_for_so_many_added_peers() {
        let mut kept = KeptPeers::default();
        for port in 1..=KeptPeers::MAX_ADDED_PEERS {
            assert!(kept.has_room());
            kept.add(format!("10.0.0.1:{port}").parse().unwrap());
        }
        assert!(!kept.has_room());
    }
}
