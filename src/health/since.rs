//! Since when the state and each check stand as they do. Pure.

use super::check::{Check, CheckName, Level};
use super::state::State;
use super::verdict::Verdict;
use crate::values::Mono;

/// Since when the state and each check of a verdict stand as they do, as far back as they were
/// looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandingSince {
    state: Option<(State, Mono)>,
    checks: Vec<(CheckName, Level, Mono)>,
}

impl StandingSince {
    /// That of `verdict`, which follows the one that this is of: what stands as before keeps its
    /// moment, all else has stood so since `now`.
    #[must_use]
    pub fn next(&self, verdict: &Verdict, now: Mono) -> Self {
        let since = |check: &Check| (check.name, check.level, self.check(check).unwrap_or(now));
        let state = verdict.state;
        Self {
            state: Some((state, self.state(state).unwrap_or(now))),
            checks: verdict.checks.iter().map(since).collect(),
        }
    }

    /// Since when the state has been `state`, if it is.
    #[must_use]
    pub fn state(&self, state: State) -> Option<Mono> {
        let (of, since) = self.state?;
        (of == state).then_some(since)
    }

    /// Since when `check` has stood as it does, if it is one of the verdict's.
    #[must_use]
    pub fn check(&self, check: &Check) -> Option<Mono> {
        let is_same = |(name, level, _): &&(CheckName, Level, Mono)| {
            (*name, *level) == (check.name, check.level)
        };
        self.checks.iter().find(is_same).map(|(.., since)| *since)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    fn verdict(state: State, checks: &[(CheckName, Level, &str)]) -> Verdict {
        let check =
            |(name, level, text): &(CheckName, Level, &str)| Check::new(*name, *level, *text);
        Verdict {
            state,
            chain_initialized: true,
            storage_available: true,
            behind: None,
            eta: None,
            checks: checks.iter().map(check).collect(),
            life: Vec::new(),
        }
    }

    #[test]
    fn what_stands_as_before_keeps_its_moment_whatever_its_text() {
        let disk = |level, text| (CheckName::Disk, level, text);
        let first = verdict(State::Ready, &[disk(Level::Warning, "9.0 GB free")]);
        let second = verdict(State::Ready, &[disk(Level::Warning, "8.0 GB free")]);
        let third = verdict(State::Stalled, &[disk(Level::Bad, "0 B free")]);
        let since = StandingSince::default()
            .next(&first, at(5))
            .next(&second, at(9));
        assert_eq!(since.state(State::Ready), Some(at(5)));
        assert_eq!(since.state(State::Stalled), None);
        assert_eq!(since.check(&second.checks[0]), Some(at(5)));
        let since = since.next(&third, at(20));
        assert_eq!(since.state(State::Stalled), Some(at(20)));
        assert_eq!(since.check(&third.checks[0]), Some(at(20)));
        assert_eq!(since.check(&second.checks[0]), None, "it does not stand so");
        let gone = since.next(&verdict(State::Stalled, &[]), at(30));
        assert_eq!(gone.check(&third.checks[0]), None);
    }
}
