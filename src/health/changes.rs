//! What has changed between two verdicts, and what of it is worth reporting. Pure.
//!
//! Two parts. [`Standings`] compares each verdict with the one before and finds every change of the
//! state and of a check. [`Damper`] lets at most one change of each through in ten seconds: of
//! several the last one wins, and how many were left out is known. Log and notifications take what
//! comes through, counters take every change.
//!
//! Invariants: what comes through of one subject begins where the last one ended, in its time too, so
//! that whoever reads them in turn knows how things stand and stood. A check that is unknown says nothing: another check,
//! which is bad, says why.

use std::time::Duration;

use super::check::{Check, CheckName, Level};
use super::state::State;
use super::verdict::{Question, Verdict};
use crate::values::Mono;

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The state of the node.
    State,
    /// One check.
    Check(CheckName),
}

/// From what to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Of the state of the node.
    State {
        /// Before.
        from: State,
        /// Now.
        to: State,
    },
    /// Of one check.
    Check {
        /// Which.
        name: CheckName,
        /// Before; unknown if it is the first time that it is not good.
        from: Level,
        /// Now.
        to: Level,
    },
}

impl Transition {
    /// What changes.
    #[must_use]
    pub fn subject(self) -> Subject {
        match self {
            Self::State { .. } => Subject::State,
            Self::Check { name, .. } => Subject::Check(name),
        }
    }

    /// Whether it is worse now than before. That the daemon shuts down is as somebody wanted it.
    #[must_use]
    pub fn is_worse(self) -> bool {
        match self {
            Self::State { from, to } => rank(to) > rank(from),
            Self::Check { from, to, .. } => to > from,
        }
    }

    /// The names of before and now.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::State { from, to } => (from.as_str(), to.as_str()),
            Self::Check { from, to, .. } => (from.as_str(), to.as_str()),
        }
    }

    /// From what this one comes from to what `next` goes to; `None` if that is the same.
    fn and_then(self, next: Self) -> Option<Self> {
        let (both, same) = match (self, next) {
            (Self::State { from, .. }, Self::State { to, .. }) => {
                (Self::State { from, to }, from == to)
            }
            (Self::Check { name, from, .. }, Self::Check { to, .. }) => {
                (Self::Check { name, from, to }, from == to)
            }
            // Of two subjects the later one stands.
            (_, next) => (next, false),
        };
        (!same).then_some(both)
    }
}

/// How bad a state is.
fn rank(state: State) -> u8 {
    match state {
        State::Draining => 0,
        State::Ready => 1,
        State::Syncing => 2,
        State::Starting => 3,
        State::Stalled => 4,
        State::Unreachable => 5,
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// From what to what.
    pub transition: Transition,
    /// For how long it was as before.
    pub lasted: Duration,
    /// Since when it is as it is now.
    pub at: Mono,
    /// Why it is as it is now, with the number.
    pub reason: String,
}

/// How the state and the checks stood when they were last looked at, and since when.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    state: Option<(State, Mono)>,
    checks: Vec<(CheckName, Level, Mono)>,
    /// How an earlier run reported checks last that were not good then.
    left: Vec<(CheckName, Level)>,
}

impl Standings {
    /// After a run that reported these checks last as not good. One that is good now has changed
    /// since, though nobody saw when.
    #[must_use]
    pub fn after_run(left: Vec<(CheckName, Level)>) -> Self {
        Self {
            left,
            ..Self::default()
        }
    }

    /// Compares `verdict` with the one before: every change since. The first one changes nothing
    /// but what is not good.
    pub fn observe(&mut self, verdict: &Verdict, now: Mono) -> Vec<Change> {
        let mut changes: Vec<Change> = self.observe_state(verdict, now).into_iter().collect();
        // Whatever ends while the daemon shuts down is no news.
        if verdict.state != State::Draining {
            changes.extend(
                verdict
                    .checks
                    .iter()
                    .filter_map(|check| self.observe_check(check, verdict.state, now)),
            );
        }
        changes
    }

