//! What is handed to the network, at all nodes at once. Each node has a task of its own, which goes
//! on when the client has its answer, or has gone: what one node has taken has to reach the others.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::state::Dispatch;
use super::{AnsweringNode, Forwarded};
use crate::clock;
use crate::gateway::access_log::LogEntry;
use crate::gateway::broadcast::answer::{BroadcastAnswer, BroadcastMethod};
use crate::gateway::broadcast::decision::{Decision, Settled};
use crate::gateway::broadcast::known_transaction::known_result;
use crate::gateway::parse::RpcCalls;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_waits::ReusableWaits;
use crate::gateway::upstream::UpstreamHandle;
use crate::gateway::upstream::call::{AnsweredCall, UpstreamReply};
use crate::gateway::upstream::failed_call::FailedCall;
use crate::gateway::upstream::node_request::{Deadlines, LoginAs, NodeRequest, TraceContext};
use crate::gateway::upstream::permit::{Permit, PermitRequest, Wait};
use crate::gateway::upstream::presence::LeaveRules;
use crate::gateway::upstream::send_once::{CallState, UnsentCall};
use crate::gateway::upstream::verified::Claim;
use crate::limit::BucketKey;
use crate::logging::RequestId;
use crate::metrics::{GatewayMetrics, UpstreamOutcome};
use crate::route::{Class, NodeSet};
use crate::values::Mono;

/// The caller's node has so long to be the first success.
const HEAD_START: Duration = Duration::from_millis(250);
/// Nodes that have not answered by then are not waited for.
const LET_GO_AFTER: Duration = Duration::from_secs(10);
/// Who refused what another node took: `a=-26 b=ok`.
const BROADCAST_HEADER: &str = "X-Bllvmctl-Broadcast";

/// A request that is sent to several nodes, without what it borrows.
struct BroadcastRequest {
    method: BroadcastMethod,
    path: String,
    /// bllvmctl's own credentials are used.
    is_own_login: bool,
    /// Those of the client.
    authorization: Option<Vec<u8>>,
    content_type: Option<Vec<u8>>,
    traceparent: Option<Vec<u8>>,
    tracestate: Vec<Vec<u8>>,
    request_id: RequestId,
    body: Bytes,
    claim: Option<(BucketKey, Option<Vec<u8>>)>,
    client: IpAddr,
    queue: Instant,
    until: Instant,
}

/// The answer of one node, or why there is none.
struct BroadcastReply {
    place: usize,
    answer: BroadcastAnswer,
    result: Result<UpstreamReply, CallRefusal>,
}

