//! Failed logins of each address, whichever node refused them.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::refusal::{CallRefusal, network_text};
use crate::limit::{CountedFailure, Failures};
use crate::metrics::GatewayMetrics;
use crate::values::Mono;

/// Counts failed logins by address; one that has too many is refused for a while.
pub(super) struct FailedLogins {
    failures: Mutex<Failures>,
    metrics: Arc<GatewayMetrics>,
}

impl FailedLogins {
    pub(super) fn new(metrics: Arc<GatewayMetrics>) -> Self {
        Self {
            failures: Mutex::default(),
            metrics,
        }
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `client` may show credentials that are not verified; else after which time.
    pub(super) fn check(&self, client: IpAddr, now: Mono) -> Result<(), Duration> {
        self.failures().check(client, now)
    }

    /// Counts a login of `client` as failed; if it may not fail once more, after which time it may.
    pub(super) fn count(&self, client: IpAddr, now: Mono) -> Result<CountedFailure, Duration> {
        self.failures().count(client, now)
    }

    /// The login of `counted` did not fail after all.
    pub(super) fn take_back(&self, counted: CountedFailure, now: Mono) {
        self.failures().take_back(counted, now);
    }

    /// Forgets failures that are long past.
    pub(super) fn sweep(&self, now: Mono) {
        self.failures().sweep(now);
    }

    /// Refuses `client`, which may log in again after `wait`.
    #[cold]
    pub(super) fn refuse(&self, client: IpAddr, wait: Duration) -> CallRefusal {
        self.metrics.limited("login");
        CallRefusal::Limited {
            layer: "login",
            key: network_text(client),
            wait,
        }
    }
}
