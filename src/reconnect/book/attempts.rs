//! Attempts: who is dialled, and what came of it.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use super::{Book, EntryState, Event};
use crate::reconnect::entry::{Entry, Fate};
use crate::reconnect::outage::Outage;
use crate::reconnect::quality::Quality;
use crate::values::{Mono, Now, PeerAddress};

/// An attempt under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Tells it from an earlier one at the same address.
    pub number: u64,
    /// When the node's call returned, and how long it took: from then on the list tells whether it
    /// succeeded.
    returned: Option<(Mono, Duration)>,
    /// A list has shown it since then, without a handshake.
    listed: bool,
    /// It began while the network was presumed down, and so says nothing of the peer if it fails.
    probe: bool,
}

/// How the call of an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// The node has tried for so long: whether it succeeded is seen in its list.
    Tried(Duration),
    /// The node says that it failed.
    Failed(String),
    /// Nothing was learnt of the peer.
    NotTried(String),
    /// The node has banned it.
    Banned,
    /// It is the node itself, at this address.
    Own(PeerAddress),
}

/// A peer that is listed without a handshake has so long to finish it; bitcoind drops it then too.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// Why a peer is not in a list that was asked for `since` the call returned, which `took` so long.
fn gone(was_listed: bool, took: Duration, since: Duration) -> String {
    if was_listed {
        // It had a connection from the call on, and lost it before the list.
        let most = (took + since).as_secs_f64().ceil();
        return format!(
            "connected, but gone again within {most:.0} s, before the handshake was over"
        );
    }
    format!(
        "not connected: the node tried for {:.1} s",
        took.as_secs_f64()
    )
}

impl Book {
    /// Those that are to be dialled now, each with the number of its attempt.
    pub fn begin(&mut self, now: Mono) -> Vec<(PeerAddress, u64)> {
        if !self.may_dial() {
            return Vec::new();
        }
        let probe = self.outage.cause().is_some();
        let begun = if probe {
            self.probe(now).into_iter().collect()
        } else {
            let free = self
                .terms
                .most_at_once
                .saturating_sub(self.queue.count(EntryState::Connecting));
            self.queue.take_due(now, free)
        };
        let number = |address: PeerAddress| {
            self.next_number += 1;
            let attempt = Attempt {
                number: self.next_number,
                returned: None,
                listed: false,
                probe,
            };
            self.attempts.insert(address.clone(), attempt);
            (address, attempt.number)
        };
        begun.into_iter().map(number).collect()
    }

