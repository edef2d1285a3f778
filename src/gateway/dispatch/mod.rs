//! The fourth and the fifth step where there are several nodes: the best node with a free slot gets
//! the call, and when that is of no use, the next.
//!
//! | what came of a node | what is done |
//! |---|---|
//! | no node has been asked yet | it waits for the first answer |
//! | all its slots are taken | the next one gets the call; if all are full, the first slot anywhere |
//! | the call could not be sent | the next one gets it |
//! | it went away, or was left, before its answer | the next one gets it if it may run twice |
//! | its own work queue is full | the next one gets it, once |
//! | it answers 503, as one that shuts down | the next one gets a read, once |
//! | it has less of the chain than its caller has seen | it is waited for, or one that has it |
//! | its answer says that it lacks what was asked for | one that may have it is asked, once |
//! | it refuses credentials that another node accepts | the next one gets a read |
//!
//! Refuses to know why a node is out: `route` chooses. Invariant: a request is charged once, and a
//! call that may have run goes to another node only as `send_once` allows.

mod attempt;
mod fan_out;
mod first_answer;
mod floor;
mod slot;
mod slot_queues;
mod state;

use std::sync::Arc;

use self::attempt::{AttemptEnd, KeptReply};
use self::state::Dispatch;
use super::Gateway;
use super::access_log::LogEntry;
use super::admit::Admission;
use super::broadcast::answer::{BroadcastAnswer, BroadcastMethod};
use super::broadcast::receivers::{NoReceiver, excluded};
use super::client::ClientUpstreams;
use super::exchange::{Exchange, NodeReply, ParsedRequest};
use super::parse::{ParsedCall, RpcCalls};
use super::rare_future::RareFuture;
use super::refusal::CallRefusal;
use super::reusable_waits::ReusableWaits;
use super::route_query::{AskedNodes, CallRoute};
use super::route_refusal::RouteRefusal;
use super::target::CallTarget;
use super::upstream::Upstream;
use super::upstream::UpstreamHandle;
use super::upstream::call::UpstreamReply;
use super::upstream::permit::PermitRequest;
use super::upstream::send_once::UnsentCall;
use super::upstream_set::UpstreamSet;
use crate::clock;
use crate::limit::BucketKey;
use crate::metrics::UpstreamOutcome;
use crate::route::NodeSet;

impl Gateway {
    /// Admits and forwards a request to one of the nodes in `set`.
    #[inline(never)]
    pub(super) fn dispatch<'r, 'n: 'r>(
        &'r self,
        exchange: &'r Exchange<'_>,
        request: ParsedRequest<'r>,
        target: CallTarget<'r>,
        set: Arc<UpstreamSet>,
        log: &'r mut LogEntry,
        nodes: &'n mut ClientUpstreams,
    ) -> RareFuture<'r, Result<NodeReply<'n>, CallRefusal>> {
        Box::pin(async move {
            let mut admission = Admission::new(exchange, (&request.principal, request.calls), log)?;
            let mut set = set;
            let mut now = request.since;
            if set.awaits_first_answer() {
                // Who is over a limit does not wait.
                self.check(exchange.rules, &admission, log, now)?;
                let first_answer = self.after_first_answer(&mut nodes.set, request.until.queue);
                set = Box::pin(first_answer).await;
                now = clock::mono();
            }
            keep_archive(target, request.calls, &set)?;
            let caller = caller(&request, log.origin.key);
            let route = CallRoute::new(request.calls, target, caller, set.table());
            let ClientUpstreams {
                set: in_force,
                waits,
                chosen,
            } = nodes;
            not_private(&route, request.calls, &set)?;
            let asked = refusing_nodes(&route, admission.ask, &set);
            if let Some(shared) = &exchange.rules.shared {
                self.prepay(shared, exchange.rules, &mut admission, log, request.since)
                    .await?;
            }
            let mut dispatch = Dispatch::new(
                self,
                exchange,
                &request,
                admission,
                (route, asked, set),
                in_force,
                now,
            );
            match dispatch.forward(log, waits).await {
                Ok((answered, node)) => Ok(NodeReply {
                    head: answered.head,
                    answer: answered.answer,
                    node: Some(node.name),
                    upstream: chosen.insert(node.upstream),
                }),
                Err(refusal) => {
                    self.refund(dispatch.paid.as_ref(), &refusal);
                    Err(refusal)
                }
            }
        })
    }
}

