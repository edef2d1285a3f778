//! Whether the network is presumed down, so that no peer is blamed for it. Pure.
//!
//! It is when the node says that its network is off, or when every attempt fails and no peer at all
//! is connected: each whose turn comes within half a minute has failed once, or of many the first
//! few, and a lone one three times. Until a peer is connected again, attempts do not count, and
//! from the presumption on one at a time goes out as a probe.

use std::collections::HashSet;
use std::time::Duration;

use crate::values::{Mono, PeerAddress};

/// Why the network is presumed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageCause {
    /// The node says so.
    SwitchedOff,
    /// Every attempt failed and no peer is connected.
    NoPeers,
}

impl OutageCause {
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    cause: Option<OutageCause>,
    next_probe: Mono,
    /// Who was tried in vain since a peer was connected, and how often in all.
    failed: HashSet<PeerAddress>,
    failures: u32,
    /// Who has been probed in this round.
    probed: HashSet<PeerAddress>,
}

impl Outage {
    /// Longest time between two probes. Who is not to be dialled for longer says nothing of an
    /// outage that begins now.
    pub const MAX_PROBE_INTERVAL: Duration = Duration::from_secs(30);
    /// So many of those who wait speak for all of them.
    const MAX_FAILED_PEERS: usize = 8;
    /// A lone peer that was started again gets its chance before it is taken for the whole network.
    const LONE_PEER_FAILURES: u32 = 3;

    /// Why the network is presumed down; `None`: it is not.
    #[must_use]
    pub fn cause(&self) -> Option<OutageCause> {
        self.cause
    }

    /// When the next probe may go out, while the network is presumed down.
    #[must_use]
    pub fn next_probe(&self) -> Option<Mono> {
        self.cause.map(|_| self.next_probe)
    }

    /// What the node says: its network is on, a peer is connected. Whether that changed the
    /// presumption.
    pub fn observe(
        &mut self,
        active: Option<bool>,
        peers: bool,
        max_delay: Duration,
        now: Mono,
    ) -> bool {
        let before = self.cause;
        if peers {
            self.forget_failures();
        }
        self.cause = match (active, before) {
            (Some(false), _) => Some(OutageCause::SwitchedOff),
            (_, Some(OutageCause::NoPeers)) if !peers => before,
            _ => None,
        };
        if before.is_none() && self.cause.is_some() {
            self.schedule_probe(max_delay, now);
        }
        let has_changed = before != self.cause;
        if has_changed {
            self.probed.clear();
        }
        has_changed
    }

    /// Each is probed once before any is probed again.
    #[must_use]
    pub fn was_probed(&self, address: &PeerAddress) -> bool {
        self.probed.contains(address)
    }

    /// A probe went out to `address`. If it was probed before, so were all, and another round
    /// begins.
    pub fn probed(&mut self, address: &PeerAddress) {
        if !self.probed.insert(address.clone()) {
            self.probed = HashSet::from([address.clone()]);
        }
    }

