//! Limits that several daemons share: a call pays before it waits for a slot.

use std::sync::Arc;

use super::Gateway;
use super::access_log::LogEntry;
use super::admit::Admission;
use super::policy::Rules;
use super::prepaid::Prepaid;
use super::rare_future::RareFuture;
use super::rate_limits::{PaidCall, SharedPayment};
use super::refusal::CallRefusal;
use crate::clock;
use crate::limit::shared::{SharedLimits, SharedVerdict, WhenAway};
use crate::limit::{Charge, LimitRefusal};
use crate::values::Mono;

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
            let payment = SharedPayment {
                limits: Arc::clone(shared),
                demands,
                parts: shared.parts_when_away(),
            };
            match self.pay(&charge, &payment, verdict, now) {
                Payment::Made => {
                    let paid = PaidCall {
                        charge,
                        shared: Some(Box::new(payment)),
                    };
                    admission.prepaid = Some(Prepaid {
                        rate_limits: &self.rate_limits,
                        paid: Some(paid),
                    });
                }
                Payment::Over(refusal) => check.over(limits, &charge, &refusal)?,
                Payment::Closed if limits.enforce => return Err(closed()),
                Payment::Closed => {}
            }
            Ok(now)
        })
    }

    /// Charges this daemon's part of the limits: along with the store, so that a caller who has
    /// spent its burst has none left when the store goes, or in place of the store.
    fn pay(
        &self,
        charge: &Charge,
        payment: &SharedPayment,
        verdict: SharedVerdict,
        now: Mono,
    ) -> Payment {
        let SharedPayment {
            limits,
            demands,
            parts,
        } = payment;
        let mut limiter = self.rate_limits.limiter();
        match verdict {
            SharedVerdict::Paid => limiter.drain_part(charge, *parts, now),
            SharedVerdict::Refused(refusal) => return Payment::Over(refusal),
            SharedVerdict::Away if limits.settings().when_away == WhenAway::Closed => {
                return Payment::Closed;
            }
            SharedVerdict::Away => {
                if let Err(refusal) = limiter.check_part(charge, *parts, now) {
                    return Payment::Over(refusal);
                }
                limiter.spend_part(charge, *parts, now);
                limits.owe(demands, now);
            }
        }
        Payment::Made
    }
}

/// What came of a payment.
enum Payment {
    Made,
    /// The call is over a limit.
    Over(LimitRefusal),
    /// Nothing passes without the store.
    Closed,
}

#[cold]
fn closed() -> CallRefusal {
    CallRefusal::Busy(
        "the store of the rate limits does not answer, and nothing passes without it \
         (limits.when_away)"
            .to_owned(),
    )
}
