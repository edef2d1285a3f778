//! What is remembered of one peer over its connections. Pure.
//!
//! The node's numbers are taken where they are usable; the time connected and the record of
//! attempts are our own.

use std::time::Duration;

use super::backoff::Backoff;
use super::quality::{Evidence, Quality};
use crate::node::Peer;
use crate::values::{Mono, Now};

/// One peer's past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerHistory {
    /// Time connected, in connections that have ended.
    pub(super) connected_before: Duration,
    /// Since when we see the connection of now.
    pub(super) connected_since: Option<Mono>,
    /// How long that had lasted before we saw it.
    pub(super) connected_unseen: Duration,
    /// It was connected when the daemon ended, and has not been looked for since.
    pub(super) interrupted: bool,
    /// The last measured round trip.
    pub(super) ping: Option<Duration>,
    /// When it last gave a block, seconds since 1970; 0: it never has; `None`: the node does not
    /// say.
    pub(super) last_block_at: Option<u64>,
    /// As `last_block_at`, for transactions.
    pub(super) last_transaction_at: Option<u64>,
    /// Attempts that succeeded, the recent ones.
    pub(super) successes: u32,
    /// Attempts that failed, the recent ones.
    pub(super) failures: u32,
    /// The exponent of its next delay.
    pub(super) step: u32,
    /// The delay before its last attempt.
    pub(super) delay: Duration,
    /// Connections in a row that were shorter than the delay before them.
    pub(super) short_connections: u32,
    /// When it was last dialled.
    pub(super) dialled: Option<Mono>,
    /// Its evidence when it was lost: ages do not grow while it is away.
    pub(super) evidence_when_lost: Option<Evidence>,
}

impl PeerHistory {
    /// Older attempts than so many weigh less and less.
    const MAX_COUNTED_ATTEMPTS: u32 = 32;

    /// Whether it is connected, as far as was seen.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected_since.is_some() || self.interrupted
    }

    /// How long the connection of now has lasted.
    #[must_use]
    pub fn connected_for(&self, now: Mono) -> Option<Duration> {
        let seen = self.connected_since.map(|since| now.since(since));
        seen.or(self.interrupted.then_some(Duration::ZERO))
            .map(|seen| seen + self.connected_unseen)
    }

    /// It is in the node's list.
    pub fn observe(&mut self, peer: &Peer, now: Now) {
        if self.connected_since.is_none() {
            self.connected_since = Some(now.mono);
            self.connected_unseen = self
                .connected_unseen
                .max(elapsed_since(peer.connected_at, now).unwrap_or_default());
        }
        self.evidence_when_lost = None;
        self.interrupted = false;
        self.ping = peer.ping.or(self.ping);
        self.last_block_at = peer.last_block_at.max(self.last_block_at);
        self.last_transaction_at = peer.last_transaction_at.max(self.last_transaction_at);
    }

    /// It is not in the list any more. The delay that had grown is forgotten after a connection
    /// longer than any delay. It grows on with each connection after the first that was shorter
    /// than the delay before it: else a peer that accepts and closes would be dialled at the first
    /// pace for ever.
    pub fn disconnected(&mut self, backoff: &Backoff, now: Now) {
        let evidence = self.evidence(now);
        let lasted = self.connected_for(now.mono).unwrap_or_default();
        self.short_connections = if lasted < self.delay {
            self.short_connections.saturating_add(1)
        } else {
            0
        };
        if lasted > backoff.max() {
            self.step = 0;
        } else if self.short_connections > 1 {
            self.step = self.step.saturating_add(1);
        }
        self.connected_before = evidence.connected;
        (
            self.connected_since,
            self.connected_unseen,
            self.interrupted,
        ) = (None, Duration::ZERO, false);
        self.evidence_when_lost = Some(evidence);
    }

    /// An attempt ended.
    pub fn count_attempt(&mut self, succeeded: bool) {
        let count = if succeeded {
            &mut self.successes
        } else {
            &mut self.failures
        };
        *count += 1;
        if self.successes + self.failures > Self::MAX_COUNTED_ATTEMPTS {
            self.successes /= 2;
            self.failures /= 2;
        }
    }

    /// What its quality is made of.
    #[must_use]
    pub fn evidence(&self, now: Now) -> Evidence {
        let successes = self.successes;
        let failures = self.failures;
        if let Some(evidence_when_lost) = self.evidence_when_lost {
            return Evidence {
                successes,
                failures,
                ..evidence_when_lost
            };
        }
        // What it never gave is older than anything.
        let age =
            |at: Option<u64>| at.map(|at| elapsed_since(Some(at), now).unwrap_or(Duration::MAX));
        Evidence {
            connected: self.connected_before + self.connected_for(now.mono).unwrap_or_default(),
            ping: self.ping,
            block_age: age(self.last_block_at),
            transaction_age: age(self.last_transaction_at),
            successes,
            failures,
        }
    }

    /// Its quality.
    #[must_use]
    pub fn quality(&self, now: Now) -> Quality {
        self.evidence(now).quality()
    }
}

