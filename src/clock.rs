//! The only clock: everything else is told the time. It is tokio's, so that tests can pause it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};

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

/// Both clocks. The wall clock is told by the monotonic one for as long as they agree, so that a moment has the same
/// time whenever that is told.
#[must_use]
pub fn now() -> Now {
    const SLACK_MS: u64 = 100;
    /// When the process began, by the wall clock, milliseconds since 1970.
    static BEGAN_MS: AtomicI64 = AtomicI64::new(i64::MIN);
    let (mono, wall) = (mono(), wall());
    let ran_ms = i64::try_from(mono.since_start().as_millis()).unwrap_or(i64::MAX);
    let began_ms = wall.as_millisecond().saturating_sub(ran_ms);
    let agreed_ms = BEGAN_MS.load(Ordering::Relaxed);
    let agree = agreed_ms.abs_diff(began_ms) <= SLACK_MS;
    if !agree {
        BEGAN_MS.store(began_ms, Ordering::Relaxed);
    }
    let began = jiff::Timestamp::from_millisecond(if agree { agreed_ms } else { began_ms });
    let start = began.map(|wall| Now { mono: Mono::START, wall });
    Now { mono, wall: start.map_or(wall, |start| start.wall_of(mono)) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_same_time_whenever_it_is_told() {
        let moment = mono();
        let told: Vec<_> = (0..1000).map(|_| now().wall_of(moment)).collect();
        assert!(told.iter().all(|time| *time == told[0]), "{told:?}");
    }
}
