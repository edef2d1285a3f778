//! The event of a prune job that ended. Pure.

use jiff::Timestamp;

use super::job::Job;
use super::job_state::JobState;
use crate::events::{EventDraft, EventKind, EventSeverity};
use crate::values::Size;

/// How `job` ended, for whoever was not there.
pub(super) fn event_of(job: &Job) -> EventDraft {
    let finished = job.finished_at.unwrap_or(job.started_at);
    let took = finished.duration_since(job.started_at).as_secs();
    EventDraft {
        since: Some(finished),
        lasted_secs: u64::try_from(took).ok(),
        ..EventDraft::new(EventKind::Prune, severity(job.state), sentence(job))
            .change(JobState::Running.as_str(), job.state.as_str())
    }
}

/// How `last` ended, if it did so at `time`.
pub(super) fn ended_at(last: Option<&Job>, time: Timestamp) -> Option<EventDraft> {
    let ended = last.filter(|job| job.finished_at == Some(time));
    ended.map(event_of)
}

fn severity(state: JobState) -> EventSeverity {
    match state {
        JobState::Running | JobState::Reached => EventSeverity::Info,
        JobState::Held | JobState::NoProgress | JobState::Failed | JobState::Interrupted => {
            EventSeverity::Warning
        }
    }
}

fn sentence(job: &Job) -> String {
    let freed = job
        .freed_bytes
        .map(|bytes| format!("freed {}", Size::from_bytes(bytes)));
    let height = job
        .pruned_height
        .map(|height| format!("pruned up to height {height}"));
    let held = job.held_by.as_ref().map(|by| format!("held by {by}"));
    let parts = [freed, height, held, job.error.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let id = job.id;
    let trigger = job.trigger.as_str();
    if parts.is_empty() {
        format!("prune job {id} ({trigger})")
    } else {
        format!("prune job {id} ({trigger}): {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prune::decision::{DecisionKind, Trigger};
    use crate::prune::end::End;
    use crate::prune::job::PlanRecord;

    fn job() -> Job {
        let plan = PlanRecord {
            action: DecisionKind::Prune,
            trigger: None,
            why: String::new(),
            aim: None,
            target_bytes: None,
            target_height: None,
            to_height: None,
            about_bytes: None,
            held_by: None,
            usage_bytes: None,
            free_bytes: None,
            first_kept_height: Some(101),
            whole_files: None,
        };
        let began = Timestamp::from_second(1000).unwrap();
        Job::started(3, Trigger::Manual, plan, began)
    }

    #[test]
    fn the_end_of_a_job_says_what_came_of_it_and_how_long_it_took() {
        let mut held = job();
        held.freed_bytes = Some(1_500_000_000);
        let ended = Timestamp::from_second(1090).unwrap();
        held.ended(&End::held("lease lnd".to_owned()), ended);
        let event = event_of(&held);
        assert_eq!(
            event.reason,
            "prune job 3 (manual): freed 1.5 GB, pruned up to height 100, held by lease lnd"
        );
        assert_eq!(event.severity, EventSeverity::Warning);
        assert_eq!(event.to.as_deref(), Some("held"));
        assert_eq!((event.since, event.lasted_secs), (Some(ended), Some(90)));
        let mut reached = job();
        reached.ended(&End::reached(), ended);
        assert_eq!(event_of(&reached).severity, EventSeverity::Info);
        let mut cut = job();
        cut.interrupted(ended);
        assert!(event_of(&cut).reason.contains("bllvmctl ended"));
    }
}
