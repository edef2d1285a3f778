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
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Span, debug, debug_span};

use super::admission::Permit;
use super::alarm::Alarm;
use super::body::Answer;
use super::client::Way;
use super::connection::{Connection, Failure};
use super::refusal::Refusal;
use super::wire::Head;
use super::{Gateway, Rare, traced};
use crate::clock;
use crate::logging::RequestId;
use crate::node::rpc::{Shown, Upstream};
use crate::values::Mono;

/// What is sent to the node.
pub(super) struct Outgoing<'a> {
    /// Below that of the node.
    pub(super) path: &'a str,
    pub(super) login: Login<'a>,
    pub(super) content_type: Option<&'a [u8]>,
    /// It can stand in a header: one of ours is hexadecimal, one of a client was checked.
    pub(super) request_id: &'a RequestId,
    pub(super) body: &'a Bytes,
}

/// With which credentials the node is called.
pub(super) enum Login<'a> {
    /// Those the client sent, if it did.
    Clients(Option<&'a [u8]>),
    /// The daemon's, which no client sees.
    Own,
}

/// Until when something is waited for.
#[derive(Clone, Copy)]
pub(super) struct Deadlines {
    /// For a place at the node, which may have a queue of its own.
    pub(super) queue: Instant,
    /// For the whole answer.
    pub(super) request: Instant,
}

/// A call that is at the node. Dropped before the answer, it goes on without its client: it keeps
/// its worker in the node, so it keeps its place here.
struct AtNode<'a> {
    gateway: &'a Gateway,
    connection: Option<Box<Connection>>,
    permit: Option<Permit>,
}

impl Drop for AtNode<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.gateway.abandon(connection, self.permit.take());
        }
    }
}

impl AtNode<'_> {
    async fn answer(
        &mut self,
        deadline: Instant,
        alarm: &mut Alarm,
    ) -> Option<Result<Head, Failure>> {
        let (connection, permit) = (self.connection.as_mut()?, self.permit.as_mut());
        if let Some(permit) = permit.filter(|permit| permit.has_share())
            && let Some(answer) = answer_of_unverified(connection, permit, deadline).await
        {
            return Some(answer);
        }
        connection.answer_until(deadline, alarm).await
    }

    fn end(mut self) -> (Option<Box<Connection>>, Option<Permit>) {
        (self.connection.take(), self.permit.take())
    }
}

impl Gateway {
    /// Calls the node with `permit`, which was got `now` and is given back when the answer begins.
    pub(super) async fn call_node(
        &self,
        outgoing: &Outgoing<'_>,
        (mut permit, mut now): (Permit, Mono),
        until: Deadlines,
        way: &mut Way,
    ) -> Result<(Head, Answer), Refusal> {
        let (upstream, alarm) = (way.upstream.load(), &mut way.alarm);
        let mut tries = Tries {
            shown: upstream.credentials(),
            was_refused: false,
            pauses: Pause::default(),
        };
        loop {
            let (own, authorization) = match outgoing.login {
                Login::Clients(header) => (false, header),
                Login::Own => (true, tries.shown.header().map(HeaderValue::as_bytes)),
            };
            let attempt = || {
                self.attempt(
                    outgoing,
                    authorization,
                    (upstream, alarm),
                    (permit, now),
                    until,
                )
            };
            let span = span(upstream);
            let answered = if span.is_disabled() {
                attempt().await
            } else {
                traced(span, attempt()).await
            };
            let (head, answer);
            (head, answer, permit) = answered?;
            let may_be_sent_again = match head.status {
                // Of the client's own credentials the client is told.
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
            if let Some(answer) = self
                .look_at_refusal(head, answer, upstream, &mut tries, until)
                .await?
            {
                return Ok(answer);
            }
            now = clock::mono();
        }
    }

    /// The node has refused our credentials, or is overloaded: `None` if the call can be sent again
    /// now.
    #[inline(never)]
    fn look_at_refusal<'a>(
        &'a self,
        head: Head,
        mut answer: Answer,
        upstream: &'a Upstream,
        tries: &'a mut Tries,
        until: Deadlines,
    ) -> Rare<'a, Result<Option<(Head, Answer)>, Refusal>> {
        Box::pin(async move {
            if head.status == StatusCode::UNAUTHORIZED {
                if tries.was_refused || !upstream.read_credentials_again(&tries.shown).await {
                    self.front.auth_failed("node");
                    let detail = upstream.describe_credentials();
                    let refused = format!("the node refuses bllvmctl's own credentials: {detail}");
                    return Err(Refusal::NodeDown(refused));
                }
                (tries.was_refused, tries.shown) = (true, upstream.credentials());
                return Ok(None);
            }
            let read = poll_fn(|context| answer.poll_ahead(LONGEST_OVERLOAD, context));
            if timeout_at(until.request, read).await.is_err() || !is_overload(answer.ahead()) {
                return Ok(Some((head, answer)));
            }
            self.front.overload.inc();
            if answer.is_whole() {
                self.pool.give_back(answer.into_parts().1, clock::mono());
            }
            let pause = tries.pauses.next();
            if clock::deadline(pause) >= until.queue {
                return Err(Refusal::Busy(
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

    /// Sends `outgoing` once. Only what was certainly not sent is sent over another connection.
    async fn attempt(
        &self,
        outgoing: &Outgoing<'_>,
        authorization: Option<&[u8]>,
        (upstream, alarm): (&Arc<Upstream>, &mut Alarm),
        (mut permit, mut now): (Permit, Mono),
        until: Deadlines,
    ) -> Result<(Head, Answer, Permit), Refusal> {
        loop {
            let idle = poll_fn(|context| Poll::Ready(self.pool.take(upstream, now, context))).await;
            let mut connection = match idle {
                Some(connection) => connection,
                None => open(upstream).await.map_err(Refusal::NodeDown)?,
            };
            let reused = connection.reused;
            connection.begin(outgoing, authorization);
            let is_long_poll = permit.is_of_long_poll();
            let mut at_node = AtNode {
                gateway: self,
                connection: Some(connection),
                permit: Some(permit),
            };
            let ended = if is_long_poll {
                self.wait_for_block(&mut at_node, until.request, alarm)
                    .await?
            } else {
                at_node.answer(until.request, alarm).await
            };
            let Some(ended) = ended else {
                return Err(Refusal::NodeTimedOut);
            };
            let (Some(used), Some(kept)) = at_node.end() else {
                return Err(Refusal::NoAnswer("the call was lost".to_owned()));
            };
            let failure = match ended {
                Ok(head) => return Ok((head, Answer::new(used), kept)),
                Err(Failure::Unsent(_)) if reused => {
                    (permit, now) = (kept, clock::mono());
                    continue;
                }
                Err(failure) => failure,
            };
            return Err(failed(upstream, &failure));
        }
    }

    /// The answer to a call that waits for a block, unless the daemon shuts down before.
    #[inline(never)]
    fn wait_for_block<'a>(
        &'a self,
        at_node: &'a mut AtNode<'_>,
        deadline: Instant,
        alarm: &'a mut Alarm,
    ) -> Rare<'a, Result<Option<Result<Head, Failure>>, Refusal>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                answered = at_node.answer(deadline, alarm) => Ok(answered),
                () = self.ending.cancelled() => Err(Refusal::Busy("bllvmctl is shutting down".to_owned())),
            }
        })
    }

