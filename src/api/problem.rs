//! Errors of the control API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::config::ReloadProblem;
use super::prune::{PruneJob, PrunePlan};

/// Problem details (RFC 9457), with the members that some problems have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetails {
    /// The kind of problem: `about:blank`, the status says it.
    pub r#type: String,
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What is wrong, a sentence.
    #[serde(default)]
    pub detail: String,
    /// The names of the nodes there are. Of a node that is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<String>>,
    /// The plan that a rule is against. Of a prune job that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PrunePlan>,
    /// The number of the running job. Of a second prune job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    /// The running job. Of a second prune job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<PruneJob>,
    /// What is wrong with the configuration. Of a reload that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<ReloadProblem>>,
}

impl ProblemDetails {
    /// The type of all our problems.
    pub const ABOUT_BLANK: &str = "about:blank";
    /// The media type of the document.
    pub const MEDIA_TYPE: &str = "application/problem+json";

    /// A problem that its status and a sentence say.
    #[must_use]
    pub fn new(status: u16, title: &str, detail: impl Into<String>) -> Self {
        Self {
            r#type: Self::ABOUT_BLANK.to_owned(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            ..Self::default()
        }
    }
}
