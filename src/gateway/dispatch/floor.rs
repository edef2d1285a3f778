//! The floor, as calls meet it: an answer that would take back what its caller has seen is not
//! passed on, and a node that has less is waited for.

use super::attempt::AttemptEnd;
use super::state::Dispatch;
use crate::clock;
use crate::gateway::inspection::{Lack, LackingAnswer, MAX_INSPECTED_BYTES};
use crate::gateway::parse::RpcCalls;
use crate::gateway::shown_tip::shown_tip;
use crate::gateway::upstream::UpstreamHandle;
use crate::gateway::upstream::call::{AnsweredCall, UpstreamReply};
use crate::gateway::upstream::send_once::{CallState, UnsentCall};
use crate::metrics::UpstreamOutcome;
use crate::route::{BlockTag, Class, ClassRule, FloorAnswer, ShownTip, block_hash_argument};

impl Dispatch<'_> {
    /// Waits until something is published of the nodes, not longer than for a slot; `false` if the
    /// time is over.
    pub(super) async fn wait_for_news(&mut self) -> bool {
        if !self.gateway.wait_for_news(self.queue_until).await {
            return false;
        }
        self.set = std::sync::Arc::clone(self.in_force.load());
        self.now = clock::mono();
        true
    }

    /// What follows from an answer of `node`, which has this index and is not asked elsewhere for
    /// it, by what it shows of the chain.
    pub(super) fn unless_below_floor(
        &self,
        node: &UpstreamHandle,
        index: usize,
        answered: AnsweredCall,
    ) -> (UpstreamOutcome, AttemptEnd) {
        let AnsweredCall { reply, call } = answered;
        let is_success = reply.head.status.is_success();
        let outcome = if is_success {
            UpstreamOutcome::Answered
        } else {
            UpstreamOutcome::NodeError
        };
        if self.route.named.is_some() {
            return (outcome, AttemptEnd::Answered(reply));
        }
        if let Some(lacking) = self.may_come_later(index, &reply) {
            let call = call.lacked(lacking);
            return (UpstreamOutcome::Lacking, again(node, reply, call));
        }
        if is_success && !self.show(index, &reply) {
            return match call.outdated(self.route.classification.resend) {
                CallState::Unsent(call) => (UpstreamOutcome::Lacking, again(node, reply, call)),
                CallState::Sent(_) => (outcome, AttemptEnd::Answered(reply)),
            };
        }
        (outcome, AttemptEnd::Answered(reply))
    }

    /// The error of a node that does not know a block yet which its caller may know.
    fn may_come_later(&self, index: usize, reply: &UpstreamReply) -> Option<LackingAnswer> {
        if self.route.classification.class != Class::ByHash || !self.route.is_single {
            return None;
        }
        let is_success = reply.head.status.is_success();
        let lacking = LackingAnswer::of(is_success, reply.answer.ahead())?;
        let floor = self.set.floor();
        let caller = self.route.floor_caller();
        let tag = self.asked_block();
        let may_come = lacking.lack() == Lack::Work
            && self.gateway.floor.may_come_later(floor, index, caller, tag);
        may_come.then_some(lacking)
    }

    /// The block that the call names.
    fn asked_block(&self) -> Option<BlockTag> {
        let RpcCalls::Single(call) = self.request.calls else {
            return None;
        };
        let ClassRule::BlockHash { parameter, .. } = call.known.known()?.rule else {
            return None;
        };
        let body = std::str::from_utf8(self.request.outgoing.body).ok()?;
        BlockTag::of(block_hash_argument(body, parameter)?)
    }

    /// Takes note of what the answer shows; `false` if it is less than the caller has seen.
    fn show(&self, index: usize, reply: &UpstreamReply) -> bool {
        let classification = self.route.classification;
        let is_bound = matches!(
            classification.class,
            Class::View | Class::Mining | Class::LongPoll
        );
        // A node that is asked only for its index shows nothing that others have to reach.
        if !is_bound || !classification.needs.is_empty() {
            return true;
        }
        let shown = match self.request.calls {
            RpcCalls::Single(call) if reply.answer.is_whole() => {
                let answer = reply.answer.ahead();
                let method = call.method.as_deref().unwrap_or_default();
                if answer.len() > usize::try_from(MAX_INSPECTED_BYTES).unwrap_or(usize::MAX) {
                    ShownTip::Known
                } else {
                    shown_tip(method, self.request.outgoing.body, answer)
                }
            }
            RpcCalls::Single(_) | RpcCalls::Batch(_) => ShownTip::Known,
        };
        let floor = self.set.floor();
        let caller = self.route.floor_caller();
        let answer = FloorAnswer {
            index,
            tip: shown,
            sent: self.sent,
            came: self.came,
        };
        self.gateway.floor.show(floor, caller, answer)
    }
}

/// The answer is dropped, and the call sent again once a node may have more.
fn again(node: &UpstreamHandle, reply: UpstreamReply, call: UnsentCall) -> AttemptEnd {
    if reply.answer.is_whole() {
        let (_, connection) = reply.answer.into_parts();
        node.upstream().give_back(connection, clock::mono());
    }
    AttemptEnd::NotYet(call)
}
