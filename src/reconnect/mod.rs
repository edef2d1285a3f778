//! Peers that were lost: who is dialled again, when, and in which order.
//!
//! The pure files decide; `task` dials through the node and looks at its peer list.

mod backoff;
mod entry;
mod history;
mod outage;
mod quality;
mod queue;

pub use backoff::Backoff;
pub use entry::{Admission, Entry, EntryState, Fate, Loss, Policy};
pub use history::History;
pub use outage::{Cause, Outage};
pub use quality::{Evidence, Parts, Quality};
pub use queue::Queue;
