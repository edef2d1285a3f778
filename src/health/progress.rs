//! The checks of how the chain goes on: the distance to the tip, and the time since its last block.

use std::time::Duration;

use super::check::{Check, CheckName, Level};
use super::judge::Judge;
use super::stall::{self, Gap};
use super::sync::{self, Behind};
use super::text::duration;
use crate::watch::Topic;

impl Judge<'_> {
    pub(super) fn eta(&self) -> Option<Duration> {
        match self.behind {
            Some(Behind::Blocks(behind)) if behind > 0 => self.snapshot.sync_rate.eta(behind),
            _ => None,
        }
    }

    pub(super) fn sync(&self) -> Check {
        let height = self.chain.map_or(0, |chain| chain.blocks);
        let (level, text) = match self.behind {
            None => (Level::Unknown, "the chain's state is not known".to_owned()),
            Some(_) if self.is_wrong_chain() => (
                Level::Unknown,
                "another chain than the wanted one".to_owned(),
            ),
            Some(Behind::NoHeaders) => (Level::Bad, format!("no headers known, height {height}")),
            Some(Behind::Blocks(behind)) => {
                let unvalidated = self
                    .chain
                    .and_then(|chain| chain.background)
                    .map(sync::unvalidated);
                sync::Lag {
                    height,
                    behind,
                    max_behind: self.policy.thresholds.ready_max_lag_blocks,
                    eta: self.eta(),
                    downloading: self.downloading,
                    unvalidated: unvalidated.unwrap_or_default(),
                }
                .judge()
            }
        };
        if level == Level::Good && self.is_old(Topic::Chain) {
            return Check::new(
                CheckName::Sync,
                Level::Warning,
                format!("{text}, {} ago", self.age(Topic::Chain)),
            );
        }
        Check::new(CheckName::Sync, level, text)
    }

    pub(super) fn stall(&self) -> Check {
        let (Some(chain), Some(tip)) = (self.chain, &self.snapshot.tip) else {
            return Check::new(
                CheckName::Stall,
                Level::Unknown,
                "the chain's state is not known",
            );
        };
        let age = chain
            .tip_time
            .map(|time| Duration::from_secs(self.wall_secs.saturating_sub(time)));
        let gap = stall::gap(tip.seen_for(self.now), age);
        let (text, counted) = match age.filter(|age| *age > gap) {
            Some(age) => (
                format!(
                    "no new block for {} by the time in the tip's header",
                    duration(age)
                ),
                format!(" of the {} that it has been seen here", duration(gap)),
            ),
            None => (format!("no new block for {}", duration(gap)), String::new()),
        };
        let odds = format!(
            "{text}, probability{counted} {:.1e}",
            stall::probability(gap)
        );
        let cause = stall::cause(chain, self.peers.as_deref());
        let (level, text) = match (
            stall::judge(
                chain.chain.parse().ok(),
                gap,
                self.policy.thresholds.stall_probability,
            ),
            cause,
        ) {
            (Gap::Usual, _) if self.is_old(Topic::Chain) => (
                Level::Unknown,
                format!("no block is known since, but {}", self.chain_age()),
            ),
            (Gap::Usual, _) => (Level::Good, text),
            (Gap::Stalled, Some(cause)) => (Level::Bad, format!("{odds}, and {cause}")),
            (Gap::Unlikely | Gap::Stalled, _) => (Level::Warning, odds),
        };
        Check::new(CheckName::Stall, level, text)
    }
}
