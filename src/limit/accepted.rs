//! Credentials that the node has accepted lately, where it is the node that checks them.
//!
//! A look at them tells a client with the right ones from one that fails again and again at the
//! same address. What is kept of them is a hash with a secret of this run. Invariant: only what was
//! accepted takes another's place, so that nobody without credentials can make it forget; memory is
//! fixed.

use std::sync::atomic::{AtomicU64, Ordering};

use super::layers::Key;

/// Some of the credentials that were accepted.
pub struct Accepted(Box<[AtomicU64]>);

impl Default for Accepted {
    fn default() -> Self {
        Self(
            (0..Self::PLACES)
                .map(|_| AtomicU64::new(Self::NOBODY))
                .collect(),
        )
    }
}

impl Accepted {
    /// More than one operator has clients: 8 KiB.
    const PLACES: usize = 1024;
    /// In a place that is free. Whoever has this hash is not remembered.
    const NOBODY: u64 = 0;

    /// The node accepted them.
    pub fn remember(&self, credentials: Key) {
        let place = self.place(credentials);
        // Most calls find it there already, and a look disturbs nobody.
        if place.load(Ordering::Relaxed) != credentials.0 {
            place.store(credentials.0, Ordering::Relaxed);
        }
    }

    /// The node accepts them no more.
    pub fn forget(&self, credentials: Key) {
        // What another has put there in the meantime stays.
        let _ = self.place(credentials).compare_exchange(
            credentials.0,
            Self::NOBODY,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Whether the node accepted them, the last time that is remembered.
    #[must_use]
    pub fn knows(&self, credentials: Key) -> bool {
        credentials.0 != Self::NOBODY
            && self.place(credentials).load(Ordering::Relaxed) == credentials.0
    }

    #[expect(clippy::indexing_slicing, reason = "below the number of places")]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "any bits of a hash will do"
    )]
    fn place(&self, credentials: Key) -> &AtomicU64 {
        &self.0[credentials.0 as usize % Self::PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_accepted_is_known_until_it_is_refused() {
        let (accepted, key) = (Accepted::default(), Key(77));
        assert!(!accepted.knows(key));
        accepted.remember(key);
        assert!(accepted.knows(key));
        assert!(!accepted.knows(Key(78)) && !accepted.knows(Key(0)));
        accepted.forget(Key(78));
        assert!(accepted.knows(key), "another's end is not its own");
        accepted.forget(key);
        assert!(!accepted.knows(key));
    }

    #[test]
    fn of_two_that_share_a_place_the_later_one_is_known_and_is_not_forgotten_with_the_other() {
        let (accepted, first, second) = (
            Accepted::default(),
            Key(5),
            Key(5 + u64::try_from(Accepted::PLACES).unwrap()),
        );
        accepted.remember(first);
        accepted.remember(second);
        assert!(!accepted.knows(first) && accepted.knows(second));
        accepted.forget(first);
        assert!(accepted.knows(second));
    }
}