    /// An attempt at `address` failed while no peer is connected and those that are `soon` to be
    /// dialled may or may not have been tried: it does not count, and may be the last that it takes
    /// to presume the network down.
    pub fn failed<'a>(
        &mut self,
        address: &PeerAddress,
        mut soon: impl Iterator<Item = &'a PeerAddress>,
        max_delay: Duration,
        now: Mono,
    ) {
        if self.cause.is_some() {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failed.len() < Self::MAX_FAILED_PEERS {
            self.failed.insert(address.clone());
        }
        let several = self.failed.len() > 1 || self.failures >= Self::LONE_PEER_FAILURES;
        let many = self.failed.len() >= Self::MAX_FAILED_PEERS;
        if several && (many || soon.all(|other| self.failed.contains(other))) {
            self.cause = Some(OutageCause::NoPeers);
            self.schedule_probe(max_delay, now);
        }
    }

    /// The node is another process: attempts that failed through the one before prove nothing.
    /// Whether the network was presumed down for them.
    pub fn forget_attempts(&mut self) -> bool {
        let was_presumed = self.cause == Some(OutageCause::NoPeers);
        if was_presumed {
            self.cause = None;
            self.probed.clear();
        }
        self.forget_failures();
        was_presumed
    }

    fn forget_failures(&mut self) {
        self.failed.clear();
        self.failures = 0;
    }

    /// The time between two probes.
    #[must_use]
    pub fn probe_interval(max_delay: Duration) -> Duration {
        max_delay.min(Self::MAX_PROBE_INTERVAL)
    }

    /// Whether a probe may go out now; the next one may then only later.
    pub fn take_probe(&mut self, max_delay: Duration, now: Mono) -> bool {
        let due = self.cause.is_some() && now >= self.next_probe;
        if due {
            self.schedule_probe(max_delay, now);
        }
        due
    }

    fn schedule_probe(&mut self, max_delay: Duration, now: Mono) {
        self.next_probe = now.after(Self::probe_interval(max_delay));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    fn peer(n: usize) -> PeerAddress {
        format!("10.0.0.{n}:1").parse().unwrap()
    }

    /// Two peers, and neither comes.
    fn down(max_delay: Duration) -> Outage {
        let mut outage = Outage::default();
        for n in [1, 2] {
            outage.failed(&peer(n), [peer(1), peer(2)].iter(), max_delay, at(0));
        }
        assert_eq!(outage.cause(), Some(OutageCause::NoPeers));
        outage
    }

    #[test]
    fn it_takes_a_failure_of_each_who_waits_of_the_first_few_or_several_of_a_lone_one() {
        for (soon, tried, needed) in [
            (1, 1, 3),
            (2, 2, 2),
            (3, 3, 3),
            (8, 8, 8),
            (200, 200, 8),
            (2, 1, 0),
            (0, 1, 3),
        ] {
            let mut outage = Outage::default();
            let all = (0..soon).map(peer).collect::<Vec<_>>();
            let failures = (1..=100).find(|n| {
                outage.failed(&peer(n % tried), all.iter(), HOUR, at(0));
                outage.cause().is_some()
            });
            assert_eq!(
                failures.unwrap_or(0),
                needed,
                "{soon} are to be dialled soon, {tried} are tried"
            );
        }
    }

    #[test]
    fn a_peer_that_was_connected_between_makes_the_failures_before_it_forgotten() {
        let mut outage = Outage::default();
        let both = [peer(1), peer(2)];
        outage.failed(&peer(1), both.iter(), HOUR, at(0));
        outage.observe(Some(true), true, HOUR, at(1));
        outage.failed(&peer(2), both.iter(), HOUR, at(2));
        assert_eq!(outage.cause(), None);
    }

    #[test]
    fn a_probe_goes_out_every_half_minute_or_sooner_if_no_delay_is_that_long() {
        for (max, pause) in [(HOUR, 30), (Duration::from_secs(4), 4)] {
            assert!(
                !Outage::default().take_probe(max, at(0)),
                "the network is not down"
            );
            let mut outage = down(max);
            let probes: Vec<u64> = (0..100)
                .filter(|second| outage.take_probe(max, at(*second)))
                .collect();
            assert_eq!(
                probes,
                (1..=99 / pause).map(|n| n * pause).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn the_network_is_up_again_with_the_first_peer_or_when_the_node_switches_it_on() {
        let mut outage = down(HOUR);
        assert!(!outage.observe(Some(true), false, HOUR, at(1)));
        assert!(outage.observe(Some(true), true, HOUR, at(2)));
        assert_eq!(outage.cause(), None);

        assert!(
            outage.observe(Some(false), true, HOUR, at(3)),
            "the list of peers may be older"
        );
        assert_eq!(
            (outage.cause(), outage.next_probe()),
            (Some(OutageCause::SwitchedOff), Some(at(33)))
        );
        assert!(outage.observe(Some(true), false, HOUR, at(4)));
        assert_eq!(outage.cause(), None);
    }

    #[test]
    fn a_node_that_does_not_say_whether_its_network_is_on_is_believed_to_have_one() {
        let mut outage = Outage::default();
        assert!(!outage.observe(None, false, HOUR, at(0)));
    }
}
