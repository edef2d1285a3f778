//! What is known of a request while its node is looked for.

use std::sync::Arc;

use tokio::time::Instant;

use crate::gateway::Gateway;
use crate::gateway::admit::Admission;
use crate::gateway::exchange::{Exchange, ParsedRequest};
use crate::gateway::long_poll::LongPollStart;
use crate::gateway::rate_limits::PaidCall;
use crate::gateway::route_query::{AskedNodes, CallRoute};
use crate::gateway::upstream::CachedArc;
use crate::gateway::upstream::permit::PermitRequest;
use crate::gateway::upstream_set::UpstreamSet;
use crate::values::Mono;

/// A request on its way to one of several nodes.
pub(super) struct Dispatch<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) request: &'a ParsedRequest<'a>,
    pub(super) route: CallRoute<'a>,
    /// What it has to be charged, until it is.
    pub(super) admission: Option<Admission<'a>>,
    pub(super) paid: Option<PaidCall>,
    pub(super) ask: PermitRequest<'a>,
    /// The nodes that it is chosen from.
    pub(super) set: Arc<UpstreamSet>,
    /// Those of the moment.
    pub(super) in_force: &'a mut CachedArc<UpstreamSet>,
    pub(super) asked: AskedNodes,
    /// When the node is chosen.
    pub(super) now: Mono,
    /// When it was sent last, at the earliest.
    pub(super) sent: Mono,
    /// When its last answer came, as far as it is read.
    pub(super) came: Mono,
    /// Until when it waits for a slot.
    pub(super) queue_until: Instant,
    /// The work queue of a node is waited for if it is full.
    pub(super) waits_in_queue: bool,
    /// Another node was asked because of an answer: that is done once.
    pub(super) was_asked_elsewhere: bool,
    /// How often it was sent again though it may have run.
    pub(super) repeats: usize,
    /// Of a call that waits for a block, once it is sent.
    pub(super) long_poll: Option<LongPollStart>,
}

impl<'a> Dispatch<'a> {
    /// Nothing has been asked yet. `asked` has the nodes of `set` that are not to be asked.
    pub(super) fn new(
        gateway: &'a Gateway,
        exchange: &'a Exchange<'a>,
        request: &'a ParsedRequest<'a>,
        admission: Admission<'a>,
        (route, asked, set): (CallRoute<'a>, AskedNodes, Arc<UpstreamSet>),
        in_force: &'a mut CachedArc<UpstreamSet>,
        now: Mono,
    ) -> Self {
        Self {
            gateway,
            exchange,
            request,
            route,
            ask: admission.ask,
            admission: Some(admission),
            paid: None,
            set,
            in_force,
            asked,
            now,
            sent: now,
            came: now,
            queue_until: request.until.queue,
            waits_in_queue: false,
            was_asked_elsewhere: false,
            repeats: 0,
            long_poll: None,
        }
    }
}
