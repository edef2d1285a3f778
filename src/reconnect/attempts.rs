//! Attempts under way, and what a list of peers says of them. Pure.

use std::collections::HashMap;
use std::time::Duration;

use crate::values::{Mono, PeerAddress};

/// How the calls of an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialOutcome {
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

/// An attempt under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Distinguishes it from an earlier one at the same address.
    number: u64,
    /// When the node's call returned, and how long it took: from then on the list shows whether it
    /// succeeded.
    returned: Option<(Mono, Duration)>,
    /// A list has shown it since then, without a handshake.
    is_listed: bool,
    /// It began while the network was presumed down, and so says nothing of the peer if it fails.
    pub(super) is_probe: bool,
}

/// An attempt that a list shows to have failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FailedAttempt {
    pub(super) address: PeerAddress,
    pub(super) error: String,
}

/// The attempts under way, one at each address.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    by_address: HashMap<PeerAddress, Attempt>,
    last_number: u64,
}

impl Attempts {
    /// A peer that is listed without a handshake has so long to finish it; bitcoind drops it then
    /// too.
    const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

    pub(super) fn len(&self) -> usize {
        self.by_address.len()
    }

    /// The number of the attempt that begins at `address`.
    pub(super) fn begin(&mut self, address: PeerAddress, is_probe: bool) -> u64 {
        self.last_number += 1;
        let attempt = Attempt {
            number: self.last_number,
            returned: None,
            is_listed: false,
            is_probe,
        };
        self.by_address.insert(address, attempt);
        self.last_number
    }

    /// Whether the attempt of this `number` is the one under way at `address`.
    pub(super) fn is_current(&self, address: &PeerAddress, number: u64) -> bool {
        self.by_address
            .get(address)
            .is_some_and(|attempt| attempt.number == number)
    }

    /// The call returned `now`, after `took`.
    pub(super) fn returned(&mut self, address: &PeerAddress, now: Mono, took: Duration) {
        if let Some(attempt) = self.by_address.get_mut(address) {
            attempt.returned = Some((now, took));
        }
    }

    pub(super) fn remove(&mut self, address: &PeerAddress) -> Option<Attempt> {
        self.by_address.remove(address)
    }

    /// Ends all. Where they were.
    pub(super) fn end_all(&mut self) -> Vec<PeerAddress> {
        let all = self.by_address.drain();
        all.map(|(address, _)| address).collect()
    }

    /// No call is at the node. One that has returned may wait a minute for a handshake that does
    /// not come, which says nothing of the others.
    pub(super) fn have_all_returned(&self) -> bool {
        self.by_address
            .values()
            .all(|attempt| attempt.returned.is_some())
    }

    /// Where attempts are under way that began before the one at `address`.
    pub(super) fn earlier_than(
        &self,
        address: &PeerAddress,
    ) -> impl Iterator<Item = &PeerAddress> + use<'_> {
        let number = self.by_address.get(address).map_or(0, |own| own.number);
        self.by_address
            .iter()
            .filter(move |(_, attempt)| attempt.number < number)
            .map(|(address, _)| address)
    }

    /// Looks at every attempt whose call had returned when a list was `asked` for: those that have
    /// failed, which are still under way. `is_listed`: whether an address is in it, with or without
    /// a handshake; those with one are not under way any more.
    pub(super) fn observe(
        &mut self,
        asked: Mono,
        now: Mono,
        is_listed: impl Fn(&PeerAddress) -> bool,
    ) -> Vec<FailedAttempt> {
        let mut failed = Vec::new();
        for (address, attempt) in &mut self.by_address {
            let Some((at, took)) = attempt.returned.filter(|(at, _)| *at <= asked) else {
                continue;
            };
            let is_listed = is_listed(address);
            let error = if is_listed && now.since(at) >= Self::HANDSHAKE_TIMEOUT {
                "connected, but no handshake within 60 s".to_owned()
            } else if is_listed {
                attempt.is_listed = true;
                continue;
            } else {
                why_not_listed(attempt.is_listed, took, asked.since(at))
            };
            let address = address.clone();
            failed.push(FailedAttempt { address, error });
        }
        failed.sort_unstable_by(|one, other| one.address.cmp(&other.address));
        failed
    }
}

/// Why a peer is not in a list that was asked for `since` the call returned, which `took` so long.
fn why_not_listed(was_listed: bool, took: Duration, since: Duration) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    fn peer(number: u8) -> PeerAddress {
        format!("10.0.0.{number}:1").parse().unwrap()
    }

    #[test]
    fn an_end_that_comes_late_is_not_that_of_the_next_attempt() {
        let mut attempts = Attempts::default();
        let first = attempts.begin(peer(1), false);
        attempts.remove(&peer(1));
        let second = attempts.begin(peer(1), false);
        assert!(!attempts.is_current(&peer(1), first) && attempts.is_current(&peer(1), second));
    }

    #[test]
    fn only_attempts_whose_call_had_returned_are_judged_by_a_list() {
        let mut attempts = Attempts::default();
        for number in [2, 1, 3] {
            attempts.begin(peer(number), false);
        }
        assert!(!attempts.have_all_returned());
        attempts.returned(&peer(1), at(5), Duration::ZERO);
        attempts.returned(&peer(2), at(5), Duration::ZERO);
        attempts.returned(&peer(3), at(7), Duration::ZERO);
        assert!(attempts.have_all_returned());
        let failed = attempts.observe(at(6), at(8), |_| false);
        let failed: Vec<_> = failed.into_iter().map(|failed| failed.address).collect();
        assert_eq!(failed, [peer(1), peer(2)]);
    }

    #[test]
    fn those_that_began_before_are_earlier() {
        let mut attempts = Attempts::default();
        attempts.begin(peer(1), false);
        attempts.begin(peer(2), false);
        assert_eq!(attempts.earlier_than(&peer(1)).count(), 0);
        let earlier: Vec<_> = attempts.earlier_than(&peer(2)).cloned().collect();
        assert_eq!(earlier, [peer(1)]);
        assert_eq!(attempts.earlier_than(&peer(3)).count(), 0);
    }
}
