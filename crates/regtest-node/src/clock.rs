//! The only clock of the crate: everything else takes the time as an argument. It is tokio's, so
//! that tests can pause it.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::time::{MonotonicTime, Now};

static START: LazyLock<Instant> = LazyLock::new(read);

#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
fn read() -> Instant {
    Instant::now()
}

/// The monotonic time.
pub(crate) fn mono() -> MonotonicTime {
    let start = *START;
    MonotonicTime::from_start(read().saturating_duration_since(start))
}

/// Both clocks. A wall clock before 1970 reads as 1970.
#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
pub(crate) fn now() -> Now {
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Now {
        mono: mono(),
        unix_millis: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    }
}
