//! The disk's history, for the forecast: in memory for readers, and saved for the next start.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::records::Records;
use crate::node::Volume;
use crate::prune::forecast::{Forecast, SampleHistory};
use crate::state::{Batch, Table};
use crate::values::{Mono, Now};

pub(super) const SAMPLES: Table = Table::new("disk_samples");
pub(super) const DAYS: &str = "days";

/// The disk's history.
pub(in crate::prune) struct DiskHistory {
    records: Records,
    history: Mutex<SampleHistory>,
}

impl DiskHistory {
    pub(super) fn new(history: SampleHistory, records: Records) -> Self {
        Self {
            records,
            history: Mutex::new(history),
        }
    }

    fn history(&self) -> MutexGuard<'_, SampleHistory> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was measured `now`.
    pub(in crate::prune) fn sample(&self, volume: Volume, now: Mono) {
        // Its sums take a millisecond, for which no reader is to wait. Only one loop writes it.
        let mut history = self.history().clone();
        history.record(volume, now);
        *self.history() = history;
    }

    /// Saves the samples.
    pub(in crate::prune) async fn save(&self, now: Now) {
        let records = self.history().records(now.mono, now.wall.as_second());
        let mut batch = Batch::default();
        batch.put(SAMPLES, DAYS, &records);
        self.records.write_best_effort(batch).await;
    }

    /// When a volume with so much free will be full.
    pub(in crate::prune) fn forecast(&self, free_bytes: u64) -> Option<Forecast> {
        self.history().forecast(free_bytes)
    }
}
