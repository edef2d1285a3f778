//! Whether a node has refused a user whom another node accepts. Pure.
//!
//! It is so until the node accepts those credentials, or has refused none of the kind for an hour:
//! whoever looks sees it for longer than one call takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limit::CredentialsAtNode;
use crate::values::Mono;

/// The credentials that a node refused last though another node accepts them.
#[derive(Default)]
pub(super) struct UnknownUser {
    /// Each answer asks for it, and only those after a refusal need the lock.
    is_any: AtomicBool,
    last: Mutex<Option<RefusedUser>>,
}

struct RefusedUser {
    credentials: CredentialsAtNode,
    at: Mono,
}

impl UnknownUser {
    const FORGET_AFTER: Duration = Duration::from_secs(3600);

    fn last(&self) -> MutexGuard<'_, Option<RefusedUser>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The node has refused `credentials`; whether it had refused none before.
    pub(super) fn refused(&self, credentials: CredentialsAtNode, at: Mono) -> bool {
        let mut last = self.last();
        *last = Some(RefusedUser { credentials, at });
        !self.is_any.swap(true, Ordering::Relaxed)
    }

    /// The node has accepted `credentials`.
    pub(super) fn accepted(&self, credentials: CredentialsAtNode) {
        if self.is_any() {
            self.forget_if(|refused| refused.credentials == credentials);
        }
    }

    /// Forgets what is an hour old.
    pub(super) fn sweep(&self, now: Mono) {
        if self.is_any() {
            self.forget_if(|refused| now.since(refused.at) >= Self::FORGET_AFTER);
        }
    }

    /// It is another node.
    pub(super) fn forget(&self) {
        self.forget_if(|_| true);
    }

    /// Whether there is one.
    pub(super) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Relaxed)
    }

    fn forget_if(&self, is_over: impl FnOnce(&RefusedUser) -> bool) {
        let mut last = self.last();
        if last.as_ref().is_some_and(is_over) {
            *last = None;
            self.is_any.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::{Limiter, VerifiedCredentials};

    fn at(seconds: u64) -> Mono {
        Mono::START.after(Duration::from_secs(seconds))
    }

    #[test]
    fn it_is_known_until_the_node_accepts_that_user_or_an_hour_has_passed() {
        let node = VerifiedCredentials::default();
        let limiter = Limiter::default();
        let alice = limiter.user(b"alice:a");
        let bob = limiter.user(b"bob:b");
        let alice = node.at_node(alice);
        let bob = node.at_node(bob);
        let unknown = UnknownUser::default();
        assert!(unknown.refused(alice, at(0)) && !unknown.refused(alice, at(10)));
        unknown.accepted(bob);
        unknown.sweep(at(3609));
        assert!(unknown.is_any());
        unknown.sweep(at(3610));
        assert!(!unknown.is_any());
        assert!(unknown.refused(alice, at(4000)));
        unknown.accepted(alice);
        assert!(!unknown.is_any());
    }
}
