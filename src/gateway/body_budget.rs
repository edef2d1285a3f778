//! The body budget: one limit on the memory of incomplete requests of all connections together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fair_share::FairShare;

/// The bytes of incomplete requests in memory now, of all connections together.
#[derive(Default)]
pub(super) struct BodyBudget {
    shares: Mutex<FairShare>,
    size: AtomicU64,
}

/// A reservation for one incomplete request, released on drop.
pub struct Reservation<'a> {
    budget: &'a BodyBudget,
    network: u64,
    bytes: u64,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.shares().give_back(self.network, self.bytes);
        }
    }
}

impl Reservation<'_> {
    /// Tries to grow the reservation to at least so many bytes; whether it could.
    #[must_use]
    pub fn grow_to(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let may = more == 0
            || self.budget.shares().take(
                self.network,
                more,
                self.budget.size.load(Ordering::Relaxed),
            );
        if may {
            self.bytes += more;
        }
        may
    }

    /// How many bytes it is.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It is nothing again.
    pub fn shrink(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.budget
            .shares()
            .give_back(self.network, std::mem::take(&mut self.bytes));
    }
}

impl BodyBudget {
    /// The budget, as a multiple of the largest body.
    const BODIES_IN_BUDGET: u64 = 16;
    /// But not less than what many heads take.
    const MIN_BUDGET_BYTES: u64 = 8 << 20;
    /// And not more than this, if two bodies still fit.
    const MAX_BUDGET_BYTES: u64 = 32 << 20;

    fn shares(&self) -> MutexGuard<'_, FairShare> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No body is longer than `largest_body`.
    pub(super) fn resize(&self, largest_body: u64) {
        let most = Self::MAX_BUDGET_BYTES.max(largest_body.saturating_mul(2));
        self.size.store(
            largest_body
                .saturating_mul(Self::BODIES_IN_BUDGET)
                .clamp(Self::MIN_BUDGET_BYTES, most),
            Ordering::Relaxed,
        );
    }

    /// The reservation of `network`, which is nothing yet.
    pub(super) fn reserve(&self, network: u64) -> Reservation<'_> {
        Reservation {
            budget: self,
            network,
            bytes: 0,
        }
    }
}