impl Dispatch<'_> {
    /// The method of a request that goes to all nodes at once.
    pub(super) fn broadcast_method(&self) -> Option<BroadcastMethod> {
        let is_broadcast = self.route.classification.class == Class::Broadcast;
        let to_all = !self.set.table().policy.broadcast_to_primary;
        match self.request.calls {
            RpcCalls::Single(call) if is_broadcast && to_all && self.route.named.is_none() => {
                BroadcastMethod::of(call.method.as_deref()?)
            }
            _ => None,
        }
    }

    /// Sends the request to all nodes in rotation; the first success is the answer.
    pub(super) async fn broadcast(
        &mut self,
        method: BroadcastMethod,
        log: &mut LogEntry,
        waits: &mut ReusableWaits,
    ) -> Forwarded {
        let slot = self.take_slot(log, waits).await?;
        let passed_over = self.passed_over()?;
        let own = slot.index;
        let mut nodes = Vec::new();
        nodes.extend(self.set.get(own).cloned());
        nodes.extend(self.others(own, passed_over));
        let request = Arc::new(self.broadcast_request(method));
        let (sender, came) = unbounded_channel();
        let mut slot = Some((slot.permit, slot.at));
        for (place, node) in nodes.iter().enumerate() {
            let is_accepted_elsewhere = self.ask_of(node).is_accepted_elsewhere;
            let task = NodeTask {
                place,
                node: node.clone(),
                request: Arc::clone(&request),
                is_accepted_elsewhere,
                metrics: Arc::clone(&self.gateway.metrics),
                sender: sender.clone(),
            };
            node.upstream().spawn(task.run(slot.take()));
        }
        drop(sender);
        self.first_success(method, &nodes, came).await
    }

    /// The nodes in rotation but that at `own` and those that are `passed_over`.
    fn others(&self, own: usize, passed_over: NodeSet) -> impl Iterator<Item = UpstreamHandle> {
        let nodes = self.set.nodes().enumerate();
        let others = nodes.filter(move |(index, (_, facts))| {
            *index != own && !passed_over.contains(*index) && facts.is_in_rotation()
        });
        others.map(|(_, (node, _))| node.clone())
    }

    fn broadcast_request(&self, method: BroadcastMethod) -> BroadcastRequest {
        let outgoing = &self.request.outgoing;
        let bytes = |bytes: &[u8]| bytes.to_vec();
        BroadcastRequest {
            method,
            path: outgoing.path.to_owned(),
            is_own_login: matches!(outgoing.login, LoginAs::Own),
            authorization: match outgoing.login {
                LoginAs::Own => None,
                LoginAs::Client(header) => header.map(bytes),
            },
            content_type: outgoing.content_type.map(bytes),
            traceparent: outgoing.trace.parent.map(bytes),
            tracestate: outgoing
                .trace
                .state
                .iter()
                .map(|line| bytes(line))
                .collect(),
            request_id: outgoing.request_id.clone(),
            body: outgoing.body.clone(),
            claim: self
                .ask
                .claim
                .map(|claim| (claim.key, claim.authorization.map(bytes))),
            client: self.ask.client,
            queue: self.queue_until,
            until: self.request.until.request,
        }
    }

    /// Waits until it is settled what the client gets.
    async fn first_success(
        &self,
        method: BroadcastMethod,
        nodes: &[UpstreamHandle],
        mut came: UnboundedReceiver<BroadcastReply>,
    ) -> Forwarded {
        let mut decision = Decision::new(method, nodes.len());
        let mut results: Vec<Option<_>> = nodes.iter().map(|_| None).collect();
        let mut has_head_start = true;
        let mut is_waited_for = true;
        let head_start = clock::deadline(HEAD_START);
        let let_go = clock::deadline(LET_GO_AFTER);
        let settled = loop {
            if let Some(settled) = decision.settled() {
                break settled;
            }
            tokio::select! {
                biased;
                received = came.recv() => match received {
                    Some(BroadcastReply { place, answer, result }) => {
                        decision.record(place, answer);
                        if let Some(slot) = results.get_mut(place) {
                            *slot = Some(result);
                        }
                    }
                    // Every task sends what came of it, unless the daemon shuts down.
                    None => break Settled::NoAnswer,
                },
                () = sleep_until(head_start), if has_head_start => {
                    has_head_start = false;
                    decision.end_head_start();
                }
                () = sleep_until(let_go), if is_waited_for => {
                    is_waited_for = false;
                    decision.end_time();
                }
                () = sleep_until(self.request.until.request) => {
                    return Err(CallRefusal::NodeTimedOut);
                }
            }
        };
        let text = || decision.describe(nodes.iter().map(|node| &**node.name()));
        let names = decision.is_overruled(settled).then(text);
        self.answer_settled(method, settled, names, nodes, results)
    }

    fn answer_settled(
        &self,
        method: BroadcastMethod,
        settled: Settled,
        names: Option<String>,
        nodes: &[UpstreamHandle],
        mut results: Vec<Option<Result<UpstreamReply, CallRefusal>>>,
    ) -> Forwarded {
        let place = match settled {
            Settled::Answer(place) | Settled::Known(place) => place,
            // Where no node has run it, what one says of that is the answer.
            Settled::NoAnswer if !may_have_run(&results) => {
                let answers = |result: &Option<Result<_, _>>| matches!(result, Some(Ok(_)));
                let place = results.iter().position(answers);
                place.unwrap_or_default()
            }
            Settled::NoAnswer => return Err(no_answer(results)),
        };
        let result = results.get_mut(place).and_then(Option::take);
        let (Some(Ok(mut reply)), Some(node)) = (result, nodes.get(place)) else {
            return Err(no_answer(results));
        };
        if matches!(settled, Settled::Known(_)) {
            reply = self.known(method, reply);
        }
        if let Some(names) = names {
            reply.head.lines.push(BROADCAST_HEADER, names.as_bytes());
        }
        Ok((reply, AnsweringNode::of(node)))
    }

    /// The success that the answer to what is known already stands for, after one that was lost.
    pub(super) fn known(&self, method: BroadcastMethod, reply: UpstreamReply) -> UpstreamReply {
        let RpcCalls::Single(call) = self.request.calls else {
            return reply;
        };
        let body = self.request.outgoing.body;
        match known_result(method, body, call.id.as_deref(), call.version) {
            Some(result) => reply.replaced(result.into()),
            None => reply,
        }
    }
}

/// Whether a node may have run it without being heard.
fn may_have_run(results: &[Option<Result<UpstreamReply, CallRefusal>>]) -> bool {
    let is_lost = |result: &Option<Result<_, _>>| {
        matches!(
            result,
            Some(Err(CallRefusal::NoAnswer(_) | CallRefusal::NodeTimedOut))
        )
    };
    results.iter().any(is_lost)
}

