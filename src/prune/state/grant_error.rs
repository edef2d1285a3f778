//! Why a lease was not granted.

use crate::prune::lease::LeaseError;
use crate::state::StoreError;

/// Why a lease was not granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It cannot be one.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// It cannot be kept over a restart.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The write did not end as it should.
    #[error("the lease was not written: {0}")]
    Write(String),
}

impl GrantError {
    /// With its causes, on one line.
    #[must_use]
    pub fn with_causes(&self) -> String {
        with_causes(self)
    }
}

/// An error and its causes, on one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
