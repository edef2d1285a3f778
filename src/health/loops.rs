//! How the daemon itself is: its loops run, and it is not shutting down.

use std::time::Duration;

use super::check::{Check, CheckName, Level};
use super::text::duration;
use crate::values::Mono;

/// How the daemon itself is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loops {
    /// It is shutting down.
    pub draining: bool,
    /// When the process last went on after it had been stopped as a whole, by SIGSTOP or with its
    /// machine: the silence of others before that was its own.
    pub resumed: Mono,
    /// The stalled loop, and since when.
    pub stalled: Option<(&'static str, Duration)>,
}

/// The check `daemon`.
pub(super) fn check(loops: Loops) -> Check {
    let (level, text) = match loops {
        Loops {
            stalled: Some((name, since)),
            ..
        } => (
            Level::Bad,
            format!("the loop {name} stands still for {}", duration(since)),
        ),
        Loops { draining: true, .. } => (Level::Bad, "shutting down".to_owned()),
        Loops { .. } => (Level::Good, "all loops run".to_owned()),
    };
    Check::new(CheckName::Daemon, level, text)
}
