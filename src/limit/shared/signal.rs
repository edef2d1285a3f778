//! A question that is on its way, for those who wait for its answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::purses::Settled;

/// What has become of the call that a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It waits.
    Waiting,
    /// It waits no longer.
    Abandoned,
    /// It has its answer.
    Settled(Settled),
}

/// A question that is on its way.
pub(super) struct QuestionSignal {
    outcome: Mutex<Outcome>,
    answered: Notify,
}

impl QuestionSignal {
    pub(super) fn new() -> Self {
        Self {
            outcome: Mutex::new(Outcome::Waiting),
            answered: Notify::new(),
        }
    }

    /// Ends when the answer is there, also if that comes before it is polled.
    pub(super) fn answered(&self) -> Notified<'_> {
        self.answered.notified()
    }

    /// The call has its answer. Whether it still waits for that.
    pub(super) fn settle(&self, settled: Settled) -> bool {
        let mut outcome = self.outcome();
        let waits = *outcome == Outcome::Waiting;
        *outcome = Outcome::Settled(settled);
        drop(outcome);
        self.answered.notify_waiters();
        waits
    }

    /// Nobody waits for the answer any longer: what it is, if it is there.
    pub(super) fn abandon(&self) -> Option<Settled> {
        match std::mem::replace(&mut *self.outcome(), Outcome::Abandoned) {
            Outcome::Settled(settled) => Some(settled),
            Outcome::Waiting | Outcome::Abandoned => None,
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
