//! Transaction requests: the peer that was asked, and the other peers that have it. Pure.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bitcoin::p2p::message_blockdata::Inventory;

use super::PeerId;
use crate::time::MonotonicTime;

/// One transaction that somebody was asked for.
#[derive(Debug)]
struct TransactionRequest {
    asked: PeerId,
    since: MonotonicTime,
    /// Other peers that announced it, and the inventory item to request from them.
    others: VecDeque<(PeerId, Inventory)>,
}

/// The open requests, by the hash that stands in the inventory.
#[derive(Debug, Default)]
pub(crate) struct TransactionRequests {
    open: HashMap<[u8; 32], TransactionRequest>,
    /// How many each peer was asked for.
    counts: HashMap<PeerId, usize>,
}

impl TransactionRequests {
    /// After this another peer is asked.
    const TIMEOUT: Duration = Duration::from_secs(20);
    const MAX_PER_PEER: usize = 1_000;
    const MAX_OTHERS: usize = 8;

    /// A peer announced `item`. Returns whether to request it from that peer; the request is then
    /// recorded.
    pub(super) fn announced(&mut self, peer: PeerId, item: Inventory, now: MonotonicTime) -> bool {
        let Some(hash) = item.network_hash() else {
            return false;
        };
        if let Some(request) = self.open.get_mut(&hash) {
            let is_known =
                request.asked == peer || request.others.iter().any(|(other, _)| *other == peer);
            if !is_known && request.others.len() < Self::MAX_OTHERS {
                request.others.push_back((peer, item));
            }
            return false;
        }
        let count = self.counts.entry(peer).or_default();
        if *count >= Self::MAX_PER_PEER {
            return false;
        }
        *count += 1;
        self.open.insert(
            hash,
            TransactionRequest {
                asked: peer,
                since: now,
                others: VecDeque::new(),
            },
        );
        true
    }

    /// The transaction was received, from any peer.
    pub(super) fn arrived(&mut self, hash: &[u8; 32]) {
        if let Some(request) = self.open.remove(hash) {
            self.uncount(request.asked);
        }
    }

    fn uncount(&mut self, peer: PeerId) {
        if let Some(count) = self.counts.get_mut(&peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&peer);
            }
        }
    }

    /// The peer does not have it. Who is to be asked now.
    pub(super) fn failed(
        &mut self,
        peer: PeerId,
        hash: &[u8; 32],
        now: MonotonicTime,
    ) -> Option<(PeerId, Inventory)> {
        let request = self
            .open
            .get_mut(hash)
            .filter(|request| request.asked == peer)?;
        let next = request.others.pop_front();
        if let Some((other, _)) = next {
            request.asked = other;
            request.since = now;
            *self.counts.entry(other).or_default() += 1;
        } else {
            self.open.remove(hash);
        }
        self.uncount(peer);
        next
    }

    /// Those who were asked too long ago are passed over. Who is to be asked in their place.
    pub(super) fn expired(&mut self, now: MonotonicTime) -> Vec<(PeerId, Inventory)> {
        let late = self
            .open
            .iter()
            .filter(|(_, request)| now.since(request.since) > Self::TIMEOUT);
        let late: Vec<([u8; 32], PeerId)> =
            late.map(|(hash, request)| (*hash, request.asked)).collect();
        late.into_iter()
            .filter_map(|(hash, peer)| self.failed(peer, &hash, now))
            .collect()
    }

    /// The peer is gone. Who is to be asked in its place.
    pub(super) fn gone(&mut self, peer: PeerId, now: MonotonicTime) -> Vec<(PeerId, Inventory)> {
        for request in self.open.values_mut() {
            request.others.retain(|(other, _)| *other != peer);
        }
        let its: Vec<[u8; 32]> = self
            .open
            .iter()
            .filter(|(_, request)| request.asked == peer)
            .map(|(hash, _)| *hash)
            .collect();
        its.into_iter()
            .filter_map(|hash| self.failed(peer, &hash, now))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::Txid;
    use bitcoin::hashes::Hash;

    use super::*;

    const A: PeerId = PeerId(1);
    const B: PeerId = PeerId(2);

    fn item(byte: u8) -> Inventory {
        Inventory::WitnessTransaction(Txid::from_byte_array([byte; 32]))
    }

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn one_is_asked_and_the_next_when_that_one_fails() {
        let mut requests = TransactionRequests::default();
        assert!(requests.announced(A, item(1), at(0)));
        assert!(!requests.announced(A, item(1), at(0)));
        assert!(!requests.announced(B, item(1), at(0)));
        assert_eq!(requests.expired(at(20)), []);
        assert_eq!(requests.expired(at(21)), [(B, item(1))]);
        assert_eq!(
            requests.failed(A, &[1; 32], at(22)),
            None,
            "it is no longer asked"
        );
        assert_eq!(requests.gone(B, at(22)), []);
        assert!(requests.announced(A, item(1), at(23)));
        requests.arrived(&[1; 32]);
        assert!(requests.open.is_empty() && requests.counts.is_empty());
    }

    #[test]
    fn a_peer_is_asked_for_so_many_at_once_and_no_more() {
        let mut requests = TransactionRequests::default();
        let number = |number: u16| {
            let mut hash = [0; 32];
            hash[..2].copy_from_slice(&number.to_le_bytes());
            Inventory::WitnessTransaction(Txid::from_byte_array(hash))
        };
        let asked = (0..2_000)
            .filter(|at| requests.announced(A, number(*at), MonotonicTime::START))
            .count();
        assert_eq!(asked, 1_000);
        assert!(requests.announced(B, number(1_999), MonotonicTime::START));
        requests.gone(A, MonotonicTime::START);
        assert!(requests.announced(A, number(1_998), MonotonicTime::START));
    }
}
