//! Answers that are streamed from a node to their clients, and how many of them each client has.
//!
//! The node holds what a client does not take, up to 32 MB of each answer. So one client has a few
//! of them at once. Invariant: who takes its answers is never refused for the sake of those who do
//! not.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who has how many. A network is an address' number, see `crate::limit::network_of`.
#[derive(Default)]
pub(super) struct StreamedAnswers {
    by_network: Mutex<HashMap<u64, usize>>,
    /// The total: most calls need to read no more than this.
    all: AtomicUsize,
}

/// One streamed answer, until this is dropped.
pub(super) struct StreamedAnswer {
    answers: Arc<StreamedAnswers>,
    network: u64,
}

impl StreamedAnswers {
    /// One client has no more of them at once.
    pub(super) const MAX_ANSWERS_PER_NETWORK: usize = 16;

    fn by_network(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.by_network
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `network` may have one more.
    pub(super) fn may_begin(&self, network: u64) -> bool {
        self.all.load(Ordering::Relaxed) < Self::MAX_ANSWERS_PER_NETWORK
            || self
                .by_network()
                .get(&network)
                .is_none_or(|count| *count < Self::MAX_ANSWERS_PER_NETWORK)
    }

    /// `network` has one more.
    pub(super) fn begin(self: &Arc<Self>, network: u64) -> StreamedAnswer {
        self.all.fetch_add(1, Ordering::Relaxed);
        *self.by_network().entry(network).or_default() += 1;
        StreamedAnswer {
            answers: Arc::clone(self),
            network,
        }
    }
}

impl Drop for StreamedAnswer {
    fn drop(&mut self) {
        self.answers.all.fetch_sub(1, Ordering::Relaxed);
        let mut by_network = self.answers.by_network();
        if let Some(count) = by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_has_a_few_and_another_is_not_refused_for_their_sake() {
        let answers = Arc::<StreamedAnswers>::default();
        let mut held: Vec<_> = (0..StreamedAnswers::MAX_ANSWERS_PER_NETWORK)
            .map(|_| answers.begin(1))
            .collect();
        assert!(!answers.may_begin(1) && answers.may_begin(2));
        held.pop();
        assert!(answers.may_begin(1));
        drop(held);
        assert!(answers.by_network().is_empty());
        assert_eq!(answers.all.load(Ordering::Relaxed), 0);
    }
}
