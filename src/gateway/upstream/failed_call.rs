//! How a call to a node ended without an answer that can be passed on.

use super::send_once::{CallState, SentCall, UnsentCall};
use crate::gateway::refusal::CallRefusal;
use crate::metrics::UpstreamOutcome;

/// A call to a node without an answer that can be passed on.
#[derive(Debug)]
pub(in crate::gateway) struct FailedCall {
    /// How it is counted.
    pub(in crate::gateway) outcome: UpstreamOutcome,
    /// What the client is answered if nobody else is asked.
    pub(in crate::gateway) refusal: CallRefusal,
    /// Whether it may have run.
    pub(in crate::gateway) state: CallState,
}

impl FailedCall {
    /// One that has not run.
    pub(super) fn unsent(call: UnsentCall, outcome: UpstreamOutcome, refusal: CallRefusal) -> Self {
        Self {
            outcome,
            refusal,
            state: CallState::Unsent(call),
        }
    }

    /// One that may have run.
    pub(super) fn sent(call: SentCall, outcome: UpstreamOutcome, refusal: CallRefusal) -> Self {
        Self {
            outcome,
            refusal,
            state: CallState::Sent(call),
        }
    }
}
