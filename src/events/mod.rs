//! What happened to the nodes and to the daemon, as a list that survives a restart.
//!
//! Whatever finds out that something changed records it here, once: the comparison of verdicts,
//! pruning, reconnection, the rotation, a reload, the control API. `/health/detailed` shows the
//! list, and notifications are made of it. Refuses to know who reads it. Invariant: numbers only
//! rise, also over restarts, and of two events the later one has the larger.

mod event_log;
mod list;
mod node_events;
mod record;

pub use event_log::EventLog;
pub use list::EventList;
pub use node_events::NodeEvents;
pub use record::{EventDraft, EventKind, EventRecord, EventSeverity};
