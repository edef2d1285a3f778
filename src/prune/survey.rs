//! What the planner wants to know and a poll does not report: where in the chain the bytes are, and
//! which blocks are young.
//!
//! A few short questions, one at a time, of a node that prunes; what it knows it does not ask
//! again.

use std::time::Duration;

use tracing::debug;

use super::reading::Reading;
use super::task::PruneTask;
use crate::node::{NodeError, NodeResult};
use crate::values::Now;

/// Sizes that are asked for over the kept blocks.
const SAMPLES: u32 = 16;
/// A block's own time may be so much later than the median time that counts here.
const MEDIAN_LAG: Duration = Duration::from_secs(2 * 3600);

impl PruneTask {
    /// Finds out what a plan for `reading` may need.
    pub(super) async fn find_out(&self, reading: &Reading, now: Now) {
        if reading.obstacle.is_some() {
            return;
        }
        self.sample_sizes(reading).await;
        let settings = self.pruner.settings();
        let days = settings.policy.custom().and_then(|custom| custom.keep_days);
        if let Some(days) = days {
            self.find_young(reading, days, now).await;
        }
    }

    async fn sample_sizes(&self, reading: &Reading) {
        let facts = self.pruner.state.findings.facts();
        if facts.no_samples || cover(&facts.samples, reading.first_kept, reading.tip) {
            return;
        }
        let width = reading.tip.saturating_sub(reading.first_kept);
        let mut samples = Vec::new();
        for part in 0..SAMPLES {
            // In the middle of each of equal parts; both factors are small.
            let offset = u64::from(width) * u64::from(2 * part + 1) / u64::from(2 * SAMPLES);
            let height = reading
                .first_kept
                .saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
            let worker = self.workers.borrow().await;
            let size = self.node.block_size(height).await;
            drop(worker);
            match size {
                Ok(size) => samples.push((height, size)),
                Err(error) => {
                    debug!(height, %error, "a block's size is unknown; all blocks count as alike");
                    // What is missing now may be there later, but not at each look.
                    self.pruner
                        .state
                        .findings
                        .learn(|facts| facts.no_samples = !is_passing(&error));
                    return;
                }
            }
        }
        self.pruner
            .state
            .findings
            .learn(|facts| facts.samples = samples);
    }

    /// The first block that is younger than so many `days`. Counted back from the tip if the wall
    /// clock is ahead of it: a clock that jumped must not make all blocks old.
    async fn find_young(&self, reading: &Reading, days: f64, now: Now) {
        // The configuration allows a hundred years.
        let age = Duration::try_from_secs_f64(days * 86_400.0).unwrap_or(Duration::MAX);
        match self.search(reading, age, now).await {
            Ok(height) => self
                .pruner
                .state
                .findings
                .learn(|facts| facts.young = Some((days, height))),
            Err(error) => debug!(%error, "the times of blocks are unknown; none counts as old"),
        }
    }

    async fn search(&self, reading: &Reading, age: Duration, now: Now) -> NodeResult<u32> {
        let wall = u64::try_from(now.wall.as_second()).unwrap_or(0);
        let newest = self.median_time(reading.tip).await?;
        let youth = wall
            .min(newest)
            .saturating_sub(age.as_secs())
            .saturating_sub(MEDIAN_LAG.as_secs());
        // Blocks get no younger: what was old stays old, unless the age was changed.
        let known = self
            .pruner
            .state
            .findings
            .facts()
            .young
            .map_or(0, |(_, height)| height)
            .min(reading.tip);
        let (mut low, mut high) = if self.is_old(known, youth).await? {
            (known, reading.tip)
        } else {
            (0, known)
        };
        // Far from the last answer at the first time only: then in steps that double.
        let mut step = 1;
        while low + step < high && self.is_old(low + step, youth).await? {
            low += step;
            step *= 2;
        }
        high = high.min(low.saturating_add(step));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.is_old(middle, youth).await? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(high)
    }

    async fn is_old(&self, height: u32, youth: u64) -> NodeResult<bool> {
        Ok(self.median_time(height).await? < youth)
    }

    async fn median_time(&self, height: u32) -> NodeResult<u64> {
        let _worker = self.workers.borrow().await;
        self.node.block_median_time(height).await
    }
}

/// Whether `samples` cover where the bytes are of the blocks from `first` to `tip`, or there are so
/// few of these that it does not matter. Of a chain that has grown by far since, as in its first
/// download, they say nothing: later blocks are larger.
fn cover(samples: &[(u32, u64)], first: u32, tip: u32) -> bool {
    let width = tip.saturating_sub(first);
    let known = || {
        samples
            .iter()
            .map(|(height, _)| *height)
            .filter(|height| (first..=tip).contains(height))
    };
    let enough = usize::try_from(SAMPLES / 2).unwrap_or(usize::MAX);
    let beyond_last = tip.saturating_sub(known().max().unwrap_or(first));
    width < SAMPLES || (known().count() >= enough && beyond_last <= width / 4)
}

fn is_passing(error: &NodeError) -> bool {
    !matches!(
        error,
        NodeError::Unsupported { .. } | NodeError::Forbidden { .. } | NodeError::Rpc { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_asked_for_again_when_the_chain_has_grown_or_has_lost_its_beginning() {
        let samples: Vec<(u32, u64)> = (0..SAMPLES).map(|part| (10 + part * 20, 250)).collect();
        assert!(cover(&samples, 0, 320));
        assert!(cover(&samples, 0, 410), "a little more");
        assert!(!cover(&samples, 0, 500), "a third of it is new");
        assert!(!cover(&samples, 0, 900_000));
        assert!(cover(&samples, 160, 340));
        assert!(!cover(&samples, 200, 360), "too few are left");
        assert!(!cover(&[], 0, 320));
        assert!(
            cover(&[], 0, 15),
            "of so few blocks nothing needs to be known"
        );
    }
}
