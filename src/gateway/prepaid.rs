//! What a call has paid before it has a slot, where limits are shared: it has it back if it gets
//! none.

use super::rate_limits::{PaidCall, RateLimits};

/// What a call has paid that has no slot yet.
pub(super) struct Prepaid<'a> {
    pub(super) rate_limits: &'a RateLimits,
    pub(super) paid: Option<PaidCall>,
}

impl Prepaid<'_> {
    /// The call has its slot: what it has paid.
    pub(super) fn keep(mut self) -> Option<PaidCall> {
        self.paid.take()
    }
}

impl Drop for Prepaid<'_> {
    fn drop(&mut self) {
        self.rate_limits.refund(self.paid.as_ref());
    }
}
