//! The book's leases.

use std::time::Duration;

use tracing::info;

use super::{Book, LEASES, told};
use crate::clock;
use crate::prune::lease::{Keeps, LeaseError, LeaseRecord, Leases};
use crate::state::{Batch, StoreError};
use crate::values::{Mono, Now};

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

/// A lease that was granted, and what it comes too late for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The lease.
    pub lease: LeaseRecord,
    /// There was one of this name.
    pub replaced: bool,
    /// The node was already deleting up to this height when it came.
    pub deleting_up_to: Option<u32>,
}

impl GrantError {
    /// With its causes, on one line.
    #[must_use]
    pub fn told(&self) -> String {
        told(self)
    }
}

impl Book {
    pub(in crate::prune) fn leases(&self, now: Mono) -> Leases {
        self.state().leases.current(now)
    }

    pub(in crate::prune) fn lease_records(&self, now: Now) -> Vec<LeaseRecord> {
        self.state().leases.current(now.mono).records(now)
    }

    /// Grants a lease, once it is on the disk.
    pub(in crate::prune) async fn grant(
        &self,
        name: &str,
        keeps: Keeps,
        ttl: Option<Duration>,
    ) -> Result<Granted, GrantError> {
        let _one_at_a_time = self.writing.lock().await;
        let now = clock::now();
        let mut leases = self.leases(now.mono);
        let replaced = leases.add(name, keeps, ttl, now)?;
        let record = leases
            .records(now)
            .into_iter()
            .find(|record| record.name == name);
        let Some(record) = record else {
            return Err(LeaseError::Name(name.to_owned()).into());
        };
        let mut batch = Batch::default();
        batch.put(LEASES, name, &record);
        // It holds from now on, also while it is written; a run that has begun looks at it before
        // each call.
        let (before, deleting_up_to) = {
            let mut state = self.state();
            (
                std::mem::replace(&mut state.leases, leases),
                state.deleting_up_to,
            )
        };
        if let Err(error) = self.write(batch).await {
            self.state().leases = before;
            return Err(error);
        }
        info!(
            lease = name,
            from_height = record.from_height,
            last = record.last,
            ttl_secs = record.ttl_secs,
            "lease granted"
        );
        Ok(Granted {
            lease: record,
            replaced,
            deleting_up_to,
        })
    }

    /// Ends a lease; whether there was one.
    pub(in crate::prune) async fn release(&self, name: &str) -> Result<bool, GrantError> {
        let _one_at_a_time = self.writing.lock().await;
        if !self.leases(clock::mono()).contains(name) {
            return Ok(false);
        }
        let mut batch = Batch::default();
        batch.remove(LEASES, name);
        self.write(batch).await?;
        self.state().leases.release(name);
        info!(lease = name, "lease released");
        Ok(true)
    }

    /// Takes out the leases whose time has passed.
    pub(in crate::prune) async fn expire(&self, now: Mono) {
        if self.leases(now).len() == self.state().leases.len() {
            return;
        }
        let _one_at_a_time = self.writing.lock().await;
        let over = self.state().leases.expire(now);
        let mut batch = Batch::default();
        for name in over {
            info!(lease = name, "lease expired");
            batch.remove(LEASES, name);
        }
        self.note(batch).await;
    }

    /// Writes the leases anew: the wall clock was set, and their ends with it.
    pub(in crate::prune) async fn rewrite_leases(&self, now: Now) {
        let _one_at_a_time = self.writing.lock().await;
        let mut batch = Batch::default();
        for record in self.lease_records(now) {
            batch.put(LEASES, record.name.clone(), &record);
        }
        self.note(batch).await;
    }
}
