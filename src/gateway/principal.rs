//! Who calls, as far as it is known before the node is asked, and what is known of its credentials.

use std::net::IpAddr;
use std::time::Duration;

use subtle::ConstantTimeEq;

use super::Gateway;
use super::access::{self, Account};
use super::admission::network_text;
use super::policy::Rules;
use super::refusal::Refusal;
use crate::limit::Key;
use crate::node::rpc::Shown;
use crate::values::Mono;

/// Who calls, as far as it is known before the node is asked.
pub(super) enum Principal<'a> {
    /// A user of the configuration, who was authenticated here.
    User(&'a Account),
    /// Whoever has the cookie of the node in this process.
    CookieHolder { bucket: Option<Key> },
    /// Somebody whose credentials the node is to check. Those that cannot be read, and none, have
    /// no bucket of their own.
    OfNode {
        credentials: Key,
        bucket: Option<Key>,
        authorization: Option<&'a [u8]>,
    },
}

impl<'a> Principal<'a> {
    pub(super) fn user(&self) -> Option<&'a Account> {
        match self {
            Self::User(user) => Some(user),
            _ => None,
        }
    }

    /// The bucket of its own that goes with credentials.
    pub(super) fn bucket(&self) -> Option<Key> {
        match self {
            Self::User(_) => None,
            Self::CookieHolder { bucket } | Self::OfNode { bucket, .. } => *bucket,
        }
    }

    /// Credentials that the node is to check.
    pub(super) fn credentials(&self) -> Option<Key> {
        match self {
            Self::OfNode { credentials, .. } => Some(*credentials),
            _ => None,
        }
    }

    /// Whether there is something that the node has to check.
    pub(super) fn has_shown_some(&self) -> bool {
        matches!(
            self,
            Self::OfNode {
                authorization: Some(_),
                ..
            }
        )
    }
}

impl Gateway {
    /// Who shows these credentials. Where the node checks them, only whether its address may show
    /// any.
    pub(super) fn log_in<'a>(
        &self,
        rules: &'a Rules,
        authorization: Option<&'a [u8]>,
        client: IpAddr,
        now: Mono,
    ) -> Result<Principal<'a>, Refusal> {
        if let Some(user) = rules.users.authenticate(authorization) {
            return Ok(Principal::User(user));
        }
        if rules.users.all().is_empty() {
            let right = self.has_cookie_within(authorization);
            // What we know to be wrong need not be shown to the node.
            if right != Some(false) {
                return self.shown(authorization, right.is_some(), client, now);
            }
        }
        self.logins
            .fail(client, now)
            .map_err(|wait| self.too_many_failures(client, wait))?;
        self.front.auth_failed("front");
        Err(Refusal::Unauthorized)
    }

    /// Whoever shows `authorization`, which is right as far as this process can know, or for the
    /// node to check.
    fn shown<'a>(
        &self,
        authorization: Option<&'a [u8]>,
        is_right: bool,
        client: IpAddr,
        now: Mono,
    ) -> Result<Principal<'a>, Refusal> {
        let shown = authorization.and_then(access::shown);
        let limiter = self.limiter();
        let bucket = shown.map(|shown| limiter.user(&shown));
        if is_right {
            return Ok(Principal::CookieHolder { bucket });
        }
        let credentials = bucket.unwrap_or_else(|| limiter.unreadable(authorization));
        drop(limiter);
        let principal = Principal::OfNode {
            credentials,
            bucket,
            authorization,
        };
        if !self.is_verified(&principal) {
            self.logins
                .check(client, now)
                .map_err(|wait| self.too_many_failures(client, wait))?;
        }
        Ok(principal)
    }

    #[cold]
    pub(super) fn too_many_failures(&self, client: IpAddr, wait: Duration) -> Refusal {
        self.front.limited("login");
        Refusal::Limited {
            layer: "login",
            key: network_text(client),
            wait,
        }
    }

    /// Whether `authorization` holds the cookie of a node in this process, which is ours to know;
    /// `None` where the node is another process.
    fn has_cookie_within(&self, authorization: Option<&[u8]>) -> Option<bool> {
        let upstream = self.upstream.load();
        upstream.inlet()?;
        is_own(authorization, &upstream.credentials())
    }

    /// Whether the credentials are known to be right: they were checked here, the node has accepted
    /// them lately, or bllvmctl itself uses them and the node has not refused it.
    pub(super) fn is_verified(&self, principal: &Principal<'_>) -> bool {
        let Principal::OfNode {
            credentials,
            authorization,
            ..
        } = principal
        else {
            return true;
        };
        if self.logins.are_verified(*credentials) {
            return true;
        }
        let upstream = self.upstream.load();
        let own = upstream.credentials();
        is_own(*authorization, &own) == Some(true) && !upstream.has_refused(&own)
    }

    /// Whether the node may have to think about the credentials for long: it refuses at once who
    /// has none.
    pub(super) fn needs_share(&self, principal: &Principal<'_>) -> bool {
        principal.has_shown_some() && !self.is_verified(principal)
    }

    /// The node refused `authorization` of a client. Where bllvmctl uses the same credentials, the
    /// node has new ones: a client that has read them already must not have to wait until the next
    /// poll finds that out.
    pub(super) async fn reread_if_own(&self, authorization: Option<&[u8]>) {
        let upstream = self.upstream.load_full();
        let own = upstream.credentials();
        if upstream.inlet().is_none() && is_own(authorization, &own) == Some(true) {
            upstream.read_credentials_again(&own).await;
        }
    }
}

/// Whether `authorization` holds the credentials `own`; `None` while those are not known. It takes
/// as long for wrong ones.
fn is_own(authorization: Option<&[u8]>, own: &Shown) -> Option<bool> {
    let own = access::shown(own.header()?.as_bytes())?;
    let shown = authorization.and_then(access::shown);
    Some(shown.is_some_and(|shown| bool::from(shown.ct_eq(&own))))
}
