//! One event: what changed, from what to what, why, and since when. Pure.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The state of a node.
    State,
    /// A check of a node, or of several together.
    Check,
    /// The end of a prune job.
    Prune,
    /// A peer that was given up or is back, or the network.
    Reconnect,
    /// A fork between the nodes.
    Fork,
    /// Reads of the chain go to another node.
    Failover,
    /// The configuration was read again.
    Reload,
    /// Somebody changed something through the control API.
    Operator,
    /// A kind of a later version, in a file that it wrote.
    #[serde(other)]
    Unknown,
}

impl EventKind {
    /// The word in JSON, in the configuration and in notifications.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Check => "check",
            Self::Prune => "prune",
            Self::Reconnect => "reconnect",
            Self::Fork => "fork",
            Self::Failover => "failover",
            Self::Reload => "reload",
            Self::Operator => "operator",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is over as soon as it happened: nothing lasts, and no later event ends it.
    #[must_use]
    pub fn is_momentary(self) -> bool {
        match self {
            Self::Prune | Self::Failover | Self::Operator | Self::Unknown => true,
            Self::State | Self::Check | Self::Reconnect | Self::Fork | Self::Reload => false,
        }
    }
}

/// How bad it is as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSeverity {
    /// As it should be.
    Info,
    /// To be looked at.
    Warning,
    /// Somebody who relies on it is without.
    Critical,
}

impl EventSeverity {
    /// The word in JSON, in the configuration and in notifications.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for EventSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened, before it has a number and a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    /// How bad it is as it is now.
    pub severity: EventSeverity,
    /// What it is about.
    pub kind: EventKind,
    /// The node; `None`: it is about several together, or about the daemon.
    pub node: Option<String>,
    /// The check that changed.
    pub check: Option<String>,
    /// How it was before.
    pub from: Option<String>,
    /// How it is now.
    pub to: Option<String>,
    /// Why, with the number: a sentence. No address of a peer or a client is in it.
    pub reason: String,
    /// Since when it is as it is now.
    pub since: Option<Timestamp>,
    /// For how long it was as before, or how long it took.
    pub lasted_secs: Option<u64>,
    /// The address of the peer that it is about.
    #[serde(default)]
    pub peer: Option<String>,
    /// Who wanted it.
    #[serde(default)]
    pub by: Option<String>,
    /// What was asked for, as JSON.
    #[serde(default)]
    pub request: Option<String>,
}

impl EventDraft {
    /// An event of this kind; all else is to be added.
    #[must_use]
    pub fn new(kind: EventKind, severity: EventSeverity, reason: impl Into<String>) -> Self {
        Self {
            severity,
            kind,
            node: None,
            check: None,
            from: None,
            to: None,
            reason: reason.into(),
            since: None,
            lasted_secs: None,
            peer: None,
            by: None,
            request: None,
        }
    }

    /// It was `from` before, and is `to` now.
    #[must_use]
    pub fn change(self, from: &str, to: &str) -> Self {
        Self {
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            ..self
        }
    }

    /// It was as before for so long.
    #[must_use]
    pub fn lasted(self, lasted: Duration) -> Self {
        Self {
            lasted_secs: Some(lasted.as_secs()),
            ..self
        }
    }

    /// Whether both are about the same, whatever came of it.
    #[must_use]
    pub fn is_about_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.node == other.node
            && self.check == other.check
            && self.peer == other.peer
    }

    /// What it is about, the same for all events that follow one another:
    /// `main/check/disk`. Of the daemon's own there is no node in front.
    #[must_use]
    pub fn subject(&self) -> String {
        let detail = self.check.as_deref().or(self.peer.as_deref());
        let parts = [self.node.as_deref(), Some(self.kind.as_str()), detail];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join("/")
    }
}

/// What happened, with its number and the time at which it was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The number, which no other has.
    pub id: u64,
    /// When it was recorded.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub draft: EventDraft,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_thing_have_one_subject() {
        let check = EventDraft {
            node: Some("a".to_owned()),
            check: Some("disk".to_owned()),
            ..EventDraft::new(EventKind::Check, EventSeverity::Warning, "full")
        };
        assert_eq!(check.subject(), "a/check/disk");
        let better = EventDraft::new(EventKind::Check, EventSeverity::Info, "room");
        let better = EventDraft {
            node: check.node.clone(),
            check: check.check.clone(),
            ..better.change("warning", "good")
        };
        assert_eq!(better.subject(), check.subject());
        let reload = EventDraft::new(EventKind::Reload, EventSeverity::Warning, "no");
        assert_eq!(reload.subject(), "reload");
    }

    #[test]
    fn a_kind_of_a_later_version_is_read_and_kept_apart() {
        let text = r#"{"id":7,"time":"2026-01-01T00:00:00Z","severity":"info","kind":"eclipse",
            "node":null,"check":null,"from":null,"to":null,"reason":"x","since":null,"lasted_secs":null}"#;
        let read: EventRecord = serde_json::from_str(text).unwrap();
        assert_eq!((read.id, read.draft.kind), (7, EventKind::Unknown));
        assert_eq!(read.draft.peer, None);
    }
}
