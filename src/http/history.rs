//! The events of the `history` of `/health/detailed`, and to whom how much of them is shown.

use super::audience::Audience;
use crate::api::EventDocument;
use crate::events::{EventLog, EventRecord};

/// The events that `audience` may know of, the newest first; of the node called `node` and of what
/// belongs to none, or of all.
pub(super) fn events(log: &EventLog, node: Option<&str>, audience: Audience) -> Vec<EventDocument> {
    let is_shown = |event: &EventRecord| {
        let of = event.draft.node.as_deref();
        node.is_none() || of.is_none() || of == node
    };
    let events = log.after(0).into_iter().rev().filter(is_shown);
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
    use std::sync::Arc;

    use super::*;
    use crate::events::{EventDraft, EventKind, EventSeverity};
    use crate::state::{NodeStore, StateDir};

    #[test]
    fn anybody_learns_what_happened_and_operators_who_did_it_the_newest_first() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("a").unwrap());
        let log = EventLog::open(Arc::new(NodeStore::of_daemon(store)));
        let draft = |reason: &str| {
            EventDraft::new(EventKind::Operator, EventSeverity::Info, reason.to_owned())
        };
        log.record(draft("of the daemon"));
        for node in ["a", "b"] {
            log.record(EventDraft {
                node: Some(node.to_owned()),
                peer: Some("192.0.2.1:8333".to_owned()),
                by: Some("alice".to_owned()),
                request: Some("{}".to_owned()),
                ..draft(node)
            });
        }
        let reasons = |events: &[EventDocument]| -> Vec<String> {
            events.iter().map(|event| event.reason.clone()).collect()
        };
        let all = events(&log, None, Audience::Operator);
        assert_eq!(reasons(&all), ["b", "a", "of the daemon"]);
        assert_eq!(all[0].by.as_deref(), Some("alice"));
        let of_a = events(&log, Some("a"), Audience::Anybody);
        assert_eq!(reasons(&of_a), ["a", "of the daemon"]);
        let text = serde_json::to_string(&of_a).unwrap();
        for hidden in ["192.0.2.1", "alice", "request"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
