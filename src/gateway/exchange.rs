//! One request on its way through the steps, with what each of them needs, and what comes of it.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::parse::RpcCalls;
use super::policy::Rules;
use super::principal::Principal;
use super::read::ReadBody;
use super::refusal::Objection;
use super::request::RpcRequest;
use super::upstream::Upstream;
use super::upstream::answer::NodeAnswer;
use super::upstream::node_request::{Deadlines, LoginAs, NodeRequest, TraceContext};
use super::upstream::wire::ResponseHead;
use crate::clock;
use crate::logging::RequestId;
use crate::values::Mono;

/// A request on its way through the steps.
pub(super) struct Exchange<'a> {
    pub(super) rules: &'a Rules,
    pub(super) request: &'a RpcRequest<'a>,
    pub(super) id: &'a RequestId,
    /// Whose it is.
    pub(super) client: IpAddr,
    pub(super) arrived: Mono,
    /// Until when all of its answer has to be there.
    pub(super) until: Instant,
    /// What the listener has against it.
    pub(super) objection: Option<Objection>,
}

/// The node's answer to a call, and which node gave it.
pub(super) struct NodeReply<'a> {
    pub(super) head: ResponseHead,
    pub(super) answer: NodeAnswer,
    pub(super) upstream: &'a Arc<Upstream>,
    /// Its name, where there are several.
    pub(super) node: Option<Arc<str>>,
}

/// Whose a request is, and what is sent to a node for it.
pub(super) struct ParsedRequest<'a> {
    pub(super) principal: Principal<'a>,
    pub(super) calls: &'a RpcCalls<'a>,
    pub(super) outgoing: NodeRequest<'a>,
    /// Since when it waits for a node.
    pub(super) since: Mono,
    pub(super) until: Deadlines<'a>,
}

/// Longer bodies are parsed by another thread: this one also answers probes.
pub(super) const MAX_INLINE_PARSE_BYTES: usize = 256 * 1024;

/// When a call begins to wait for a slot: once all of its body has arrived, since the client alone
/// decides how long that takes.
pub(super) fn waiting_since(exchange: &Exchange<'_>, body: &ReadBody<'_>) -> Mono {
    if body.waited || body.bytes.len() > MAX_INLINE_PARSE_BYTES {
        clock::mono()
    } else {
        exchange.arrived
    }
}

/// The request to the node: with the gateway's own credentials for a user of the gateway, else with
/// those of the client.
pub(super) fn node_request<'a>(
    exchange: &Exchange<'a>,
    path: &'a str,
    principal: &Principal<'_>,
    body: &'a ReadBody<'_>,
) -> NodeRequest<'a> {
    NodeRequest {
        path,
        login: if principal.user().is_some() {
            LoginAs::Own
        } else {
            LoginAs::Client(exchange.request.authorization)
        },
        content_type: exchange.request.content_type,
        request_id: exchange.id,
        trace: TraceContext {
            parent: exchange.request.traceparent,
            state: &exchange.request.tracestate,
        },
        body: &body.bytes,
    }
}
