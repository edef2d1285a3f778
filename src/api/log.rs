//! `GET /api/v1/log`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1/log`: what the daemon has logged lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecentLog {
    /// The last lines at INFO and above but those about calls, the oldest first, as they were
    /// written.
    pub lines: Vec<String>,
}
