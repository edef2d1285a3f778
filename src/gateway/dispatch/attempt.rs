//! A call at one of several nodes, and what follows from what came of it.

use bytes::Bytes;
use hyper::StatusCode;
use tracing::warn;

use super::slot::TakenSlot;
use super::state::Dispatch;
use crate::clock;
use crate::gateway::inspection::{Lack, LackingAnswer, MAX_INSPECTED_BYTES};
use crate::gateway::long_poll::LongPollStart;
use crate::gateway::parse::RpcCalls;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_waits::ReusableWaits;
use crate::gateway::route_query::AskedNodes;
use crate::gateway::upstream::UpstreamHandle;
use crate::gateway::upstream::call::{AnsweredCall, UpstreamReply};
use crate::gateway::upstream::failed_call::FailedCall;
use crate::gateway::upstream::node_request::{Deadlines, LoginAs, NodeRequest};
use crate::gateway::upstream::presence::LeaveRules;
use crate::gateway::upstream::send_once::{CallState, UnsentCall};
use crate::metrics::UpstreamOutcome;
use crate::route::{Class, Classification, Resend};
use crate::values::Mono;

/// More often a call that may have run is not sent again: one that a node dies of must not end all
/// of them.
const MAX_REPEATS: usize = 2;

/// What follows from a call at a node.
pub(super) enum AttemptEnd {
    /// The client gets the answer.
    Answered(UpstreamReply),
    /// The client is refused.
    Failed(CallRefusal),
    /// Another node is asked.
    Next(NextAttempt),
    /// No node has all that the caller has seen: it is asked again once one may.
    NotYet(UnsentCall),
}

/// A call that another node is to get.
pub(super) struct NextAttempt {
    pub(super) call: UnsentCall,
    /// It may have run.
    pub(super) is_repeat: bool,
    /// There is no other node: the same is asked again.
    pub(super) is_same_node: bool,
    pub(super) kept: KeptReply,
}

/// What the client gets if nobody else answers.
pub(super) enum KeptReply {
    Answer(UpstreamReply),
    Refusal(CallRefusal),
}

