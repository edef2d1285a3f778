//! Everything that is known of lost peers, and how an event changes it. Pure: time and draws are
//! arguments.
//!
//! Takes the node's peer lists, the ends of attempts and an operator's wishes; says who is to be
//! dialled now. Refuses to know how. Invariant: a peer that is connected is not in the queue, and a
//! peer that is kept and not connected is, unless an operator took it out.

mod attempts;
mod operator;
mod rows;
mod sight;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::backoff::Backoff;
use super::entry::{EntryState, Policy};
use super::history::History;
use super::outage::{Cause, Outage};
use super::quality::Quality;
use super::queue::Queue;
use crate::node::{Dialect, Peer};
use crate::values::{Chain, Mono, Now, PeerAddress, PeerName};

pub use attempts::{Attempt, Called};
pub use operator::{Kept, Refusal};
pub use rows::{PeerRow, QualityParts, QueueRow, RowState, Summary};
pub use sight::Sight;
pub use stored::{Changes, StoredEntry, StoredPeer};

/// The queue holds at most so many.
pub const BOUND: usize = 10_000;

/// Which lost peers are dialled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The kept ones of a node that refills its own slots, the outbound ones elsewhere.
    Auto,
    /// Those of the configuration and those that an operator added.
    Configured,
    /// Also every full-relay or manual peer that the node had dialled.
    Outbound,
}

/// What the configuration says.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Lost peers are dialled again.
    pub enabled: bool,
    /// The schedule.
    pub backoff: Backoff,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub max_retries: u32,
    /// Attempts at once.
    pub most_at_once: usize,
    /// Which ones.
    pub scope: Scope,
    /// Peers to keep connected.
    pub peers: Vec<PeerName>,
    /// The chain the node must be on, if that is configured.
    pub chain: Option<Chain>,
}

/// What happened, for the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A peer has entered the queue.
    Queued {
        /// Which.
        address: PeerAddress,
        /// What it is worth.
        quality: Quality,
        /// It was connected before.
        lost: bool,
        /// Until its first attempt.
        delay: Duration,
    },
    /// An attempt succeeded.
    Connected {
        /// Which.
        address: PeerAddress,
        /// Failed attempts before.
        failed: u32,
    },
    /// A queued peer was connected without us.
    Returned(PeerAddress),
    /// An attempt failed.
    Failed {
        /// Which.
        address: PeerAddress,
        /// Failed attempts in a row.
        attempts: u32,
        /// Why.
        error: String,
        /// Until the next; `None`: abandoned.
        next: Option<Duration>,
    },
    /// An attempt failed and says nothing of the peer.
    NotCounted {
        /// Which.
        address: PeerAddress,
        /// Why.
        why: String,
    },
    /// A peer left the queue, or did not get in, for a better one.
    Crowded(PeerAddress),
    /// The address is the node's own.
    Own(PeerAddress),
    /// The node has banned it.
    Banned(PeerAddress),
    /// The network is presumed down, or not any more.
    Network(Option<Cause>),
}

/// How attempts ended, since the daemon's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The peer was seen connected.
    pub succeeded: u64,
    /// It was not.
    pub failed: u64,
    /// Nothing was learnt of the peer.
    pub uncounted: u64,
}

/// What has changed since it was last written down.
#[derive(Debug, Default)]
struct Dirty {
    queue: HashSet<PeerAddress>,
    peers: HashSet<PeerAddress>,
    paused: bool,
}

/// What was last seen of the node.
#[derive(Debug, Default)]
struct LastSeen {
    is_up: bool,
    dialect: Dialect,
    /// The counter of its starts, as the last list had it.
    epoch: Option<u64>,
    /// Names may be looked up here: no proxy of the node does that.
    may_look_up: bool,
    /// Any peer at all was in the list, handshaken.
    any_peer: bool,
    /// The addresses of the list after their handshakes, and the names that stand for them.
    connected: HashSet<PeerAddress>,
    /// The addresses of the list, as the node has them.
    listed: HashSet<PeerAddress>,
    /// The node's own addresses.
    own: HashSet<PeerAddress>,
    /// Those that were found out by dialling them.
    found_own: HashSet<PeerAddress>,
    /// Those of which it was told that they are.
    told_own: HashSet<PeerAddress>,
}

/// The state of it all.
pub struct Book {
    terms: Terms,
    chain: Option<Chain>,
    node: LastSeen,
    queue: Queue,
    configured: BTreeSet<PeerAddress>,
    added: BTreeSet<PeerAddress>,
    /// An operator took them out; until they are seen connected.
    let_go: HashSet<PeerAddress>,
    histories: HashMap<PeerAddress, History>,
    /// What names stood for when they were last looked up.
    aliases: BTreeMap<PeerAddress, Vec<PeerAddress>>,
    attempts: HashMap<PeerAddress, Attempt>,
    next_number: u64,
    outage: Outage,
    /// Who has been probed in this outage, in this round.
    probed: HashSet<PeerAddress>,
    paused: bool,
    counts: Counts,
    dirty: Dirty,
    events: Vec<Event>,
}