/// Refuses to have an archive pruned, which it names.
fn keep_archive(
    target: CallTarget<'_>,
    calls: &RpcCalls<'_>,
    set: &UpstreamSet,
) -> Result<(), RouteRefusal> {
    const PRUNE: &str = "pruneblockchain";
    let named = target.node.and_then(|name| set.index_of(name));
    let named = named.and_then(|index| set.get(index));
    let prunes = |call: &ParsedCall<'_>| call.method.as_deref() == Some(PRUNE);
    match named.filter(|node| node.is_archive) {
        Some(node) if calls.as_slice().iter().any(prunes) => Err(RouteRefusal::Archive {
            name: node.name().to_string(),
        }),
        _ => Ok(()),
    }
}

/// The nodes that need not be asked for a read, since they refuse credentials that another accepts.
fn refusing_nodes(route: &CallRoute<'_>, ask: PermitRequest<'_>, set: &UpstreamSet) -> AskedNodes {
    let mut refusing = AskedNodes::default();
    let Some(claim) = ask.claim.filter(|_| route.is_read()) else {
        return refusing;
    };
    if set.upstreams().any(|upstream| upstream.is_verified(claim)) {
        for upstream in set.upstreams().filter(|upstream| upstream.refuses(claim)) {
            refusing.insert(upstream);
        }
    }
    refusing
}

/// Whom a caller is known by, so that it can stick to a node: its user, else its credentials, else
/// its address.
fn caller(request: &ParsedRequest<'_>, address: BucketKey) -> u64 {
    let user = request.principal.user().map(|user| user.key);
    user.or_else(|| request.principal.bucket())
        .unwrap_or(address)
        .hash()
}

/// What a client gets: an answer and who gave it, or a refusal.
type Forwarded = Result<(UpstreamReply, AnsweringNode), CallRefusal>;

/// The node that a client has its answer from.
struct AnsweringNode {
    name: Arc<str>,
    upstream: Arc<Upstream>,
}

impl AnsweringNode {
    fn of(node: &UpstreamHandle) -> Self {
        Self {
            name: Arc::clone(node.name()),
            upstream: Arc::clone(node.upstream()),
        }
    }
}

