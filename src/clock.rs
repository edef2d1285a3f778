//! The only clock: everything else gets the time as an argument. It is tokio's, so that tests can
//! pause it.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
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

/// Both clocks. The wall clock is derived from the monotonic one for as long as they agree, so that
/// a moment has the same time whenever it is computed.
#[must_use]
pub fn now() -> Now {
    const SLACK_MS: u64 = 100;
    /// When the process began, by the wall clock, milliseconds since 1970.
    static BEGAN_MS: AtomicI64 = AtomicI64::new(i64::MIN);
    let mono = mono();
    let wall = wall();
    let ran_ms = i64::try_from(mono.since_start().as_millis()).unwrap_or(i64::MAX);
    let began_ms = wall.as_millisecond().saturating_sub(ran_ms);
    let agreed_ms = BEGAN_MS.load(Ordering::Relaxed);
    let agree = agreed_ms.abs_diff(began_ms) <= SLACK_MS;
    if !agree {
        BEGAN_MS.store(began_ms, Ordering::Relaxed);
    }
    let began = Timestamp::from_millisecond(if agree { agreed_ms } else { began_ms });
    let start = began.map(|wall| Now {
        mono: Mono::START,
        wall,
    });
    Now {
        mono,
        wall: start.map_or(wall, |start| start.wall_of(mono)),
    }
}

/// The wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// The wall clock at `moment`, which has just been, to the millisecond: to read it for each line of
/// a busy log costs a tenth of what the line does.
#[must_use]
pub fn wall_at(moment: Mono) -> Timestamp {
    const KEPT: Duration = Duration::from_millis(1);
    thread_local! {
        /// When it was read last, and what it was.
        static READ: Cell<Option<(Mono, Timestamp)>> = const { Cell::new(None) };
    }
    match READ.get() {
        Some((at, wall)) if at <= moment && moment.since(at) < KEPT => wall,
        _ => {
            let wall = wall();
            READ.set(Some((moment, wall)));
            wall
        }
    }
}

/// `moment` for the runtime's timers.
#[must_use]
pub fn instant(moment: Mono) -> Instant {
    *START + moment.since_start()
}

/// The moment `later` from now, for the runtime's timers.
#[must_use]
pub fn deadline(later: Duration) -> Instant {
    read() + later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_same_time_whenever_it_is_reported() {
        let moment = mono();
        let reported: Vec<_> = (0..1000).map(|_| now().wall_of(moment)).collect();
        assert!(
            reported.iter().all(|time| *time == reported[0]),
            "{reported:?}"
        );
    }

    #[test]
    fn the_wall_clock_is_read_again_when_a_millisecond_is_over_and_not_before() {
        let moment = Mono::START.after(Duration::from_secs(1));
        let before = wall();
        let at = |micros| wall_at(moment.after(Duration::from_micros(micros)));
        let first = at(0);
        assert!(first >= before);
        while wall() == first {}
        assert_eq!((at(999), at(0)), (first, first));
        let second = at(1000);
        assert!(second > first);
        assert_eq!(at(1999), second);
        // It is never used for a moment before it was read.
        assert!(at(0) >= second);
    }
}