    /// Waits for the end of a call whose client has gone, since it keeps a worker in the node until
    /// then, and its credentials may be wrong.
    #[cold]
    fn abandon(&self, mut connection: Box<Connection>, mut permit: Option<Permit>) {
        // What the node does not have whole it does not run.
        if !connection.is_sent() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        self.abandoned.spawn_on(
            async move {
                let early = match permit.as_mut().filter(|permit| permit.has_share()) {
                    Some(permit) => {
                        answer_of_unverified(
                            &mut connection,
                            permit,
                            clock::deadline(LONGEST_REFUSAL),
                        )
                        .await
                    }
                    None => None,
                };
                // What else it says is nobody's business any more.
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
const LONGEST_REFUSAL: Duration = Duration::from_secs(1);

/// The answer to a call with credentials that are not verified, if it comes as soon as a refusal
/// would, or before `deadline`; else `permit` holds none of the places for such calls any longer.
/// One that waits for a block would keep everybody out who is new.
#[inline(never)]
fn answer_of_unverified<'a>(
    connection: &'a mut Connection,
    permit: &'a mut Permit,
    deadline: Instant,
) -> Rare<'a, Option<Result<Head, Failure>>> {
    Box::pin(async move {
        let until = deadline.min(clock::deadline(LONGEST_REFUSAL));
        let answer = timeout_at(until, connection.answer()).await.ok();
        if answer.is_none() {
            permit.give_share_back();
        }
        answer
    })
}

/// For whoever looks closely.
#[inline(never)]
fn span(upstream: &Upstream) -> Span {
    debug_span!("node_call", node = %upstream)
}

#[inline(never)]
fn open(upstream: &Arc<Upstream>) -> Rare<'_, Result<Box<Connection>, String>> {
    Box::pin(Connection::open(upstream))
}

#[cold]
fn failed(upstream: &Upstream, failure: &Failure) -> Refusal {
    let detail = format!("the node at {upstream} did not answer: {failure}");
    match failure {
        Failure::Unsent(_) => Refusal::NodeDown(detail),
        _ => Refusal::NoAnswer(detail),
    }
}

/// What has been tried for one call.
struct Tries {
    /// The credentials that were shown to the node last, and whether it has refused others before.
    shown: Shown,
    was_refused: bool,
    pauses: Pause,
}

/// A refusal for overload is not longer.
const LONGEST_OVERLOAD: usize = 1024;

/// Core's words when all workers are taken and its queue is full: the call has not run.
fn is_overload(body: &[u8]) -> bool {
    const WORDS: &[u8] = b"Work queue depth exceeded";
    body.windows(WORDS.len()).any(|words| words == WORDS)
}

/// The time until a call is sent again: doubled each time, from two milliseconds to a twentieth of
/// a second.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    fn next(&mut self) -> Duration {
        const FIRST_MS: u64 = 2;
        const MOST_MS: u64 = 50;
        let pause = (FIRST_MS << self.0.min(5)).min(MOST_MS);
        self.0 += 1;
        Duration::from_millis(pause)
    }
}
