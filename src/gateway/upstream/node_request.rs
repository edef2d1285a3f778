//! What a call to the node consists of, and until when it may take.

use bytes::Bytes;
use tokio::time::Instant;

use super::presence::LeaveRules;
use crate::logging::RequestId;

/// The request to the node.
#[derive(Clone, Copy)]
pub(in crate::gateway) struct NodeRequest<'a> {
    /// Below that of the node.
    pub(in crate::gateway) path: &'a str,
    pub(in crate::gateway) login: LoginAs<'a>,
    pub(in crate::gateway) content_type: Option<&'a [u8]>,
    /// It is valid in a header: an own one is hexadecimal, one of a client was checked.
    pub(in crate::gateway) request_id: &'a RequestId,
    pub(in crate::gateway) trace: TraceContext<'a>,
    pub(in crate::gateway) body: &'a Bytes,
}

/// The trace that a request belongs to, as the client wrote it (W3C Trace Context).
#[derive(Clone, Copy, Default)]
pub(in crate::gateway) struct TraceContext<'a> {
    pub(in crate::gateway) parent: Option<&'a [u8]>,
    pub(in crate::gateway) state: &'a [&'a [u8]],
}

/// With which credentials the node is called.
#[derive(Clone, Copy)]
pub(in crate::gateway) enum LoginAs<'a> {
    /// Those the client sent, if it did.
    Client(Option<&'a [u8]>),
    /// The daemon's, which no client sees.
    Own,
}

/// Until when something is waited for.
#[derive(Clone, Copy)]
pub(in crate::gateway) struct Deadlines<'a> {
    /// For a slot at the node, which may have a queue of its own.
    pub(in crate::gateway) queue: Instant,
    /// For the whole answer.
    pub(in crate::gateway) request: Instant,
    /// What ends the wait before, where another node may answer.
    pub(in crate::gateway) leave: LeaveRules<'a>,
}
