//! What a notification says of an event: as values of placeholders, as JSON, as variables. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::events::{EventRecord, EventSeverity};
use crate::values::{Placeholder, Template};

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It is so now.
    Begin,
    /// It is still so.
    Reminder,
    /// It is over.
    End,
    /// An operator tries the entry.
    Test,
    /// A sign of life.
    Heartbeat,
}

impl Occasion {
    /// The word of the placeholder `action`.
    fn action(self) -> &'static str {
        match self {
            Self::Begin | Self::Reminder | Self::Test => "trigger",
            Self::End | Self::Heartbeat => "resolve",
        }
    }
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) occasion: Occasion,
    event: &'static str,
    severity: EventSeverity,
    node: Option<String>,
    check: Option<String>,
    from: Option<String>,
    to: Option<String>,
    reason: String,
    since: Option<Timestamp>,
    lasted_secs: Option<u64>,
    time: Timestamp,
    id: Option<u64>,
    key: String,
}

impl Message {
    /// The notification of `event`.
    pub(super) fn of(event: &EventRecord, occasion: Occasion) -> Self {
        let draft = &event.draft;
        Self {
            occasion,
            event: draft.kind.as_str(),
            severity: draft.severity,
            node: draft.node.clone(),
            check: draft.check.clone(),
            from: draft.from.clone(),
            to: draft.to.clone(),
            reason: reason(event),
            since: draft.since,
            lasted_secs: draft.lasted_secs,
            time: event.time,
            id: Some(event.id),
            key: draft.subject(),
        }
    }

    /// A test of the entry called `name`.
    pub(super) fn test(name: &str, now: Timestamp) -> Self {
        let reason = format!("this is a test of the notification {name}; nothing has happened");
        Self::own(Occasion::Test, "test", reason, now)
    }

    /// A sign of life.
    pub(super) fn heartbeat(now: Timestamp) -> Self {
        let reason = "bllvmctl runs, and what it watches is healthy".to_owned();
        Self::own(Occasion::Heartbeat, "heartbeat", reason, now)
    }

    fn own(occasion: Occasion, event: &'static str, reason: String, now: Timestamp) -> Self {
        Self {
            occasion,
            event,
            severity: EventSeverity::Info,
            node: None,
            check: None,
            from: None,
            to: None,
            reason,
            since: Some(now),
            lasted_secs: None,
            time: now,
            id: None,
            key: event.to_owned(),
        }
    }

    /// What stands in place of `placeholder`; nothing if there is nothing to say.
    pub(super) fn value(&self, placeholder: Placeholder) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match placeholder {
            Placeholder::Event => self.event.to_owned(),
            Placeholder::Node => text(&self.node),
            Placeholder::Check => text(&self.check),
            Placeholder::From => text(&self.from),
            Placeholder::To => text(&self.to),
            Placeholder::Reason => self.reason.clone(),
            Placeholder::Since => self.since.map_or_else(String::new, whole_seconds),
            Placeholder::Severity => self.severity.as_str().to_owned(),
            Placeholder::Action => self.occasion.action().to_owned(),
            Placeholder::LastedSecs => self.lasted_secs.map_or_else(String::new, number),
            Placeholder::Time => whole_seconds(self.time),
            Placeholder::Id => self.id.map_or_else(String::new, number),
            Placeholder::Key => self.key.clone(),
            Placeholder::Summary => self.summary(),
        }
    }

    /// The event in one sentence, no longer than services take.
    fn summary(&self) -> String {
        const MAX_CHARS: usize = 1000;
        let mut summary = self.sentence();
        if let Some((end, _)) = summary.char_indices().nth(MAX_CHARS) {
            summary.truncate(end);
            summary.push('…');
        }
        summary
    }

    fn sentence(&self) -> String {
        let what = [
            self.node.as_deref(),
            Some(self.event),
            self.check.as_deref(),
        ];
        let what: Vec<&str> = what.into_iter().flatten().collect();
        let what = what.join(" ");
        let still = match self.occasion {
            Occasion::Reminder => "still ",
            Occasion::Begin | Occasion::End | Occasion::Test | Occasion::Heartbeat => "",
        };
        let change = match (&self.from, &self.to) {
            (Some(from), Some(to)) => {
                let lasted = self.lasted_secs.map_or_else(String::new, |lasted| {
                    let lasted = humantime::format_duration(Duration::from_secs(lasted));
                    format!(" for {lasted}")
                });
                format!(" is {still}{to}, was {from}{lasted}")
            }
            _ => String::new(),
        };
        format!("{what}{change}: {}", self.reason)
    }

    /// The message as JSON, for whoever needs no template.
    fn document(&self) -> Value {
        json!({
            "event": self.event,
            "severity": self.severity.as_str(),
            "action": self.occasion.action(),
            "node": self.node,
            "check": self.check,
            "from": self.from,
            "to": self.to,
            "reason": self.reason,
            "since": self.since.map(whole_seconds),
            "lasted_secs": self.lasted_secs,
            "time": whole_seconds(self.time),
            "id": self.id,
            "key": self.key,
            "summary": self.summary(),
        })
    }

    /// The body of a request, or the standard input of a command.
    pub(super) fn body(&self, template: Option<&Template>) -> String {
        match template {
            Some(template) => template.render(|placeholder| self.value(placeholder)),
            None => self.document().to_string(),
        }
    }

    /// The variables of a command: `BLLVM_EVENT` and so on.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, String)> + '_ {
        Placeholder::ALL.into_iter().map(|placeholder| {
            let name = format!("BLLVM_{}", placeholder.as_str().to_ascii_uppercase());
            // No variable can hold a NUL.
            (name, self.value(placeholder).replace('\0', " "))
        })
    }
}

