//! `POST /api/v1/notify/test`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /api/v1/notify/test`: a test of notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotifyTestRequest {
    /// The entry to test; `null`: each.
    pub name: Option<String>,
}

/// How a test of one notification ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotifyTestResult {
    /// The entry.
    pub name: String,
    /// Where it went: scheme and host of a URL, or the program.
    pub target: String,
    /// It was taken.
    pub sent: bool,
    /// Why it was not; `null`: it was.
    pub error: Option<String>,
}
