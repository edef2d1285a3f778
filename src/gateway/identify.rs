//! The first step: who calls, as far as it is known before the node is asked.

use super::Gateway;
use super::access;
use super::exchange::Exchange;
use super::principal::Principal;
use super::refusal::{CallRefusal, Objection};
use super::upstream::verified::Claim;
use super::upstream::{CachedArc, UpstreamHandle};
use super::upstream_set::UpstreamSet;

impl Gateway {
    /// Who is calling, or why the call is refused whatever its body says. Where the node checks
    /// credentials, only whether their address may show any.
    pub(super) fn identify<'a>(
        &self,
        exchange: &Exchange<'a>,
        upstreams: &mut CachedArc<UpstreamSet>,
    ) -> Result<Principal<'a>, CallRefusal> {
        match exchange.objection {
            None => {}
            Some(Objection::ForeignOrigin) => return Err(CallRefusal::ForeignOrigin),
            Some(Objection::ForeignHost) => return Err(CallRefusal::ForeignHost),
            Some(Objection::Unclear(why)) => return Err(CallRefusal::NotACall(why.to_owned())),
        }
        let users = &exchange.rules.users;
        let authorization = exchange.request.authorization;
        if let Some(user) = users.authenticate(authorization) {
            return Ok(Principal::User(user));
        }
        if users.all().is_empty() {
            let upstreams = upstreams.load();
            let only = upstreams.only().map(UpstreamHandle::upstream);
            let is_right = only.and_then(|only| only.has_cookie_within(authorization));
            // Credentials that are certainly wrong are not sent to the node.
            if is_right != Some(false) {
                return self.identify_without_users(exchange, upstreams, is_right.is_some());
            }
        }
        let client = exchange.client;
        let now = exchange.arrived;
        self.failed_logins
            .count(client, now)
            .map_err(|wait| self.failed_logins.refuse(client, wait))?;
        self.metrics.auth_failed("front");
        Err(CallRefusal::Unauthorized)
    }

    /// The principal of credentials that are right, or that only the node can check.
    fn identify_without_users<'a>(
        &self,
        exchange: &Exchange<'a>,
        upstreams: &UpstreamSet,
        is_right: bool,
    ) -> Result<Principal<'a>, CallRefusal> {
        let authorization = exchange.request.authorization;
        let sent = authorization.and_then(access::caller_of);
        let limiter = self.rate_limits.limiter();
        let bucket = sent.map(|sent| limiter.user(&sent));
        if is_right {
            return Ok(Principal::CookieHolder { bucket });
        }
        // Nodes differ in which spellings they take: each is verified by itself.
        let key = limiter.as_sent(authorization);
        drop(limiter);
        let claim = Claim { key, authorization };
        if !upstreams
            .upstreams()
            .any(|upstream| upstream.is_verified(claim))
        {
            let client = exchange.client;
            self.failed_logins
                .check(client, exchange.arrived)
                .map_err(|wait| self.failed_logins.refuse(client, wait))?;
        }
        Ok(Principal::OfNode { claim, bucket })
    }
}
