//! Credentials that the node has accepted lately, where it is the node that checks them.
//!
//! They distinguish a client with valid credentials from one that fails again and again at the same
//! address. What is kept of them is a hash with a secret of this run. Invariant: only what was
//! accepted takes another's place, so that nobody without credentials can make it forget; memory is
//! fixed.

use std::sync::atomic::{AtomicU64, Ordering};

use super::charge::BucketKey;

/// Some of the credentials that were accepted.
pub struct VerifiedCredentials {
    entries: Box<[AtomicU64]>,
    /// Is another one for each node: what a former one accepted says nothing of the next.
    salt: AtomicU64,
}

/// Credentials as the present node knows them: at the next one they are others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialsAtNode(u64);

impl Default for VerifiedCredentials {
    fn default() -> Self {
        let entries = (0..Self::ENTRIES).map(|_| AtomicU64::new(Self::EMPTY));
        Self {
            entries: entries.collect(),
            salt: AtomicU64::new(0),
        }
    }
}

impl VerifiedCredentials {
    /// More than one operator has clients: 8 KiB.
    const ENTRIES: usize = 1024;
    /// A free entry. Credentials with this hash are not remembered.
    const EMPTY: u64 = 0;

    /// What `credentials` are at the present node, also once that has answered.
    #[must_use]
    pub fn at_node(&self, credentials: BucketKey) -> CredentialsAtNode {
        CredentialsAtNode(
            credentials
                .0
                .wrapping_add(self.salt.load(Ordering::Relaxed)),
        )
    }

    /// The node is another one, which has accepted nobody yet.
    pub fn change_node(&self) {
        // Odd, so that no salt comes again before all have been.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        self.salt.fetch_add(STEP, Ordering::Relaxed);
    }

    /// The node accepted them.
    pub fn remember(&self, credentials: CredentialsAtNode) {
        let entry = self.entry(credentials);
        // Most calls find it already there, and a read does not invalidate the cache line.
        if entry.load(Ordering::Relaxed) != credentials.0 {
            entry.store(credentials.0, Ordering::Relaxed);
        }
    }

    /// The node accepts them no more.
    pub fn forget(&self, credentials: CredentialsAtNode) {
        // What another has put there in the meantime stays.
        let _ = self.entry(credentials).compare_exchange(
            credentials.0,
            Self::EMPTY,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Whether the node accepted them, the last time that is remembered.
    #[must_use]
    pub fn knows(&self, credentials: BucketKey) -> bool {
        let credentials = self.at_node(credentials);
        credentials.0 != Self::EMPTY
            && self.entry(credentials).load(Ordering::Relaxed) == credentials.0
    }

    #[expect(clippy::indexing_slicing, reason = "below the number of entries")]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "any bits of a hash will do"
    )]
    fn entry(&self, credentials: CredentialsAtNode) -> &AtomicU64 {
        &self.entries[credentials.0 as usize % Self::ENTRIES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_accepted_is_known_until_it_is_refused() {
        let accepted = VerifiedCredentials::default();
        let key = BucketKey(77);
        assert!(!accepted.knows(key));
        accepted.remember(accepted.at_node(key));
        assert!(accepted.knows(key));
        assert!(!accepted.knows(BucketKey(78)) && !accepted.knows(BucketKey(0)));
        accepted.forget(accepted.at_node(BucketKey(78)));
        assert!(accepted.knows(key), "another's end is not its own");
        accepted.forget(accepted.at_node(key));
        assert!(!accepted.knows(key));
    }

    #[test]
    fn of_two_that_share_a_place_the_later_one_is_known_and_is_not_forgotten_with_the_other() {
        let accepted = VerifiedCredentials::default();
        let first = BucketKey(5);
        let second = BucketKey(5 + u64::try_from(VerifiedCredentials::ENTRIES).unwrap());
        accepted.remember(accepted.at_node(first));
        accepted.remember(accepted.at_node(second));
        assert!(!accepted.knows(first) && accepted.knows(second));
        accepted.forget(accepted.at_node(first));
        assert!(accepted.knows(second));
    }

    #[test]
    fn what_one_node_accepted_is_not_known_at_the_next_also_if_its_answer_comes_late() {
        let accepted = VerifiedCredentials::default();
        let key = BucketKey(77);
        let at_first = accepted.at_node(key);
        accepted.remember(at_first);
        accepted.change_node();
        assert!(!accepted.knows(key));
        accepted.remember(at_first);
        assert!(!accepted.knows(key));
        accepted.remember(accepted.at_node(key));
        accepted.forget(at_first);
        assert!(
            accepted.knows(key),
            "the former node's refusal is not this one's"
        );
    }
}
