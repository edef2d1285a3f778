//! A call at the node that outlives its client.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Upstream;
use super::call_failure::CallFailure;
use super::connection::NodeConnection;
use super::node_request::Deadlines;
use super::permit::Permit;
use super::wire::ResponseHead;
use crate::clock;
use crate::gateway::rare_future::RareFuture;
use crate::gateway::reusable_timer::ReusableTimer;
use crate::gateway::reusable_waits::ReusableWaits;

/// A call at the node. Dropped before the answer, it goes on without its client: it keeps its
/// worker in the node, so it keeps its slot here.
pub(super) struct NodeCall<'a> {
    upstream: &'a Upstream,
    connection: Option<Box<NodeConnection>>,
    permit: Option<Permit>,
}

/// How the wait for an answer ended.
pub(super) enum WaitEnd {
    /// Its head came, or there will be none.
    Answered(Result<ResponseHead, CallFailure>),
    TimedOut,
    /// The node is not used any longer.
    Left,
}

impl WaitEnd {
    fn of(answer: Option<Result<ResponseHead, CallFailure>>) -> Self {
        answer.map_or(Self::TimedOut, Self::Answered)
    }
}

impl Drop for NodeCall<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.upstream.abandon(connection, self.permit.take());
        }
    }
}

impl<'a> NodeCall<'a> {
    /// A call that was sent over `connection`.
    pub(super) fn new(
        upstream: &'a Upstream,
        connection: Box<NodeConnection>,
        permit: Permit,
    ) -> Self {
        Self {
            upstream,
            connection: Some(connection),
            permit: Some(permit),
        }
    }

    /// The head of its answer, until its deadline, or until its node is
    /// left.
    pub(super) async fn answer(
        &mut self,
        until: Deadlines<'_>,
        waits: &mut ReusableWaits,
    ) -> WaitEnd {
        let ReusableWaits {
            timer, departure, ..
        } = waits;
        let Some(left) = until.leave.sent else {
            return WaitEnd::of(self.answer_in_time(until.request, timer).await);
        };
        tokio::select! {
            biased;
            answer = self.answer_in_time(until.request, timer) => WaitEnd::of(answer),
            () = departure.given(left) => WaitEnd::Left,
        }
    }

    /// The head of its answer; `None` once `deadline` is past.
    async fn answer_in_time(
        &mut self,
        deadline: Instant,
        timer: &mut ReusableTimer,
    ) -> Option<Result<ResponseHead, CallFailure>> {
        let connection = self.connection.as_mut()?;
        let permit = self.permit.as_mut();
        if let Some(permit) = permit.filter(|permit| permit.is_unverified())
            && let Some(answer) = answer_of_unverified(connection, permit, deadline).await
        {
            return Some(answer);
        }
        connection.answer_until(deadline, timer).await
    }

    /// It has ended.
    pub(super) fn end(mut self) -> (Option<Box<NodeConnection>>, Option<Permit>) {
        (self.connection.take(), self.permit.take())
    }
}

impl Upstream {
    /// Waits for the end of a call whose client has gone, since it keeps a worker in the node until
    /// then, and its credentials may be wrong.
    #[cold]
    fn abandon(&self, mut connection: Box<NodeConnection>, mut permit: Option<Permit>) {
        // What the node does not have whole it does not run.
        if !connection.is_sent() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        self.abandoned.spawn_on(
            async move {
                let early = match permit.as_mut().filter(|permit| permit.is_unverified()) {
                    Some(permit) => {
                        answer_of_unverified(
                            &mut connection,
                            permit,
                            clock::deadline(REFUSAL_TIMEOUT),
                        )
                        .await
                    }
                    None => None,
                };
                // The rest of the answer is dropped.
                let answer = match early {
                    Some(answer) => answer,
                    None => connection.answer().await,
                };
                if let Some(login) = permit.and_then(|permit| permit.login)
                    && let Ok(head) = answer
                {
                    login.judged(head.status);
                }
            },
            &runtime,
        );
    }
}

/// A node that is at work on a call has not refused its credentials: bitcoind sleeps 250 ms before
/// it says that.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The answer to a call with unverified credentials, if it comes as soon as a refusal would, or
/// before `deadline`; else `permit` releases its slot for such calls. A long poll would otherwise
/// keep all new callers out.
#[inline(never)]
pub(super) fn answer_of_unverified<'a>(
    connection: &'a mut NodeConnection,
    permit: &'a mut Permit,
    deadline: Instant,
) -> RareFuture<'a, Option<Result<ResponseHead, CallFailure>>> {
    Box::pin(async move {
        let until = deadline.min(clock::deadline(REFUSAL_TIMEOUT));
        let answer = timeout_at(until, connection.answer()).await.ok();
        if answer.is_none() {
            permit.give_unverified_back();
        }
        answer
    })
}
