//! Whether the network is presumed down, so that no peer is blamed for it. Pure.
//!
//! It is when the node says that its network is off, or when an attempt fails and no peer at all is connected. Until
//! a peer is connected again, attempts do not count and one at a time goes out as a probe.

use std::time::Duration;

use crate::values::Mono;

/// Why the network is presumed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The node says so.
    SwitchedOff,
    /// An attempt failed and no peer is connected.
    NoPeers,
}

impl Cause {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SwitchedOff => "switched_off",
            Self::NoPeers => "no_peers",
        }
    }

    /// A clause for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::SwitchedOff => "the node says that its network is off",
            Self::NoPeers => "no peer at all is connected and every attempt fails",
        }
    }
}

/// What is known of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    cause: Option<Cause>,
    next_probe: Mono,
}

impl Outage {
    /// Longest time between two probes.
    const LONGEST: Duration = Duration::from_secs(30);

    /// Why the network is presumed down; `None`: it is not.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// When the next probe may go out, while the network is presumed down.
    #[must_use]
    pub fn next_probe(&self) -> Option<Mono> {
        self.cause.map(|_| self.next_probe)
    }

    /// What the node says: its network is on, a peer is connected. Whether that changed the presumption.
    pub fn see(&mut self, active: Option<bool>, peers: bool, max_delay: Duration, now: Mono) -> bool {
        let before = self.cause;
        self.cause = match (active, before) {
            (Some(false), _) => Some(Cause::SwitchedOff),
            (_, Some(Cause::NoPeers)) if !peers => before,
            _ => None,
        };
        if before.is_none() && self.cause.is_some() {
            self.wait(max_delay, now);
        }
        before != self.cause
    }

    /// An attempt failed. Whether it counts, which it does if a peer is connected.
    pub fn attempt_counts(&mut self, peers: bool, max_delay: Duration, now: Mono) -> bool {
        if self.cause.is_none() && !peers {
            self.cause = Some(Cause::NoPeers);
            self.wait(max_delay, now);
        }
        self.cause.is_none()
    }

    /// Whether a probe may go out now; the next one may then only later.
    pub fn probe(&mut self, max_delay: Duration, now: Mono) -> bool {
        let due = self.cause.is_some() && now >= self.next_probe;
        if due {
            self.wait(max_delay, now);
        }
        due
    }

    fn wait(&mut self, max_delay: Duration, now: Mono) {
        self.next_probe = now.after(max_delay.min(Self::LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn an_attempt_counts_as_long_as_another_peer_is_connected() {
        let mut outage = Outage::default();
        assert!(outage.attempt_counts(true, HOUR, at(0)));
        assert!(!outage.attempt_counts(false, HOUR, at(1)));
        assert_eq!(outage.cause(), Some(Cause::NoPeers));
        assert!(!outage.attempt_counts(false, HOUR, at(2)));
    }

    #[test]
    fn a_probe_goes_out_every_half_minute_or_sooner_if_no_delay_is_that_long() {
        for (max, pause) in [(HOUR, 30), (Duration::from_secs(4), 4)] {
            let mut outage = Outage::default();
            assert!(!outage.probe(max, at(0)), "the network is not down");
            outage.attempt_counts(false, max, at(0));
            let probes: Vec<u64> = (0..100).filter(|second| outage.probe(max, at(*second))).collect();
            assert_eq!(probes, (1..=99 / pause).map(|n| n * pause).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_network_is_up_again_with_the_first_peer_or_when_the_node_switches_it_on() {
        let mut outage = Outage::default();
        outage.attempt_counts(false, HOUR, at(0));
        assert!(!outage.see(Some(true), false, HOUR, at(1)));
        assert!(outage.see(Some(true), true, HOUR, at(2)));
        assert_eq!(outage.cause(), None);

        assert!(outage.see(Some(false), true, HOUR, at(3)), "the list of peers may be older");
        assert_eq!((outage.cause(), outage.next_probe()), (Some(Cause::SwitchedOff), Some(at(33))));
        assert!(outage.see(Some(true), false, HOUR, at(4)));
        assert_eq!(outage.cause(), None);
    }

    #[test]
    fn a_node_that_does_not_say_whether_its_network_is_on_is_believed_to_have_one() {
        let mut outage = Outage::default();
        assert!(!outage.see(None, false, HOUR, at(0)));
    }
}
