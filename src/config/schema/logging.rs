//! `[logging]`

use crate::config::keys::{Key, text};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("logging.format", r#""text""#)
        .help(r#""text" or "json"."#)
        .written(),
    text("logging.level", r#""info""#)
        .help(
            "trace, debug, info, warn, error or off; or a filter such as \
             \"info,bllvmctl::prune=debug\".",
        )
        .written(),
];

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line a record, for people.
    Text,
    /// One JSON object a record.
    Json,
}

/// `[logging]`
#[derive(Clone, Debug, PartialEq)]
pub struct Logging {
    /// The form of a line.
    pub format: LogFormat,
    /// A level, or a filter such as `info,bllvmctl::prune=debug`.
    pub level: String,
}
