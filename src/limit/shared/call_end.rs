//! How calls to the store end.

use std::sync::Arc;

use super::limits::{PendingQuestion, SharedLimits};
use super::purses::StoreAnswer;
use super::store::LimitStoreError;

/// How something in flight has ended.
pub(super) enum Ended {
    /// The connection is closed.
    Connection,
    /// A question, an announcement or a posting.
    Call(Result<(), CallEnd>),
}

/// Why a call to the store has not done what it should.
pub(super) enum CallEnd {
    Late,
    AnotherSecret,
    Failed(LimitStoreError),
}

/// A question whose answer is awaited; without one it ends unanswered.
pub(super) struct AwaitedAnswer {
    pub(super) limits: Arc<SharedLimits>,
    pub(super) ask: Option<PendingQuestion>,
}

impl AwaitedAnswer {
    pub(super) fn end(&mut self, answer: Option<&StoreAnswer>) {
        if let Some(ask) = self.ask.take() {
            self.limits.settle(&ask, answer);
        }
    }
}

impl Drop for AwaitedAnswer {
    fn drop(&mut self) {
        self.end(None);
    }
}
