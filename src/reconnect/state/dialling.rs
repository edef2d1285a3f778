//! Who enters the queue, who is dialled, and what comes of it.

use std::cmp::Reverse;

use super::{EnqueueReason, ReconnectState};
use crate::reconnect::attempts::{DialOutcome, FailedAttempt};
use crate::reconnect::entry::{AfterFailure, EnqueueResult, EntryState, LostPeer, QueueEntry};
use crate::reconnect::event::Event;
use crate::reconnect::outage::{Outage, OutageCause};
use crate::reconnect::quality::Quality;
use crate::values::{Mono, Now, PeerAddress};

impl ReconnectState {
    /// Those that are to be dialled now, each with the number of its attempt.
    pub fn begin(&mut self, now: Mono) -> Vec<(PeerAddress, u64)> {
        if !self.may_dial() {
            return Vec::new();
        }
        let is_probe = self.outage.cause().is_some();
        let due = if is_probe {
            self.begin_probe(now).into_iter().collect()
        } else {
            let connecting = self.queue.count(EntryState::Connecting);
            let free = self.terms.most_at_once.saturating_sub(connecting);
            self.queue.take_due(now, free)
        };
        let number = |address: PeerAddress| {
            let number = self.attempts.begin(address.clone(), is_probe);
            (address, number)
        };
        due.into_iter().map(number).collect()
    }

