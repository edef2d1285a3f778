//! bllvmctl's own credentials at the node, where a client uses the same ones.

use subtle::ConstantTimeEq;

use super::Upstream;
use super::verified::Claim;
use crate::gateway::access;
use crate::node::rpc::CurrentCredentials;

impl Upstream {
    /// Whether `authorization` holds the cookie of the node in this process; `None` where the node
    /// is another process.
    pub(in crate::gateway) fn has_cookie_within(
        &self,
        authorization: Option<&[u8]>,
    ) -> Option<bool> {
        let destination = self.destination.load();
        destination.inlet()?;
        is_own(authorization, &destination.credentials())
    }

    /// Whether the credentials are known to be right: the node has accepted them lately, or
    /// bllvmctl itself uses them and the node has not refused it.
    pub(in crate::gateway) fn is_verified(&self, claim: Claim<'_>) -> bool {
        if self.verified.knows(claim.key) {
            return true;
        }
        let destination = self.destination.load();
        let own = destination.credentials();
        is_own_header(claim.authorization, &own) && !destination.has_refused(&own)
    }

    /// The node refused `authorization` of a client. Where bllvmctl uses the same credentials, the
    /// node has new ones: a client that has read them already must not have to wait until the next
    /// poll finds that out.
    pub(in crate::gateway) async fn reread_if_own(&self, authorization: Option<&[u8]>) {
        let destination = self.destination.load_full();
        let own = destination.credentials();
        if destination.inlet().is_none() && is_own_header(authorization, &own) {
            destination.read_credentials_again(&own).await;
        }
    }
}

/// Whether `authorization` is the very header that bllvmctl sends. In another spelling the same
/// credentials may be refused: bitcoind does not accept `basic` in lower case.
fn is_own_header(authorization: Option<&[u8]>, own: &CurrentCredentials) -> bool {
    authorization
        .zip(own.header())
        .is_some_and(|(sent, own)| bool::from(sent.ct_eq(own.as_bytes())))
}

/// Whether `authorization` holds the credentials `own`; `None` while those are not known. The
/// comparison takes the same time for wrong ones.
fn is_own(authorization: Option<&[u8]>, own: &CurrentCredentials) -> Option<bool> {
    let own = access::caller_of(own.header()?.as_bytes())?;
    let sent = authorization.and_then(access::caller_of);
    Some(sent.is_some_and(|sent| bool::from(sent.ct_eq(&own))))
}
