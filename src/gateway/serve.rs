//! One request in five steps: identify, read, parse, admit, forward. Each of them may refuse it, and
//! one place answers a refusal.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Body as HttpBody;
use tokio::time::Instant;
use tracing::{Span, debug_span};

use super::access_log::{Called, LogEntry, Origin};
use super::client::{self, Client, Nodes};
use super::identify::Principal;
use super::parse::{Calls, Malformed, parse};
use super::policy::Rules;
use super::read::{ReadBody, read};
use super::refusal::{Objection, Refusal};
use super::reply::{Refused, Reply};
use super::request::Request;
use super::upstream::{Deadlines, Head, LoginAs, NodeAnswer, Outgoing, Upstream, Wait};
use super::{Gateway, Rare, traced};
use crate::clock;
use crate::limit::network_of;
use crate::logging::{RequestId, traceparent};
use crate::values::Mono;

/// Longer bodies are read by another thread: this one has probes to answer.
const LONG_BODY: usize = 256 * 1024;
/// Whoever has no right credentials is answered with its id only if that costs us little.
const BODY_OF_A_STRANGER: u64 = 64 * 1024;

/// A request on its way through the steps.
pub(super) struct Exchange<'a> {
    pub(super) rules: &'a Rules,
    pub(super) request: &'a Request<'a>,
    pub(super) id: &'a RequestId,
    /// Whose it is.
    pub(super) client: IpAddr,
    pub(super) arrived: Mono,
    /// Until when all of its answer has to be there.
    until: Instant,
    /// What the listener has against it.
    pub(super) objection: Option<Objection>,
}

/// The node's answer to a call, and which node gave it.
struct Forwarded<'a> {
    head: Head,
    answer: NodeAnswer,
    upstream: &'a Arc<Upstream>,
}