    /// While the network is presumed down one peer is dialled at a time, the best first, and each
    /// once before any is dialled again: a good one that happens to be away would hide that the
    /// network is back.
    fn begin_probe(&mut self, now: Mono) -> Option<PeerAddress> {
        if !self.may_probe() {
            return None;
        }
        let waiting = self
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Waiting);
        let next = waiting.min_by_key(|entry| self.probe_rank(entry))?;
        let next = next.address.clone();
        if !self.outage.take_probe(self.terms.backoff.max(), now) || !self.queue.take(&next, now) {
            return None;
        }
        self.outage.probed(&next);
        Some(next)
    }

    /// Who is probed before whom.
    pub(super) fn probe_rank(&self, entry: &QueueEntry) -> (bool, Reverse<Quality>) {
        let was_probed = self.outage.was_probed(&entry.address);
        (was_probed, Reverse(entry.quality))
    }

    /// The calls of attempt `number` at `address` have ended.
    pub fn dial_ended(
        &mut self,
        address: &PeerAddress,
        number: u64,
        outcome: DialOutcome,
        now: Now,
        draw: u64,
    ) {
        if let DialOutcome::Own(own) = outcome {
            // Also where a list has shown it meanwhile and the attempt is over: the next one does
            // not.
            self.own.found(own, address.clone());
            return self.leave_own(address);
        }
        if !self.attempts.is_current(address, number) {
            return;
        }
        match outcome {
            DialOutcome::Tried(took) => self.attempts.returned(address, now.mono, took),
            DialOutcome::Failed(error) => {
                let address = address.clone();
                self.attempt_failed(&FailedAttempt { address, error }, now, draw);
            }
            DialOutcome::NotTried(why) => {
                self.attempts.remove(address);
                self.not_counted(address, &why, now.mono, draw);
            }
            DialOutcome::Banned => self.banned(address, now.mono, draw),
            DialOutcome::Own(_) => {}
        }
    }

    /// An address that somebody asked for by name waits for the end of the ban; any other one is
    /// given up.
    fn banned(&mut self, address: &PeerAddress, now: Mono, draw: u64) {
        self.attempts.remove(address);
        self.events.push(Event::Banned(address.clone()));
        let is_wanted = self.queue.get(address).is_some_and(|entry| entry.wanted);
        if is_wanted {
            let policy = self.policy();
            self.queue.uncounted(address, "", &policy, (now, draw));
            self.queue.set_banned(address, true, "banned by the node");
        } else if self.leave(address) {
            self.forget(address);
        }
    }

    /// The node's bans have been looked at again: `is_banned` says whether an address is still
    /// among them.
    pub fn recheck_bans(&mut self, is_banned: impl Fn(&PeerAddress) -> bool) {
        let held = self
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Banned && !is_banned(&entry.address));
        let free: Vec<_> = held.map(|entry| entry.address.clone()).collect();
        for address in free {
            self.queue.set_banned(&address, false, "the ban has ended");
        }
    }

    /// An attempt that began before the one at `address` and is at one of `addresses`, which
    /// `address` stands for: two names of one peer, and the later one gives way.
    #[must_use]
    pub fn earlier_attempt(
        &self,
        address: &PeerAddress,
        addresses: &[PeerAddress],
    ) -> Option<PeerAddress> {
        let is_same = |other: &&PeerAddress| {
            std::iter::once(*other)
                .chain(self.names.addresses(other))
                .any(|one| one == address || addresses.contains(one))
        };
        self.attempts.earlier_than(address).find(is_same).cloned()
    }

    /// A queued peer is connected.
    pub(super) fn connected(&mut self, address: &PeerAddress) {
        let Some(entry) = self.queue.remove(address) else {
            return;
        };
        self.unsaved.entry(address);
        self.unsaved.peer(address);
        let is_ours = self.attempts.remove(address).is_some();
        if is_ours {
            self.counts.succeeded += 1;
            self.events.push(Event::Connected {
                address: address.clone(),
                failed: entry.attempts,
            });
        } else {
            self.events.push(Event::Returned(address.clone()));
        }
        let history = self.histories.entry(address);
        history.step = entry.step;
        history.dialled = entry.dialled;
        if is_ours {
            history.delay = entry.delay;
            history.count_attempt(true);
        }
    }

    pub(super) fn attempt_failed(&mut self, failed: &FailedAttempt, now: Now, draw: u64) {
        let FailedAttempt { address, error } = failed;
        let attempt = self.attempts.remove(address);
        let is_probe = attempt.is_some_and(|attempt| attempt.is_probe);
        self.queue.dial_ended(address, now.mono);
        if !self.list.has_peer() {
            self.failed_without_peers(address, now.mono);
        }
        if let Some(why) = self.why_not_counted(is_probe) {
            if !is_probe {
                // The next one comes later, as if it had counted.
                self.queue.lengthen_delay(address);
            }
            let why = format!("{error}; not counted, since {why}");
            return self.not_counted(address, &why, now.mono, draw);
        }
        self.counts.failed += 1;
        let history = self.histories.entry(address);
        history.count_attempt(false);
        let quality = history.quality(now);
        let policy = self.policy();
        let fate = self
            .queue
            .failed(address, error, quality, &policy, (now.mono, draw));
        self.unsaved.entry(address);
        self.unsaved.peer(address);
        let (Some(fate), Some(entry)) = (fate, self.queue.get(address)) else {
            return;
        };
        self.events.push(Event::Failed {
            address: address.clone(),
            attempts: entry.attempts,
            error: error.clone(),
            next: match fate {
                AfterFailure::RetryIn(delay) => Some(delay),
                AfterFailure::Abandoned => None,
            },
        });
    }

    /// An attempt failed while no peer is connected: it may be the network.
    fn failed_without_peers(&mut self, address: &PeerAddress, now: Mono) {
        let before = self.outage.cause();
        let is_soon = |entry: &&QueueEntry| match entry.state {
            EntryState::Connecting => true,
            EntryState::Waiting => entry.due <= now.after(Outage::MAX_PROBE_INTERVAL),
            EntryState::Abandoned | EntryState::Banned => false,
        };
        let soon = self.queue.iter().filter(is_soon);
        let soon = soon.map(|entry| &entry.address);
        self.outage
            .failed(address, soon, self.terms.backoff.max(), now);
        if before != self.outage.cause() {
            self.events.push(Event::Network(self.outage.cause()));
        }
    }

    /// Why a failed attempt says nothing of the peer, if it does not.
    fn why_not_counted(&self, is_probe: bool) -> Option<&'static str> {
        match self.outage.cause().map(OutageCause::text) {
            Some(text) => Some(text),
            None if is_probe => Some("the network was presumed down"),
            None if !self.list.has_peer() => Some("no peer at all is connected"),
            None => None,
        }
    }

    pub(super) fn not_counted(&mut self, address: &PeerAddress, why: &str, now: Mono, draw: u64) {
        self.counts.uncounted += 1;
        let policy = self.policy();
        self.queue.uncounted(address, why, &policy, (now, draw));
        self.unsaved.entry(address);
        self.events.push(Event::NotCounted {
            address: address.clone(),
            why: why.to_owned(),
        });
    }

    /// Puts a peer into the queue, unless there is a reason not to.
    pub(super) fn enqueue(
        &mut self,
        address: &PeerAddress,
        origin: EnqueueReason,
        now: Now,
        draw: u64,
    ) {
        let is_unwanted = self.kept.is_dismissed(address) || self.own.contains(address);
        if !self.terms.enabled || is_unwanted {
            return;
        }
        let history = self.histories.of(address);
        let policy = self.policy();
        let lost = LostPeer {
            address: address.clone(),
            quality: history.quality(now),
            step: history.step,
            dialled: history.dialled,
            at: now.wall,
            wanted: origin == EnqueueReason::Requested || self.kept.is_kept(address),
        };
        let quality = lost.quality;
        match self.queue.enqueue(lost, &policy, now.mono, draw) {
            EnqueueResult::Admitted { evicted } => {
                self.unsaved.entry(address);
                let entry = self.queue.get(address);
                self.events.push(Event::Queued {
                    address: address.clone(),
                    quality,
                    lost: origin == EnqueueReason::Lost,
                    delay: entry.map(|entry| entry.delay).unwrap_or_default(),
                });
                if let Some(evicted) = evicted {
                    self.unsaved.entry(&evicted);
                    self.forget(&evicted);
                    self.events.push(Event::Evicted(evicted));
                }
            }
            EnqueueResult::Full if origin == EnqueueReason::Lost => {
                self.events.push(Event::Evicted(address.clone()));
            }
            // One that is missing is missed again with each list.
            EnqueueResult::Full | EnqueueResult::Known => {}
        }
    }

    /// Takes `address` out of the queue. Whether it was there.
    pub(super) fn leave(&mut self, address: &PeerAddress) -> bool {
        self.attempts.remove(address);
        let was_in = self.queue.remove(address).is_some();
        if was_in {
            self.unsaved.entry(address);
        }
        was_in
    }

    /// The node's own address is not dialled, and that is reported once.
    pub(super) fn leave_own(&mut self, address: &PeerAddress) {
        let is_news = self.own.add(address);
        self.leave(address);
        if is_news {
            self.events.push(Event::Own(address.clone()));
        }
    }

    /// Nothing needs to be remembered of a peer that nobody watches.
    pub(super) fn forget(&mut self, address: &PeerAddress) {
        if self.kept.is_kept(address) {
            return;
        }
        if self.histories.remove(address) {
            self.unsaved.peer(address);
        }
        self.names.remove(address);
    }
}