    fn observe_state(&mut self, verdict: &Verdict, now: Mono) -> Option<Change> {
        let to = verdict.state;
        let (from, since) = *self.state.get_or_insert((to, now));
        if from == to {
            return None;
        }
        self.state = Some((to, now));
        let reason = verdict
            .answer(Question::Health, &[])
            .reasons
            .into_iter()
            .next();
        // Of a node that is well: how well.
        let reason = reason.or_else(|| verdict.check(CheckName::Sync).map(Check::reason));
        let transition = Transition::State { from, to };
        Some(Change {
            transition,
            lasted: now.since(since),
            at: now,
            reason: reason.unwrap_or_default(),
        })
    }

    fn observe_check(&mut self, check: &Check, state: State, now: Mono) -> Option<Change> {
        let name = check.name;
        let to = check.level;
        let known = self.checks.iter_mut().find(|(known, ..)| *known == name);
        let (from, since) = match known {
            _ if to == Level::Unknown => return None,
            Some((_, level, _)) if *level == to => return None,
            Some((_, level, since)) => {
                (std::mem::replace(level, to), std::mem::replace(since, now))
            }
            // It has not been looked at yet.
            None if to == Level::Bad && state == State::Starting => return None,
            None => {
                self.checks.push((name, to, now));
                let left = self.left.iter().find(|(left, _)| *left == name);
                let left = left.filter(|_| to == Level::Good);
                (left.map_or(Level::Unknown, |(_, level)| *level), now)
            }
        };
        let transition = Transition::Check { name, from, to };
        let is_first_good = from == Level::Unknown && to == Level::Good;
        (!is_first_good).then(|| Change {
            transition,
            lasted: now.since(since),
            at: now,
            reason: check.text.clone(),
        })
    }
}

/// A change that comes through.
#[derive(Clone, Debug, PartialEq)]
pub struct Damped {
    /// The change, from what was reported last of its subject.
    pub change: Change,
    /// So many others of the same subject were left out before it.
    pub left_out: u32,
}

/// What was reported of one subject, and what waits.
#[derive(Clone, Debug)]
struct Track {
    subject: Subject,
    /// When the last change was reported.
    reported: Mono,
    /// Since when it was as that change said.
    since: Mono,
    waiting: Option<Change>,
    /// Changes since the last report, without the one that waits.
    left_out: u32,
}

/// Holds changes back that follow one another closely.
#[derive(Clone, Debug, Default)]
pub struct Damper {
    tracks: Vec<Track>,
}

impl Damper {
    /// Between two changes of one subject that come through.
    pub const QUIET: Duration = Duration::from_secs(10);

    /// Takes in a change. It comes through at once, or waits.
    pub fn take(&mut self, change: Change, now: Mono) -> Option<Damped> {
        let subject = change.transition.subject();
        let Some(track) = self
            .tracks
            .iter_mut()
            .find(|track| track.subject == subject)
        else {
            self.tracks.push(Track {
                subject,
                reported: now,
                since: change.at,
                waiting: None,
                left_out: 0,
            });
            return Some(Damped {
                change,
                left_out: 0,
            });
        };
        track.add(change);
        track.pass(now)
    }

    /// The changes that have waited long enough.
    pub fn due(&mut self, now: Mono) -> Vec<Damped> {
        self.tracks
            .iter_mut()
            .filter_map(|track| track.pass(now))
            .collect()
    }
}

impl Track {
    fn add(&mut self, change: Change) {
        let Some(waiting) = self.waiting.take() else {
            self.waiting = Some(change);
            return;
        };
        self.left_out = self.left_out.saturating_add(1);
        match waiting.transition.and_then(change.transition) {
            Some(transition) => {
                self.waiting = Some(Change {
                    transition,
                    ..change
                });
            }
            // It is again as it was reported.
            None => self.left_out = self.left_out.saturating_add(1),
        }
    }

    fn pass(&mut self, now: Mono) -> Option<Damped> {
        if now.since(self.reported) < Damper::QUIET {
            return None;
        }
        let change = self.waiting.take()?;
        self.reported = now;
        // What was left out in between has not ended it.
        let lasted = change.at.since(self.since);
        self.since = change.at;
        Some(Damped {
            change: Change { lasted, ..change },
            left_out: std::mem::take(&mut self.left_out),
        })
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
