//! Credentials that the node checks: which of them it has accepted, and what it answers to those
//! that are new.
//!
//! bitcoind sleeps a quarter of a second, in one of its workers, for each wrong password. So a call
//! with credentials that are not verified counts as a failed login from when it is sent until the
//! node has answered otherwise, and all such calls together hold a part of the slots only.
//! Invariant: of one address no more calls with wrong credentials reach the node in a minute than
//! it may fail, however many it sends at once and however soon it leaves.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::StatusCode;
use prometheus::IntCounter;

use super::unknown_user::UnknownUser;
use crate::clock;
use crate::gateway::failed_logins::FailedLogins;
use crate::limit::{BucketKey, CountedFailure, CredentialsAtNode, VerifiedCredentials};
use crate::values::Mono;

/// Credentials that the node is to check.
#[derive(Clone, Copy)]
pub(in crate::gateway) struct Claim<'a> {
    /// What they are found by.
    pub(in crate::gateway) key: BucketKey,
    /// As they were sent, if there are any.
    pub(in crate::gateway) authorization: Option<&'a [u8]>,
}

/// What is known of credentials before the node has looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Unverified,
    /// The node has accepted them lately.
    Verified,
    /// Another node has, so that they are no guess.
    AcceptedElsewhere,
}

/// The credentials that a node has accepted lately.
pub(super) struct CredentialVerifier {
    accepted: VerifiedCredentials,
    /// Those that the node has refused in the last minute though another node accepts them.
    refused_here: VerifiedCredentials,
    /// Since when.
    refused_since_secs: AtomicU64,
    unknown_user: UnknownUser,
    failed_logins: Arc<FailedLogins>,
    /// Refusals by the node.
    refused: IntCounter,
}

/// A call with credentials that the node checks, from when it is sent until the node has answered.
///
/// Dropped before, it is no failure: the node has not checked the credentials.
pub(super) struct Login {
    verified: Arc<CredentialVerifier>,
    credentials: CredentialsAtNode,
    client: IpAddr,
    counted: Option<CountedFailure>,
    standing: Standing,
}

impl CredentialVerifier {
    pub(super) fn new(failed_logins: Arc<FailedLogins>, refused: IntCounter) -> Self {
        Self {
            accepted: VerifiedCredentials::default(),
            refused_here: VerifiedCredentials::default(),
            refused_since_secs: AtomicU64::new(0),
            unknown_user: UnknownUser::default(),
            failed_logins,
            refused,
        }
    }

    /// Whether the node has accepted `credentials` lately.
    pub(super) fn knows(&self, credentials: BucketKey) -> bool {
        self.accepted.knows(credentials)
    }

    /// Whether the node has refused `credentials` lately that another node accepts.
    pub(super) fn refuses(&self, credentials: BucketKey) -> bool {
        self.refused_here.knows(credentials) && !self.accepted.knows(credentials)
    }

    /// The node has refused `credentials` that another node accepts; whether there were none
    /// before.
    pub(super) fn note_refused_here(&self, credentials: BucketKey, now: Mono) -> bool {
        self.refused_here
            .remember(self.refused_here.at_node(credentials));
        let refused = self.accepted.at_node(credentials);
        self.unknown_user.refused(refused, now)
    }

    /// Whether the node has refused credentials that another node accepts, in the last hour and
    /// without accepting them since.
    pub(super) fn has_unknown_user(&self) -> bool {
        self.unknown_user.is_any()
    }

    /// Forgets each minute what the node has refused: it may know the user by now.
    pub(super) fn sweep(&self, now: Mono) {
        const FORGET_AFTER_SECS: u64 = 60;
        self.unknown_user.sweep(now);
        let now = now.since_start().as_secs();
        let since = &self.refused_since_secs;
        if now.saturating_sub(since.load(Ordering::Relaxed)) >= FORGET_AFTER_SECS {
            since.store(now, Ordering::Relaxed);
            self.refused_here.change_node();
        }
    }

    /// The node is another one, which has accepted nobody yet.
    pub(super) fn change_node(&self) {
        self.accepted.change_node();
        self.refused_here.change_node();
        self.unknown_user.forget();
    }

    /// The failed logins of each address, at all nodes.
    pub(super) fn failed_logins(&self) -> &FailedLogins {
        &self.failed_logins
    }

