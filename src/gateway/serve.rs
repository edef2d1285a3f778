//! One request in five steps: identify, read, parse, admit, forward. Each of them may refuse it,
//! and one place answers a refusal.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Body as HttpBody;
use tokio::time::Instant;
use tracing::{Span, debug_span};

use super::Gateway;
use super::access_log::{CalledMethods, LogEntry, RequestOrigin};
use super::admit::Admission;
use super::client::{self, ClientUpstreams, GatewayClient};
use super::exchange::{
    Exchange, MAX_INLINE_PARSE_BYTES, NodeReply, ParsedRequest, node_request, waiting_since,
};
use super::parse::{MalformedBody, RpcCalls, parse};
use super::principal::Principal;
use super::rare_future::{RareFuture, traced};
use super::rate_limits::PaidCall;
use super::read::{ReadBody, read};
use super::refusal::{CallRefusal, Objection};
use super::reply::{RefusalReply, Reply, pass_on, refuse};
use super::request::RpcRequest;
use super::reusable_waits::ReusableWaits;
use super::target::CallTarget;
use super::upstream::UpstreamHandle;
use super::upstream::call::{AnsweredCall, UpstreamReply};
use super::upstream::node_request::{Deadlines, LoginAs};
use super::upstream::permit::Wait;
use super::upstream::presence::LeaveRules;
use super::upstream::send_once::UnsentCall;
use crate::clock;
use crate::limit::network_of;
use crate::logging::{RequestId, traceparent};
use crate::values::Mono;

/// A request without valid credentials is answered with its id only if its body is this small.
const MAX_UNAUTHORIZED_BODY_BYTES: u64 = 64 * 1024;

