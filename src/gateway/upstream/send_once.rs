//! The right to send a call, as a type: a call that may have run is not sent again.
//!
//! Whoever sends a call gives up its [`UnsentCall`] and is left with a [`SentCall`]. From there
//! only evidence leads back: the node cannot have all of the call, it said that it has not run it,
//! it answered that it lacks what was asked for, or the table of classes lets the call run twice.
//! Each of these is a function here, and there is no other. Invariant: neither type can be copied,
//! so no call is at two nodes by mistake. Money may hang on it.

use super::call_failure::CallFailure;
use crate::gateway::inspection::LackingAnswer;
use crate::route::Resend;

/// A call that no node has run, or one that may run twice.
#[derive(Debug)]
#[must_use]
pub(in crate::gateway) struct UnsentCall(());

/// A call that a node may have run.
#[derive(Debug)]
#[must_use]
pub(in crate::gateway) struct SentCall(());

/// Whether a call that has failed may have run.
#[derive(Debug)]
pub(in crate::gateway) enum CallState {
    Unsent(UnsentCall),
    Sent(SentCall),
}

/// A node's answer that it has not run a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// It takes no call with these credentials.
    Unauthorized,
    /// Its own work queue is full.
    QueueFull,
}

impl UnsentCall {
    /// A request that was admitted: one for each, and for each node of a broadcast.
    pub(in crate::gateway) fn admitted() -> Self {
        Self(())
    }

    /// Its bytes are handed to a connection.
    pub(super) fn send(self) -> SentCall {
        let Self(right) = self;
        SentCall(right)
    }
}

impl SentCall {
    /// `failure` shows whether the node can have all of the call.
    pub(super) fn failed(self, failure: &CallFailure) -> CallState {
        match failure {
            CallFailure::Unsent(_) => CallState::Unsent(self.unsent()),
            CallFailure::Closed | CallFailure::Broken(_) | CallFailure::MalformedResponse(_) => {
                CallState::Sent(self)
            }
        }
    }

    /// The node said that it has not run the call.
    pub(super) fn rejected(self, _: Rejection) -> UnsentCall {
        self.unsent()
    }

    /// The node answered an error that another node may not answer: nothing was changed.
    pub(in crate::gateway) fn lacked(self, _: LackingAnswer) -> UnsentCall {
        self.unsent()
    }

    /// The answer shows less of the chain than its caller has seen, and is not passed on: it only
    /// read.
    pub(in crate::gateway) fn outdated(self, resend: Resend) -> CallState {
        self.repeat(resend)
    }

    /// The client's credentials were refused before anything ran.
    pub(in crate::gateway) fn unauthorized(self) -> UnsentCall {
        self.rejected(Rejection::Unauthorized)
    }

    /// The call may run twice if its class says so.
    pub(in crate::gateway) fn repeat(self, resend: Resend) -> CallState {
        match resend {
            Resend::Never => CallState::Sent(self),
            Resend::WithRemainingTime | Resend::Allowed => CallState::Unsent(self.unsent()),
        }
    }

    /// The right to send it again, for which each caller has its evidence.
    fn unsent(self) -> UnsentCall {
        let Self(right) = self;
        UnsentCall(right)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::gateway::upstream::wire::MalformedResponse;

    #[test]
    fn only_what_the_node_cannot_have_whole_is_unsent() {
        let error = || io::Error::from(io::ErrorKind::ConnectionReset);
        for (failure, may_have_run) in [
            (CallFailure::Unsent(error()), false),
            (CallFailure::Closed, true),
            (CallFailure::Broken(error()), true),
            (
                CallFailure::MalformedResponse(MalformedResponse::Length),
                true,
            ),
        ] {
            let state = UnsentCall::admitted().send().failed(&failure);
            assert_eq!(
                matches!(state, CallState::Sent(_)),
                may_have_run,
                "{failure}"
            );
        }
    }

    #[test]
    fn a_call_is_repeated_only_if_its_class_allows_it() {
        for (resend, is_sent) in [
            (Resend::Never, true),
            (Resend::WithRemainingTime, false),
            (Resend::Allowed, false),
        ] {
            let state = UnsentCall::admitted().send().repeat(resend);
            assert_eq!(matches!(state, CallState::Sent(_)), is_sent, "{resend:?}");
        }
    }
}
