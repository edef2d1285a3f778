//! A slot at the best node that has one.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use smallvec::SmallVec;

use super::slot_queues::SlotQueues;
use super::state::Dispatch;
use crate::gateway::access_log::LogEntry;
use crate::gateway::rare_future::RareFuture;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::reusable_waits::ReusableWaits;
use crate::gateway::route_refusal::RouteRefusal;
use crate::gateway::upstream::UpstreamHandle;
use crate::gateway::upstream::permit::{Permit, PermitRequest};
use crate::values::Mono;

/// A slot at the node with this index.
pub(super) struct TakenSlot {
    pub(super) index: usize,
    pub(super) permit: Permit,
    /// When it was got.
    pub(super) at: Mono,
}

/// The indexes of nodes, the best first.
type Candidates = SmallVec<[usize; 4]>;

/// What came of a look for a free slot.
enum SlotSearch {
    Free(TakenSlot),
    /// None is free for the call at any of these, and there is no other.
    Full(Candidates),
}

/// How the wait for a slot ended.
enum QueueEnd {
    Slot(usize, Result<(Permit, Mono), CallRefusal>),
    /// Other nodes may get the call now.
    Superseded,
    TimedOut,
}

impl<'a> Dispatch<'a> {
    /// A slot at the best node that was not asked yet; if none is free anywhere, the first one that
    /// comes free. Charged once.
    pub(super) async fn take_slot(
        &mut self,
        log: &mut LogEntry,
        waits: &mut ReusableWaits,
    ) -> Result<TakenSlot, CallRefusal> {
        let gateway = self.gateway;
        let since = self.request.since;
        let slot = loop {
            let full = match self.find_slot() {
                Ok(SlotSearch::Free(slot)) => break slot,
                Ok(SlotSearch::Full(full)) => Some(full),
                Err(refusal) if refusal.is_below_floor() => None,
                Err(refusal) => return Err(refusal),
            };
            if let Some(admission) = &self.admission {
                gateway.check(self.exchange.rules, admission, log, since)?;
            }
            if let Some(full) = full {
                match self.wait_for_slot(full, waits).await {
                    Err(refusal) if refusal.is_below_floor() => {}
                    waited => break waited?,
                }
            }
            if !self.wait_for_news().await {
                return Err(RouteRefusal::BelowFloor.into());
            }
        };
        if let Some(admission) = self.admission.take() {
            gateway.metrics.waited(slot.at.since(since));
            self.paid = gateway.take(self.exchange.rules, admission, log, slot.at)?;
        }
        Ok(slot)
    }

    /// A slot at the best node that has a free one.
    fn find_slot(&self) -> Result<SlotSearch, CallRefusal> {
        let mut query = self.route.query(&self.set, self.passed_over()?, self.now);
        let mut full = Candidates::new();
        loop {
            let index = match self.set.choose(&query) {
                Ok(index) => index,
                Err(_) if !full.is_empty() => return Ok(SlotSearch::Full(full)),
                Err(no_node) => {
                    let refusal = self.route.refusal(no_node, self.request.calls, &self.set);
                    return Err(refusal.into());
                }
            };
            let node = self.set.get(index).ok_or_else(CallRefusal::node_is_gone)?;
            let ask = self.ask_of(node);
            if let Some(permit) = node.upstream().try_permit(ask, self.now) {
                let at = self.now;
                return Ok(SlotSearch::Free(TakenSlot { index, permit, at }));
            }
            full.push(index);
            if !node.upstream().is_full(ask) {
                // There is a slot, and it needs one for new credentials too.
                return Ok(SlotSearch::Full(full));
            }
            query.tried.insert(index);
        }
    }

    /// What a slot at `node` is asked with.
    pub(super) fn ask_of(&self, node: &UpstreamHandle) -> PermitRequest<'a> {
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

    /// Waits for the first slot at any node that may get the call: at those that are `full`, and at
    /// whichever may get it meanwhile. Its turn at a node is kept for as long as that one may.
    #[inline(never)]
    fn wait_for_slot<'w>(
        &'w mut self,
        mut full: Candidates,
        waits: &'w mut ReusableWaits,
    ) -> RareFuture<'w, Result<TakenSlot, CallRefusal>> {
        Box::pin(async move {
            let mut queues = SlotQueues::default();
            loop {
                let nodes = full.iter().filter_map(|index| self.set.get(*index));
                queues.wait_at(nodes.map(|node| (node.upstream(), self.ask_of(node))));
                match self.next_slot(&mut queues, waits).await {
                    QueueEnd::Slot(place, permit) => {
                        let index = *full.get(place).ok_or_else(CallRefusal::node_is_gone)?;
                        return permit.map(|(permit, at)| TakenSlot { index, permit, at });
                    }
                    QueueEnd::TimedOut => return Err(self.all_full(&full)),
                    QueueEnd::Superseded => {}
                }
                self.set = Arc::clone(self.in_force.load());
                match self.find_slot()? {
                    SlotSearch::Free(slot) => return Ok(slot),
                    SlotSearch::Full(now_full) => full = now_full,
                }
            }
        })
    }

    /// The first slot of `queues`, until the call has waited too long, or other nodes may get it.
    async fn next_slot(&self, queues: &mut SlotQueues<'a>, waits: &mut ReusableWaits) -> QueueEnd {
        let ReusableWaits {
            timer, superseded, ..
        } = waits;
        poll_fn(|context| {
            // First: a slot of a node that was left is of no use.
            if superseded.poll(self.set.superseded(), context).is_ready() {
                return Poll::Ready(QueueEnd::Superseded);
            }
            if let Poll::Ready((place, permit)) = queues.poll(context) {
                return Poll::Ready(QueueEnd::Slot(place, permit));
            }
            let timed_out = timer.poll(self.queue_until, context);
            timed_out.map(|()| QueueEnd::TimedOut)
        })
        .await
    }

    /// The refusal of a call for which no slot came free at these nodes.
    #[cold]
    fn all_full(&self, full: &Candidates) -> CallRefusal {
        let nodes: Vec<_> = full
            .iter()
            .filter_map(|index| self.set.get(*index))
            .collect();
        if let [only] = nodes[..] {
            return only.upstream().busy(self.ask_of(only));
        }
        let names: Vec<_> = nodes.iter().map(|node| &**node.name()).collect();
        let key = if self.ask.is_long_poll {
            "rpc.max_long_polls"
        } else {
            "rpc.max_in_flight"
        };
        CallRefusal::Busy(format!(
            "as many calls as may be are at the nodes {} already, and none has ended in time \
             ({key})",
            names.join(", ")
        ))
    }
}
