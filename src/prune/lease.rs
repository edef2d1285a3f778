//! Leases: who needs old blocks says so, for a time, and they stay. Pure.
//!
//! Invariant: a lease ends when its time has passed, not when the wall clock says so: while the
//! daemon runs, the monotonic clock decides. Over a restart only the wall clock is left; then no
//! lease gets longer than it was.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::values::{Mono, Now};

/// What a lease keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// This height and all above.
    From(u32),
    /// So many blocks below the tip, the tip among them.
    Last(u32),
}

/// One lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GrantedLease {
    keeps: Keeps,
    ttl: Option<Duration>,
    created_at: Timestamp,
    /// `None`: never.
    ends: Option<Mono>,
}

impl GrantedLease {
    /// The first height it keeps of a chain with this `tip`.
    #[must_use]
    pub(super) fn keeps_from(&self, tip: u32) -> u32 {
        match self.keeps {
            Keeps::From(height) => height,
            Keeps::Last(blocks) => tip.saturating_add(1).saturating_sub(blocks),
        }
    }

    /// When it ends, by the wall clock as it stands now.
    fn expires_at(&self, now: Now) -> Option<Timestamp> {
        let left =
            SignedDuration::try_from(self.ends?.since(now.mono)).unwrap_or(SignedDuration::MAX);
        Some(now.wall.checked_add(left).unwrap_or(Timestamp::MAX))
    }
}

/// A lease as it is kept over restarts, and as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Whose it is.
    pub name: String,
    /// Keeps this height and all above.
    pub from_height: Option<u32>,
    /// Keeps so many blocks below the tip.
    pub last: Option<u32>,
    /// For how long; `None`: for ever.
    pub ttl_secs: Option<u64>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// Why there is no such lease.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The name cannot be one.
    #[error(
        "`{0}` is not a name for a lease: write 1 to 64 letters, digits, dots, dashes or \
         underscores, a letter or digit first, such as lnd"
    )]
    Name(String),
    /// It would keep nothing.
    #[error("a lease of the last 0 blocks keeps nothing: write --last 2016, say")]
    KeepsNothing,
    /// It would be over at once.
    #[error("a lease of 0 s keeps nothing: write --ttl 24h, say, or --ttl never")]
    NoTime,
    /// There are too many.
    #[error("there are {MAX_LEASES} leases already: release those that nobody needs")]
    TooMany,
}

/// So many leases are plenty; a client that makes up names must not fill the disk it wants to keep.
pub(super) const MAX_LEASES: usize = 1000;

/// All leases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leases(BTreeMap<String, GrantedLease>);

impl Leases {
    /// Adds the lease `name`, or replaces the one that has this name; whether there was one.
    pub(super) fn add(
        &mut self,
        name: &str,
        keeps: Keeps,
        ttl: Option<Duration>,
        now: Now,
    ) -> Result<bool, LeaseError> {
        const LONGEST: usize = 64;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let begins_well = name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if name.len() > LONGEST || !begins_well || !name.bytes().all(allowed) {
            return Err(LeaseError::Name(name.chars().take(LONGEST).collect()));
        }
        if keeps == Keeps::Last(0) {
            return Err(LeaseError::KeepsNothing);
        }
        if ttl.is_some_and(|ttl| ttl.is_zero()) {
            return Err(LeaseError::NoTime);
        }
        if self.0.len() >= MAX_LEASES && !self.0.contains_key(name) {
            return Err(LeaseError::TooMany);
        }
        let ends = ttl.map(|ttl| now.mono.after(ttl));
        let lease = GrantedLease {
            keeps,
            ttl,
            created_at: now.wall,
            ends,
        };
        Ok(self.0.insert(name.to_owned(), lease).is_some())
    }

