//! One call at the node: sent, waited for, sent again where that is safe, and not forgotten when
//! its client goes.
//!
//! Invariant: a call that may have run is never sent twice. Money may hang on it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::time::{sleep, timeout_at};
use tracing::{Span, debug, debug_span};

use super::abandon::{NodeCall, WaitEnd};
use super::answer::NodeAnswer;
use super::call_failure::CallFailure;
use super::connection::NodeConnection;
use super::failed_call::FailedCall;
use super::node_request::{Deadlines, LoginAs, NodeRequest};
use super::permit::Permit;
use super::presence::{DepartureSignal, departed};
use super::send_once::{CallState, Rejection, SentCall, UnsentCall};
use super::wire::ResponseHead;
use super::{Upstream, UpstreamHandle};
use crate::clock;
use crate::gateway::lines::HeaderLines;
use crate::gateway::rare_future::{RareFuture, traced};
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_waits::ReusableWaits;
use crate::metrics::UpstreamOutcome;
use crate::node::rpc::{CurrentCredentials, Destination};
use crate::values::Mono;

/// A node's answer.
pub(in crate::gateway) struct UpstreamReply {
    pub(in crate::gateway) head: ResponseHead,
    pub(in crate::gateway) answer: NodeAnswer,
}

impl UpstreamReply {
    /// A success with `body` in place of an answer that was read to its end.
    pub(in crate::gateway) fn replaced(mut self, body: Bytes) -> Self {
        let mut lines = HeaderLines::default();
        lines.push("Content-Type", b"application/json");
        self.answer.replace(body);
        self.head = ResponseHead {
            status: StatusCode::OK,
            reason: None,
            lines,
            ..self.head
        };
        self
    }
}

/// A call that a node has answered.
pub(in crate::gateway) struct AnsweredCall {
    pub(in crate::gateway) reply: UpstreamReply,
    pub(in crate::gateway) call: SentCall,
}

impl AnsweredCall {
    /// Reads the rest of a body that is not passed on before all of it is there.
    pub(in crate::gateway) async fn read_rest(
        mut self,
        until: Deadlines<'_>,
    ) -> Result<Self, FailedCall> {
        let answer = &mut self.reply.answer;
        if !answer.is_whole() {
            let rest = poll_fn(|context| answer.poll_ahead(usize::MAX, context));
            let ended = tokio::select! {
                biased;
                read = timeout_at(until.request, rest) => read.is_ok(),
                () = departed(until.leave.sent) => {
                    let refusal = CallRefusal::NoAnswer("the node has stopped answering".to_owned());
                    return Err(FailedCall::sent(self.call, UpstreamOutcome::Left, refusal));
                }
            };
            if !ended {
                let outcome = UpstreamOutcome::TimedOut;
                let refusal = CallRefusal::NodeTimedOut;
                return Err(FailedCall::sent(self.call, outcome, refusal));
            }
            if !self.reply.answer.is_whole() {
                let refusal = CallRefusal::NoAnswer("the node's answer broke off".to_owned());
                return Err(FailedCall::sent(
                    self.call,
                    UpstreamOutcome::NoAnswer,
                    refusal,
                ));
            }
        }
        Ok(self)
    }
}

impl UpstreamHandle {
    /// Calls the node with `permit`, which was acquired at `now` and is released when the answer
    /// begins.
    pub(in crate::gateway) async fn call(
        &self,
        outgoing: &NodeRequest<'_>,
        mut call: UnsentCall,
        (mut permit, mut now): (Permit, Mono),
        until: Deadlines<'_>,
        waits: &mut ReusableWaits,
    ) -> Result<AnsweredCall, FailedCall> {
        let destination = &self.destination;
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
                    (destination, waits),
                    (call, permit, now),
                    until,
                )
            };
            let span = span(destination);
            let answered = if span.is_disabled() {
                attempt().await
            } else {
                traced(span, attempt()).await
            };
            let answered_call;
            (answered_call, permit) = answered?;
            let may_be_sent_again = match answered_call.reply.head.status {
                // A client sees the answer to its own credentials.
                StatusCode::UNAUTHORIZED => own,
                StatusCode::SERVICE_UNAVAILABLE => true,
                _ => false,
            };
            if !may_be_sent_again {
                if let Some(login) = permit.login.take() {
                    login.judged(answered_call.reply.head.status);
                }
                return Ok(answered_call);
            }
            call = match upstream
                .look_at_refusal(answered_call, destination, &mut tries, until)
                .await?
            {
                RefusalLook::Answer(answered_call) => return Ok(answered_call),
                RefusalLook::Again(call) => call,
            };
            now = clock::mono();
        }
    }
}

