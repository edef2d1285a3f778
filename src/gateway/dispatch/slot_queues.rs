//! A call in the queues of several nodes at once.
//!
//! At each node slots are given in the order of asking, one waker for each. Whoever gets one leaves
//! the other queues, and a slot that it was given there at the same time goes to the next in line.

use std::sync::Arc;
use std::task::{Context, Poll};

use smallvec::SmallVec;

use crate::gateway::rare_future::RareFuture;
use crate::gateway::refusal::CallRefusal;
use crate::gateway::upstream::Upstream;
use crate::gateway::upstream::permit::{Permit, PermitRequest, Wait};
use crate::values::Mono;

/// What comes of the wait at one node.
type Permitted = Result<(Permit, Mono), CallRefusal>;

/// The queues in which a call is, that of the best node first.
#[derive(Default)]
pub(super) struct SlotQueues<'a>(SmallVec<[QueuedCall<'a>; 4]>);

/// A call in the queue of one node.
struct QueuedCall<'a> {
    upstream: Arc<Upstream>,
    permit: RareFuture<'a, Permitted>,
}

impl<'a> SlotQueues<'a> {
    /// The call is in the queues of these nodes from now on. It keeps its turn where it is in one
    /// already.
    pub(super) fn wait_at<'n>(
        &mut self,
        nodes: impl Iterator<Item = (&'n Arc<Upstream>, PermitRequest<'a>)>,
    ) {
        let mut before = std::mem::take(&mut self.0);
        for (upstream, ask) in nodes {
            let is_same = |queued: &QueuedCall<'_>| Arc::ptr_eq(&queued.upstream, upstream);
            let queued = match before.iter().position(is_same) {
                Some(place) => before.swap_remove(place),
                None => QueuedCall::new(Arc::clone(upstream), ask),
            };
            self.0.push(queued);
        }
    }

    /// The first permit, and the place of its node among those that were given.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(usize, Permitted)> {
        for (place, queued) in self.0.iter_mut().enumerate() {
            if let Poll::Ready(permit) = queued.permit.as_mut().poll(context) {
                return Poll::Ready((place, permit));
            }
        }
        Poll::Pending
    }
}

impl<'a> QueuedCall<'a> {
    fn new(upstream: Arc<Upstream>, ask: PermitRequest<'a>) -> Self {
        let waited_at = Arc::clone(&upstream);
        let permit = Box::pin(async move { waited_at.permit(ask, Wait::Polled).await });
        Self { upstream, permit }
    }
}
