//! The control token: what it is, whether a request has it, and how often one may be wrong.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use subtle::ConstantTimeEq;

use crate::limit::Failures;
use crate::values::{Mono, Secret};

/// The token, and the failures of each address.
pub struct ControlToken {
    token: ArcSwap<Secret>,
    failures: Mutex<Failures>,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenAdmission {
    Granted,
    /// No or a wrong token.
    Refused,
    /// No or a wrong token, too often; try again after so long.
    TooMany(Duration),
}

impl ControlToken {
    /// Requests need `token`.
    #[must_use]
    pub fn new(token: Secret) -> Self {
        Self {
            token: ArcSwap::from_pointee(token),
            failures: Mutex::default(),
        }
    }

    /// Requests need `token` from now on.
    pub fn change(&self, token: Secret) {
        self.token.store(Arc::new(token));
    }

    /// Looks at the `Authorization` header of a request from `address`. The right token always
    /// passes, so that nobody who shares the operator's address can lock the operator out.
    pub(super) fn admit(
        &self,
        authorization: Option<&[u8]>,
        address: IpAddr,
        now: Mono,
    ) -> TokenAdmission {
        let offered = authorization.and_then(bearer).unwrap_or_default();
        if !offered.is_empty() && bool::from(offered.ct_eq(self.token.load().expose().as_bytes())) {
            return TokenAdmission::Granted;
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.count(address, now) {
            Ok(_) => TokenAdmission::Refused,
            Err(wait) => TokenAdmission::TooMany(wait),
        }
    }
}

/// Whether `header` has a token, be it right or wrong.
pub(super) fn is_bearer(header: &[u8]) -> bool {
    bearer(header).is_some()
}

/// The credentials after the scheme, which is compared without regard to case (RFC 9110).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn only_the_whole_token_passes() {
        let token = ControlToken::new(Secret::new("abc".into()));
        assert_eq!(
            token.admit(Some(b"Bearer abc"), ADDRESS, at(0)),
            TokenAdmission::Granted
        );
        assert_eq!(
            token.admit(Some(b"bearer abc"), ADDRESS, at(0)),
            TokenAdmission::Granted
        );
        for wrong in [
            &b"Bearer ab"[..],
            b"Bearer abcd",
            b"Bearer ",
            b"Basic abc",
            b"abc",
            b"",
        ] {
            assert_eq!(
                token.admit(Some(wrong), ADDRESS, at(0)),
                TokenAdmission::Refused
            );
        }
        assert_eq!(token.admit(None, ADDRESS, at(0)), TokenAdmission::Refused);
        token.change(Secret::new("new".into()));
        assert_eq!(
            token.admit(Some(b"Bearer abc"), ADDRESS, at(0)),
            TokenAdmission::Refused
        );
        assert_eq!(
            token.admit(Some(b"Bearer new"), ADDRESS, at(0)),
            TokenAdmission::Granted
        );
    }

    #[test]
    fn the_eleventh_failure_in_a_minute_is_asked_to_wait_and_the_right_token_passes_still() {
        let token = ControlToken::new(Secret::new("abc".into()));
        for _ in 0..10 {
            assert_eq!(token.admit(None, ADDRESS, at(0)), TokenAdmission::Refused);
        }
        let TokenAdmission::TooMany(wait) = token.admit(None, ADDRESS, at(0)) else {
            panic!("an eleventh")
        };
        assert!(
            wait > Duration::from_secs(59) && wait <= Duration::from_secs(60),
            "{wait:?}"
        );
        assert_eq!(
            token.admit(Some(b"Bearer abc"), ADDRESS, at(0)),
            TokenAdmission::Granted
        );
        assert_eq!(token.admit(None, ADDRESS, at(60)), TokenAdmission::Refused);
    }
}
