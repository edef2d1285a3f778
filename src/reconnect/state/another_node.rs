//! What holds when the node is another one, or on another chain.

use super::ReconnectState;
use crate::reconnect::entry::EntryState;
use crate::reconnect::event::Event;
use crate::reconnect::own_addresses::OwnAddresses;
use crate::reconnect::peer_list::{NodeView, PeerList};
use crate::values::{Chain, Mono, Now, PeerAddress};

impl ReconnectState {
    /// The node reports `chain`. Addresses without a port follow it, unless the configuration
    /// names the chain: a node that is started again may be on another one.
    pub fn set_chain(&mut self, chain: Chain, now: Now) {
        let before = self.chain();
        self.observed_chain = Some(chain);
        if self.chain() != before {
            self.configure();
        }
        let queue_chain = self.queue_chain.replace(chain);
        self.unsaved.whole |= queue_chain != Some(chain);
        if queue_chain.is_some_and(|before| before != chain) {
            self.leave_other_chain(now);
        }
    }

    /// The queue was that of another chain: who was lost there is not dialled on this one, and kept
    /// peers that were abandoned there are tried here.
    fn leave_other_chain(&mut self, now: Now) {
        let connected: Vec<_> = self.histories.connected().cloned().collect();
        self.histories.all_disconnected(&self.terms.backoff, now);
        let queued = self.queue.iter().map(|entry| entry.address.clone());
        let known: Vec<_> = queued.chain(connected).collect();
        let mut left = 0;
        for address in known.iter().filter(|address| !self.kept.is_kept(address)) {
            left += usize::from(self.queue.remove(address).is_some());
            self.unsaved.entry(address);
            self.attempts.remove(address);
            self.histories.remove(address);
            self.unsaved.peer(address);
            self.names.remove(address);
        }
        if left > 0 {
            self.events.push(Event::LeftOnOtherChain(left));
        }
        self.revive_kept(now.mono);
    }

    /// The chain on which addresses without a port are.
    pub(super) fn chain(&self) -> Option<Chain> {
        self.terms.chain.or(self.observed_chain)
    }

    pub(super) fn configure(&mut self) {
        for address in self.kept.configure(self.terms.addresses(self.chain())) {
            self.leave(&address);
        }
    }

    /// The node is another one: its next list is compared with none.
    pub fn change_node(&mut self, now: Now) {
        self.node = NodeView::default();
        self.list = PeerList::default();
        self.own = OwnAddresses::default();
        self.observed_chain = None;
        self.histories.all_disconnected(&self.terms.backoff, now);
        self.configure();
        self.revive_kept(now.mono);
    }

    /// Kept peers that were abandoned at one node are tried at the next.
    fn revive_kept(&mut self, now: Mono) {
        let policy = self.policy();
        let is_abandoned = |address: &&PeerAddress| {
            let entry = self.queue.get(address);
            entry.is_some_and(|entry| entry.state == EntryState::Abandoned)
        };
        let abandoned: Vec<_> = self.kept.iter().filter(is_abandoned).cloned().collect();
        for address in abandoned {
            self.queue.retry(&address, &policy, now);
            self.unsaved.entry(&address);
        }
    }
}
