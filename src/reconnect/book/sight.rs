//! A list of peers, compared with the one before.

use std::collections::{HashMap, HashSet};

use super::{Book, Event};
use crate::node::{Direction, NetworkInfo, Peer};
use crate::reconnect::entry::{Admission, Loss};
use crate::values::{Chain, Mono, Now, PeerAddress};

/// What the node shows of its peers.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
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

/// Why a peer enters the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was connected.
    Lost,
    /// It is kept and not connected.
    Missing,
    /// An operator asks for it.
    Asked,
}

/// The peers of one list by address; names that stand for one of these are there too.
struct Present<'a> {
    handshaken: HashMap<PeerAddress, &'a Peer>,
    all: HashMap<PeerAddress, &'a Peer>,
}

impl Book {
    /// Takes in a list of peers. `draw`: random numbers.
    pub fn saw(&mut self, sight: &Sight<'_>, now: Now, mut draw: impl FnMut() -> u64) {
        self.learn(sight, now.mono, &mut draw);
        let present = self.present(sight.peers);
        self.node.any_peer = Peer::connected(sight.peers).next().is_some();
        self.node.connected = present.handshaken.keys().cloned().collect();
        self.node.listed = sight
            .peers
            .iter()
            .filter_map(|peer| peer.address.parse().ok())
            .collect();
        self.see_network(sight.network.and_then(|network| network.active), now.mono);
        self.see_connected(&present, now);
        self.judge_attempts(sight.asked, now, &mut draw, |address| {
            present.all.contains_key(address)
        });
        self.see_lost(&present, now, &mut draw);
        self.see_missing(&present, now, &mut draw);
    }

    /// What the list says of the node itself.
    fn learn(&mut self, sight: &Sight<'_>, now: Mono, draw: &mut impl FnMut() -> u64) {
        if let Some(network) = sight.network {
            self.node.dialect = network.identity.dialect();
        }
        self.node.may_look_up = sight.network.is_some_and(|network| !network.proxied);
        if let Some(chain) = sight.chain {
            self.set_chain(chain);
        }
        if self
            .node
            .epoch
            .replace(sight.epoch)
            .is_some_and(|epoch| epoch != sight.epoch)
        {
            self.node_restarted(now, draw);
        }
        self.learn_own(sight);
    }

    /// The node's own addresses: those it tells, those at which others have reached it, and the
    /// names of these.
    fn learn_own(&mut self, sight: &Sight<'_>) {
        let inbound = sight
            .peers
            .iter()
            .filter(|peer| peer.direction == Some(Direction::Inbound));
        let reached = inbound.filter_map(|peer| peer.local_address.as_ref()?.parse().ok());
        let told = sight
            .network
            .into_iter()
            .flat_map(|network| network.own_addresses.iter().cloned());
        let found = self.node.found_own.iter().cloned();
        let mut own: HashSet<PeerAddress> = told.chain(reached).chain(found).collect();
        let names = self
            .aliases
            .iter()
            .filter(|(_, aliases)| aliases.iter().any(|alias| own.contains(alias)));
        let names: Vec<_> = names.map(|(name, _)| name.clone()).collect();
        own.extend(names);
        let wanted =
            |address: &&PeerAddress| self.is_kept(address) || self.queue.get(address).is_some();
        let leaving: Vec<_> = own.iter().filter(wanted).cloned().collect();
        self.node.own = own;
        for address in leaving {
            self.leave_own(&address);
        }
    }

    /// The node's own address is not dialled, and that is told once.
    pub(super) fn leave_own(&mut self, address: &PeerAddress) {
        self.node.own.insert(address.clone());
        self.leave(address);
        if self.node.told_own.insert(address.clone()) {
            self.events.push(Event::Own(address.clone()));
        }
    }

    /// The node has lost all its peers, and what it was doing; it finds some again by itself. It
    /// may listen elsewhere: its own addresses are found out anew.
    fn node_restarted(&mut self, now: Mono, draw: &mut impl FnMut() -> u64) {
        self.node.found_own.clear();
        let waiting: Vec<_> = self.attempts.drain().map(|(address, _)| address).collect();
        for address in waiting {
            self.not_counted(&address, "the node was started again", now, draw());
        }
        self.queue.spread_overdue(&self.policy(), now, draw);
    }