/// Time since `at`, in seconds since 1970; nothing if that is to come, as on a clock that is ahead.
/// `None`: never.
fn elapsed_since(at: Option<u64>, now: Now) -> Option<Duration> {
    let at = at.filter(|at| *at > 0)?;
    let wall = u64::try_from(now.wall.as_second()).unwrap_or(0);
    Some(Duration::from_secs(wall.saturating_sub(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Direction;

    const SECOND: Duration = Duration::from_secs(1);

    /// So many seconds after the start, which was 1,000,000 s after 1970.
    fn at(seconds: u64) -> Now {
        let wall =
            jiff::Timestamp::from_second(i64::try_from(1_000_000 + seconds).unwrap()).unwrap();
        Now {
            mono: Mono::from_start(Duration::from_secs(seconds)),
            wall,
        }
    }

    fn peer() -> Peer {
        Peer::bare("10.0.0.5:8333", Some(Direction::Outbound))
    }

    #[test]
    fn time_connected_adds_up_over_connections() {
        let mut history = PeerHistory::default();
        let backoff = Backoff::exact(5, 60);
        history.observe(
            &Peer {
                connected_at: Some(1_000_000 - 100),
                ..peer()
            },
            at(0),
        );
        assert_eq!(history.evidence(at(10)).connected, 110 * SECOND);
        history.disconnected(&backoff, at(10));
        assert_eq!(history.evidence(at(500)).connected, 110 * SECOND);
        history.observe(&peer(), at(600));
        assert_eq!(
            history.evidence(at(605)).connected,
            115 * SECOND,
            "where the node does not say since when"
        );
    }

    #[test]
    fn ages_stand_still_while_a_peer_is_away_and_its_record_does_not() {
        let mut history = PeerHistory::default();
        history.observe(
            &Peer {
                last_block_at: Some(1_000_000),
                ..peer()
            },
            at(50),
        );
        history.disconnected(&Backoff::exact(5, 60), at(100));
        let lost = history.quality(at(100));
        assert_eq!(history.quality(at(100_000)), lost);
        history.count_attempt(false);
        assert!(history.quality(at(100)) < lost);
    }

    #[test]
    fn a_delay_carries_over_a_short_connection_and_is_forgotten_after_a_long_one() {
        let backoff = Backoff::exact(5, 60);
        let step = |lasted: u64| {
            let mut history = PeerHistory {
                step: 3,
                delay: 40 * SECOND,
                ..PeerHistory::default()
            };
            let mut once = |from| {
                history.observe(&peer(), at(from));
                history.disconnected(&backoff, at(from + lasted));
                history.step
            };
            (once(1000), once(9000), once(18000))
        };
        assert_eq!(
            [0, 39].map(step),
            [(3, 4, 5); 2],
            "the second short one in a row grows it"
        );
        assert_eq!([40, 60].map(step), [(3, 3, 3); 2]);
        assert_eq!([61, 5000].map(step), [(0, 0, 0); 2]);
    }

    #[test]
    fn what_the_node_does_not_say_is_not_known_and_what_never_came_is_worth_nothing() {
        let mut history = PeerHistory::default();
        history.observe(&peer(), at(0));
        assert_eq!(history.evidence(at(1)).parts().blocks, None);
        history.observe(
            &Peer {
                last_block_at: Some(0),
                ..peer()
            },
            at(2),
        );
        assert!(history.evidence(at(2)).parts().blocks.unwrap() < 1e-9);
        history.observe(
            &Peer {
                last_block_at: Some(1_000_002),
                ..peer()
            },
            at(3),
        );
        history.observe(
            &Peer {
                last_block_at: Some(0),
                ..peer()
            },
            at(4),
        );
        assert!(
            history.evidence(at(4)).parts().blocks.unwrap() > 0.99,
            "also in an earlier connection"
        );
    }

    #[test]
    fn a_clock_that_is_ahead_of_ours_makes_no_age() {
        let mut history = PeerHistory::default();
        history.observe(
            &Peer {
                connected_at: Some(9_000_000),
                last_block_at: Some(9_000_000),
                ..peer()
            },
            at(0),
        );
        assert_eq!(history.evidence(at(5)).connected, 5 * SECOND);
        assert_eq!(history.evidence(at(5)).block_age, Some(Duration::ZERO));
    }

    #[test]
    fn recent_attempts_weigh_more() {
        let mut history = PeerHistory::default();
        (0..1000).for_each(|_| history.count_attempt(false));
        (0..40).for_each(|_| history.count_attempt(true));
        assert!(history.evidence(at(0)).parts().record > 0.6);
    }
}
