//! Credentials that the node checks: who may show some to it, and what it thought of them.
//!
//! bitcoind sleeps a quarter of a second, in one of its workers, for each wrong password. So a call
//! with credentials that are not verified counts as a failed login from when it is sent until the
//! node has answered otherwise, and all such calls together hold a part of the slots only.
//! Invariant: of one address no more calls with wrong credentials reach the node in a minute than
//! it may fail, however many it sends at once and however soon it leaves.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::StatusCode;
use prometheus::IntCounter;

use crate::clock;
use crate::limit::{Accepted, Counted, Failures, Key};
use crate::node::Slots;
use crate::values::Mono;

/// What is known of credentials, and of the addresses that have shown wrong ones.
pub(super) struct Logins {
    failures: Mutex<Failures>,
    accepted: Accepted,
    /// The slots that calls with unverified credentials may have at once.
    unverified: Slots,
    /// Refusals by the node.
    refused: IntCounter,
}

/// A call with credentials that the node checks, from when it is sent until the node has answered.
///
/// Dropped before, it was no failure: the node has not looked at the credentials.
pub(super) struct Login {
    logins: Arc<Logins>,
    credentials: Key,
    client: IpAddr,
    counted: Option<Counted>,
}

impl Logins {
    /// More calls of an address are not under way than it may fail, so that none is refused for the
    /// sake of the others.
    const MOST_UNVERIFIED: usize = 8;

    pub(super) fn new(slots: usize, refused: IntCounter) -> Self {
        let unverified = Slots::new(Self::share_of(slots));
        Self {
            failures: Mutex::default(),
            accepted: Accepted::default(),
            unverified,
            refused,
        }
    }

    /// Of `slots` so many are for unverified credentials too: half, since whoever is new is one of
    /// them.
    fn share_of(slots: usize) -> usize {
        (slots / 2).clamp(1, Self::MOST_UNVERIFIED)
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slots that calls with unverified credentials may have at once.
    pub(super) fn unverified(&self) -> &Slots {
        &self.unverified
    }

    /// Whether the node has accepted `credentials` lately.
    pub(super) fn are_verified(&self, credentials: Key) -> bool {
        self.accepted.knows(credentials)
    }

    /// Whether `client` may show credentials to the node that are not verified; else after which
    /// time.
    pub(super) fn check(&self, client: IpAddr, now: Mono) -> Result<(), Duration> {
        self.failures().check(client, now)
    }

    /// `client` has shown credentials that are known to be wrong; if it may not, after which time
    /// it may.
    pub(super) fn fail(&self, client: IpAddr, now: Mono) -> Result<(), Duration> {
        self.failures().count(client, now).map(|_| ())
    }

    /// `client` shows `credentials` to the node now; if it may not, after which time it may.
    pub(super) fn begin(
        self: &Arc<Self>,
        credentials: Key,
        is_verified: bool,
        client: IpAddr,
        now: Mono,
    ) -> Result<Login, Duration> {
        let counted = if is_verified {
            None
        } else {
            Some(self.failures().count(client, now)?)
        };
        Ok(Login {
            logins: Arc::clone(self),
            credentials,
            client,
            counted,
        })
    }

    /// There are so many slots now.
    pub(super) fn resize(&self, slots: usize) {
        self.unverified.resize(Self::share_of(slots));
    }

    /// Forgets failures that are long past.
    pub(super) fn sweep(&self, now: Mono) {
        self.failures().sweep(now);
    }
}

impl Login {
    /// The node answered with `status`, which says what it thinks of the credentials.
    pub(super) fn judged(mut self, status: StatusCode) {
        let logins = &self.logins;
        if status == StatusCode::UNAUTHORIZED {
            logins.accepted.forget(self.credentials);
            logins.refused.inc();
            if self.counted.take().is_none() {
                // They were verified. Of many that were under way no more is held against it than a
                // minute's worth.
                let _ = logins.fail(self.client, clock::mono());
            }
        } else if status.is_success() {
            // Another status may come of something that is looked at before the credentials.
            logins.accepted.remember(self.credentials);
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if let Some(counted) = self.counted.take() {
            self.logins.failures().take_back(counted, clock::mono());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Limiter;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn logins() -> (Arc<Logins>, Key) {
        let refused = IntCounter::new("refused", "for a test").unwrap();
        (
            Arc::new(Logins::new(8, refused)),
            Limiter::default().user(b"a:b"),
        )
    }

    fn begin(logins: &Arc<Logins>, credentials: Key) -> Result<Login, Duration> {
        logins.begin(
            credentials,
            logins.are_verified(credentials),
            CLIENT,
            clock::mono(),
        )
    }

    #[test]
    fn no_more_unverified_calls_are_under_way_than_an_address_may_fail() {
        let (logins, credentials) = logins();
        let under_way: Vec<_> = (0..10)
            .map(|_| begin(&logins, credentials).unwrap())
            .collect();
        assert!(
            begin(&logins, credentials).is_err() && logins.check(CLIENT, clock::mono()).is_err()
        );
        // Those that the node never judged cost nothing, and those that it refused stay.
        for (n, login) in under_way.into_iter().enumerate() {
            if n < 7 {
                login.judged(StatusCode::UNAUTHORIZED);
            } else {
                drop(login);
            }
        }
        assert_eq!(logins.refused.get(), 7);
        let last: Vec<_> = (0..3)
            .map(|_| begin(&logins, credentials).unwrap())
            .collect();
        assert!(begin(&logins, credentials).is_err());
        drop(last);
    }

    #[test]
    fn verified_credentials_pass_whatever_their_address_has_failed_until_the_node_refuses_them() {
        let (logins, credentials) = logins();
        begin(&logins, credentials).unwrap().judged(StatusCode::OK);
        while logins.fail(CLIENT, clock::mono()).is_ok() {}
        let (first, second) = (
            begin(&logins, credentials).unwrap(),
            begin(&logins, credentials).unwrap(),
        );
        first.judged(StatusCode::INTERNAL_SERVER_ERROR);
        assert!(begin(&logins, credentials).is_ok());
        second.judged(StatusCode::UNAUTHORIZED);
        assert!(begin(&logins, credentials).is_err());
    }

    #[test]
    fn a_part_of_the_slots_is_for_unverified_credentials_and_never_none() {
        let shares = [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 8)];
        assert!(
            shares
                .iter()
                .all(|(slots, share)| Logins::share_of(*slots) == *share)
        );
    }
}