    /// Ends the lease `name`; whether there was one.
    pub(super) fn release(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// Takes out those whose time has passed, and names them.
    pub(super) fn expire(&mut self, now: Mono) -> Vec<String> {
        let over: Vec<String> = self
            .0
            .iter()
            .filter(|(_, lease)| lease.ends.is_some_and(|ends| ends <= now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &over {
            self.0.remove(name);
        }
        over
    }

    /// Those whose time has not passed, by name.
    #[must_use]
    pub(super) fn current(&self, now: Mono) -> Self {
        let mut leases = self.clone();
        leases.expire(now);
        leases
    }

    /// All, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &GrantedLease)> {
        self.0.iter().map(|(name, lease)| (name.as_str(), lease))
    }

    /// There is one of this name.
    #[must_use]
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// How many there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is reported of them, and saved over a restart.
    #[must_use]
    pub(super) fn records(&self, now: Now) -> Vec<LeaseRecord> {
        let record = |(name, lease): (&str, &GrantedLease)| LeaseRecord {
            name: name.to_owned(),
            from_height: match lease.keeps {
                Keeps::From(height) => Some(height),
                Keeps::Last(_) => None,
            },
            last: match lease.keeps {
                Keeps::Last(blocks) => Some(blocks),
                Keeps::From(_) => None,
            },
            ttl_secs: lease.ttl.map(|ttl| ttl.as_secs()),
            created_at: lease.created_at,
            expires_at: lease.expires_at(now),
        };
        self.iter().map(record).collect()
    }

    /// What was kept over a restart. A wall clock that was set back makes no lease longer than it
    /// was.
    #[must_use]
    pub(super) fn restored(records: &[LeaseRecord], now: Now) -> Self {
        let mut leases = Self::default();
        for record in records {
            let keeps = match (record.from_height, record.last) {
                (Some(height), _) => Keeps::From(height),
                (None, Some(blocks)) => Keeps::Last(blocks),
                (None, None) => continue,
            };
            let ttl = record.ttl_secs.map(Duration::from_secs);
            let left = record
                .expires_at
                .map(|ends| Duration::try_from(ends.duration_since(now.wall)).unwrap_or_default());
            let ends = left.map(|left| now.mono.after(left.min(ttl.unwrap_or(Duration::MAX))));
            leases.0.insert(
                record.name.clone(),
                GrantedLease {
                    keeps,
                    ttl,
                    created_at: record.created_at,
                    ends,
                },
            );
        }
        leases.expire(now.mono);
        leases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn now(seconds: u64, wall: &str) -> Now {
        Now {
            mono: Mono::from_start(Duration::from_secs(seconds)),
            wall: wall.parse().unwrap(),
        }
    }

    fn one(ttl: Option<Duration>) -> Leases {
        let mut leases = Leases::default();
        assert_eq!(
            leases.add(
                "lnd",
                Keeps::From(840_000),
                ttl,
                now(0, "2026-01-01T00:00:00Z")
            ),
            Ok(false)
        );
        leases
    }

    #[test]
    fn a_lease_ends_when_its_time_has_passed_and_one_without_a_time_never() {
        let mut leases = one(Some(DAY));
        assert!(
            leases
                .expire(Mono::from_start(Duration::from_secs(86_399)))
                .is_empty()
        );
        assert_eq!(leases.expire(Mono::from_start(DAY)), ["lnd"]);
        assert_eq!(leases.len(), 0);
        assert!(one(None).expire(Mono::from_start(DAY * 10_000)).is_empty());
    }

    #[test]
    fn a_wall_clock_that_jumps_ends_no_lease_and_lengthens_none() {
        let leases = one(Some(DAY));
        let a_year_ahead = now(60, "2027-01-01T00:00:00Z");
        assert_eq!(leases.current(a_year_ahead.mono).len(), 1);
        let reported = leases.records(a_year_ahead);
        assert_eq!(
            reported[0].expires_at,
            Some("2027-01-01T23:59:00Z".parse().unwrap())
        );
        let a_year_back = now(60, "2025-01-01T00:00:00Z");
        assert_eq!(leases.current(a_year_back.mono.after(DAY)).len(), 0);
    }

    #[test]
    fn a_restart_takes_nothing_from_a_lease_and_gives_it_nothing() {
        let before = one(Some(DAY)).records(now(3_600, "2026-01-01T01:00:00Z"));
        let restored = Leases::restored(&before, now(5, "2026-01-01T02:00:00Z"));
        assert_eq!(restored.records(now(5, "2026-01-01T02:00:00Z")), before);
        assert_eq!(
            Leases::restored(&before, now(5, "2026-01-02T00:00:00Z")).len(),
            0
        );
        let clock_set_back = Leases::restored(&before, now(0, "2020-01-01T00:00:00Z"));
        assert_eq!(clock_set_back.current(Mono::from_start(DAY)).len(), 0);
    }

    #[test]
    fn a_name_that_is_there_is_renewed() {
        let mut leases = one(Some(DAY));
        assert_eq!(
            leases.add("lnd", Keeps::Last(10), None, now(9, "2026-01-01T00:00:09Z")),
            Ok(true)
        );
        assert_eq!(leases.len(), 1);
        assert_eq!(leases.iter().next().unwrap().1.keeps_from(100), 91);
    }

    #[test]
    fn what_cannot_be_a_lease_is_refused() {
        let mut leases = Leases::default();
        let now = now(0, "2026-01-01T00:00:00Z");
        for name in ["", "..", "-a", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(
                matches!(
                    leases.add(name, Keeps::From(1), None, now),
                    Err(LeaseError::Name(_))
                ),
                "{name}"
            );
        }
        assert_eq!(
            leases.add("a", Keeps::Last(0), None, now),
            Err(LeaseError::KeepsNothing)
        );
        assert_eq!(
            leases.add("a", Keeps::Last(1), Some(Duration::ZERO), now),
            Err(LeaseError::NoTime)
        );
        for n in 0..MAX_LEASES {
            leases
                .add(&n.to_string(), Keeps::From(1), None, now)
                .unwrap();
        }
        assert_eq!(
            leases.add("one-more", Keeps::From(1), None, now),
            Err(LeaseError::TooMany)
        );
        assert_eq!(
            leases.add("0", Keeps::From(2), None, now),
            Ok(true),
            "renewed"
        );
    }
}