impl Book {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        let mut book = Self {
            chain: terms.chain,
            terms,
            node: LastSeen::default(),
            queue: Queue::new(BOUND),
            configured: BTreeSet::new(),
            added: BTreeSet::new(),
            let_go: HashSet::new(),
            histories: HashMap::new(),
            aliases: BTreeMap::new(),
            attempts: HashMap::new(),
            next_number: 0,
            outage: Outage::default(),
            probed: HashSet::new(),
            paused: false,
            counts: Counts::default(),
            dirty: Dirty::default(),
            events: Vec::new(),
        };
        book.configured = book.addresses();
        book
    }

    /// The configured peers, as far as their ports are known.
    fn addresses(&self) -> BTreeSet<PeerAddress> {
        let address = |name: &PeerName| match self.chain {
            Some(chain) => Some(name.on(chain)),
            None => name.complete(),
        };
        self.terms.peers.iter().filter_map(address).collect()
    }

    /// Other terms are in force. A peer that is not configured any more is not waited for.
    pub fn change_terms(&mut self, terms: Terms, now: Mono) {
        self.chain = terms.chain.or(self.chain);
        self.terms = terms;
        self.set_configured();
        self.queue.shorten(&self.policy(), now);
    }

    /// The node is on `chain`, unless another one is configured or known already.
    pub fn set_chain(&mut self, chain: Chain) {
        if self.chain.is_none() {
            self.chain = Some(chain);
            self.set_configured();
        }
    }

    fn set_configured(&mut self) {
        let addresses = self.addresses();
        let before = std::mem::replace(&mut self.configured, addresses);
        for address in before {
            if !self.is_kept(&address) {
                self.leave(&address);
            }
        }
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The node answers, or not.
    pub fn set_node_up(&mut self, up: bool) {
        self.node.is_up = up;
    }

    /// Another task begins to dial: what was under way is not any more.
    pub fn begin_anew(&mut self, now: Mono) {
        self.node.is_up = false;
        self.outage = Outage::default();
        self.node.own.clear();
        let under_way: Vec<_> = self.attempts.drain().map(|(address, _)| address).collect();
        for address in under_way {
            self.queue.uncounted(
                &address,
                "the attempt was cut short",
                &self.policy(),
                (now, 0),
            );
        }
    }

    /// The node is another one: its next list is compared with none.
    pub fn change_node(&mut self, now: Now) {
        (self.node, self.chain) = (LastSeen::default(), self.terms.chain);
        let connected = self
            .histories
            .values_mut()
            .filter(|history| history.is_connected());
        connected.for_each(|history| history.lost(&self.terms.backoff, now));
        self.set_configured();
    }

    /// No delay is longer.
    #[must_use]
    pub fn max_delay(&self) -> Duration {
        self.terms.backoff.max()
    }

    fn policy(&self) -> Policy {
        Policy {
            backoff: self.terms.backoff,
            max_retries: self.terms.max_retries,
            spacing: self.node.dialect.dial_spacing,
        }
    }

    fn is_kept(&self, address: &PeerAddress) -> bool {
        self.configured.contains(address) || self.added.contains(address)
    }

    /// Whether its loss would be noticed though nobody asked for it by name.
    fn is_in_scope(&self, peer: &Peer) -> bool {
        let outbound = match self.terms.scope {
            Scope::Configured => false,
            Scope::Outbound => true,
            Scope::Auto => !self.node.dialect.refills_outbound_slots,
        };
        let kind = peer.connection_type.as_deref();
        outbound
            && peer.direction == Some(crate::node::Direction::Outbound)
            && matches!(kind, None | Some("outbound-full-relay" | "manual"))
    }

    /// Takes `address` out of the queue, if it is there.
    fn leave(&mut self, address: &PeerAddress) -> bool {
        self.attempts.remove(address);
        let was_in = self.queue.remove(address).is_some();
        if was_in {
            self.dirty.queue.insert(address.clone());
        }
        was_in
    }

    /// The names whose addresses have never been looked up.
    #[must_use]
    pub fn unknown_names(&self) -> Vec<PeerAddress> {
        let kept = self.configured.iter().chain(&self.added);
        let unknown = |address: &&PeerAddress| {
            address.lookup().is_some() && !self.aliases.contains_key(*address)
        };
        if self.node.may_look_up {
            kept.filter(unknown).cloned().collect()
        } else {
            Vec::new()
        }
    }

    /// `name` stands for `addresses`; for none that is known if it could not be looked up.
    pub fn looked_up(&mut self, name: &PeerAddress, addresses: Vec<PeerAddress>) {
        let known = self.queue.get(name).is_some() || self.is_kept(name);
        if known {
            self.aliases.insert(name.clone(), addresses);
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

    /// Something has changed since it was last written down.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.dirty.queue.is_empty() || !self.dirty.peers.is_empty() || self.dirty.paused
    }

    /// Some entry waits for the end of a ban.
    #[must_use]
    pub fn has_held(&self) -> bool {
        self.queue.count(EntryState::Held) > 0
    }

    /// How many peers are remembered, queued and under way.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.histories.len(), self.queue.len(), self.attempts.len())
    }
}