impl Gateway {
    /// Answers one request with this body that came from `client` at `arrived` and is called `id`;
    /// one to which there is an `objection` goes no further. The log entry about it is written when
    /// the reply is dropped, or its body has been passed on.
    pub async fn answer<B>(
        &self,
        request: &Request<'_>,
        body: &mut B,
        client: &mut Client,
        id: &RequestId,
        arrived: Mono,
        objection: Option<Objection>,
    ) -> Reply
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let Client {
            addr,
            keys,
            rules,
            nodes,
        } = client;
        let rules = rules.load();
        let client = client::address(
            addr.address.ip(),
            &request.forwarded_for,
            &rules.policy.trusted_proxies,
        );
        let trace = request.traceparent.and_then(traceparent);
        let span = span(id, trace);
        let key = keys.of(client, |client| self.rate_limits.limiter().address(client));
        let origin = Origin {
            peer: addr.clone(),
            client,
            key,
        };
        let mut log = LogEntry::new(Arc::clone(&self.access_log), id.clone(), arrived, origin);
        log.trace = trace.map(Into::into);
        let exchange = Exchange {
            rules,
            request,
            id,
            client,
            arrived,
            until: clock::instant(arrived.after(rules.policy.request_timeout)),
            objection,
        };
        let served = if span.is_disabled() {
            self.serve(&exchange, body, &mut log, nodes).await
        } else {
            traced(span, self.serve(&exchange, body, &mut log, nodes)).await
        };
        match served {
            Ok(forwarded) => {
                let Forwarded {
                    head,
                    answer,
                    upstream,
                } = forwarded;
                let reply = self.pass_on(head, answer, upstream, log, exchange.until);
                upstream.coalesce().await;
                reply
            }
            Err(refused) => self.refuse(refused, log),
        }
    }

    async fn serve<'n, B>(
        &self,
        exchange: &Exchange<'_>,
        body: &mut B,
        log: &mut LogEntry,
        nodes: &'n mut Nodes,
    ) -> Result<Forwarded<'n>, Refused>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let principal = self.identify(exchange);
        let body = self.read_body(exchange, &principal, body, log).await?;
        let calls = match parse_body(&body.bytes, exchange.rules.policy.max_batch).await {
            Ok(calls) => calls,
            // That one may not call comes first.
            Err(malformed) => {
                return Err(principal.err().map_or_else(|| malformed.into(), Into::into));
            }
        };
        log.called = Called::of(&calls);
        self.admit_and_forward(exchange, principal, &calls, &body, log, nodes)
            .await
            .map_err(|refusal| Refused::of(refusal, &calls))
    }

    /// Reads the body, also of whoever is refused by its `principal`, where that costs little.
    async fn read_body<B>(
        &self,
        exchange: &Exchange<'_>,
        principal: &Result<Principal<'_>, Refusal>,
        body: &mut B,
        log: &mut LogEntry,
    ) -> Result<ReadBody<'_>, Refusal>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        if let Err(refusal) = principal {
            // Its body is whatever one takes for it.
            if matches!(exchange.objection, Some(Objection::Unclear(_))) {
                return Err(refusal.clone());
            }
            let size = body.size_hint();
            if size.upper().is_none_or(|size| size > BODY_OF_A_STRANGER) {
                log.request_size = size.exact();
                return Err(refusal.clone());
            }
        }
        log.request_size = body.size_hint().exact();
        let most = exchange.rules.policy.max_body_bytes;
        let network = network_of(exchange.client);
        let body = read(&self.body_budget, body, network, most, exchange.until).await?;
        log.request_size = Some(u64::try_from(body.bytes.len()).unwrap_or(u64::MAX));
        Ok(body)
    }

    async fn admit_and_forward<'n>(
        &self,
        exchange: &Exchange<'_>,
        principal: Result<Principal<'_>, Refusal>,
        calls: &Calls<'_>,
        body: &ReadBody<'_>,
        log: &mut LogEntry,
        nodes: &'n mut Nodes,
    ) -> Result<Forwarded<'n>, Refusal> {
        let principal = principal?;
        if !self.streamed.may_begin(network_of(exchange.client)) {
            let many = "too many answers that this address has not taken yet".to_owned();
            return Err(Refusal::Busy(many));
        }
        log.user = principal.user().map(|user| Arc::clone(&user.name));
        // A slot is waited for from when all of the body was there: how long that took is its
        // client's affair.
        let since = if body.waited || body.bytes.len() > LONG_BODY {
            clock::mono()
        } else {
            exchange.arrived
        };
        let until = Deadlines {
            queue: clock::instant(since.after(exchange.rules.policy.queue_timeout)),
            request: exchange.until,
        };
        let (node, timer) = nodes.choose();
        let wait = Wait {
            until: until.queue,
            timer: &mut *timer,
        };
        let admission = self
            .admit(
                exchange,
                (&principal, calls),
                log,
                node.upstream(),
                (since, wait),
            )
            .await?;
        let login = if principal.user().is_some() {
            LoginAs::Own
        } else {
            LoginAs::Client(exchange.request.authorization)
        };
        let is_clients = matches!(login, LoginAs::Client(_));
        let outgoing = Outgoing {
            path: exchange.request.path,
            login,
            content_type: exchange.request.content_type,
            request_id: exchange.id,
            body: &body.bytes,
        };
        let permit = (admission.permit, admission.at);
        let called = node.call(&outgoing, permit, until, timer).await;
        // What has not run costs nothing.
        if let Err(Refusal::Busy(_) | Refusal::NodeDown(_)) = &called {
            self.rate_limits.refund(admission.charge.as_ref());
        }
        let (head, mut answer) = called?;
        let upstream = node.upstream();
        if head.status == StatusCode::UNAUTHORIZED && is_clients {
            Box::pin(upstream.reread_if_own(exchange.request.authorization)).await;
        }
        answer.read_ahead().await;
        Ok(Forwarded {
            head,
            answer,
            upstream,
        })
    }
}

/// For whoever looks closely. The one line that everybody gets says by itself whose it is, which
/// costs less.
#[inline(never)]
fn span(id: &RequestId, trace: Option<&str>) -> Span {
    debug_span!("rpc_request", request_id = id.as_str(), traceparent = trace)
}

/// The third step: the calls in `body`; a long one is parsed elsewhere.
async fn parse_body(body: &Bytes, most: usize) -> Result<Calls<'_>, Malformed> {
    if body.len() <= LONG_BODY {
        parse(body, most)
    } else {
        parse_elsewhere(body.clone(), most).await
    }
}

#[inline(never)]
fn parse_elsewhere(body: Bytes, most: usize) -> Rare<'static, Result<Calls<'static>, Malformed>> {
    Box::pin(async move {
        let parsed =
            tokio::task::spawn_blocking(move || parse(&body, most).map(Calls::into_owned)).await;
        parsed.unwrap_or_else(|error| Err(Malformed::NotJson(error.to_string())))
    })
}