    /// While the network is presumed down one peer is dialled at a time, the best first, and each
    /// once before any is dialled again: a good one that happens to be away would hide that the
    /// network is back.
    fn probe(&mut self, now: Mono) -> Option<PeerAddress> {
        if !self.may_probe() {
            return None;
        }
        let waiting = self
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Waiting);
        let next = waiting
            .min_by_key(|entry| self.turn(entry))?
            .address
            .clone();
        if !self.outage.probe(self.terms.backoff.max(), now) || !self.queue.take(&next, now) {
            return None;
        }
        if !self.probed.insert(next.clone()) {
            self.probed = HashSet::from([next.clone()]);
        }
        Some(next)
    }

    /// No call of an attempt is at the node. One whose call has returned may wait a minute for a
    /// handshake that does not come, which tells nothing of the others.
    pub(super) fn may_probe(&self) -> bool {
        self.attempts.len() < self.terms.most_at_once
            && self
                .attempts
                .values()
                .all(|attempt| attempt.returned.is_some())
    }

    /// Who is probed before whom.
    pub(super) fn turn(&self, entry: &Entry) -> (bool, Reverse<Quality>) {
        (self.probed.contains(&entry.address), Reverse(entry.quality))
    }

    /// The call of attempt `number` at `address` has ended.
    pub fn called(
        &mut self,
        address: &PeerAddress,
        number: u64,
        called: Called,
        now: Now,
        draw: u64,
    ) {
        if let Called::Own(own) = called {
            // Also where a list has shown it meanwhile and the attempt is over: the next one does
            // not.
            self.node.own.insert(own.clone());
            self.node.found_own.extend([own, address.clone()]);
            return self.leave_own(address);
        }
        let Some(attempt) = self
            .attempts
            .get_mut(address)
            .filter(|attempt| attempt.number == number)
        else {
            return;
        };
        match called {
            Called::Tried(took) => attempt.returned = Some((now.mono, took)),
            Called::Failed(error) => self.did_not_come(address, &error, now, draw),
            Called::NotTried(why) => {
                self.attempts.remove(address);
                self.not_counted(address, &why, now.mono, draw);
            }
            Called::Banned => self.is_banned(address, now.mono, draw),
            Called::Own(_) => {}
        }
    }

    /// An address that somebody asked for by name waits for the end of the ban; any other one is
    /// given up.
    fn is_banned(&mut self, address: &PeerAddress, now: Mono, draw: u64) {
        self.attempts.remove(address);
        self.events.push(Event::Banned(address.clone()));
        if self.queue.get(address).is_some_and(|entry| entry.wanted) {
            self.queue
                .uncounted(address, "", &self.policy(), (now, draw));
            self.queue.hold(address, true, "banned by the node");
        } else if self.leave(address) {
            self.forget(address);
        }
    }

    /// An attempt that began before the one at `address` and is at one of `addresses`, which
    /// `address` stands for: two names of one peer, and the later one gives way.
    #[must_use]
    pub fn rival(&self, address: &PeerAddress, addresses: &[PeerAddress]) -> Option<PeerAddress> {
        let ours = self.attempts.get(address)?.number;
        let same = |other: &PeerAddress| {
            let aliases = self.aliases.get(other).into_iter().flatten();
            std::iter::once(other)
                .chain(aliases)
                .any(|one| one == address || addresses.contains(one))
        };
        let earlier = self
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.number < ours);
        earlier
            .map(|(other, _)| other)
            .find(|other| same(other))
            .cloned()
    }

    /// The node's bans have been looked at again: `banned` says whether an address is still among
    /// them.
    pub fn recheck_held(&mut self, banned: impl Fn(&PeerAddress) -> bool) {
        let held = self
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Held && !banned(&entry.address));
        let free: Vec<_> = held.map(|entry| entry.address.clone()).collect();
        for address in free {
            self.queue.hold(&address, false, "the ban has ended");
        }
    }

    /// A queued peer is connected.
    pub(super) fn came(&mut self, address: &PeerAddress) {
        let Some(entry) = self.queue.remove(address) else {
            return;
        };
        self.dirty.queue.insert(address.clone());
        self.dirty.peers.insert(address.clone());
        let ours = self.attempts.remove(address).is_some();
        if ours {
            self.counts.succeeded += 1;
            self.events.push(Event::Connected {
                address: address.clone(),
                failed: entry.attempts,
            });
        } else {
            self.events.push(Event::Returned(address.clone()));
        }
        let history = self.histories.entry(address.clone()).or_default();
        (history.step, history.dialled) = (entry.step, entry.dialled);
        if ours {
            history.delay = entry.delay;
            history.attempted(true);
        }
    }

    /// Looks at every attempt whose call had returned when the list was asked for. `listed`:
    /// whether an address is in it, with or without a handshake; those with one have left the
    /// queue.
    pub(super) fn judge_attempts(
        &mut self,
        asked: Mono,
        now: Now,
        draw: &mut impl FnMut() -> u64,
        listed: impl Fn(&PeerAddress) -> bool,
    ) {
        let returned = self.attempts.iter().filter_map(|(address, attempt)| {
            let (at, took) = attempt.returned.filter(|(at, _)| *at <= asked)?;
            Some((address.clone(), at, took, attempt.listed))
        });
        let mut returned: Vec<_> = returned.collect();
        returned.sort_unstable();
        for (address, at, took, was_listed) in returned {
            let is_listed = listed(&address);
            if is_listed && now.mono.since(at) >= HANDSHAKE {
                self.did_not_come(
                    &address,
                    "connected, but no handshake within 60 s",
                    now,
                    draw(),
                );
            } else if let (true, Some(attempt)) = (is_listed, self.attempts.get_mut(&address)) {
                attempt.listed = true;
            } else {
                self.did_not_come(
                    &address,
                    &gone(was_listed, took, asked.since(at)),
                    now,
                    draw(),
                );
            }
        }
    }

    fn did_not_come(&mut self, address: &PeerAddress, error: &str, now: Now, draw: u64) {
        let probe = self
            .attempts
            .remove(address)
            .is_some_and(|attempt| attempt.probe);
        self.queue.attempted(address, now.mono);
        if !self.node.any_peer {
            let before = self.outage.cause();
            let soon = |entry: &&Entry| match entry.state {
                EntryState::Connecting => true,
                EntryState::Waiting => entry.due <= now.mono.after(Outage::LONGEST),
                EntryState::Abandoned | EntryState::Held => false,
            };
            let soon = self.queue.iter().filter(soon).map(|entry| &entry.address);
            self.outage
                .failed(address, soon, self.terms.backoff.max(), now.mono);
            if before != self.outage.cause() {
                self.events.push(Event::Network(self.outage.cause()));
            }
        }
        let down = self.outage.cause();
        if probe || down.is_some() || !self.node.any_peer {
            let cause = match down {
                Some(cause) => cause.text(),
                None if probe => "the network was presumed down",
                None => "no peer at all is connected",
            };
            if !probe {
                // The next one comes later, as if it had counted.
                self.queue.step(address);
            }
            self.not_counted(
                address,
                &format!("{error}; not counted, since {cause}"),
                now.mono,
                draw,
            );
            return;
        }
        self.counts.failed += 1;
        let history = self.histories.entry(address.clone()).or_default();
        history.attempted(false);
        let quality = history.quality(now);
        let fate = self
            .queue
            .failed(address, error, quality, &self.policy(), (now.mono, draw));
        self.dirty.queue.insert(address.clone());
        self.dirty.peers.insert(address.clone());
        let (Some(fate), Some(entry)) = (fate, self.queue.get(address)) else {
            return;
        };
        let next = match fate {
            Fate::Again(delay) => Some(delay),
            Fate::Abandoned => None,
        };
        let (address, error) = (address.clone(), error.to_owned());
        self.events.push(Event::Failed {
            address,
            attempts: entry.attempts,
            error,
            next,
        });
    }

    pub(super) fn not_counted(&mut self, address: &PeerAddress, why: &str, now: Mono, draw: u64) {
        self.counts.uncounted += 1;
        self.queue
            .uncounted(address, why, &self.policy(), (now, draw));
        self.dirty.queue.insert(address.clone());
        self.events.push(Event::NotCounted {
            address: address.clone(),
            why: why.to_owned(),
        });
    }
}
