//! Everything that is known of lost peers, and how an event changes it. Pure: time and draws are
//! arguments.
//!
//! Takes the node's peer lists, the ends of attempts and an operator's requests; says who is to be
//! dialled now. Refuses to know how. Each part of it is a type of its own beside this folder; here
//! is what changes several of them at once. Invariant: a peer that is connected is not in the
//! queue, and a peer that is kept and not connected is, unless an operator took it out.

mod another_node;
mod dialling;
mod observer;
mod operator;
#[cfg(test)]
mod tests;
mod view;

pub use operator::{Operator, RequestError};
pub use view::View;

use std::time::Duration;

use super::attempts::Attempts;
use super::entry::{EntryState, RetryPolicy};
use super::event::{AttemptCounts, Event};
use super::histories::Histories;
use super::kept::{Kept, KeptPeers};
use super::names::ResolvedNames;
use super::outage::Outage;
use super::own_addresses::OwnAddresses;
use super::peer_list::{NodeView, PeerList};
use super::queue::{MAX_QUEUED_PEERS, Queue};
use super::stored::{Changes, StoredEntry, StoredPeer, StoredQueue, Unsaved};
use super::terms::Terms;
use crate::values::{Chain, Mono, Now, PeerAddress, PeerName};

/// Why a peer enters the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EnqueueReason {
    /// It was connected.
    Lost,
    /// It is kept and not connected.
    Missing,
    /// An operator asks for it.
    Requested,
}

/// The lost peers of one node.
pub struct ReconnectState {
    terms: Terms,
    /// The chain that the node has reported last.
    observed_chain: Option<Chain>,
    /// The chain whose lost peers are in the queue, also while the node does not report one.
    queue_chain: Option<Chain>,
    node: NodeView,
    list: PeerList,
    own: OwnAddresses,
    kept: KeptPeers,
    names: ResolvedNames,
    histories: Histories,
    queue: Queue,
    attempts: Attempts,
    outage: Outage,
    paused: bool,
    counts: AttemptCounts,
    unsaved: Unsaved,
    events: Vec<Event>,
}

