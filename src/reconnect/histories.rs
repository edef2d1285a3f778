//! What is remembered of each peer. Pure.

use std::collections::HashMap;

use super::backoff::Backoff;
use super::history::PeerHistory;
use super::peer_list::ListedPeers;
use super::quality::Quality;
use crate::values::{Now, PeerAddress};

/// Histories by address; of a peer without one nothing is remembered.
#[derive(Debug, Default)]
pub(super) struct Histories(HashMap<PeerAddress, PeerHistory>);

impl Histories {
    pub(super) fn get(&self, address: &PeerAddress) -> Option<&PeerHistory> {
        self.0.get(address)
    }

    /// The history of `address`, an empty one if there is none.
    pub(super) fn of(&self, address: &PeerAddress) -> PeerHistory {
        self.get(address).cloned().unwrap_or_default()
    }

    pub(super) fn quality(&self, address: &PeerAddress, now: Now) -> Quality {
        self.get(address).map_or_else(
            || PeerHistory::default().quality(now),
            |history| history.quality(now),
        )
    }

    /// The history of `address`, which begins now if there is none.
    pub(super) fn entry(&mut self, address: &PeerAddress) -> &mut PeerHistory {
        self.0.entry(address.clone()).or_default()
    }

    pub(super) fn insert(&mut self, address: PeerAddress, history: PeerHistory) {
        self.0.insert(address, history);
    }

    /// Whether there was one.
    pub(super) fn remove(&mut self, address: &PeerAddress) -> bool {
        self.0.remove(address).is_some()
    }

    /// The peers that were connected when they were last looked for.
    pub(super) fn connected(&self) -> impl Iterator<Item = &PeerAddress> {
        self.0
            .iter()
            .filter(|(_, history)| history.is_connected())
            .map(|(address, _)| address)
    }

    /// Those that were connected and are not in `listed`, in the order of their addresses.
    pub(super) fn missing_from(&self, listed: &ListedPeers<'_>) -> Vec<PeerAddress> {
        let missing = self
            .connected()
            .filter(|address| !listed.connected.contains_key(*address));
        let mut missing: Vec<_> = missing.cloned().collect();
        missing.sort_unstable();
        missing
    }

    pub(super) fn disconnected(&mut self, address: &PeerAddress, backoff: &Backoff, now: Now) {
        if let Some(history) = self.0.get_mut(address) {
            history.disconnected(backoff, now);
        }
    }

    pub(super) fn all_disconnected(&mut self, backoff: &Backoff, now: Now) {
        let connected = self.0.values_mut().filter(|history| history.is_connected());
        connected.for_each(|history| history.disconnected(backoff, now));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
