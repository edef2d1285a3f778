//! What the node does while the disk takes no writes: it stands still, tries again, and goes on
//! once they succeed.
//!
//! Decides which fault of the files ends the node and which one is waited for. Invariant: what
//! could not be written is in memory still, and no block is taken while that is so.

use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::Machine;
use crate::chain::reject::{Fault, Reject};
use crate::event::Event;
use crate::store::StoreError;

/// Whether writes succeed, for those who must not wait for the node's thread.
#[derive(Debug, Default)]
pub(crate) struct Writes(Mutex<Option<ErrorKind>>);

impl Writes {
    /// Why they do not; `None` if they do.
    pub(crate) fn failure(&self) -> Option<ErrorKind> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, failure: Option<ErrorKind>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Without any write for so long one is tried, so that a disk that takes none is seen before it is
/// needed.
const TRY_WRITING: Duration = Duration::from_secs(30);

impl Machine {
    /// The files cannot be used. If it is a write that failed it is tried again; anything else ends
    /// the node.
    pub(crate) fn failed(&mut self, error: StoreError) {
        let Some(kind) = error.write_failure() else {
            self.fatal = Some(error);
            return;
        };
        if self.wiring.writes.failure() != Some(kind) {
            warn!(%error, "the disk takes no writes: no block is taken until it does");
            self.wiring.writes.set(Some(kind));
            (self.wiring.observer)(Event::WritesChanged);
        }
        self.blocked = Some(error);
    }

    /// The disk takes no writes now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// Why nothing is taken, while that is so.
    pub(super) fn unless_blocked(&self) -> Result<(), Reject> {
        if self.is_blocked() {
            Err(Reject::new(Fault::Policy, "the disk takes no writes"))
        } else {
            Ok(())
        }
    }

    /// Writes what is not written; where that failed before, from the files as they are now.
    pub(crate) fn flush(&mut self) {
        let written = if self.is_blocked() {
            self.chain.recover()
        } else {
            self.chain.flush()
        };
        match written {
            Ok(()) if self.blocked.take().is_some() => self.unblocked(),
            Ok(()) => {}
            Err(error) => self.failed(error),
        }
    }

    fn unblocked(&mut self) {
        info!("the disk takes writes again");
        self.wiring.writes.set(None);
        (self.wiring.observer)(Event::WritesChanged);
        // What went on while the coins could not be read left the mempool as it was.
        self.refill_mempool(&[]);
        self.advance();
    }

    /// Tries whether writes succeed: when they did not, and when there were none for a while.
    pub(super) fn watch_disk(&mut self) {
        if self.is_blocked() {
            self.flush();
        } else if self.now.mono.since(self.tried_writing) > TRY_WRITING {
            self.tried_writing = self.now.mono;
            if let Err(error) = self.chain.try_writing() {
                self.failed(error);
            }
        }
    }
}