impl Dispatch<'_> {
    /// Calls `node` with the slot that was taken there.
    pub(super) async fn attempt(
        &mut self,
        node: &UpstreamHandle,
        slot: TakenSlot,
        call: UnsentCall,
        waits: &mut ReusableWaits,
    ) -> (UpstreamOutcome, AttemptEnd) {
        let TakenSlot { index, permit, at } = slot;
        self.sent = at;
        let class = self.route.classification.class;
        let reads_chain = matches!(class, Class::View | Class::ByHash);
        let may_repeat = self.may_repeat();
        let until = Deadlines {
            leave: LeaveRules {
                unsent: Some(node.presence.of_unsent()),
                sent: may_repeat.then(|| node.presence.of_sent(reads_chain)),
                if_queue_full: !self.waits_in_queue,
            },
            queue: self.queue_until,
            ..self.request.until
        };
        let repeated = self.repeated_long_poll(index, at);
        let outgoing = NodeRequest {
            body: repeated.as_ref().unwrap_or(self.request.outgoing.body),
            ..self.request.outgoing
        };
        let called = node.call(&outgoing, call, (permit, at), until, waits).await;
        let mut answered = match called {
            Ok(answered) => answered,
            Err(failed) => return self.after_failure(index, failed),
        };
        self.came = clock::mono();
        node.counters().took(self.came.since(at));
        // All of a short body is read: what breaks off here was not passed on, so another node can
        // still be asked. Of a longer one what has come.
        answered.reply.answer.read_ahead().await;
        let answer = &answered.reply.answer;
        if !answer.is_whole() && answer.is_short(MAX_INSPECTED_BYTES) {
            answered = match answered.read_rest(until).await {
                Ok(answered) => answered,
                Err(failed) => return self.after_failure(index, failed),
            };
            self.came = clock::mono();
        }
        self.after_answer(node, index, answered).await
    }

    /// The body of a call that waits for a block, for the node with this index `now`, if that is
    /// another one than it came with: it was sent before, to a node that was lost.
    fn repeated_long_poll(&mut self, index: usize, now: Mono) -> Option<Bytes> {
        let RpcCalls::Single(call) = self.request.calls else {
            return None;
        };
        if self.route.classification.class != Class::LongPoll {
            return None;
        }
        let facts = self.set.facts(index)?;
        let start = match &self.long_poll {
            Some(start) if self.repeats > 0 => start,
            _ => {
                let tip = facts.tip.clone();
                self.long_poll = Some(LongPollStart { at: now, tip });
                return None;
            }
        };
        let body = str::from_utf8(self.request.outgoing.body).ok()?;
        start.repeated(call, body, facts, now).map(Bytes::from)
    }

    /// Whether the call may be sent again though it may have run.
    fn may_repeat(&self) -> bool {
        self.route.classification.resend != Resend::Never && self.repeats < MAX_REPEATS
    }

    /// What follows from a call to the node with this index that has no answer.
    fn after_failure(&mut self, index: usize, failed: FailedCall) -> (UpstreamOutcome, AttemptEnd) {
        let FailedCall {
            outcome,
            refusal,
            state,
        } = failed;
        if matches!(
            outcome,
            UpstreamOutcome::Unreachable | UpstreamOutcome::NoAnswer
        ) {
            self.gateway.floor.lose(self.set.floor().0, index);
        }
        let ends = matches!(
            outcome,
            UpstreamOutcome::TimedOut | UpstreamOutcome::ShuttingDown
        );
        let (call, is_repeat) = match state {
            _ if ends => return (outcome, AttemptEnd::Failed(refusal)),
            CallState::Unsent(call) => (call, false),
            CallState::Sent(call) if self.may_repeat() => {
                match call.repeat(self.route.classification.resend) {
                    CallState::Unsent(call) => (call, true),
                    CallState::Sent(_) => return (outcome, AttemptEnd::Failed(refusal)),
                }
            }
            CallState::Sent(_) => return (outcome, AttemptEnd::Failed(refusal)),
        };
        self.repeats += usize::from(is_repeat);
        let mut is_same_node = false;
        if outcome == UpstreamOutcome::QueueFull {
            // Another node is asked once; then the queue is waited for, as long as that is allowed.
            if self.waits_in_queue {
                return (outcome, AttemptEnd::Failed(refusal));
            }
            self.waits_in_queue = true;
            is_same_node = !self.has_other_than(index);
        }
        let next = NextAttempt {
            call,
            is_repeat,
            is_same_node,
            kept: KeptReply::Refusal(refusal),
        };
        (outcome, AttemptEnd::Next(next))
    }

    /// What follows from an answer of `node`, which has this index.
    async fn after_answer(
        &mut self,
        node: &UpstreamHandle,
        index: usize,
        answered: AnsweredCall,
    ) -> (UpstreamOutcome, AttemptEnd) {
        let status = answered.reply.head.status;
        if status == StatusCode::UNAUTHORIZED
            && let LoginAs::Client(authorization) = self.request.outgoing.login
        {
            Box::pin(node.upstream().reread_if_own(authorization)).await;
            let end = self.after_unauthorized(node, index, answered);
            return (UpstreamOutcome::Unauthorized, end);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE
            && !self.was_asked_elsewhere
            && self.may_repeat()
            && self.has_other_than(index)
        {
            return (UpstreamOutcome::NodeError, self.after_unavailable(answered));
        }
        if let Some(lacking) = self.lacking(index, &answered) {
            let call = answered.call.lacked(lacking);
            self.was_asked_elsewhere = true;
            let end = elsewhere(call, KeptReply::Answer(answered.reply));
            return (UpstreamOutcome::Lacking, end);
        }
        self.unless_below_floor(node, index, answered)
    }

    /// What follows from a 503 for a call that may run twice: the node takes no calls, as bitcoind
    /// while it shuts down.
    #[cold]
    fn after_unavailable(&mut self, AnsweredCall { reply, call }: AnsweredCall) -> AttemptEnd {
        let call = match call.repeat(self.route.classification.resend) {
            CallState::Unsent(call) => call,
            CallState::Sent(_) => return AttemptEnd::Answered(reply),
        };
        self.was_asked_elsewhere = true;
        self.repeats += 1;
        AttemptEnd::Next(NextAttempt {
            call,
            is_repeat: true,
            is_same_node: false,
            kept: KeptReply::Answer(reply),
        })
    }

    /// What follows from a 401 of `node` for the client's own credentials: where another node
    /// accepts them, it is this node that does not know the user, and a read is asked elsewhere.
    fn after_unauthorized(
        &self,
        node: &UpstreamHandle,
        index: usize,
        answered: AnsweredCall,
    ) -> AttemptEnd {
        let ask = self.ask_of(node);
        let is_known = ask.is_accepted_elsewhere;
        if let Some(claim) = ask.claim.filter(|_| is_known)
            && node.upstream().note_unknown_user(claim)
        {
            warn!(
                node = &**node.name(),
                "the node does not accept credentials that another node accepts; with \
                 fleet.pass_through all nodes need the same rpcauth lines"
            );
        }
        let is_read = self.route.classification.resend != Resend::Never;
        if is_known && is_read && self.has_other_than(index) {
            return elsewhere(
                answered.call.unauthorized(),
                KeptReply::Answer(answered.reply),
            );
        }
        AttemptEnd::Answered(answered.reply)
    }

    /// Whether a node that was not asked yet, and is not that with this index, may get the call.
    fn has_other_than(&self, index: usize) -> bool {
        let Ok(mut passed_over) = self.passed_over() else {
            return false;
        };
        passed_over.insert(index);
        self.route.has_candidate(&self.set, passed_over, self.now)
    }

    /// What the node with this index lacks, by its answer, if another one may have it. Those that
    /// do not have it either need not be asked from now on.
    fn lacking(&mut self, index: usize, answered: &AnsweredCall) -> Option<LackingAnswer> {
        if !self.route.is_single || self.route.named.is_some() || self.was_asked_elsewhere {
            return None;
        }
        let AnsweredCall { reply, .. } = answered;
        let lacking = LackingAnswer::of(reply.head.status.is_success(), reply.answer.ahead())?;
        // A node that starts runs nothing. Else the method must be one that changes nothing.
        let Classification { class, resend, .. } = self.route.classification;
        if lacking.lack() != Lack::Started && resend == Resend::Never && class != Class::Heavy {
            return None;
        }
        let asked = self.set.facts(index)?;
        let mut without = AskedNodes::default();
        let mut passed_over = self.passed_over().ok()?;
        passed_over.insert(index);
        for (place, (node, facts)) in self.set.nodes().enumerate() {
            if !lacking.may_be_had_at(asked, facts) {
                without.insert(node.upstream());
                passed_over.insert(place);
            }
        }
        if !self.route.has_candidate(&self.set, passed_over, self.now) {
            return None;
        }
        self.asked.extend(&without);
        Some(lacking)
    }
}

/// Another node is asked.
fn elsewhere(call: UnsentCall, kept: KeptReply) -> AttemptEnd {
    AttemptEnd::Next(NextAttempt {
        call,
        is_repeat: false,
        is_same_node: false,
        kept,
    })
}
