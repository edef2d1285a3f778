//! `GET /api/v1/status`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::detailed::DetailedHealth;
use super::words::words;

/// `GET /api/v1/status`, and of one node `GET /api/v1/nodes/NAME`.
///
/// `/health/detailed` can be read as one too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusDocument {
    /// What `/health/detailed` has.
    #[serde(flatten)]
    pub detailed: DetailedHealth,
    /// The daemon's tasks, by name.
    #[serde(default)]
    pub tasks: Vec<TaskStatus>,
    /// The file the configuration came from.
    pub config_file: Option<String>,
}

words! {
    /// How a task is.
    TaskPhase {
        /// It runs.
        Running = "running",
        /// It ended with an error and will be started again.
        BackingOff = "backing_off",
        /// It ended as it should.
        Ended = "ended",
        /// It ended though it must not.
        Dead = "dead",
    }
}

/// One of the daemon's tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TaskStatus {
    /// Its name.
    pub name: String,
    /// The node that it is a task of; the daemon's own have none.
    #[serde(default)]
    pub node: Option<String>,
    /// How it is.
    pub state: TaskPhase,
    /// How often it was started again.
    pub restarts: u64,
    /// Failures in a row.
    pub error_streak: u32,
    /// Why it last ended.
    pub last_error: Option<String>,
}
