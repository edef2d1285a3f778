//! A list of peers, compared with the one before.

use super::{EnqueueReason, ReconnectState};
use crate::reconnect::event::Event;
use crate::reconnect::peer_list::{ListedPeers, Observation};
use crate::values::{Now, PeerAddress};

impl ReconnectState {
    /// Takes in a list of peers. `draw`: random numbers.
    pub fn observe(&mut self, observation: &Observation<'_>, now: Now, draw: impl FnMut() -> u64) {
        Observer::new(self, now, draw).observe(observation);
    }
}

/// Takes one list into the state.
struct Observer<'a, D> {
    state: &'a mut ReconnectState,
    now: Now,
    /// Random numbers.
    draw: D,
}

impl<'a, D: FnMut() -> u64> Observer<'a, D> {
    fn new(state: &'a mut ReconnectState, now: Now, draw: D) -> Self {
        Self { state, now, draw }
    }

    fn observe(mut self, observation: &Observation<'_>) {
        self.observe_node(observation);
        self.observe_own(observation);
        let state = &mut *self.state;
        let listed = state.list.observe(observation.peers, &state.names);
        self.observe_network(observation.network.and_then(|network| network.active));
        self.observe_connected(&listed);
        self.observe_attempts(observation, &listed);
        self.observe_lost(&listed);
        self.observe_missing(&listed);
    }

    fn observe_node(&mut self, observation: &Observation<'_>) {
        let was_restarted = self.state.node.observe(observation);
        if let Some(chain) = observation.chain {
            self.state.set_chain(chain, self.now);
        }
        if was_restarted {
            self.node_restarted();
        }
    }

    /// The node has lost all its peers, and what it was doing; it finds some again by itself. It
    /// may listen elsewhere: its own addresses are found out once more.
    fn node_restarted(&mut self) {
        let state = &mut *self.state;
        state.own.forget_found();
        for address in state.attempts.end_all() {
            let why = "the node was started again";
            state.not_counted(&address, why, self.now.mono, (self.draw)());
        }
        let policy = state.policy();
        if state.outage.forget_attempts() {
            state.queue.make_all_due(&policy, self.now.mono);
            state.events.push(Event::OutageForgotten);
        }
        state
            .queue
            .spread_overdue(&policy, self.now.mono, &mut self.draw);
    }

    fn observe_own(&mut self, observation: &Observation<'_>) {
        let state = &mut *self.state;
        state.own.observe(observation, &state.names);
        let is_wanted = |address: &&PeerAddress| {
            state.kept.is_kept(address) || state.queue.get(address).is_some()
        };
        let leaving: Vec<_> = state.own.iter().filter(is_wanted).cloned().collect();
        for address in leaving {
            state.leave_own(&address);
        }
    }

    fn observe_network(&mut self, is_active: Option<bool>) {
        let state = &mut *self.state;
        let max_delay = state.terms.backoff.max();
        let has_peer = state.list.has_peer();
        let now = self.now.mono;
        if !state.outage.observe(is_active, has_peer, max_delay, now) {
            return;
        }
        let cause = state.outage.cause();
        state.events.push(Event::Network(cause));
        if cause.is_none() {
            let policy = state.policy();
            state.queue.make_all_due(&policy, now);
        }
    }

    fn observe_connected(&mut self, listed: &ListedPeers<'_>) {
        let state = &mut *self.state;
        for (address, peer) in &listed.connected {
            if state.queue.get(address).is_some() {
                state.connected(address);
            }
            let is_in_scope = state.terms.scope.covers(peer, &state.node.dialect);
            if state.kept.is_kept(address) || is_in_scope {
                // Who is connected again is watched again, but not one that is about to go because
                // we wanted it so.
                let history = state.histories.entry(address);
                if !history.is_connected() {
                    state.kept.readmit(address);
                    state.unsaved.peer(address);
                }
                history.observe(peer, self.now);
            } else if state.queue.get(address).is_none() {
                state.forget(address);
            }
        }
    }

    fn observe_attempts(&mut self, observation: &Observation<'_>, listed: &ListedPeers<'_>) {
        let is_listed = |address: &PeerAddress| listed.all.contains_key(address);
        let failed = self
            .state
            .attempts
            .observe(observation.asked, self.now.mono, is_listed);
        for failed in failed {
            self.state.attempt_failed(&failed, self.now, (self.draw)());
        }
    }

    fn observe_lost(&mut self, listed: &ListedPeers<'_>) {
        let state = &mut *self.state;
        for address in state.histories.missing_from(listed) {
            let backoff = state.terms.backoff;
            state.histories.disconnected(&address, &backoff, self.now);
            state.unsaved.peer(&address);
            state.enqueue(&address, EnqueueReason::Lost, self.now, (self.draw)());
            if !state.kept.is_kept(&address) && state.queue.get(&address).is_none() {
                state.forget(&address);
            }
        }
    }

    /// Peers that are kept are in one place or the other.
    fn observe_missing(&mut self, listed: &ListedPeers<'_>) {
        let state = &mut *self.state;
        let unresolved = state.unresolved_names();
        let is_missing = |address: &&PeerAddress| {
            !listed.connected.contains_key(*address)
                && state.queue.get(address).is_none()
                && !unresolved.contains(address)
        };
        let missing: Vec<_> = state.kept.iter().filter(is_missing).cloned().collect();
        for address in missing {
            state.enqueue(&address, EnqueueReason::Missing, self.now, (self.draw)());
        }
    }
}
