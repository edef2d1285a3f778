//! What the page is made of, and who reads it.

use crate::http::audience::Audience;
use crate::overview::Overview;

/// What the page is made of.
pub(super) struct PageFacts {
    pub(super) audience: Audience,
    pub(super) overview: Overview,
}
