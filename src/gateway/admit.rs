//! The fourth step: whether a request may go to its node, and when. Its methods, its limits, a
//! slot.

use super::Gateway;
use super::access::{Account, MethodList};
use super::access_log::LogEntry;
use super::exchange::Exchange;
use super::parse::{MAX_METHOD_BYTES, RpcCalls};
use super::policy::{GatewayPolicy, RateLimitPolicy, Rules};
use super::prepaid::Prepaid;
use super::principal::Principal;
use super::rate_limits::{self, LimitCheck, PaidCall};
use super::refusal::CallRefusal;
use super::upstream::Upstream;
use super::upstream::permit::{Permit, PermitRequest, Wait};
use crate::limit::Charge;
use crate::values::Mono;

/// A request that may go to its node now.
pub(super) struct CallAdmission {
    pub(super) permit: Permit,
    /// When it got that.
    pub(super) at: Mono,
    /// What it has paid, if any limit applies.
    pub(super) paid: Option<PaidCall>,
}

/// A request on its way to a slot: whose it is, what it costs, and what a slot is asked with.
pub(super) struct Admission<'a> {
    /// What it costs, if anything limits it.
    pub(super) limits: Option<(&'a RateLimitPolicy, Charge)>,
    pub(super) user: Option<&'a Account>,
    /// What it has paid already.
    pub(super) prepaid: Option<Prepaid<'a>>,
    pub(super) ask: PermitRequest<'a>,
}

impl<'a> Admission<'a> {
    /// Whether `calls` may be made at all, by their methods.
    pub(super) fn new(
        exchange: &Exchange<'a>,
        (principal, calls): (&Principal<'a>, &RpcCalls<'_>),
        log: &LogEntry,
    ) -> Result<Self, CallRefusal> {
        let rules = exchange.rules;
        let client = log.origin.client;
        let user = principal.user();
        allowed(&rules.policy, calls, user)?;
        let limits = rules.policy.limits.as_ref();
        let limits = limits.filter(|limits| !limits.exempts(client));
        let limits = limits.map(|limits| {
            let key = log.origin.key;
            let bucket = principal.bucket();
            let charge = rate_limits::charge(rules, limits, key, bucket, calls, user);
            (limits, charge)
        });
        Ok(Self {
            limits,
            user,
            prepaid: None,
            ask: PermitRequest {
                is_long_poll: calls.are_long_poll(),
                claim: principal.claim(),
                client,
                is_accepted_elsewhere: false,
            },
        })
    }
}

impl Gateway {
    /// A slot at `upstream` for `calls`, waited for `since`, once all limits agree. Nothing is
    /// charged before.
    pub(super) async fn admit<'a>(
        &'a self,
        exchange: &Exchange<'a>,
        mut admission: Admission<'a>,
        log: &mut LogEntry,
        upstream: &Upstream,
        (arrived, wait): (Mono, Wait<'_>),
    ) -> Result<CallAdmission, CallRefusal> {
        let since = match &exchange.rules.shared {
            None => arrived,
            Some(shared) => {
                self.prepay(shared, exchange.rules, &mut admission, log, arrived)
                    .await?
            }
        };
        let (permit, now) = if let Some(permit) = upstream.try_permit(admission.ask, since) {
            (permit, since)
        } else {
            self.check(exchange.rules, &admission, log, since)?;
            upstream.permit(admission.ask, wait).await?
        };
        self.metrics.waited(now.since(arrived));
        let paid = self.take(exchange.rules, admission, log, now)?;
        Ok(CallAdmission {
            permit,
            at: now,
            paid,
        })
    }

    /// Whether a request that has to wait for a slot would pass: whoever is over a limit is refused
    /// at once.
    pub(super) fn check(
        &self,
        rules: &Rules,
        admission: &Admission<'_>,
        log: &mut LogEntry,
        now: Mono,
    ) -> Result<(), CallRefusal> {
        match &admission.limits {
            Some((limits, charge)) => self
                .limit_check(rules, admission.user, log)
                .check(limits, charge, now),
            None => Ok(()),
        }
    }

    /// Takes what a request costs that has got its slot; what that was.
    pub(super) fn take(
        &self,
        rules: &Rules,
        admission: Admission<'_>,
        log: &mut LogEntry,
        now: Mono,
    ) -> Result<Option<PaidCall>, CallRefusal> {
        let Some((limits, charge)) = admission.limits else {
            return Ok(admission.prepaid.and_then(Prepaid::keep));
        };
        let mut check = self.limit_check(rules, admission.user, log);
        let is_paid = check.take(limits, &charge, now)?;
        Ok(is_paid.then_some(PaidCall {
            charge,
            shared: None,
        }))
    }

    pub(super) fn limit_check<'a>(
        &'a self,
        rules: &'a Rules,
        user: Option<&'a Account>,
        log: &'a mut LogEntry,
    ) -> LimitCheck<'a> {
        LimitCheck {
            buckets: &self.rate_limits,
            rules,
            user,
            client: log.origin.client,
            limited: &mut log.limited,
        }
    }
}

/// Every call of a request must be allowed: one that is not refuses all.
fn allowed(
    policy: &GatewayPolicy,
    calls: &RpcCalls<'_>,
    user: Option<&Account>,
) -> Result<(), CallRefusal> {
    for call in calls.as_slice() {
        // A call without a method runs none.
        let Some(method) = call.method.as_deref() else {
            continue;
        };
        let allows = |list: &MethodList| list.allows(call.known, method);
        let by = if !allows(&policy.methods) {
            "rpc.methods".to_owned()
        } else if let Some(user) = user.filter(|user| !allows(&user.methods)) {
            format!("methods of the user {} in rpc.auth.users", user.name)
        } else {
            continue;
        };
        let shown = method
            .get(..method.floor_char_boundary(MAX_METHOD_BYTES))
            .unwrap_or_default();
        return Err(CallRefusal::Forbidden {
            method: shown.to_owned(),
            by,
        });
    }
    Ok(())
}
