//! When a volume will be full, and whether that is soon.
//!
//! Of what is far for so short a look there is no forecast at all: see `prune/forecast`.

use std::time::Duration;

use super::text::duration;

/// When a volume will be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullIn {
    /// Most likely.
    pub about: Duration,
    /// If it grows as fast as it may.
    pub earliest: Option<Duration>,
    /// If it grows as slowly as it may; `None`: perhaps never.
    pub latest: Option<Duration>,
}

impl FullIn {
    /// Time enough to buy a disk, or to find out who fills this one.
    const SOON: Duration = Duration::from_secs(3 * 86_400);

    /// The check, the metric and the alert have one rule: whatever is reported at all is a warning
    /// within three days.
    pub(super) fn is_soon(&self) -> bool {
        self.about < Self::SOON
    }

    pub(super) fn text(&self) -> String {
        let range = match (self.earliest, self.latest) {
            (Some(earliest), Some(latest)) if earliest < latest => {
                format!(" ({} to {})", duration(earliest), duration(latest))
            }
            (Some(earliest), None) => format!(" ({} at the earliest)", duration(earliest)),
            _ => String::new(),
        };
        format!("full in about {}{range}", duration(self.about))
    }
}