impl ReconnectState {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        let mut kept = KeptPeers::default();
        kept.configure(terms.addresses(terms.chain));
        Self {
            observed_chain: None,
            queue_chain: None,
            terms,
            node: NodeView::default(),
            list: PeerList::default(),
            own: OwnAddresses::default(),
            kept,
            names: ResolvedNames::default(),
            histories: Histories::default(),
            queue: Queue::new(MAX_QUEUED_PEERS),
            attempts: Attempts::default(),
            outage: Outage::default(),
            paused: false,
            counts: AttemptCounts::default(),
            unsaved: Unsaved::default(),
            events: Vec::new(),
        }
    }

    /// What was saved before a restart. Entries that were to be dialled meanwhile are spread over
    /// the first delay. The node is taken to be on the chain on which it was, until it reports one.
    pub fn restore(
        &mut self,
        queue: Vec<(PeerAddress, StoredEntry)>,
        peers: Vec<(PeerAddress, StoredPeer)>,
        whole: &StoredQueue,
        now: Now,
        draw: impl FnMut() -> u64,
    ) {
        self.paused = whole.paused;
        self.queue_chain = whole.chain.as_deref().and_then(|chain| chain.parse().ok());
        self.observed_chain = self.queue_chain;
        self.configure();
        for (address, peer) in peers {
            if peer.added {
                self.kept.add(address.clone());
            }
            if peer.let_go {
                self.kept.dismiss(address.clone());
            }
            self.histories.insert(address, peer.history());
        }
        let policy = self.policy();
        for (address, stored) in queue {
            // It was taken out of the configuration while nobody was there to see it.
            if stored.configured && !self.kept.is_kept(&address) {
                self.unsaved.entry(&address);
                continue;
            }
            let entry = stored.entry(address, policy.backoff.max(), now);
            self.queue.insert(entry);
        }
        self.queue.spread_overdue(&policy, now.mono, draw);
    }

    /// Other terms are in force. A peer that is not configured any more is not waited for.
    pub fn change_terms(&mut self, terms: Terms, now: Mono) {
        self.terms = terms;
        self.configure();
        self.queue.cap_delays(&self.policy(), now);
    }

    /// The node answers, or not.
    pub fn set_node_up(&mut self, up: bool) {
        self.node.is_up = up;
    }

    /// Another task begins to dial: what was under way is not any more.
    pub fn restart(&mut self, now: Mono) {
        self.node.is_up = false;
        self.outage = Outage::default();
        self.own.forget_known();
        let policy = self.policy();
        for address in self.attempts.end_all() {
            self.queue
                .uncounted(&address, "the attempt was cut short", &policy, (now, 0));
        }
    }

    /// What an operator may ask for.
    pub fn operator(&mut self) -> Operator<'_> {
        Operator::new(self)
    }

    /// What is shown of it.
    #[must_use]
    pub fn view(&self, now: Now) -> View<'_> {
        View::new(self, now)
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Why a peer is kept, if it is.
    #[must_use]
    pub fn kept(&self, address: &PeerAddress) -> Option<Kept> {
        self.kept.kept(address)
    }

    /// The address that `name` is on the node's chain.
    pub fn address_of(&self, name: &PeerName) -> Result<PeerAddress, RequestError> {
        let address = self
            .chain()
            .map(|chain| name.on(chain))
            .or_else(|| name.complete());
        address.ok_or_else(|| {
            RequestError::Conflict(format!(
                "the node has not reported its chain yet, so {name} has no port; write host:port"
            ))
        })
    }

    /// No delay is longer.
    #[must_use]
    pub fn max_delay(&self) -> Duration {
        self.terms.backoff.max()
    }

    fn policy(&self) -> RetryPolicy {
        self.terms.policy(self.node.dialect.dial_spacing)
    }

    /// The names whose addresses have never been looked up.
    #[must_use]
    pub fn unresolved_names(&self) -> Vec<PeerAddress> {
        if !self.node.may_look_up {
            return Vec::new();
        }
        let kept = self.kept.iter();
        kept.filter(|name| self.names.is_unresolved(name))
            .cloned()
            .collect()
    }

    /// `name` stands for `addresses`; for none that is known if it could not be looked up.
    pub fn resolved(&mut self, name: &PeerAddress, addresses: Vec<PeerAddress>) {
        let is_known = self.queue.get(name).is_some() || self.kept.is_kept(name);
        if is_known {
            self.names.insert(name.clone(), addresses);
        }
    }

    /// Names may be looked up here: no proxy of the node does that.
    #[must_use]
    pub fn may_look_up(&self) -> bool {
        self.node.may_look_up
    }

    /// When something is to be done though nothing happens.
    #[must_use]
    pub fn next_wake(&self) -> Option<Mono> {
        if !self.may_dial() {
            return None;
        }
        match self.outage.next_probe() {
            Some(probe) => {
                Some(probe).filter(|_| self.may_probe() && self.queue.next_due().is_some())
            }
            None => self
                .queue
                .next_due()
                .filter(|_| self.queue.count(EntryState::Connecting) < self.terms.most_at_once),
        }
    }

    fn may_dial(&self) -> bool {
        self.terms.enabled && !self.paused && self.node.is_up
    }

    /// No call of an attempt is at the node, and one more attempt may begin.
    fn may_probe(&self) -> bool {
        self.attempts.len() < self.terms.most_at_once && self.attempts.have_all_returned()
    }

    /// Some entry waits for the end of a ban.
    #[must_use]
    pub fn has_banned(&self) -> bool {
        self.queue.count(EntryState::Banned) > 0
    }

    /// Something has changed since it was last saved.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// What has changed since this was last asked.
    pub fn take_changes(&mut self, now: Now) -> Changes {
        let unsaved = std::mem::take(&mut self.unsaved);
        let entry = |address: PeerAddress| {
            let entry = self.queue.get(&address);
            let mut stored = entry.map(|entry| StoredEntry::of(entry, now));
            if let Some(stored) = &mut stored {
                stored.configured = self.kept(&address) == Some(Kept::Configured);
            }
            (address, stored)
        };
        let peer = |address: PeerAddress| {
            let stored = self.stored_peer(&address, now);
            (address, stored)
        };
        Changes {
            queue: unsaved.queue.into_iter().map(entry).collect(),
            peers: unsaved.peers.into_iter().map(peer).collect(),
            whole: unsaved.whole.then(|| self.stored_queue()),
        }
    }

    fn stored_queue(&self) -> StoredQueue {
        StoredQueue {
            paused: self.paused,
            chain: self.queue_chain.map(|chain| chain.as_str().to_owned()),
        }
    }

    fn stored_peer(&self, address: &PeerAddress, now: Now) -> Option<StoredPeer> {
        let added = self.kept.is_added(address);
        let let_go = self.kept.is_dismissed(address) && self.kept.is_kept(address);
        let history = self.histories.get(address);
        if history.is_none() && !added && !let_go {
            return None;
        }
        let history = history.cloned().unwrap_or_default();
        let mut stored = StoredPeer::of(&history, now);
        stored.added = added;
        stored.let_go = let_go;
        Some(stored)
    }

    /// `changes` could not be saved: they are still to be.
    pub fn give_back(&mut self, changes: Changes) {
        self.unsaved.give_back(changes);
    }

    /// What grows by itself, such as the time connected, is to be saved once more.
    pub fn save_growth(&mut self) {
        let connected = self.histories.connected().cloned();
        self.unsaved.peers.extend(connected);
    }

    /// How many peers are remembered, queued and under way.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.histories.len(), self.queue.len(), self.attempts.len())
    }
}