    fn present<'a>(&self, peers: &'a [Peer]) -> Present<'a> {
        let mut all: HashMap<PeerAddress, &Peer> = peers
            .iter()
            .filter_map(|peer| Some((peer.address.parse().ok()?, peer)))
            .collect();
        for (name, aliases) in &self.aliases {
            if let Some(peer) = aliases.iter().find_map(|alias| all.get(alias).copied()) {
                all.entry(name.clone()).or_insert(peer);
            }
        }
        let handshaken = all.iter().filter(|(_, peer)| peer.handshaken);
        Present {
            handshaken: handshaken
                .map(|(address, peer)| (address.clone(), *peer))
                .collect(),
            all,
        }
    }

    fn see_network(&mut self, active: Option<bool>, now: Mono) {
        if !self
            .outage
            .see(active, self.node.any_peer, self.terms.backoff.max(), now)
        {
            return;
        }
        self.events.push(Event::Network(self.outage.cause()));
        self.probed.clear();
        if self.outage.cause().is_none() {
            self.queue.all_due(&self.policy(), now);
        }
    }

    fn see_connected(&mut self, present: &Present<'_>, now: Now) {
        for (address, peer) in &present.handshaken {
            if self.queue.get(address).is_some() {
                self.came(address);
            }
            if self.is_kept(address) || self.is_in_scope(peer) {
                // Who is connected again is watched again, but not one that is about to go because
                // we wanted it so.
                let history = self.histories.entry(address.clone()).or_default();
                if !history.is_connected() {
                    self.let_go.remove(address);
                    self.dirty.peers.insert(address.clone());
                }
                history.seen(peer, now);
            } else if self.queue.get(address).is_none() {
                self.forget(address);
            }
        }
    }

    /// Compares with the list before.
    fn see_lost(&mut self, present: &Present<'_>, now: Now, draw: &mut impl FnMut() -> u64) {
        let gone = self.histories.iter().filter(|(address, history)| {
            history.is_connected() && !present.handshaken.contains_key(*address)
        });
        let mut gone: Vec<_> = gone.map(|(address, _)| address.clone()).collect();
        gone.sort_unstable();
        for address in gone {
            if let Some(history) = self.histories.get_mut(&address) {
                history.lost(&self.terms.backoff, now);
                self.dirty.peers.insert(address.clone());
            }
            self.enqueue(&address, Origin::Lost, now, draw());
            if !self.is_kept(&address) && self.queue.get(&address).is_none() {
                self.forget(&address);
            }
        }
    }

    /// Peers that are kept are in one place or the other.
    fn see_missing(&mut self, present: &Present<'_>, now: Now, draw: &mut impl FnMut() -> u64) {
        let unknown = self.unknown_names();
        let missing = |address: &&PeerAddress| {
            !present.handshaken.contains_key(*address)
                && self.queue.get(address).is_none()
                && !unknown.contains(address)
        };
        let missing: Vec<_> = self
            .configured
            .union(&self.added)
            .filter(missing)
            .cloned()
            .collect();
        for address in missing {
            self.enqueue(&address, Origin::Missing, now, draw());
        }
    }

    /// Puts a peer into the queue, unless there is a reason not to.
    pub(super) fn enqueue(&mut self, address: &PeerAddress, origin: Origin, now: Now, draw: u64) {
        if !self.terms.enabled || self.let_go.contains(address) || self.node.own.contains(address) {
            return;
        }
        let history = self.histories.get(address).cloned().unwrap_or_default();
        let (quality, policy) = (history.quality(now), self.policy());
        let entry = Loss {
            address: address.clone(),
            quality,
            step: history.step,
            dialled: history.dialled,
            at: now.wall,
            wanted: origin == Origin::Asked || self.is_kept(address),
        };
        match self.queue.lose(entry, &policy, now.mono, draw) {
            Admission::Admitted { evicted } => {
                self.dirty.queue.insert(address.clone());
                let delay = self
                    .queue
                    .get(address)
                    .map(|entry| entry.delay)
                    .unwrap_or_default();
                let lost = origin == Origin::Lost;
                self.events.push(Event::Queued {
                    address: address.clone(),
                    quality,
                    lost,
                    delay,
                });
                if let Some(evicted) = evicted {
                    self.dirty.queue.insert(evicted.clone());
                    self.forget(&evicted);
                    self.events.push(Event::Crowded(evicted));
                }
            }
            Admission::Full if origin == Origin::Lost => {
                self.events.push(Event::Crowded(address.clone()));
            }
            // One that is missing is missed again with each list.
            Admission::Full | Admission::Known => {}
        }
    }

    /// Nothing needs to be remembered of a peer that nobody watches.
    pub(super) fn forget(&mut self, address: &PeerAddress) {
        if !self.is_kept(address) && self.histories.remove(address).is_some() {
            self.dirty.peers.insert(address.clone());
        }
        if !self.is_kept(address) {
            self.aliases.remove(address);
        }
    }
}
