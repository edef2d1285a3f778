//! Peers that were lost: who is dialled again, when, and in which order.
//!
//! The pure files decide; `task` dials through the node and looks at its peer list.

mod backoff;
mod book;
mod dial;
mod entry;
mod history;
mod journal;
mod outage;
mod quality;
mod queue;
mod reconnection;
#[cfg(test)]
mod simulation;
mod task;
mod tell;

pub use backoff::Backoff;
pub use book::{
    Attempt, BOUND, Book, Called, Changes, Counts, Event, Kept, PeerRow, QualityParts, QueueRow,
    Refusal, RowState, Scope, Sight, StoredEntry, StoredPeer, Summary, Terms,
};
pub use dial::Dialler;
pub use entry::{Admission, Entry, EntryState, Fate, Loss, Policy};
pub use history::History;
pub use outage::{Cause, Outage};
pub use quality::{Evidence, Parts, Quality};
pub use queue::Queue;
pub use reconnection::{Reconnection, Refused};
