//! All checks together, and the answers that follow from them.

use std::time::Duration;

use super::check::{Check, CheckName, Level};
use super::state::State;
use super::sync::Behind;

/// What a probe asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Should it be restarted?
    Live,
    /// Only the daemon's own loops.
    LiveDaemon,
    /// May traffic be sent to it?
    Ready,
    /// Is all well?
    Health,
}

impl Question {
    /// The checks the answer hangs on.
    #[must_use]
    pub fn gates(self) -> &'static [CheckName] {
        use CheckName::{Chain, Credentials, Daemon, Node, Stall, Storage, Sync};
        match self {
            Self::LiveDaemon => &[Daemon],
            Self::Live => &[Daemon, Node],
            Self::Ready => &[Daemon, Node, Credentials, Chain, Sync, Storage],
            Self::Health => &[Daemon, Node, Credentials, Chain, Sync, Storage, Stall],
        }
    }

    /// Asks about life: other rules than whether work can be done.
    #[must_use]
    pub fn is_about_life(self) -> bool {
        matches!(self, Self::Live | Self::LiveDaemon)
    }
}

/// Everything that can be said of the node's health at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The state in one word.
    pub state: State,
    /// The chain is initialised.
    pub chain_initialized: bool,
    /// The storage is available.
    pub storage_available: bool,
    /// How far the node is behind, once it reports its chain.
    pub behind: Option<Behind>,
    /// Time until it is not.
    pub eta: Option<Duration>,
    /// All checks, in the order of [`CheckName::ALL`]: of one node those that are a node's.
    pub checks: Vec<Check>,
    /// The two that decide about life: `daemon` and `node`, which is bad only after a long silence.
    pub life: Vec<Check>,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// Yes.
    pub ok: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// What was looked at.
    pub checks: Vec<&'a Check>,
}

impl Verdict {
    /// Answers `question`, leaving out the checks in `exclude`.
    #[must_use]
    pub fn answer(&self, question: Question, exclude: &[CheckName]) -> Outcome<'_> {
        let gates = question.gates();
        let looked_at = if question.is_about_life() {
            &self.life
        } else {
            &self.checks
        };
        let of_interest = |check: &&Check| {
            !exclude.contains(&check.name)
                && (!question.is_about_life() || gates.contains(&check.name))
        };
        let checks: Vec<&Check> = looked_at.iter().filter(of_interest).collect();
        let bad = |check: &&&Check| check.level == Level::Bad && gates.contains(&check.name);
        let reasons: Vec<String> = checks
            .iter()
            .filter(bad)
            .map(|check| check.reason())
            .collect();
        Outcome {
            ok: reasons.is_empty(),
            reasons,
            checks,
        }
    }

    /// The check `name`.
    #[must_use]
    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}
