//! The only clock of the crate: everything else is told the time. It is tokio's, so that tests can
//! pause it.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::time::{Mono, Now};

static START: LazyLock<Instant> = LazyLock::new(read);

#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
fn read() -> Instant {
    Instant::now()
}

/// The monotonic time.
pub(crate) fn mono() -> Mono {
    let start = *START;
    Mono::from_start(read().saturating_duration_since(start))
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
