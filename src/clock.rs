//! The only clock: everything else is told the time. It is tokio's, so that tests can pause it.

use std::sync::LazyLock;
use tokio::time::Instant;

use crate::values::{Mono, Now};

static START: LazyLock<Instant> = LazyLock::new(read);

#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
fn read() -> Instant {
    Instant::now()
}

/// Starts the clock. Called first thing, so that ages are counted from the start of the process.
pub fn start() {
    LazyLock::force(&START);
}

/// The monotonic time.
#[must_use]
pub fn mono() -> Mono {
    Mono::from_start(read().saturating_duration_since(*START))
}

/// Both clocks.
#[must_use]
pub fn now() -> Now {
    Now { mono: mono(), wall: wall() }
}

/// The wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
pub fn wall() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// `moment` for the runtime's timers.
#[must_use]
pub fn instant(moment: Mono) -> Instant {
    *START + moment.since_start()
}

/// The moment `later` from now, for the runtime's timers.
#[must_use]
pub fn deadline(later: std::time::Duration) -> Instant {
    read() + later
}
