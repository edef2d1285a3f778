//! A slot at the best node that has one.

use std::sync::Arc;

use super::Dispatch;
use crate::gateway::access_log::LogEntry;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_timer::ReusableTimer;
use crate::gateway::upstream::UpstreamHandle;
use crate::gateway::upstream::permit::{Permit, PermitRequest, Wait};
use crate::values::Mono;

/// A slot at the node with this index.
pub(super) struct TakenSlot {
    pub(super) index: usize,
    pub(super) permit: Permit,
    /// When it was got.
    pub(super) at: Mono,
}

/// A node that was looked at for a slot.
enum Candidate {
    Slot(TakenSlot),
    /// The best one: no slot is free anywhere.
    Full(usize),
}

impl Dispatch<'_> {
    /// A slot at the best node that was not asked yet, waited for at the best one if none is free;
    /// charged once.
    pub(super) async fn take_slot(
        &mut self,
        log: &mut LogEntry,
        timer: &mut ReusableTimer,
    ) -> Result<TakenSlot, CallRefusal> {
        let gateway = self.gateway;
        let since = self.request.since;
        let slot = loop {
            let best = match self.candidate()? {
                Candidate::Slot(slot) => break slot,
                Candidate::Full(best) => best,
            };
            if let Some(admission) = &self.admission {
                gateway.check(self.exchange.rules, admission, log, since)?;
            }
            let set = Arc::clone(&self.set);
            let node = set.get(best).ok_or_else(node_is_gone)?;
            if let Some((permit, at)) = self.wait_at(node, timer).await? {
                let index = best;
                break TakenSlot { index, permit, at };
            }
            // It was left meanwhile.
            self.set = Arc::clone(self.in_force.load());
        };
        if let Some(admission) = self.admission.take() {
            gateway.metrics.waited(slot.at.since(since));
            self.charge = gateway.take(self.exchange.rules, admission, log, slot.at)?;
        }
        Ok(slot)
    }

    /// The best node with a free slot, else the best one.
    fn candidate(&self) -> Result<Candidate, CallRefusal> {
        let now = self.request.since;
        let mut passed_over = self.asked.in_set(&self.set);
        let mut best = None;
        loop {
            let index = match self.route.choose(&self.set, passed_over, now) {
                Ok(index) => index,
                Err(no_node) => {
                    let refusal = || self.route.refusal(no_node, self.request.calls, &self.set);
                    return best.map(Candidate::Full).ok_or_else(|| refusal().into());
                }
            };
            let node = self.set.get(index).ok_or_else(node_is_gone)?;
            if let Some(permit) = node.upstream().try_permit(self.ask_of(node), now) {
                return Ok(Candidate::Slot(TakenSlot {
                    index,
                    permit,
                    at: now,
                }));
            }
            best.get_or_insert(index);
            if !node.upstream().is_full(self.ask.is_long_poll) {
                // There is a slot, and it needs one for new credentials too.
                return Ok(Candidate::Full(index));
            }
            passed_over.insert(index);
        }
    }

    /// What a slot at `node` is asked with.
    pub(super) fn ask_of(&self, node: &UpstreamHandle) -> PermitRequest<'_> {
        let is_other = |upstream: &&Arc<_>| !Arc::ptr_eq(*upstream, node.upstream());
        let is_accepted_elsewhere = self.ask.claim.is_some_and(|claim| {
            let mut others = self.set.upstreams().filter(is_other);
            others.any(|upstream| upstream.is_verified(claim))
        });
        PermitRequest {
            is_accepted_elsewhere,
            ..self.ask
        }
    }

    /// Waits for a slot at `node`; `None` once it is left.
    async fn wait_at(
        &self,
        node: &UpstreamHandle,
        timer: &mut ReusableTimer,
    ) -> Result<Option<(Permit, Mono)>, CallRefusal> {
        let wait = Wait {
            until: self.request.until.queue,
            timer,
        };
        tokio::select! {
            biased;
            permit = node.upstream().permit(self.ask_of(node), wait) => permit.map(Some),
            () = node.presence.of_unsent().cancelled() => Ok(None),
        }
    }
}

/// A node that was chosen, and is none any longer.
pub(super) fn node_is_gone() -> CallRefusal {
    CallRefusal::NodeDown("the node is not configured any longer".to_owned())
}
