//! One entry of `[[notify]]`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::alerts::AlertFilter;
use crate::config::schema::{
    NotifyConfig, NotifyDestination, NotifyOn, NotifySeverity, NotifyWhen,
};
use crate::events::{EventKind, EventSeverity};
use crate::values::{Secret, Template};

/// Where notifications go, what is in them, and which there are.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyEntry {
    /// The name, which no other entry has.
    pub name: String,
    /// Where they go.
    pub target: NotifyTarget,
    /// What is in them; `None`: a document with all that is known.
    pub template: Option<Template>,
    /// Which there are.
    pub rule: NotifyRule,
}

impl NotifyEntry {
    /// The entry that `config` writes.
    #[must_use]
    pub fn new(config: &NotifyConfig) -> Self {
        Self {
            name: config.name.clone(),
            target: target(&config.target),
            template: config.template.clone(),
            rule: match &config.rule {
                NotifyWhen::Heartbeat(interval) => NotifyRule::Heartbeat(*interval),
                NotifyWhen::Events {
                    on,
                    min_severity,
                    hold,
                    repeat,
                } => NotifyRule::Events(AlertFilter {
                    kinds: on.iter().copied().map(kind).collect(),
                    min_severity: severity(*min_severity),
                    hold: *hold,
                    repeat: *repeat,
                }),
            },
        }
    }
}

fn target(destination: &NotifyDestination) -> NotifyTarget {
    match destination.clone() {
        NotifyDestination::Url { url, header_file } => NotifyTarget::Webhook {
            url: HookUrl::Plain(url),
            header_file,
        },
        NotifyDestination::UrlFile {
            url_file,
            header_file,
        } => NotifyTarget::Webhook {
            url: HookUrl::File(url_file),
            header_file,
        },
        NotifyDestination::Command { program, arguments } => {
            NotifyTarget::Command { program, arguments }
        }
    }
}

fn kind(on: NotifyOn) -> EventKind {
    match on {
        NotifyOn::State => EventKind::State,
        NotifyOn::Check => EventKind::Check,
        NotifyOn::Prune => EventKind::Prune,
        NotifyOn::Reconnect => EventKind::Reconnect,
        NotifyOn::Fork => EventKind::Fork,
        NotifyOn::Reload => EventKind::Reload,
    }
}

fn severity(severity: NotifySeverity) -> EventSeverity {
    match severity {
        NotifySeverity::Info => EventSeverity::Info,
        NotifySeverity::Warning => EventSeverity::Warning,
        NotifySeverity::Critical => EventSeverity::Critical,
    }
}

/// Which notifications there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyRule {
    /// Events.
    Events(AlertFilter),
    /// Signs of life at this interval, while all is well.
    Heartbeat(Duration),
}

/// Where notifications go.
#[derive(Clone, Debug, PartialEq)]
pub enum NotifyTarget {
    /// `POST` to this URL, with the headers in this file.
    Webhook {
        /// The URL.
        url: HookUrl,
        /// The file with headers.
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

/// The URL of a webhook, which is a secret but for its scheme and host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookUrl {
    /// Written in the configuration.
    Plain(Secret),
    /// In this file.
    File(PathBuf),
}

/// A URL as it may be shown: scheme and host.
pub(super) fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl fmt::Display for NotifyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook {
                url: HookUrl::Plain(url),
                ..
            } => match Url::parse(url.expose()) {
                Ok(url) => f.write_str(&shown(&url)),
                Err(_) => f.write_str("a URL"),
            },
            Self::Webhook {
                url: HookUrl::File(path),
                ..
            } => write!(f, "the URL in {}", path.display()),
            // Its arguments may be secrets.
            Self::Command { program, .. } => f.write_str(program),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_target_is_shown_what_is_no_secret() {
        let url = |text: &str| NotifyTarget::Webhook {
            url: HookUrl::Plain(Secret::new(text.to_owned())),
            header_file: None,
        };
        let shown = |target: &NotifyTarget| format!("{target} {target:?}");
        let hook = url("https://u:hunter2@hooks.example.org:8443/hunter2?k=hunter2#hunter2");
        assert_eq!(hook.to_string(), "https://hooks.example.org:8443");
        assert!(!shown(&hook).contains("hunter2"));
        let command = NotifyTarget::Command {
            program: "/bin/notify".to_owned(),
            arguments: vec!["-k".to_owned()],
        };
        assert_eq!(command.to_string(), "/bin/notify");
    }
}
