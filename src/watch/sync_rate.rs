//! How fast the node catches up, from the last minutes. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::values::Mono;

/// The window over which the rate is taken: long enough to smooth a slow block, short enough to
/// follow.
const WINDOW: Duration = Duration::from_secs(600);
/// Samples closer together than this are dropped, which bounds their number.
const SPACING: Duration = Duration::from_secs(2);
/// Below this a rate says nothing yet.
const SHORTEST: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug, PartialEq)]
struct HeightSample {
    at: Mono,
    blocks: u32,
    progress: Option<f64>,
}

/// Heights and progress over the last ten minutes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncRate {
    samples: VecDeque<HeightSample>,
}

impl SyncRate {
    /// Adds what the node said at `now`.
    pub fn record(&mut self, blocks: u32, progress: Option<f64>, now: Mono) {
        if self
            .samples
            .back()
            .is_some_and(|last| now.since(last.at) < SPACING)
        {
            return;
        }
        self.samples.push_back(HeightSample {
            at: now,
            blocks,
            progress,
        });
        while self
            .samples
            .front()
            .is_some_and(|first| now.since(first.at) > WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Time until the chain is verified, `behind` blocks from now. From the verification progress
    /// where the node gives it, since early blocks are small and the last ones are not; else from
    /// blocks per second.
    #[must_use]
    pub fn eta(&self, behind: u32) -> Option<Duration> {
        let first = self.samples.front()?;
        let last = self.samples.back()?;
        let elapsed = last.at.since(first.at);
        if elapsed < SHORTEST {
            return None;
        }
        let by_progress = || {
            let from = first.progress?;
            let to = last.progress?;
            share((1.0 - to) / (to - from), elapsed)
        };
        let by_blocks = || {
            let gained = last.blocks.checked_sub(first.blocks)?;
            share(f64::from(behind) / f64::from(gained), elapsed)
        };
        by_progress().or_else(by_blocks)
    }
}

/// `elapsed` times `factor`, if that is a sensible time: over ten years nothing is known.
fn share(factor: f64, elapsed: Duration) -> Option<Duration> {
    const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;
    let seconds = factor * elapsed.as_secs_f64();
    (seconds.is_finite() && (0.0..LONGEST).contains(&seconds))
        .then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn ten_blocks_a_second_and_1200_behind_take_two_minutes() {
        let mut rate = SyncRate::default();
        rate.record(1000, None, at(0));
        rate.record(1100, None, at(10));
        assert_eq!(rate.eta(1200), Some(Duration::from_secs(120)));
    }

    #[test]
    fn progress_wins_over_blocks() {
        let mut rate = SyncRate::default();
        rate.record(0, Some(0.25), at(0));
        rate.record(400_000, Some(0.5), at(100));
        assert_eq!(rate.eta(400_000), Some(Duration::from_secs(200)));
    }

    #[test]
    fn a_node_that_stands_still_has_no_eta() {
        let mut rate = SyncRate::default();
        rate.record(1000, Some(0.5), at(0));
        rate.record(1000, Some(0.5), at(60));
        assert_eq!(rate.eta(5), None);
    }

    #[test]
    fn the_window_forgets_and_stays_small() {
        let mut rate = SyncRate::default();
        for second in 0..10_000 {
            rate.record(0, None, at(second));
        }
        assert!(rate.samples.len() <= 301, "{}", rate.samples.len());
    }
}