impl Gateway {
    /// Answers one request with this body, which came from `client` at `arrived` and has the id
    /// `id`. A request with an `objection` is refused. Its log entry is written when the reply is
    /// dropped, or when the last of its body was sent.
    pub async fn answer<B>(
        &self,
        request: &RpcRequest<'_>,
        body: &mut B,
        client: &mut GatewayClient,
        id: &RequestId,
        arrived: Mono,
        objection: Option<Objection>,
    ) -> Reply
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let GatewayClient {
            addr,
            keys,
            rules,
            nodes,
        } = client;
        let rules = rules.load();
        let client = client::address(
            addr.origin,
            &request.forwarded_for,
            &rules.policy.rpc.trusted_proxies,
        );
        let trace = request.traceparent.and_then(traceparent);
        let span = span(id, trace);
        let peer = addr.clone();
        let key = keys.of(client, rules.key_generation, |client| {
            self.rate_limits.limiter().address(client)
        });
        let origin = RequestOrigin { peer, client, key };
        let mut log = LogEntry::new(Arc::clone(&self.access_log), id.clone(), arrived, origin);
        log.trace = trace.map(Into::into);
        let exchange = Exchange {
            rules,
            request,
            id,
            client,
            arrived,
            until: clock::instant(arrived.after(rules.policy.rpc.request_timeout)),
            objection,
        };
        let served = if span.is_disabled() {
            self.serve(&exchange, body, &mut log, nodes).await
        } else {
            traced(span, self.serve(&exchange, body, &mut log, nodes)).await
        };
        match served {
            Ok(forwarded) => self.pass_on(forwarded, log, exchange.until).await,
            Err(refused) => refuse(&self.metrics, refused, log),
        }
    }

    async fn pass_on(&self, forwarded: NodeReply<'_>, log: Box<LogEntry>, until: Instant) -> Reply {
        let upstream = forwarded.upstream;
        let reply = pass_on(&self.metrics, &self.streamed, forwarded, log, until);
        upstream.coalesce().await;
        reply
    }

    async fn serve<'n, B>(
        &self,
        exchange: &Exchange<'_>,
        body: &mut B,
        log: &mut LogEntry,
        nodes: &'n mut ClientUpstreams,
    ) -> Result<NodeReply<'n>, RefusalReply>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display + Send,
    {
        let principal = self.identify(exchange, &mut nodes.set);
        let body = self.read_body(exchange, &principal, body, log).await?;
        let calls = match parse_body(&body.bytes, exchange.rules.policy.max_batch()).await {
            Ok(calls) => calls,
            // That one may not call comes first.
            Err(malformed) => {
                return Err(principal.err().map_or_else(|| malformed.into(), Into::into));
            }
        };
        log.called = CalledMethods::of(&calls);
        self.admit_and_forward(exchange, principal, &calls, &body, log, nodes)
            .await
            .map_err(|refusal| RefusalReply::of(refusal, &calls))
    }

    /// Reads the body, also of a request that its `principal` refuses, if it is small.
    async fn read_body<B>(
        &self,
        exchange: &Exchange<'_>,
        principal: &Result<Principal<'_>, CallRefusal>,
        body: &mut B,
        log: &mut LogEntry,
    ) -> Result<ReadBody<'_>, CallRefusal>
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
            if size
                .upper()
                .is_none_or(|size| size > MAX_UNAUTHORIZED_BODY_BYTES)
            {
                log.request_size = size.exact();
                return Err(refusal.clone());
            }
        }
        log.request_size = body.size_hint().exact();
        let most = exchange.rules.policy.rpc.max_body_bytes.get();
        let network = network_of(exchange.client);
        let body = read(&self.body_budget, body, network, most, exchange.until).await?;
        log.request_size = Some(u64::try_from(body.bytes.len()).unwrap_or(u64::MAX));
        Ok(body)
    }

    async fn admit_and_forward<'n>(
        &self,
        exchange: &Exchange<'_>,
        principal: Result<Principal<'_>, CallRefusal>,
        calls: &RpcCalls<'_>,
        body: &ReadBody<'_>,
        log: &mut LogEntry,
        nodes: &'n mut ClientUpstreams,
    ) -> Result<NodeReply<'n>, CallRefusal> {
        let principal = principal?;
        if !self.streamed.may_begin(network_of(exchange.client)) {
            let many = "too many answers that this address has not taken yet".to_owned();
            return Err(CallRefusal::Busy(many));
        }
        log.user = principal.user().map(|user| Arc::clone(&user.name));
        let since = waiting_since(exchange, body);
        let until = Deadlines {
            queue: clock::instant(since.after(exchange.rules.policy.rpc.queue_timeout)),
            request: exchange.until,
            leave: LeaveRules::default(),
        };
        let target = CallTarget::of(exchange.request.path);
        let request = ParsedRequest {
            outgoing: node_request(exchange, target.path, &principal, body),
            principal,
            calls,
            since,
            until,
        };
        let set = nodes.set.load();
        if let Some(name) = target.node {
            let user = request.principal.user().map(|user| &**user);
            set.check_named(name, user)?;
        }
        if set.only().is_none() {
            let set = Arc::clone(set);
            return self
                .dispatch(exchange, request, target, set, log, nodes)
                .await;
        }
        let ClientUpstreams { set, waits, .. } = nodes;
        let Some(only) = set.load().only() else {
            return Err(CallRefusal::NodeDown("there is no node".to_owned()));
        };
        self.forward_to_only(exchange, request, log, (only, waits))
            .await
    }

    /// Admits and forwards a request where there is one node.
    async fn forward_to_only<'n>(
        &self,
        exchange: &Exchange<'_>,
        request: ParsedRequest<'_>,
        log: &mut LogEntry,
        (node, waits): (&'n UpstreamHandle, &mut ReusableWaits),
    ) -> Result<NodeReply<'n>, CallRefusal> {
        let ParsedRequest {
            principal,
            calls,
            outgoing,
            since,
            until,
        } = request;
        let admission = Admission::new(exchange, (&principal, calls), log)?;
        let wait = Wait::Until(until.queue, &mut waits.timer);
        let upstream = node.upstream();
        let admission = self
            .admit(exchange, admission, log, upstream, (since, wait))
            .await?;
        let call = UnsentCall::admitted();
        let permit = (admission.permit, admission.at);
        let called = node.call(&outgoing, call, permit, until, waits).await;
        let AnsweredCall { reply, .. } = called.map_err(|failed| {
            self.refund(admission.paid.as_ref(), &failed.refusal);
            failed.refusal
        })?;
        let UpstreamReply { head, mut answer } = reply;
        let is_clients = matches!(outgoing.login, LoginAs::Client(_));
        if head.status == StatusCode::UNAUTHORIZED && is_clients {
            Box::pin(upstream.reread_if_own(exchange.request.authorization)).await;
        }
        answer.read_ahead().await;
        Ok(NodeReply {
            head,
            answer,
            upstream,
            node: None,
        })
    }

    /// Gives back what a request has paid that `refusal` says has not run.
    pub(super) fn refund(&self, paid: Option<&PaidCall>, refusal: &CallRefusal) {
        if let CallRefusal::Busy(_) | CallRefusal::NodeDown(_) = refusal {
            self.rate_limits.refund(paid);
        }
    }
}

/// A span for debugging. The access log line has the request id itself, which costs less.
#[inline(never)]
fn span(id: &RequestId, trace: Option<&str>) -> Span {
    debug_span!("rpc_request", request_id = id.as_str(), traceparent = trace)
}

/// The third step: the calls in `body`; a long one is parsed elsewhere.
async fn parse_body(body: &Bytes, most: usize) -> Result<RpcCalls<'_>, MalformedBody> {
    if body.len() <= MAX_INLINE_PARSE_BYTES {
        parse(body, most)
    } else {
        parse_elsewhere(body.clone(), most).await
    }
}

#[inline(never)]
fn parse_elsewhere(
    body: Bytes,
    most: usize,
) -> RareFuture<'static, Result<RpcCalls<'static>, MalformedBody>> {
    Box::pin(async move {
        let parse = move || parse(&body, most).map(RpcCalls::into_owned);
        let parsed = tokio::task::spawn_blocking(parse).await;
        parsed.unwrap_or_else(|error| Err(MalformedBody::NotJson(error.to_string())))
    })
}
