//! How a run stands. Pure.

use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It goes on.
    Running,
    /// It came to its target.
    Reached,
    /// Somebody keeps what it would have needed.
    Held,
    /// Nothing more came of it.
    NoProgress,
    /// The node could not be asked, or refused.
    Failed,
    /// The daemon ended first.
    Interrupted,
}

impl JobState {
    /// How a run may end.
    pub const ENDS: [Self; 5] = [
        Self::Reached,
        Self::Held,
        Self::NoProgress,
        Self::Failed,
        Self::Interrupted,
    ];

    /// The word in JSON, on metrics and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Reached => "reached",
            Self::Held => "held",
            Self::NoProgress => "no_progress",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}
