//! The events of the `history` of `/health/detailed`, and to whom how much of them is shown.

use super::audience::Audience;
use crate::api::EventDocument;
use crate::events::{EventLog, EventRecord};

/// The events that `audience` may know of, the newest first; of the node called `node` and of what
/// belongs to none, or of all.
pub(super) fn events(log: &EventLog, node: Option<&str>, audience: Audience) -> Vec<EventDocument> {
    shown_events(log.after(0), node, audience)
}

fn shown_events(
    events: Vec<EventRecord>,
    node: Option<&str>,
    audience: Audience,
) -> Vec<EventDocument> {
    let is_shown = |event: &EventRecord| {
        let of = event.draft.node.as_deref();
        node.is_none() || of.is_none() || of == node
    };
    let events = events.into_iter().rev().filter(is_shown);
    events
        .map(|event| shown(EventDocument::from(event), audience))
        .collect()
}

fn shown(event: EventDocument, audience: Audience) -> EventDocument {
    match audience {
        Audience::Operator => event,
        Audience::Anybody => EventDocument {
            peer: None,
            by: None,
            request: None,
            ..event
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventDraft, EventKind, EventSeverity};

    fn event(id: u64, node: Option<&str>, reason: &str) -> EventRecord {
        EventRecord {
            id,
            time: jiff::Timestamp::UNIX_EPOCH,
            draft: EventDraft {
                node: node.map(str::to_owned),
                peer: Some("192.0.2.1:8333".to_owned()),
                by: Some("alice".to_owned()),
                request: Some("{}".to_owned()),
                ..EventDraft::new(EventKind::Operator, EventSeverity::Info, reason)
            },
        }
    }

    #[test]
    fn anybody_learns_what_happened_and_operators_who_did_it_the_newest_first() {
        let events = || {
            vec![
                event(1, None, "of the daemon"),
                event(2, Some("a"), "of a"),
                event(3, Some("b"), "of b"),
            ]
        };
        let reasons = |events: &[EventDocument]| -> Vec<String> {
            events.iter().map(|event| event.reason.clone()).collect()
        };
        let all = shown_events(events(), None, Audience::Operator);
        assert_eq!(reasons(&all), ["of b", "of a", "of the daemon"]);
        assert_eq!(all[0].by.as_deref(), Some("alice"));
        let of_a = shown_events(events(), Some("a"), Audience::Anybody);
        assert_eq!(reasons(&of_a), ["of a", "of the daemon"]);
        let text = serde_json::to_string(&of_a).unwrap();
        for hidden in ["192.0.2.1", "alice", "request"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