/// Why, and of which peer: whom the operator sends it to may know.
fn reason(event: &EventRecord) -> String {
    match &event.draft.peer {
        Some(peer) => format!("{peer}: {}", event.draft.reason),
        None => event.draft.reason.clone(),
    }
}

fn number(number: u64) -> String {
    number.to_string()
}

/// A time to the second, as in the log.
fn whole_seconds(time: Timestamp) -> String {
    let seconds = Timestamp::from_second(time.as_second());
    seconds.unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventDraft, EventKind};

    fn event() -> EventRecord {
        let time: Timestamp = "2026-03-01T02:03:04.567Z".parse().unwrap();
        EventRecord {
            id: 7,
            time,
            draft: EventDraft {
                node: Some("main".to_owned()),
                check: Some("disk".to_owned()),
                since: Some(time),
                lasted_secs: Some(3720),
                ..EventDraft::new(EventKind::Check, EventSeverity::Warning, "1.2 GB \"free\"")
                    .change("good", "warning")
            },
        }
    }

    #[test]
    fn a_message_without_a_template_is_a_document_with_all_that_is_known() {
        let message = Message::of(&event(), Occasion::Begin);
        let document: Value = serde_json::from_str(&message.body(None)).unwrap();
        let expected = json!({
            "event": "check", "severity": "warning", "action": "trigger", "node": "main",
            "check": "disk", "from": "good", "to": "warning", "reason": "1.2 GB \"free\"",
            "since": "2026-03-01T02:03:04Z", "lasted_secs": 3720, "time": "2026-03-01T02:03:04Z",
            "id": 7, "key": "main/check/disk",
            "summary": "main check disk is warning, was good for 1h 2m: 1.2 GB \"free\"",
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn a_template_and_the_variables_have_the_same_values() {
        let message = Message::of(&event(), Occasion::End);
        let names: Vec<String> = Placeholder::ALL
            .map(|placeholder| format!("\"{0}\":\"{{{{{0}}}}}\"", placeholder.as_str()))
            .into();
        let template = Template::parse(&format!("{{{}}}", names.join(","))).unwrap();
        let body: Value = serde_json::from_str(&message.body(Some(&template))).unwrap();
        for (name, value) in message.variables() {
            let name = name.strip_prefix("BLLVM_").unwrap().to_lowercase();
            assert_eq!(body[&name].as_str(), Some(value.as_str()), "{name}");
        }
        assert_eq!(body["action"], "resolve");
        assert_eq!(body["lasted_secs"], "3720");
    }

    #[test]
    fn a_summary_is_no_longer_than_services_take() {
        let mut event = event();
        event.draft.reason = "ä".repeat(5000);
        let message = Message::of(&event, Occasion::Begin);
        let summary = message.value(Placeholder::Summary);
        assert_eq!(summary.chars().count(), 1001);
        assert!(summary.ends_with("ä…"));
    }

    #[test]
    fn a_reminder_says_still_and_a_test_that_nothing_has_happened() {
        let reminder = Message::of(&event(), Occasion::Reminder);
        assert!(
            reminder
                .value(Placeholder::Summary)
                .contains("is still warning")
        );
        let test = Message::test("oncall", event().time);
        let summary = test.value(Placeholder::Summary);
        assert!(summary.starts_with("test: this is a test of the notification oncall"));
        assert_eq!(test.value(Placeholder::Node), "");
    }
}
