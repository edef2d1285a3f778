//! How pruning stands, as the health check says it: a level and a sentence. Pure.

use super::blocked::Blocked;
use super::decision::{Plan, PruneDecision};
use super::job::Job;
use super::obstacle::Obstacle;
use super::policy::Mode;
use crate::health::Level;
use crate::values::Size;

const PAUSED: &str =
    "the last run was cancelled by hand, and none starts by itself for an hour after that";

/// What the check is made of.
pub(super) struct PruneStanding {
    /// The running job.
    pub(super) running: Option<Job>,
    /// `storage.pruning_mode`
    pub(super) mode: Mode,
    /// What keeps the node from pruning now.
    pub(super) obstacle: Option<Obstacle>,
    /// `storage.custom.window` is open now.
    pub(super) window_is_open: bool,
    /// The last automatic plan.
    pub(super) plan: Option<Plan>,
    /// Somebody cancelled the last run a short while ago.
    pub(super) is_paused_by_hand: bool,
    /// How the last run failed, while the next one waits for that.
    pub(super) failure: Option<String>,
}

impl PruneStanding {
    /// The level and the sentence.
    pub(super) fn judge(self) -> (Level, String) {
        if let Some(job) = self.running {
            return (Level::Good, progress(&job));
        }
        if self.mode == Mode::Disabled {
            return (Level::Good, "disabled".to_owned());
        }
        if let Some(obstacle @ (Obstacle::NotInPruneMode | Obstacle::WrongChain { .. })) =
            self.obstacle
        {
            return (Level::Warning, obstacle.to_string());
        }
        let Some(Plan { decision, why, .. }) = self.plan else {
            return (Level::Unknown, "no plan yet".to_owned());
        };
        let is_closed = self.obstacle.is_none() && !self.window_is_open;
        let level = match decision {
            PruneDecision::Idle => Level::Good,
            PruneDecision::Prune(_) if self.is_paused_by_hand => {
                return (Level::Warning, format!("{why}, but {PAUSED}"));
            }
            PruneDecision::Prune(_) => match self.failure {
                Some(error) => {
                    let text = format!("{why}, but the last run failed: {error}");
                    return (Level::Warning, text);
                }
                None => Level::Good,
            },
            PruneDecision::Blocked(_) if self.obstacle == Some(Obstacle::NotKnown) => {
                Level::Unknown
            }
            PruneDecision::Blocked(Blocked::OutsideWindow) if is_closed => Level::Good,
            PruneDecision::Held { .. } | PruneDecision::Blocked(_) | PruneDecision::Refused => {
                Level::Warning
            }
        };
        (level, why)
    }
}

fn progress(job: &Job) -> String {
    let freed = job
        .freed_bytes
        .map(|freed| format!(", {} freed so far", Size::from_bytes(freed)));
    format!("job {} is running{}", job.id, freed.unwrap_or_default())
}
