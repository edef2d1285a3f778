//! A prune job as text.

use super::render::whole_seconds;
use crate::api::{PruneJob, PruneJobState};
use crate::values::Size;

pub(super) fn is_running(job: &PruneJob) -> bool {
    job.state == PruneJobState::Running
}

/// The bytes freed, and those left if that is known.
pub(super) fn progress(job: &PruneJob) -> String {
    let Some(freed) = job.freed_bytes else {
        return "freed space unknown".to_owned();
    };
    let Some(about) = job.plan.about_bytes else {
        return format!("{freed} freed");
    };
    let left = Size::from_bytes(about.bytes().saturating_sub(freed.bytes()));
    format!("{freed} of about {about} freed, {left} left")
}

/// The state of the job in one line.
pub(super) fn line(job: &PruneJob) -> String {
    let end = match &job.state {
        PruneJobState::Running => "is running",
        PruneJobState::Reached => "reached its target",
        PruneJobState::Held => "was held back",
        PruneJobState::NoProgress => "made no progress",
        PruneJobState::Failed => "failed",
        PruneJobState::Interrupted => "was interrupted",
        PruneJobState::Other(word) => word,
    };
    let freed = job
        .freed_bytes
        .map_or_else(|| "an unknown amount".to_owned(), |freed| freed.to_string());
    // The two differ only where a snapshot or hard links hold a part of the deleted blocks.
    let deleted = job
        .deleted_bytes
        .filter(|deleted| job.freed_bytes.is_some_and(|freed| freed < *deleted));
    let deleted = deleted.map_or_else(String::new, |deleted| format!(" of {deleted} deleted"));
    let pruned = match (job.pruned_height, job.freed_bytes) {
        (Some(height), _) => format!(", blocks up to height {height} are pruned"),
        (None, Some(_)) => ", no blocks are pruned".to_owned(),
        (None, None) => String::new(),
    };
    let deleted_nothing = job.state == PruneJobState::Reached
        && job.deleted_bytes == Some(Size::default())
        && job.plan.whole_files != Some(false);
    let whole_files = if deleted_nothing {
        "; the node deletes whole files only, and no file had only blocks to prune"
    } else {
        ""
    };
    format!(
        "job {} ({}) {end}: {freed} freed{deleted}{pruned}{whole_files}",
        job.id, job.trigger
    )
}

/// Why it did not reach its target, if it did not.
pub(super) fn why_not(job: &PruneJob) -> Option<String> {
    if job.state == PruneJobState::Reached {
        return None;
    }
    let why = match (&job.held_by, &job.error) {
        (Some(by), _) => format!("held by {by}"),
        (None, Some(error)) => error.clone(),
        (None, None) => job.state.to_string(),
    };
    Some(format!(
        "prune job {} did not reach its target: {why}",
        job.id
    ))
}

/// The state of the job, its end and the reason.
pub(super) fn lines(job: &PruneJob) -> String {
    let ended = job
        .finished_at
        .map_or_else(String::new, |at| format!(", at {}", whole_seconds(at)));
    let why = why_not(job).filter(|_| !is_running(job));
    let why = why.map_or_else(String::new, |why| format!("\n          {why}"));
    format!("{}{ended}{why}", line(job))
}
