//! The daemon's own condition, on which every node's verdict depends beside the node's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use crate::health::{Check, Loops};
use crate::supervise::Pulses;
use crate::values::Mono;

/// Whether the daemon is draining, whether its loops turn, whether it can write in its state
/// directory, when its certificate expires.
pub struct Lifecycle {
    pulses: Arc<Pulses>,
    draining: AtomicBool,
    state_error: ArcSwapOption<String>,
    limits: ArcSwapOption<Check>,
    certificate_expires: ArcSwapOption<Timestamp>,
    /// Counts the changes of the above.
    generation: AtomicU64,
}

impl Lifecycle {
    /// That of a daemon that serves, whose loops beat in `pulses`.
    #[must_use]
    pub fn new(pulses: Arc<Pulses>) -> Self {
        Self {
            pulses,
            draining: AtomicBool::new(false),
            state_error: ArcSwapOption::empty(),
            limits: ArcSwapOption::empty(),
            certificate_expires: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
        }
    }

    /// From now on the daemon is draining.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Whether the daemon is draining.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Why the lock or the control cookie cannot be written; `None` once they can.
    pub fn set_state_error(&self, error: Option<String>) {
        self.state_error.store(error.map(Arc::new));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Why the lock or the control cookie cannot be written, if they cannot.
    pub(super) fn state_error(&self) -> Option<String> {
        self.state_error.load().as_deref().cloned()
    }

    /// How limits that are shared stand; `None` if they are not.
    pub fn set_limits_check(&self, check: Option<Check>) {
        self.limits.store(check.map(Arc::new));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// How limits that are shared stand, if they are.
    pub(super) fn limits_check(&self) -> Option<Check> {
        self.limits.load().as_deref().cloned()
    }

    /// When the certificate of the listeners expires; `None` without one.
    pub fn set_certificate_expiry(&self, expires: Option<Timestamp>) {
        self.certificate_expires.store(expires.map(Arc::new));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// When the certificate of the listeners expires, if they have one.
    #[must_use]
    pub fn certificate_expiry(&self) -> Option<Timestamp> {
        self.certificate_expires.load().as_deref().copied()
    }

    /// Whether no loop is stalled, for systemd's watchdog.
    #[must_use]
    pub fn loops_turn(&self) -> bool {
        self.pulses.standing_still().is_none()
    }

    /// How many changes there were.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What health wants to know of the daemon's loops.
    pub(super) fn loops(&self, now: Mono) -> Loops {
        let resumed = self.pulses.resumed(now);
        Loops {
            draining: self.is_draining(),
            resumed,
            stalled: self.pulses.standing_still(),
            certificate_expires: self.certificate_expiry(),
        }
    }
}
