//! A question in flight, for the calls that wait for its answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::purses::CallSettlement;

/// What has become of the call that a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalOutcome {
    /// It waits.
    Waiting,
    /// It waits no longer.
    Abandoned,
    /// It has its answer.
    Settled(CallSettlement),
}

/// A question that is on its way.
pub(super) struct QuestionSignal {
    outcome: Mutex<SignalOutcome>,
    answered: Notify,
}

impl QuestionSignal {
    pub(super) fn new() -> Self {
        Self {
            outcome: Mutex::new(SignalOutcome::Waiting),
            answered: Notify::new(),
        }
    }

    /// Ends when the answer is there, also if that comes before it is polled.
    pub(super) fn answered(&self) -> Notified<'_> {
        self.answered.notified()
    }

    /// The call has its answer. Whether it still waits for that.
    pub(super) fn settle(&self, settled: CallSettlement) -> bool {
        let mut outcome = self.outcome();
        let waits = *outcome == SignalOutcome::Waiting;
        *outcome = SignalOutcome::Settled(settled);
        drop(outcome);
        self.answered.notify_waiters();
        waits
    }

    /// Nobody waits for the answer any longer: what it is, if it is there.
    pub(super) fn abandon(&self) -> Option<CallSettlement> {
        match std::mem::replace(&mut *self.outcome(), SignalOutcome::Abandoned) {
            SignalOutcome::Settled(settled) => Some(settled),
            SignalOutcome::Waiting | SignalOutcome::Abandoned => None,
        }
    }

    fn outcome(&self) -> MutexGuard<'_, SignalOutcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
