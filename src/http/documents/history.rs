//! Events, as the history shows them.

use crate::api::EventDocument;
use crate::events::EventRecord;

impl From<EventRecord> for EventDocument {
    fn from(event: EventRecord) -> Self {
        let draft = event.draft;
        Self {
            id: event.id,
            time: event.time,
            severity: draft.severity.as_str().into(),
            kind: draft.kind.as_str().into(),
            node: draft.node,
            check: draft.check,
            from: draft.from,
            to: draft.to,
            reason: draft.reason,
            since: draft.since,
            lasted_secs: draft.lasted_secs,
            peer: draft.peer,
            by: draft.by,
            request: draft.request,
        }
    }
}
