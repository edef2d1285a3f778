//! Whether the disk takes writes, and what follows while it does not.
//!
//! Decides which fault of the files ends the node and which one is waited for. Invariant: while a
//! write has failed and none succeeded since, `failure` says why.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use crate::chain::reject::{Fault, Reject};
use crate::event::{EventObserver, NodeEvent};
use crate::store::StorageError;
use crate::time::MonotonicTime;

/// Whether writes succeed, for those who must not wait for the node's thread.
#[derive(Debug, Default)]
pub(crate) struct WriteStatus(Mutex<Option<ErrorKind>>);

impl WriteStatus {
    /// Why they do not; `None` if they do.
    pub(crate) fn failure(&self) -> Option<ErrorKind> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, failure: Option<ErrorKind>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// After this time without a write one is tried, so that a full disk is noticed before a write is
/// needed.
const TRIAL_INTERVAL: Duration = Duration::from_secs(30);

/// The disk, as writes to it go.
pub(super) struct DiskMonitor {
    observer: EventObserver,
    writes: Arc<WriteStatus>,
    /// The write that failed, while none succeeds.
    failure: Option<StorageError>,
    /// When a write was tried last though there was nothing to write.
    tried: MonotonicTime,
    /// What the node cannot live with: it ends.
    fatal: Option<StorageError>,
}

impl DiskMonitor {
    pub(super) fn new(
        observer: EventObserver,
        writes: Arc<WriteStatus>,
        now: MonotonicTime,
    ) -> Self {
        Self {
            observer,
            writes,
            failure: None,
            tried: now,
            fatal: None,
        }
    }

    /// The files cannot be used. If it is a write that failed it is tried again; anything else ends
    /// the node.
    pub(super) fn failed(&mut self, error: StorageError) {
        let Some(kind) = error.write_failure() else {
            self.fatal = Some(error);
            return;
        };
        if self.writes.failure() != Some(kind) {
            warn!(%error, "the disk takes no writes: no block is accepted until it does");
            self.writes.set(Some(kind));
            (self.observer)(NodeEvent::WritesChanged);
        }
        self.failure = Some(error);
    }

    /// It takes no writes now.
    pub(super) fn is_blocked(&self) -> bool {
        self.failure.is_some()
    }

    /// Why nothing is taken, while that is so.
    pub(super) fn check(&self) -> Result<(), Reject> {
        if self.is_blocked() {
            Err(Reject::new(Fault::Policy, "the disk takes no writes"))
        } else {
            Ok(())
        }
    }

    /// A write succeeded. Whether none did before.
    pub(super) fn succeeded(&mut self) -> bool {
        if self.failure.take().is_none() {
            return false;
        }
        info!("the disk takes writes again");
        self.writes.set(None);
        (self.observer)(NodeEvent::WritesChanged);
        true
    }

    /// A write is to be tried, since there was none for a while.
    pub(super) fn is_trial_due(&mut self, now: MonotonicTime) -> bool {
        let is_due = now.since(self.tried) > TRIAL_INTERVAL;
        if is_due {
            self.tried = now;
        }
        is_due
    }

    /// What ends the node.
    pub(super) fn take_fatal(&mut self) -> Option<StorageError> {
        self.fatal.take()
    }

    /// The write that failed, for a node that ends meanwhile.
    pub(super) fn take_failure(&mut self) -> Option<StorageError> {
        self.failure.take()
    }
}
