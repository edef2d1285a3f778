//! The writes of pruning's records: leases must be saved, all else may be missing after a restart.

use std::sync::Arc;

use tracing::warn;

use super::grant_error::{GrantError, with_causes};
use crate::state::{Batch, NodeStore};

/// The store of one node's records.
#[derive(Clone)]
pub(super) struct Records(Arc<NodeStore>);

impl Records {
    pub(super) fn new(store: Arc<NodeStore>) -> Self {
        Self(store)
    }

    /// Why the last change was not saved, if it was not.
    pub(super) fn trouble(&self) -> Option<Arc<String>> {
        self.0.trouble()
    }

    /// Writes `batch` off the runtime's threads.
    pub(super) async fn write(&self, batch: Batch) -> Result<(), GrantError> {
        if batch.is_empty() {
            return Ok(());
        }
        let store = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || store.write(&batch)).await;
        Ok(written.map_err(|join| GrantError::Write(join.to_string()))??)
    }

    /// Writes what is good to have but not needed.
    pub(super) async fn write_best_effort(&self, batch: Batch) {
        if let Err(error) = self.write(batch).await {
            warn!(
                error = with_causes(&error),
                "the state cannot be written; pruning goes on without"
            );
        }
    }
}
