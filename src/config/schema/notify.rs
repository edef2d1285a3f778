//! `[[notify]]`: which events are sent to whom.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::keys::{Key, text, toml};
use crate::values::{Secret, Template};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("notify", "[]"),
    Key {
        required: Some("\"oncall\""),
        ..text("notify.name", "")
    },
    Key {
        is_secret: true,
        ..text("notify.url", r#""""#)
    },
    text("notify.url_file", r#""""#),
    text("notify.header_file", r#""""#),
    Key {
        is_secret: true,
        ..text("notify.template", r#""""#)
    },
    toml("notify.command", ""),
    toml("notify.on", r#"["state", "check"]"#),
    text("notify.min_severity", r#""warning""#),
    toml("notify.hold_secs", "60"),
    toml("notify.repeat_secs", "0"),
    toml("notify.heartbeat_secs", "0"),
];

/// One entry of `[[notify]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyConfig {
    /// The name, which no other entry has.
    pub name: String,
    /// Where notifications go.
    pub target: NotifyDestination,
    /// What is in them; `None`: a document with all that is known.
    pub template: Option<Template>,
    /// Which there are.
    pub rule: NotifyWhen,
}

/// Where notifications go.
#[derive(Clone, Debug, PartialEq)]
pub enum NotifyDestination {
    /// `POST` to the URL.
    Url {
        /// The URL, which is a secret but for its scheme and host.
        url: Secret,
        /// A file with headers.
        header_file: Option<PathBuf>,
    },
    /// `POST` to the URL in the file.
    UrlFile {
        /// The file.
        url_file: PathBuf,
        /// A file with headers.
        header_file: Option<PathBuf>,
    },
    /// A program.
    Command {
        /// Its path, or its name.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// Which notifications there are.
#[derive(Clone, Debug, PartialEq)]
pub enum NotifyWhen {
    /// Of events.
    Events {
        /// Of these kinds.
        on: Vec<NotifyOn>,
        /// That are at least so bad.
        min_severity: NotifySeverity,
        /// Once it has lasted for so long.
        hold: Duration,
        /// Again after so long, while it lasts; zero: never.
        repeat: Duration,
    },
    /// Signs of life at this interval, while all is well.
    Heartbeat(Duration),
}

/// A kind of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOn {
    /// The state of a node.
    State,
    /// A check.
    Check,
    /// The end of a prune job.
    Prune,
    /// A peer that is given up or back, or the network.
    Reconnect,
    /// A fork between the nodes.
    Fork,
    /// A reload of the configuration.
    Reload,
}

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifySeverity {
    /// As it should be.
    Info,
    /// To be looked at.
    Warning,
    /// Somebody who relies on it is without.
    Critical,
}
