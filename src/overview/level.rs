//! How bad something is. No level is known by its colour alone.

use crate::api::CheckLevel;

/// How bad something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OverviewLevel {
    /// Nothing is to be looked at.
    Good,
    /// Nobody can say: another check is bad, or no answer has come yet.
    #[default]
    Unknown,
    /// Something is to be looked at, and no probe fails for it.
    Warning,
    /// It is unhealthy.
    Bad,
}

impl OverviewLevel {
    /// The word, which is also the name of a style.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    /// The mark at the beginning of a line.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Good => "[+]",
            Self::Unknown => "[?]",
            Self::Warning => "[!]",
            Self::Bad => "[-]",
        }
    }
}

impl From<&CheckLevel> for OverviewLevel {
    fn from(level: &CheckLevel) -> Self {
        match level {
            CheckLevel::Good => Self::Good,
            CheckLevel::Warning => Self::Warning,
            CheckLevel::Bad => Self::Bad,
            CheckLevel::Unknown | CheckLevel::Other(_) => Self::Unknown,
        }
    }
}