/// What comes of an answer that may be a refusal.
enum RefusalLook {
    /// It is an answer as any other.
    Answer(AnsweredCall),
    /// The call can be sent again now.
    Again(UnsentCall),
}

impl Upstream {
    /// The node has refused our credentials, or is overloaded: whether the call can be sent again
    /// now.
    #[inline(never)]
    fn look_at_refusal<'a>(
        &'a self,
        AnsweredCall { reply, call }: AnsweredCall,
        destination: &'a Destination,
        tries: &'a mut CallAttempts,
        until: Deadlines<'a>,
    ) -> RareFuture<'a, Result<RefusalLook, FailedCall>> {
        Box::pin(async move {
            let UpstreamReply { head, mut answer } = reply;
            if head.status == StatusCode::UNAUTHORIZED {
                let call = call.rejected(Rejection::Unauthorized);
                if tries.was_refused || !destination.read_credentials_again(&tries.last_sent).await
                {
                    self.metrics.auth_failed("node");
                    let detail = destination.describe_credentials();
                    let refused = format!("the node refuses bllvmctl's own credentials: {detail}");
                    let refusal = CallRefusal::NodeDown(refused);
                    let outcome = UpstreamOutcome::Unauthorized;
                    return Err(FailedCall::unsent(call, outcome, refusal));
                }
                tries.was_refused = true;
                tries.last_sent = destination.credentials();
                return Ok(RefusalLook::Again(call));
            }
            let read = poll_fn(|context| answer.poll_ahead(MAX_OVERLOAD_BODY_BYTES, context));
            if timeout_at(until.request, read).await.is_err() || !is_overload(answer.ahead()) {
                let reply = UpstreamReply { head, answer };
                return Ok(RefusalLook::Answer(AnsweredCall { reply, call }));
            }
            let call = call.rejected(Rejection::QueueFull);
            self.metrics.overload.inc();
            if answer.is_whole() {
                self.pool.give_back(answer.into_parts().1, clock::mono());
            }
            let pause = tries.pauses.next();
            if until.leave.if_queue_full || clock::deadline(pause) >= until.queue {
                let full = "the node's own work queue is full (-rpcworkqueue, rpc.max_in_flight)";
                let refusal = CallRefusal::Busy(full.to_owned());
                return Err(FailedCall::unsent(
                    call,
                    UpstreamOutcome::QueueFull,
                    refusal,
                ));
            }
            debug!(
                pause_ms = pause.as_secs_f64() * 1e3,
                "the node's own work queue is full, trying again"
            );
            sleep(pause).await;
            Ok(RefusalLook::Again(call))
        })
    }

    /// Sends `outgoing` once. It is sent over another connection only if it was certainly not sent.
    async fn attempt(
        &self,
        outgoing: &NodeRequest<'_>,
        authorization: Option<&[u8]>,
        (destination, waits): (&Arc<Destination>, &mut ReusableWaits),
        (mut call, mut permit, mut now): (UnsentCall, Permit, Mono),
        until: Deadlines<'_>,
    ) -> Result<(AnsweredCall, Permit), FailedCall> {
        loop {
            let idle =
                poll_fn(|context| Poll::Ready(self.pool.take(destination, now, context))).await;
            let mut connection = match idle {
                Some(connection) => connection,
                None => match open(destination, until.leave.unsent).await {
                    Ok(connection) => connection,
                    Err((outcome, detail)) => {
                        let refusal = CallRefusal::NodeDown(detail);
                        return Err(FailedCall::unsent(call, outcome, refusal));
                    }
                },
            };
            let reused = connection.reused;
            let sent = connection.begin(outgoing, authorization, call);
            let is_long_poll = permit.is_long_poll();
            let mut at_node = NodeCall::new(self, connection, permit);
            let ended = if is_long_poll {
                self.wait_for_block(&mut at_node, until, waits).await
            } else {
                Some(at_node.answer(until, waits).await)
            };
            let failure = match ended {
                Some(WaitEnd::Answered(answered)) => {
                    let (Some(used), Some(kept)) = at_node.end() else {
                        let refusal = CallRefusal::NoAnswer("the call was lost".to_owned());
                        return Err(FailedCall::sent(sent, UpstreamOutcome::NoAnswer, refusal));
                    };
                    permit = kept;
                    match answered {
                        Ok(head) => {
                            let answer = NodeAnswer::new(used);
                            let reply = UpstreamReply { head, answer };
                            let call = sent;
                            return Ok((AnsweredCall { reply, call }, permit));
                        }
                        Err(failure) => failure,
                    }
                }
                ended => return Err(unanswered(sent, destination, ended.as_ref())),
            };
            match sent.failed(&failure) {
                CallState::Unsent(unsent) if reused => {
                    call = unsent;
                    now = clock::mono();
                }
                state => return Err(failed(destination, &failure, state)),
            }
        }
    }

    /// The answer to a long poll; none if the daemon shuts down before.
    #[inline(never)]
    fn wait_for_block<'a>(
        &'a self,
        at_node: &'a mut NodeCall<'_>,
        until: Deadlines<'a>,
        waits: &'a mut ReusableWaits,
    ) -> RareFuture<'a, Option<WaitEnd>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                ended = at_node.answer(until, waits) => Some(ended),
                () = self.shutting_down.cancelled() => None,
            }
        })
    }
}

