//! One call at the node: sent, waited for, sent again where that is safe, and not forgotten when
//! its client goes.
//!
//! Invariant: a call that may have run is never sent twice. Money may hang on it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Span, debug, debug_span};

use super::abandon::NodeCall;
use super::answer::NodeAnswer;
use super::connection::{CallFailure, NodeConnection};
use super::node_request::{Deadlines, LoginAs, NodeRequest};
use super::permit::Permit;
use super::wire::ResponseHead;
use super::{Upstream, UpstreamHandle};
use crate::clock;
use crate::gateway::rare_future::{RareFuture, traced};
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_timer::ReusableTimer;
use crate::node::rpc::{CurrentCredentials, Destination};
use crate::values::Mono;

impl UpstreamHandle {
    /// Calls the node with `permit`, which was acquired at `now` and is released when the answer
    /// begins.
    pub(in crate::gateway) async fn call(
        &mut self,
        outgoing: &NodeRequest<'_>,
        (mut permit, mut now): (Permit, Mono),
        until: Deadlines,
        timer: &mut ReusableTimer,
    ) -> Result<(ResponseHead, NodeAnswer), CallRefusal> {
        let destination = self.destination.load();
        let upstream = &*self.upstream;
        let mut tries = CallAttempts {
            last_sent: destination.credentials(),
            was_refused: false,
            pauses: Pause::default(),
        };
        loop {
            let (own, authorization) = match outgoing.login {
                LoginAs::Client(header) => (false, header),
                LoginAs::Own => (true, tries.last_sent.header().map(HeaderValue::as_bytes)),
            };
            let attempt = || {
                upstream.attempt(
                    outgoing,
                    authorization,
                    (destination, timer),
                    (permit, now),
                    until,
                )
            };
            let span = span(destination);
            let answered = if span.is_disabled() {
                attempt().await
            } else {
                traced(span, attempt()).await
            };
            let (head, answer);
            (head, answer, permit) = answered?;
            let may_be_sent_again = match head.status {
                // A client sees the answer to its own credentials.
                StatusCode::UNAUTHORIZED => own,
                StatusCode::SERVICE_UNAVAILABLE => true,
                _ => false,
            };
            if !may_be_sent_again {
                if let Some(login) = permit.login.take() {
                    login.judged(head.status);
                }
                return Ok((head, answer));
            }
            if let Some(answer) = upstream
                .look_at_refusal(head, answer, destination, &mut tries, until)
                .await?
            {
                return Ok(answer);
            }
            now = clock::mono();
        }
    }
}