impl Dispatch<'_> {
    /// Asks one node after another, until one answers or none is left.
    async fn forward(&mut self, log: &mut LogEntry, waits: &mut ReusableWaits) -> Forwarded {
        if let Some(method) = self.broadcast_method() {
            return self.broadcast(method, log, waits).await;
        }
        let mut call = UnsentCall::admitted();
        // What the client gets if nobody else answers.
        let mut fallback: Option<Forwarded> = None;
        let mut is_repeat = false;
        loop {
            let slot = match self.take_slot(log, waits).await {
                Ok(slot) => slot,
                Err(refusal) => return or_fallback(fallback, refusal),
            };
            let set = Arc::clone(&self.set);
            let Some(node) = set.get(slot.index) else {
                return fallback.unwrap_or(Err(CallRefusal::node_is_gone()));
            };
            let (outcome, end) = self.attempt(node, slot, call, waits).await;
            let class = self.route.classification.class;
            node.counters().ended(class, outcome);
            if is_repeat {
                self.gateway.metrics.resent(class, outcome);
            }
            match end {
                AttemptEnd::Answered(answered) => {
                    return Ok((self.after_loss(answered), AnsweringNode::of(node)));
                }
                AttemptEnd::Failed(refusal) => return or_answer(fallback, refusal),
                AttemptEnd::NotYet(unsent) => {
                    call = unsent;
                    is_repeat = false;
                    if !self.wait_for_news().await {
                        return Err(RouteRefusal::BelowFloor.into());
                    }
                }
                AttemptEnd::Next(next) => {
                    call = next.call;
                    is_repeat = next.is_repeat;
                    fallback = Some(match next.kept {
                        KeptReply::Answer(answered) => Ok((answered, AnsweringNode::of(node))),
                        KeptReply::Refusal(refusal) => or_answer(fallback, refusal),
                    });
                    if !next.is_same_node {
                        self.asked.insert(node.upstream());
                    }
                }
            }
            self.set = Arc::clone(self.in_force.load());
            self.now = clock::mono();
            if is_lost(outcome) {
                let policy = &self.exchange.rules.policy;
                self.queue_until = clock::deadline(policy.rpc.queue_timeout);
            }
        }
    }

    /// The nodes that do not get the call: those that have been asked, and those that would not
    /// hide a transaction in it. Looked up in the set of the moment, which may have other nodes
    /// than before.
    fn passed_over(&self) -> Result<NodeSet, RouteRefusal> {
        let not_private = not_private(&self.route, self.request.calls, &self.set)?;
        Ok(self.asked.in_set(&self.set).union(not_private))
    }

    /// The answer to a call that was sent again: a transaction that is in the chain by now, or a
    /// block that is there, has got there by the call whose answer was lost.
    fn after_loss(&self, reply: UpstreamReply) -> UpstreamReply {
        let RpcCalls::Single(call) = self.request.calls else {
            return reply;
        };
        let method = call.method.as_deref().and_then(BroadcastMethod::of);
        let Some(method) = method.filter(|_| self.repeats > 0 && reply.answer.is_whole()) else {
            return reply;
        };
        let status = reply.head.status.as_u16();
        match BroadcastAnswer::of(method, status, reply.answer.ahead()) {
            BroadcastAnswer::InChain | BroadcastAnswer::Duplicate => self.known(method, reply),
            _ => reply,
        }
    }
}

/// The nodes of `set` that must not get `calls`, since another one broadcasts privately.
fn not_private(
    route: &CallRoute<'_>,
    calls: &RpcCalls<'_>,
    set: &UpstreamSet,
) -> Result<NodeSet, RouteRefusal> {
    let mut not_private = NodeSet::default();
    let nodes = &set.table().nodes;
    if route.named.is_some() || !nodes.iter().any(|node| node.is_private_broadcast) {
        return Ok(not_private);
    }
    for call in calls.as_slice() {
        let method = call.method.as_deref().and_then(BroadcastMethod::of);
        let Some(method) = method else {
            continue;
        };
        let excluded = excluded(method, nodes).map_err(|reason| match reason {
            NoReceiver::PrivateNodesAway => RouteRefusal::PrivateNodesAway,
            NoReceiver::PackageNotPrivate => RouteRefusal::PackageNotPrivate,
        })?;
        not_private = not_private.union(excluded);
    }
    Ok(not_private)
}

/// Whether a call has lost its node by this. It had a slot, so it waits for another one as long as
/// a call that has just come: the time that it was at the lost node is not the other nodes' fault.
fn is_lost(outcome: UpstreamOutcome) -> bool {
    matches!(
        outcome,
        UpstreamOutcome::Left | UpstreamOutcome::Unreachable | UpstreamOutcome::NoAnswer
    )
}

/// What a client gets if no further node takes its call, because of `refusal`. That the others are
/// busy says more than why the first one was left: the client may try again.
fn or_fallback(fallback: Option<Forwarded>, refusal: CallRefusal) -> Forwarded {
    match fallback {
        Some(Err(_)) if matches!(refusal, CallRefusal::Busy(_)) || refusal.is_below_floor() => {
            Err(refusal)
        }
        Some(kept) => kept,
        None => Err(refusal),
    }
}

/// The answer of the node that was asked first, if it is one; else `refusal`.
fn or_answer(fallback: Option<Forwarded>, refusal: CallRefusal) -> Forwarded {
    match fallback {
        Some(Ok(answered)) => Ok(answered),
        _ => Err(refusal),
    }
}
