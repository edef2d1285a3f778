//! The leases in force, and the call that is open while they are granted.
//!
//! Invariant: a lease that was granted is saved. No lock is held while the disk is waited for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::info;

use super::grant_error::GrantError;
use super::records::Records;
use crate::clock;
use crate::prune::lease::{Keeps, LeaseError, LeaseRecord, Leases};
use crate::prune::run::RunStep;
use crate::state::{Batch, Table};
use crate::values::{Mono, Now};

/// The leases, by their names.
pub const LEASES: Table = Table::new("leases");

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

/// What a call and a lease must see of each other at one moment.
#[derive(Default)]
struct LeasesInner {
    leases: Leases,
    /// A call that is open deletes up to here.
    deleting_up_to: Option<u32>,
}

/// The leases in force.
pub(in crate::prune) struct LeaseState {
    records: Records,
    inner: Mutex<LeasesInner>,
    /// One change at a time goes to the disk and then into memory.
    writing: tokio::sync::Mutex<()>,
}

impl LeaseState {
    pub(super) fn new(leases: Leases, records: Records) -> Self {
        Self {
            records,
            inner: Mutex::new(LeasesInner {
                leases,
                deleting_up_to: None,
            }),
            writing: tokio::sync::Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, LeasesInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::prune) fn current(&self, now: Mono) -> Leases {
        self.inner().leases.current(now)
    }

    pub(in crate::prune) fn records(&self, now: Now) -> Vec<LeaseRecord> {
        self.current(now.mono).records(now)
    }

    /// What a run does next, by the leases of this moment. A lease that is granted later is
    /// answered with the height up to which the node is deleting.
    pub(super) fn next_step(&self, now: Mono, decide: impl FnOnce(&Leases) -> RunStep) -> RunStep {
        let mut inner = self.inner();
        let step = decide(&inner.leases.current(now));
        inner.deleting_up_to = match step {
            RunStep::Call { to_height, .. } => Some(to_height),
            RunStep::End(_) => None,
        };
        step
    }

    pub(in crate::prune) fn call_ended(&self) {
        self.inner().deleting_up_to = None;
    }

    /// Puts `leases` in force; what there was at that moment.
    fn replace(&self, leases: Leases) -> LeasesInner {
        let mut inner = self.inner();
        let after = LeasesInner {
            leases,
            deleting_up_to: inner.deleting_up_to,
        };
        std::mem::replace(&mut *inner, after)
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
        let mut leases = self.current(now.mono);
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
        let before = self.replace(leases);
        if let Err(error) = self.records.write(batch).await {
            self.inner().leases = before.leases;
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
            deleting_up_to: before.deleting_up_to,
        })
    }

    /// Ends a lease; whether there was one.
    pub(in crate::prune) async fn release(&self, name: &str) -> Result<bool, GrantError> {
        let _one_at_a_time = self.writing.lock().await;
        if !self.current(clock::mono()).contains(name) {
            return Ok(false);
        }
        let mut batch = Batch::default();
        batch.remove(LEASES, name);
        self.records.write(batch).await?;
        self.inner().leases.release(name);
        info!(lease = name, "lease released");
        Ok(true)
    }

    /// Takes out the leases whose time has passed.
    pub(in crate::prune) async fn expire(&self, now: Mono) {
        if self.current(now).len() == self.inner().leases.len() {
            return;
        }
        let _one_at_a_time = self.writing.lock().await;
        let over = self.inner().leases.expire(now);
        let mut batch = Batch::default();
        for name in over {
            info!(lease = name, "lease expired");
            batch.remove(LEASES, name);
        }
        self.records.write_best_effort(batch).await;
    }

    /// Writes the leases anew: the wall clock was set, and their ends with it.
    pub(in crate::prune) async fn rewrite(&self, now: Now) {
        let _one_at_a_time = self.writing.lock().await;
        let mut batch = Batch::default();
        for record in self.records(now) {
            batch.put(LEASES, record.name.clone(), &record);
        }
        self.records.write_best_effort(batch).await;
    }
}