impl Upstream {
    /// The node has refused our credentials, or is overloaded: `None` if the call can be sent again
    /// now.
    #[inline(never)]
    fn look_at_refusal<'a>(
        &'a self,
        head: ResponseHead,
        mut answer: NodeAnswer,
        destination: &'a Destination,
        tries: &'a mut CallAttempts,
        until: Deadlines,
    ) -> RareFuture<'a, Result<Option<(ResponseHead, NodeAnswer)>, CallRefusal>> {
        Box::pin(async move {
            if head.status == StatusCode::UNAUTHORIZED {
                if tries.was_refused || !destination.read_credentials_again(&tries.last_sent).await
                {
                    self.metrics.auth_failed("node");
                    let detail = destination.describe_credentials();
                    let refused = format!("the node refuses bllvmctl's own credentials: {detail}");
                    return Err(CallRefusal::NodeDown(refused));
                }
                (tries.was_refused, tries.last_sent) = (true, destination.credentials());
                return Ok(None);
            }
            let read = poll_fn(|context| answer.poll_ahead(MAX_OVERLOAD_BODY_BYTES, context));
            if timeout_at(until.request, read).await.is_err() || !is_overload(answer.ahead()) {
                return Ok(Some((head, answer)));
            }
            self.metrics.overload.inc();
            if answer.is_whole() {
                self.pool.give_back(answer.into_parts().1, clock::mono());
            }
            let pause = tries.pauses.next();
            if clock::deadline(pause) >= until.queue {
                return Err(CallRefusal::Busy(
                    "the node's own work queue is full (-rpcworkqueue, rpc.max_in_flight)"
                        .to_owned(),
                ));
            }
            debug!(
                pause_ms = pause.as_secs_f64() * 1e3,
                "the node's own work queue is full, trying again"
            );
            sleep(pause).await;
            Ok(None)
        })
    }

    /// Sends `outgoing` once. It is sent over another connection only if it was certainly not sent.
    async fn attempt(
        &self,
        outgoing: &NodeRequest<'_>,
        authorization: Option<&[u8]>,
        (destination, timer): (&Arc<Destination>, &mut ReusableTimer),
        (mut permit, mut now): (Permit, Mono),
        until: Deadlines,
    ) -> Result<(ResponseHead, NodeAnswer, Permit), CallRefusal> {
        loop {
            let idle =
                poll_fn(|context| Poll::Ready(self.pool.take(destination, now, context))).await;
            let mut connection = match idle {
                Some(connection) => connection,
                None => open(destination).await.map_err(CallRefusal::NodeDown)?,
            };
            let reused = connection.reused;
            connection.begin(outgoing, authorization);
            let is_long_poll = permit.is_long_poll();
            let mut at_node = NodeCall::new(self, connection, permit);
            let ended = if is_long_poll {
                self.wait_for_block(&mut at_node, until.request, timer)
                    .await?
            } else {
                at_node.answer(until.request, timer).await
            };
            let Some(ended) = ended else {
                return Err(CallRefusal::NodeTimedOut);
            };
            let (Some(used), Some(kept)) = at_node.end() else {
                return Err(CallRefusal::NoAnswer("the call was lost".to_owned()));
            };
            let failure = match ended {
                Ok(head) => return Ok((head, NodeAnswer::new(used), kept)),
                Err(CallFailure::Unsent(_)) if reused => {
                    (permit, now) = (kept, clock::mono());
                    continue;
                }
                Err(failure) => failure,
            };
            return Err(failed(destination, &failure));
        }
    }

    /// The answer to a long poll, unless the daemon shuts down before.
    #[inline(never)]
    fn wait_for_block<'a>(
        &'a self,
        at_node: &'a mut NodeCall<'_>,
        deadline: Instant,
        timer: &'a mut ReusableTimer,
    ) -> RareFuture<'a, Result<Option<Result<ResponseHead, CallFailure>>, CallRefusal>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                answered = at_node.answer(deadline, timer) => Ok(answered),
                () = self.shutting_down.cancelled() => Err(CallRefusal::Busy("bllvmctl is shutting down".to_owned())),
            }
        })
    }
}

/// A span for debugging.
#[inline(never)]
fn span(destination: &Destination) -> Span {
    debug_span!("node_call", node = %destination)
}

#[inline(never)]
fn open(destination: &Arc<Destination>) -> RareFuture<'_, Result<Box<NodeConnection>, String>> {
    Box::pin(NodeConnection::open(destination))
}

#[cold]
fn failed(destination: &Destination, failure: &CallFailure) -> CallRefusal {
    let detail = format!("the node at {destination} did not answer: {failure}");
    match failure {
        CallFailure::Unsent(_) => CallRefusal::NodeDown(detail),
        _ => CallRefusal::NoAnswer(detail),
    }
}

/// The attempts at one call so far.
struct CallAttempts {
    /// The credentials that the node received last, and whether it refused earlier ones.
    last_sent: CurrentCredentials,
    was_refused: bool,
    pauses: Pause,
}

/// A refusal for overload is not longer.
const MAX_OVERLOAD_BODY_BYTES: usize = 1024;

/// Core's words when all workers are taken and its queue is full: the call has not run.
fn is_overload(body: &[u8]) -> bool {
    const OVERLOAD_MESSAGE: &[u8] = b"Work queue depth exceeded";
    body.windows(OVERLOAD_MESSAGE.len())
        .any(|window| window == OVERLOAD_MESSAGE)
}

/// The pause before a call is sent again: doubled each time, from two milliseconds to a twentieth
/// of a second.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    fn next(&mut self) -> Duration {
        const FIRST_PAUSE_MS: u64 = 2;
        const MAX_PAUSE_MS: u64 = 50;
        let pause = (FIRST_PAUSE_MS << self.0.min(5)).min(MAX_PAUSE_MS);
        self.0 += 1;
        Duration::from_millis(pause)
    }
}
