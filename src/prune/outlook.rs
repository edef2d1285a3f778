//! How pruning stands, for the checks and for whoever asks. Answered from memory.

use std::time::Duration;

use super::decision::{Ask, PruneDecision};
use super::job::PlanRecord;
use super::pruner::Pruner;
use super::reading::Reading;
use super::standing::PruneStanding;
use super::state::StandingPlan;
use crate::clock;
use crate::health;
use crate::values::{Mono, Now};

impl Pruner {
    /// How pruning and the disk stand, for the checks.
    #[must_use]
    pub fn outlook(&self, now: Mono) -> health::Pruning {
        let secs = |secs: Option<u64>| secs.map(Duration::from_secs);
        let full_in = self.forecast(now).and_then(|forecast| {
            Some(health::FullIn {
                about: secs(forecast.full_in_secs)?,
                earliest: secs(forecast.earliest_secs),
                latest: secs(forecast.latest_secs),
            })
        });
        let (level, text) = self.standing(now).judge();
        let no_room = self
            .state
            .findings
            .no_room()
            .map(|no_room| no_room.to_string());
        let unwritten = self.state.trouble().map(|trouble| trouble.to_string());
        health::Pruning {
            level,
            text,
            full_in,
            no_room,
            unwritten,
        }
    }

    fn standing(&self, now: Mono) -> PruneStanding {
        let wall = clock::now();
        let settings = self.settings();
        let reading = self.reading(wall);
        let plan = self.current_plan(&reading, wall);
        let is_waiting = now < self.state.jobs.not_before();
        PruneStanding {
            running: self.state.jobs.running(),
            mode: settings.policy.mode,
            window_is_open: settings.policy.window_is_open(reading.minute),
            obstacle: reading.obstacle,
            plan: plan.map(|standing| standing.plan),
            is_paused_by_hand: self.state.jobs.is_paused_by_hand(now),
            failure: self.state.jobs.failure().filter(|_| is_waiting),
        }
    }

    /// The last automatic plan, for those who ask how pruning stands.
    #[must_use]
    pub fn standing_plan(&self) -> Option<PlanRecord> {
        let now = clock::now();
        let standing = self.current_plan(&self.reading(now), now);
        standing.map(|standing| standing.record)
    }

    /// The last automatic plan. While it finds nothing to do it is made of `reading`: its sentence
    /// has the usage, which is shown beside it.
    fn current_plan(&self, reading: &Reading, now: Now) -> Option<StandingPlan> {
        let process = self.board.read().process;
        let standing = self.state.findings.standing_plan(process)?;
        let is_known = reading.obstacle.is_none() && reading.usage_bytes.is_some();
        if standing.plan.decision != PruneDecision::Idle || !is_known {
            return Some(standing);
        }
        let plan = self.plan(Ask::Automatic, reading, now);
        Some(StandingPlan {
            record: PlanRecord::new(&plan, reading),
            plan,
            process,
        })
    }
}
