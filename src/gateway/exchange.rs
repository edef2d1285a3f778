//! One call at the node: sent, waited for, sent again where that is safe, and not forgotten when its client goes.
//!
//! Invariant: a call that may have run is never sent twice. Money may hang on it.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, debug, debug_span};

use super::Gateway;
use super::body::Answer;
use super::connection::{Connection, Pending};
use super::refusal::Refusal;
use crate::clock;
use crate::node::Slot;
use crate::node::rpc::Upstream;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is sent to the node.
pub(super) struct Outgoing {
    pub(super) uri: Uri,
    pub(super) content_type: Option<HeaderValue>,
    /// The client's own; `None` to use the daemon's.
    pub(super) authorization: Login,
    pub(super) request_id: HeaderValue,
    pub(super) body: Bytes,
}

/// With which credentials the node is called.
pub(super) enum Login {
    /// Those the client sent, if it did.
    Clients(Option<HeaderValue>),
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

/// A call that is at the node. Dropped before the answer, it goes on without its client: it keeps its worker in the
/// node, so it keeps its place here.
struct AtNode {
    gateway: Arc<Gateway>,
    call: Option<(Connection, Pending)>,
    slot: Option<Slot>,
}

impl Drop for AtNode {
    fn drop(&mut self) {
        if let Some((connection, pending)) = self.call.take() {
            self.gateway.abandon(connection, pending, self.slot.take());
        }
    }
}

impl AtNode {
    async fn answer(&mut self, deadline: Instant) -> Option<hyper::Result<Response<Incoming>>> {
        let (connection, pending) = self.call.as_mut()?;
        connection.answer_until(pending, deadline).await
    }

    fn end(mut self) -> (Option<Connection>, Option<Slot>) {
        (self.call.take().map(|(connection, _)| connection), self.slot.take())
    }
}

impl Gateway {
    /// Calls the node from the place `slot`, which is free again when the answer begins.
    pub(super) async fn call_node(
        self: &Arc<Self>,
        outgoing: &Outgoing,
        mut slot: Slot,
        until: Deadlines,
    ) -> Result<(Response<()>, Answer), Refusal> {
        let upstream = self.upstream.load_full();
        let (mut waits, mut shown, mut was_refused) = (Pause::default(), upstream.credentials(), false);
        loop {
            let own = matches!(outgoing.authorization, Login::Own);
            let authorization = match &outgoing.authorization {
                Login::Clients(header) => header.as_ref(),
                Login::Own => shown.header(),
            };
            let make = request(outgoing, &upstream, authorization);
            let span = debug_span!("node_call", node = %upstream);
            let (response, mut answer);
            (response, answer, slot) = self.attempt(make, &upstream, slot, until).instrument(span).await?;
            match response.status() {
                StatusCode::UNAUTHORIZED if own => {
                    if was_refused || !upstream.read_credentials_again(&shown).await {
                        self.front.auth_failed("node");
                        let detail = upstream.describe_credentials();
                        let refused = format!("the node refuses bllvmctl's own credentials: {detail}");
                        return Err(Refusal::NodeDown(refused));
                    }
                    (was_refused, shown) = (true, upstream.credentials());
                }
                StatusCode::SERVICE_UNAVAILABLE => {
                    let read = poll_fn(|context| answer.poll_ahead(LONGEST_OVERLOAD, context));
                    let read = Box::pin(timeout_at(until.request, read)).await;
                    if read.is_err() || !is_overload(answer.ahead()) {
                        return Ok((response, answer));
                    }
                    self.front.overload.inc();
                    if answer.is_whole() {
                        self.pool.give_back(answer.into_parts().1, clock::mono());
                    }
                    let pause = waits.next();
                    if clock::deadline(pause) >= until.queue {
                        return Err(Refusal::Busy("the node's own work queue is full".to_owned()));
                    }
                    debug!(pause_ms = pause.as_secs_f64() * 1e3, "the node's own work queue is full, trying again");
                    Box::pin(sleep(pause)).await;
                }
                _ => return Ok((response, answer)),
            }
        }
    }

    /// Sends what `make` makes once. Only what was certainly not sent is sent over another connection.
    async fn attempt(
        self: &Arc<Self>,
        make: impl Fn() -> Request<Full<Bytes>>,
        upstream: &Arc<Upstream>,
        mut slot: Slot,
        until: Deadlines,
    ) -> Result<(Response<()>, Answer, Slot), Refusal> {
        loop {
            let mut connection = match self.pool.take(upstream, clock::mono()) {
                Some(connection) => connection,
                None => Box::pin(Connection::open(upstream)).await.map_err(Refusal::NodeDown)?,
            };
            let reused = connection.reused;
            let pending = connection.send(make());
            let mut at_node = AtNode { gateway: Arc::clone(self), call: Some((connection, pending)), slot: Some(slot) };
            let Some(ended) = at_node.answer(until.request).await else {
                return Err(Refusal::NoAnswer("no answer within rpc.request_timeout_secs".to_owned()));
            };
            let (Some(used), Some(kept)) = at_node.end() else {
                return Err(Refusal::NoAnswer("the call was lost".to_owned()));
            };
            match ended {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    return Ok((Response::from_parts(head, ()), Answer::new(body, used), kept));
                }
                Err(error) if error.is_canceled() && reused => slot = kept,
                Err(error) => {
                    return Err(Refusal::NoAnswer(format!("the node at {upstream} did not answer: {error}")));
                }
            }
        }
    }

    /// Waits for the end of a call whose client has gone, since it keeps a worker in the node until then.
    fn abandon(&self, mut connection: Connection, mut pending: Pending, slot: Option<Slot>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        self.abandoned.spawn_on(
            async move {
                // What it says is nobody's business any more.
                let _ = connection.answer(&mut pending).await;
                drop(slot);
            },
            &runtime,
        );
    }
}

/// Made anew for each attempt.
fn request<'a>(
    outgoing: &'a Outgoing,
    upstream: &'a Upstream,
    authorization: Option<&'a HeaderValue>,
) -> impl Fn() -> Request<Full<Bytes>> + 'a {
    move || {
        let mut request = Request::new(Full::new(outgoing.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = outgoing.uri.clone();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, upstream.authority().clone());
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if let Some(content_type) = &outgoing.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        headers.insert(X_REQUEST_ID.clone(), outgoing.request_id.clone());
        *request.headers_mut() = headers;
        request
    }
}

/// A refusal for overload is not longer.
const LONGEST_OVERLOAD: usize = 1024;

/// Core's words when all workers are taken and its queue is full: the call has not run.
fn is_overload(body: &[u8]) -> bool {
    const WORDS: &[u8] = b"Work queue depth exceeded";
    body.windows(WORDS.len()).any(|words| words == WORDS)
}

/// The time until a call is sent again: doubled each time, from two milliseconds to a twentieth of a second.
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
