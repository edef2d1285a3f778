//! Limits that several daemons share: a call pays before it waits for a slot, and has it back if it
//! gets none.

use std::sync::Arc;

use super::Gateway;
use super::access_log::LogEntry;
use super::admit::Admission;
use super::policy::Rules;
use super::rare_future::RareFuture;
use super::rate_limits::{PaidCall, RateLimits, SharedPayment};
use super::refusal::CallRefusal;
use crate::clock;
use crate::limit::shared::{SharedLimits, SharedVerdict, WhenAway};
use crate::values::Mono;

/// What a call has paid that has no slot yet.
pub(super) struct Prepaid<'a> {
    rate_limits: &'a RateLimits,
    paid: Option<PaidCall>,
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

impl Gateway {
    /// Has a call pay, where limits are shared, or refuses it; when that was.
    #[inline(never)]
    pub(super) fn prepay<'f, 'a: 'f>(
        &'a self,
        shared: &'f Arc<SharedLimits>,
        rules: &'a Rules,
        admission: &'f mut Admission<'a>,
        log: &'f mut LogEntry,
        now: Mono,
    ) -> RareFuture<'f, Result<Mono, CallRefusal>> {
        Box::pin(async move {
            let Some((limits, charge)) = admission.limits.take() else {
                return Ok(now);
            };
            let mut check = self.limit_check(rules, admission.user, log);
            if let Some(refusal) = charge.above_burst() {
                check.over(limits, &charge, &refusal)?;
                return Ok(now);
            }
            let demands = self.rate_limits.limiter().demands(&charge);
            let verdict = shared.take(&demands, now).await;
            let now = clock::mono();
            let parts = shared.parts_when_away();
            let refused = match verdict {
                SharedVerdict::Paid => {
                    self.rate_limits.limiter().drain_part(&charge, parts, now);
                    None
                }
                SharedVerdict::Refused(refusal) => Some(refusal),
                SharedVerdict::Away if shared.settings().when_away == WhenAway::Closed => {
                    return if limits.enforce {
                        Err(closed())
                    } else {
                        Ok(now)
                    };
                }
                SharedVerdict::Away => {
                    let mut limiter = self.rate_limits.limiter();
                    let checked = limiter.check_part(&charge, parts, now);
                    if checked.is_ok() {
                        limiter.spend_part(&charge, parts, now);
                        shared.owe(&demands, now);
                    }
                    checked.err()
                }
            };
            if let Some(refusal) = refused {
                check.over(limits, &charge, &refusal)?;
                return Ok(now);
            }
            let shared = SharedPayment {
                limits: Arc::clone(shared),
                demands,
                parts,
            };
            admission.prepaid = Some(Prepaid {
                rate_limits: &self.rate_limits,
                paid: Some(PaidCall {
                    charge,
                    shared: Some(Box::new(shared)),
                }),
            });
            Ok(now)
        })
    }
}

#[cold]
fn closed() -> CallRefusal {
    CallRefusal::Busy(
        "the store of the rate limits does not answer, and nothing passes without it (limits.when_away)".to_owned(),
    )
}
