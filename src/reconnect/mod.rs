//! Peers that were lost: who is dialled again, when, and in which order.
//!
//! The pure files decide; `task` dials through the node and looks at its peer list.

mod attempts;
mod backoff;
mod dialler;
mod entry;
mod event;
mod histories;
mod history;
mod journal;
mod kept;
mod log;
mod names;
mod outage;
mod own_addresses;
mod peer_list;
mod quality;
mod queue;
mod reconnection;
mod recorded;
mod rows;
#[cfg(test)]
mod simulation;
mod state;
mod stored;
mod task;
mod terms;

pub use attempts::DialOutcome;
pub use backoff::Backoff;
pub use dialler::Dialler;
pub use entry::{AfterFailure, EnqueueResult, EntryState, LostPeer, QueueEntry, RetryPolicy};
pub use event::{AttemptCounts, Event};
pub use history::PeerHistory;
pub use kept::Kept;
pub use outage::{Outage, OutageCause};
pub use peer_list::Observation;
pub use quality::{Evidence, Parts, Quality};
pub use queue::{MAX_QUEUED_PEERS, Queue};
pub use reconnection::{Reconnection, Refused};
pub use rows::{PeerRow, QualityParts, QueueRow, RowState, Summary};
pub use state::{Operator, ReconnectState, RequestError, View};
pub use stored::{Changes, StoredEntry, StoredPeer};
pub use terms::{Scope, Terms};
