//! One request on its way through the steps, with what each of them needs.

use std::net::IpAddr;

use tokio::time::Instant;

use super::policy::Rules;
use super::refusal::Objection;
use super::request::RpcRequest;
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
