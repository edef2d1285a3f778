//! Numbers as people read them in a reason.

use std::time::Duration;

use crate::values::Size;

/// A time of about two figures: `0.8 s`, `12 s`, `4 min`, `3 h`, `5 days`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// An amount of bytes, as [`Size`] writes it.
#[must_use]
pub fn gigabytes(bytes: u64) -> String {
    Size::from_bytes(bytes).to_string()
}

/// `1 block`, `2 blocks`.
pub(super) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
