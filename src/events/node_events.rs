//! Where the parts of one node record what happens to it.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::event_log::EventLog;
use super::record::{EventDraft, EventRecord};

/// The event log, for one node.
pub struct NodeEvents {
    log: Arc<EventLog>,
    node: ArcSwap<String>,
}

impl NodeEvents {
    /// Events of the node called `node` go to `log`.
    #[must_use]
    pub fn new(log: Arc<EventLog>, node: impl Into<String>) -> Self {
        Self {
            log,
            node: ArcSwap::from_pointee(node.into()),
        }
    }

    /// The log, of all nodes.
    #[must_use]
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// The node is called `node` from now on; what has happened to it keeps the name of then.
    pub fn rename(&self, node: &str) {
        self.node.store(Arc::new(node.to_owned()));
    }

    /// Records what happened to the node.
    pub fn record(&self, draft: EventDraft) {
        self.log.record(self.of_node(draft));
    }

    /// Records each of these.
    pub fn record_all(&self, drafts: impl IntoIterator<Item = EventDraft>) {
        for draft in drafts {
            self.record(draft);
        }
    }

    /// The last event of the node that is about the same as `draft`.
    #[must_use]
    pub fn last_about(&self, draft: &EventDraft) -> Option<EventRecord> {
        self.log.last_about(&self.of_node(draft.clone()))
    }

    fn of_node(&self, draft: EventDraft) -> EventDraft {
        EventDraft {
            node: Some(String::clone(&self.node.load())),
            ..draft
        }
    }
}
