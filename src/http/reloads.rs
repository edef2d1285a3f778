//! How loading the configuration went, for the metrics.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// How loading the configuration went.
#[derive(Debug, Default)]
pub struct Reloads {
    failed: AtomicBool,
    last_valid_ms: AtomicI64,
}

impl Reloads {
    /// A valid configuration was put in force at `time`.
    pub fn succeeded(&self, time: jiff::Timestamp) {
        self.failed.store(false, Ordering::Relaxed);
        self.last_valid_ms
            .store(time.as_millisecond(), Ordering::Relaxed);
    }

    /// The last one was not valid.
    pub fn failed(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    pub(super) fn last_was_valid(&self) -> bool {
        !self.failed.load(Ordering::Relaxed)
    }

    /// When a valid one was last put in force, seconds since 1970.
    pub(super) fn last_valid_secs(&self) -> f64 {
        jiff::SignedDuration::from_millis(self.last_valid_ms.load(Ordering::Relaxed)).as_secs_f64()
    }
}