/// A span for debugging.
#[inline(never)]
fn span(destination: &Destination) -> Span {
    debug_span!("node_call", node = %destination)
}

/// Connects to the node, unless it is left before.
#[inline(never)]
fn open<'a>(
    destination: &'a Arc<Destination>,
    left: Option<&'a Arc<DepartureSignal>>,
) -> RareFuture<'a, Result<Box<NodeConnection>, (UpstreamOutcome, String)>> {
    Box::pin(async move {
        tokio::select! {
            biased;
            opened = NodeConnection::open(destination) => {
                opened.map_err(|detail| (UpstreamOutcome::Unreachable, detail))
            }
            () = departed(left) => Err((UpstreamOutcome::Left, left_detail(destination))),
        }
    })
}

fn left_detail(destination: &Destination) -> String {
    format!("the node at {destination} has stopped answering")
}

/// A call whose answer is not waited for any longer; `None`: the daemon shuts down.
#[cold]
fn unanswered(call: SentCall, destination: &Destination, end: Option<&WaitEnd>) -> FailedCall {
    match end {
        Some(WaitEnd::Left) => {
            let refusal = CallRefusal::NoAnswer(left_detail(destination));
            FailedCall::sent(call, UpstreamOutcome::Left, refusal)
        }
        Some(_) => FailedCall::sent(call, UpstreamOutcome::TimedOut, CallRefusal::NodeTimedOut),
        None => {
            let refusal = CallRefusal::Busy("bllvmctl is shutting down".to_owned());
            FailedCall::sent(call, UpstreamOutcome::ShuttingDown, refusal)
        }
    }
}

#[cold]
fn failed(destination: &Destination, failure: &CallFailure, state: CallState) -> FailedCall {
    let detail = format!("the node at {destination} did not answer: {failure}");
    let (outcome, refusal) = match &state {
        CallState::Unsent(_) => (UpstreamOutcome::Unreachable, CallRefusal::NodeDown(detail)),
        CallState::Sent(_) => (UpstreamOutcome::NoAnswer, CallRefusal::NoAnswer(detail)),
    };
    FailedCall {
        outcome,
        refusal,
        state,
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
