//! Detects a stalled runtime: each loop sends heartbeats, and one that lags behind the others is
//! stalled.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::values::Mono;

/// The beats of the daemon's loops.
pub struct Pulses {
    resumed_ms: AtomicU64,
    loops: Vec<(&'static str, AtomicU64)>,
}

impl Pulses {
    const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
    /// Without a heartbeat of any loop for this long, the process was suspended.
    const SUSPENDED_AFTER: Duration = Duration::from_secs(3);
    /// A loop that lags this far behind the others is stalled.
    const STALLED_AFTER: Duration = Duration::from_secs(10);

    /// Loops by name; the first beat is now.
    #[must_use]
    pub fn new(names: &[&'static str]) -> Self {
        let now = milliseconds(clock::mono());
        Self {
            resumed_ms: AtomicU64::new(0),
            loops: names
                .iter()
                .map(|name| (*name, AtomicU64::new(now)))
                .collect(),
        }
    }

    /// Beats for the loop `name`, for ever. Runs on the loop itself.
    pub async fn beat(&self, name: &'static str) {
        loop {
            self.mark(name, clock::mono());
            tokio::time::sleep(Self::HEARTBEAT_INTERVAL).await;
        }
    }

    fn mark(&self, name: &str, now: Mono) {
        self.resumed(now);
        for (_, beat) in self
            .loops
            .iter()
            .filter(|(loop_name, _)| *loop_name == name)
        {
            beat.store(milliseconds(now), Ordering::Relaxed);
        }
    }

    /// When the process last went on after none of its loops had beaten for long: it was stopped as
    /// a whole.
    pub fn resumed(&self, now: Mono) -> Mono {
        let now_ms = milliseconds(now);
        let newest = self
            .loops
            .iter()
            .map(|(_, beat)| beat.load(Ordering::Relaxed))
            .max();
        if newest.is_some_and(|newest| {
            Duration::from_millis(now_ms.saturating_sub(newest)) > Self::SUSPENDED_AFTER
        }) {
            self.resumed_ms.fetch_max(now_ms, Ordering::Relaxed);
        }
        Mono::from_start(Duration::from_millis(
            self.resumed_ms.load(Ordering::Relaxed),
        ))
    }

    /// The loop that lags furthest behind, if it is stalled. Measured against the other loops and
    /// not against the clock, since a process that was stopped and continued lags behind the clock
    /// in all of them.
    #[must_use]
    pub fn standing_still(&self) -> Option<(&'static str, Duration)> {
        let newest = self
            .loops
            .iter()
            .map(|(_, beat)| beat.load(Ordering::Relaxed))
            .max()?;
        let lag = |(name, beat): &(&'static str, AtomicU64)| {
            (
                *name,
                Duration::from_millis(newest.saturating_sub(beat.load(Ordering::Relaxed))),
            )
        };
        self.loops
            .iter()
            .map(lag)
            .max_by_key(|(_, lag)| *lag)
            .filter(|(_, lag)| *lag > Self::STALLED_AFTER)
    }
}

fn milliseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_stopped_knows_when_it_went_on() {
        let pulses = Pulses::new(&["http", "daemon"]);
        let start = clock::mono();
        assert_eq!(pulses.resumed(start), Mono::START);
        let later = start.after(Duration::from_secs(60));
        assert!(later.since(pulses.resumed(later)) < Duration::from_millis(1));
        pulses.mark("http", later);
        let afterwards = later.after(Duration::from_secs(2));
        assert!(afterwards.since(pulses.resumed(afterwards)) >= Duration::from_secs(2));
    }

    #[test]
    fn a_loop_that_lags_stands_still_and_a_process_that_was_stopped_does_not() {
        let pulses = Pulses::new(&["http", "daemon"]);
        assert_eq!(pulses.standing_still(), None);
        let later = clock::mono().after(Duration::from_secs(60));
        pulses.mark("http", later);
        assert_eq!(
            pulses.standing_still().map(|(name, _)| name),
            Some("daemon")
        );
        pulses.mark("daemon", later);
        assert_eq!(pulses.standing_still(), None);
    }
}