    /// `client` sends `credentials` to the node now; if it may not, the time after which it may.
    pub(super) fn begin(
        self: &Arc<Self>,
        credentials: BucketKey,
        standing: Standing,
        client: IpAddr,
        now: Mono,
    ) -> Result<Login, Duration> {
        let counted = match standing {
            Standing::Unverified => Some(self.failed_logins.count(client, now)?),
            Standing::Verified | Standing::AcceptedElsewhere => None,
        };
        Ok(Login {
            verified: Arc::clone(self),
            credentials: self.accepted.at_node(credentials),
            client,
            counted,
            standing,
        })
    }
}

impl Login {
    /// The node answered with `status`, which shows whether it accepted the credentials.
    pub(super) fn judged(mut self, status: StatusCode) {
        let verified = &self.verified;
        if status == StatusCode::UNAUTHORIZED {
            verified.accepted.forget(self.credentials);
            verified.refused.inc();
            if self.counted.take().is_none() && self.standing == Standing::Verified {
                // They are verified. Calls that were in flight count as at most a minute's
                // failures.
                let _ = verified.failed_logins.count(self.client, clock::mono());
            }
        } else if status.is_success() {
            // Another status may come from a check before that of the credentials.
            verified.accepted.remember(self.credentials);
            verified.unknown_user.accepted(self.credentials);
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if let Some(counted) = self.counted.take() {
            self.verified
                .failed_logins
                .take_back(counted, clock::mono());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Limiter;
    use crate::metrics::Recorder;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn verified() -> (Arc<CredentialVerifier>, BucketKey) {
        let refused = IntCounter::new("refused", "for a test").unwrap();
        let metrics = Recorder::new().unwrap().gateway().unwrap();
        let failed_logins = Arc::new(FailedLogins::new(Arc::new(metrics)));
        (
            Arc::new(CredentialVerifier::new(failed_logins, refused)),
            Limiter::default().user(b"a:b"),
        )
    }

    fn begin(
        verified: &Arc<CredentialVerifier>,
        credentials: BucketKey,
    ) -> Result<Login, Duration> {
        verified.begin(
            credentials,
            if verified.knows(credentials) {
                Standing::Verified
            } else {
                Standing::Unverified
            },
            CLIENT,
            clock::mono(),
        )
    }

    #[test]
    fn no_more_unverified_calls_are_under_way_than_an_address_may_fail() {
        let (verified, credentials) = verified();
        let under_way: Vec<_> = (0..10)
            .map(|_| begin(&verified, credentials).unwrap())
            .collect();
        assert!(
            begin(&verified, credentials).is_err()
                && verified.failed_logins.check(CLIENT, clock::mono()).is_err()
        );
        // Those that the node never judged cost nothing, and those that it refused stay.
        for (n, login) in under_way.into_iter().enumerate() {
            if n < 7 {
                login.judged(StatusCode::UNAUTHORIZED);
            } else {
                drop(login);
            }
        }
        assert_eq!(verified.refused.get(), 7);
        let last: Vec<_> = (0..3)
            .map(|_| begin(&verified, credentials).unwrap())
            .collect();
        assert!(begin(&verified, credentials).is_err());
        drop(last);
    }

    #[test]
    fn credentials_that_another_node_accepts_are_no_failed_login_here() {
        let (verified, credentials) = verified();
        for _ in 0..100 {
            let login = verified.begin(
                credentials,
                Standing::AcceptedElsewhere,
                CLIENT,
                clock::mono(),
            );
            login.ok().unwrap().judged(StatusCode::UNAUTHORIZED);
        }
        assert!(verified.failed_logins.check(CLIENT, clock::mono()).is_ok());
        assert_eq!(verified.refused.get(), 100);
    }

    #[test]
    fn verified_credentials_pass_whatever_their_address_has_failed_until_the_node_refuses_them() {
        let (verified, credentials) = verified();
        begin(&verified, credentials)
            .unwrap()
            .judged(StatusCode::OK);
        while verified.failed_logins.count(CLIENT, clock::mono()).is_ok() {}
        let first = begin(&verified, credentials).unwrap();
        let second = begin(&verified, credentials).unwrap();
        first.judged(StatusCode::INTERNAL_SERVER_ERROR);
        assert!(begin(&verified, credentials).is_ok());
        second.judged(StatusCode::UNAUTHORIZED);
        assert!(begin(&verified, credentials).is_err());
    }
}
