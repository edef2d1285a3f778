//! The fourth step: whether a request may go to its node, and when. Its methods, its limits, a
//! slot.

use super::Gateway;
use super::access::{Account, MethodList};
use super::access_log::LogEntry;
use super::exchange::Exchange;
use super::identify::Principal;
use super::parse::{MAX_METHOD_BYTES, RpcCalls};
use super::policy::GatewayPolicy;
use super::rate_limits::{self, LimitCheck};
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
    /// The tokens that it was charged, if any limit applies.
    pub(super) charge: Option<Charge>,
}

impl Gateway {
    /// A slot at `upstream` for `calls`, waited for `since`, once all limits agree. Nothing is
    /// charged before.
    pub(super) async fn admit(
        &self,
        exchange: &Exchange<'_>,
        (principal, calls): (&Principal<'_>, &RpcCalls<'_>),
        log: &mut LogEntry,
        upstream: &Upstream,
        (since, wait): (Mono, Wait<'_>),
    ) -> Result<CallAdmission, CallRefusal> {
        let (rules, client) = (exchange.rules, log.origin.client);
        let user = principal.user();
        allowed(&rules.policy, calls, user)?;
        let limits = rules.policy.limits.as_ref();
        let limits = limits.filter(|limits| !limits.exempts(client));
        let limits = limits.map(|limits| {
            let (key, bucket) = (log.origin.key, principal.bucket());
            let charge = rate_limits::charge(rules, limits, key, bucket, calls, user);
            (limits, charge)
        });
        let mut asker = LimitCheck {
            buckets: &self.rate_limits,
            rules,
            user,
            client,
            limited: &mut log.limited,
        };
        let ask = PermitRequest {
            is_long_poll: calls.are_long_poll(),
            claim: principal.claim(),
            client,
        };
        let (permit, now) = if let Some(permit) = upstream.try_permit(ask, since) {
            (permit, since)
        } else {
            // A caller over a limit is refused at once.
            if let Some((limits, charge)) = &limits {
                asker.check(limits, charge, since)?;
            }
            upstream.permit(ask, wait).await?
        };
        self.metrics.waited(now.since(since));
        let charge = match limits {
            Some((limits, charge)) => asker.take(limits, &charge, now)?.then_some(charge),
            None => None,
        };
        Ok(CallAdmission {
            permit,
            at: now,
            charge,
        })
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
