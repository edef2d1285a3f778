//! What is known of one node when forks are looked for. Pure.

use std::sync::Arc;

use crate::route::PublishedTip;
use crate::values::Mono;

/// One node, as forks are looked for.
#[derive(Clone, Debug)]
pub(super) struct ForkView {
    /// Its name.
    pub(super) name: Arc<str>,
    /// The lower, the better.
    pub(super) priority: u32,
    /// Its tip, if it says it now.
    pub(super) tip: Option<PublishedTip>,
    /// When it was asked for the tip, at the earliest.
    pub(super) tip_asked: Mono,
    /// It is ready, and no operator has drained it.
    pub(super) serves: bool,
}