/// What the client is answered if no node has: that it may have run counts for more than that it
/// has not.
fn no_answer(results: Vec<Option<Result<UpstreamReply, CallRefusal>>>) -> CallRefusal {
    let refusals = results.into_iter().flatten().filter_map(Result::err);
    let rank = |refusal: &CallRefusal| match refusal {
        CallRefusal::NoAnswer(_) | CallRefusal::NodeTimedOut => 0,
        _ => 1,
    };
    let shutting_down = || CallRefusal::NoAnswer("bllvmctl is shutting down".to_owned());
    refusals.min_by_key(rank).unwrap_or_else(shutting_down)
}

/// The request at one node.
struct NodeTask {
    place: usize,
    node: UpstreamHandle,
    request: Arc<BroadcastRequest>,
    is_accepted_elsewhere: bool,
    metrics: Arc<GatewayMetrics>,
    sender: UnboundedSender<BroadcastReply>,
}

/// What came of the call to one node, what it answered, and what the client may get of it.
type BroadcastCallEnd = (
    UpstreamOutcome,
    BroadcastAnswer,
    Result<UpstreamReply, CallRefusal>,
);

impl NodeTask {
    /// Sends the request with `slot`, or once the node has one, and what came of it to who waits.
    async fn run(self, slot: Option<(Permit, Mono)>) {
        let mut waits = ReusableWaits::default();
        let slot = match slot {
            Some(slot) => Ok(slot),
            None => self.slot(&mut waits).await,
        };
        let (outcome, answer, result) = match slot {
            Ok(slot) => self.call(slot, &mut waits).await,
            Err(refusal) => (
                UpstreamOutcome::Unreachable,
                BroadcastAnswer::NotRun,
                Err(refusal),
            ),
        };
        self.node.counters().ended(Class::Broadcast, outcome);
        self.metrics.broadcast(self.node.name(), answer.outcome());
        let place = self.place;
        // Nobody may wait for it any longer.
        let _ = self.sender.send(BroadcastReply {
            place,
            answer,
            result,
        });
    }

    async fn slot(&self, waits: &mut ReusableWaits) -> Result<(Permit, Mono), CallRefusal> {
        let request = &*self.request;
        let ask = PermitRequest {
            is_long_poll: false,
            claim: request.claim.as_ref().map(|(key, header)| Claim {
                key: *key,
                authorization: header.as_deref(),
            }),
            client: request.client,
            is_accepted_elsewhere: self.is_accepted_elsewhere,
        };
        let now = clock::mono();
        if let Some(permit) = self.node.upstream().try_permit(ask, now) {
            return Ok((permit, now));
        }
        let until = request.queue;
        tokio::select! {
            biased;
            permit = self.node.upstream().permit(ask, Wait::Until(until, &mut waits.timer)) => permit,
            () = self.node.presence.of_unsent().given() => Err(CallRefusal::node_is_gone()),
        }
    }

    async fn call(&self, slot: (Permit, Mono), waits: &mut ReusableWaits) -> BroadcastCallEnd {
        let request = &*self.request;
        let tracestate: Vec<&[u8]> = request.tracestate.iter().map(Vec::as_slice).collect();
        let outgoing = NodeRequest {
            path: &request.path,
            login: if request.is_own_login {
                LoginAs::Own
            } else {
                LoginAs::Client(request.authorization.as_deref())
            },
            content_type: request.content_type.as_deref(),
            request_id: &request.request_id,
            trace: TraceContext {
                parent: request.traceparent.as_deref(),
                state: &tracestate,
            },
            body: &request.body,
        };
        let until = Deadlines {
            queue: request.queue,
            request: request.until,
            leave: LeaveRules {
                unsent: Some(self.node.presence.of_unsent()),
                sent: Some(self.node.presence.of_sent(false)),
                if_queue_full: false,
            },
        };
        let call = UnsentCall::admitted();
        let answered = match self.node.call(&outgoing, call, slot, until, waits).await {
            Ok(answered) => answered.read_rest(until).await,
            Err(failed) => Err(failed),
        };
        self.outcome_of(answered)
    }

    /// What came of the call, what the node answered, and what its client may get of it.
    fn outcome_of(&self, answered: Result<AnsweredCall, FailedCall>) -> BroadcastCallEnd {
        match answered {
            Ok(answered) => {
                let reply = answered.reply;
                let status = reply.head.status;
                let answer =
                    BroadcastAnswer::of(self.request.method, status.as_u16(), reply.answer.ahead());
                let outcome = if status.is_success() {
                    UpstreamOutcome::Answered
                } else {
                    UpstreamOutcome::NodeError
                };
                (outcome, answer, Ok(reply))
            }
            Err(FailedCall {
                outcome,
                refusal,
                state,
            }) => {
                let answer = match state {
                    CallState::Unsent(_) => BroadcastAnswer::NotRun,
                    CallState::Sent(_) => BroadcastAnswer::Lost,
                };
                (outcome, answer, Err(refusal))
            }
        }
    }
}
