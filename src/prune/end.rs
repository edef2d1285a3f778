//! How a run ended. Pure.

use super::job_state::JobState;
use super::obstacle::NoRoom;
use super::retention::Retention;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The state that it leaves behind.
    pub state: JobState,
    /// Who kept it from its target.
    pub held_by: Option<String>,
    /// What else there is to say, where the target was not reached.
    pub error: Option<String>,
    /// All that could go below this height has gone.
    pub exhausted_below: Option<u32>,
    /// The node kept some of it without having said so before.
    pub by_node: Option<Retention>,
    /// Blocks went, and the node's files did not get smaller.
    pub files_stay: bool,
    /// Blocks went, and the volume did not get the room.
    pub no_room: Option<NoRoom>,
}

impl End {
    fn new(state: JobState, held_by: Option<String>, error: Option<String>) -> Self {
        Self {
            state,
            held_by,
            error,
            exhausted_below: None,
            by_node: None,
            files_stay: false,
            no_room: None,
        }
    }

    pub(super) fn reached() -> Self {
        Self::new(JobState::Reached, None, None)
    }

    pub(super) fn held(by: String) -> Self {
        Self::new(JobState::Held, Some(by), None)
    }

    pub(super) fn no_progress(error: impl Into<String>) -> Self {
        Self::new(JobState::NoProgress, None, Some(error.into()))
    }

    /// Something went wrong.
    #[must_use]
    pub fn failed(error: impl Into<String>) -> Self {
        Self::new(JobState::Failed, None, Some(error.into()))
    }

    /// The operator wants nothing more to go.
    #[must_use]
    pub fn cancelled() -> Self {
        Self {
            state: JobState::Interrupted,
            ..Self::failed("cancelled by hand; no further call was sent")
        }
    }

    /// The daemon shuts down, and nothing more is deleted.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            state: JobState::Interrupted,
            ..Self::failed("bllvmctl went down before the run ended")
        }
    }

    /// The node prunes nothing of so short a chain.
    #[must_use]
    pub fn too_short() -> Self {
        Self::held("chain too short".to_owned())
    }
}
