//! What names stood for when they were last looked up. Pure.

use std::collections::{BTreeMap, HashSet};

use crate::values::PeerAddress;

/// Addresses by the name of a peer.
#[derive(Debug, Default)]
pub(super) struct ResolvedNames(BTreeMap<PeerAddress, Vec<PeerAddress>>);

impl ResolvedNames {
    /// `name` stands for `addresses`; for none that is known if it could not be looked up.
    pub(super) fn insert(&mut self, name: PeerAddress, addresses: Vec<PeerAddress>) {
        self.0.insert(name, addresses);
    }

    pub(super) fn remove(&mut self, name: &PeerAddress) {
        self.0.remove(name);
    }

    /// It is a name, and was never looked up.
    pub(super) fn is_unresolved(&self, name: &PeerAddress) -> bool {
        name.lookup().is_some() && !self.0.contains_key(name)
    }

    /// What `name` stands for.
    pub(super) fn addresses(&self, name: &PeerAddress) -> &[PeerAddress] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names that stand for `address`.
    pub(super) fn names_of(&self, address: &PeerAddress) -> impl Iterator<Item = &PeerAddress> {
        self.iter()
            .filter(move |(_, addresses)| addresses.contains(address))
            .map(|(name, _)| name)
    }

    /// The names that stand for one of `addresses`.
    pub(super) fn names_of_any(&self, addresses: &HashSet<PeerAddress>) -> Vec<PeerAddress> {
        let is_one = |own: &[PeerAddress]| own.iter().any(|address| addresses.contains(address));
        self.iter()
            .filter(|(_, own)| is_one(own))
            .map(|(name, _)| name.clone())
            .collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PeerAddress, &[PeerAddress])> {
        self.0
            .iter()
            .map(|(name, addresses)| (name, addresses.as_slice()))
    }
}
