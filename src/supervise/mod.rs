//! The daemon's tasks by name and node: who runs, who failed and was started again, which loop is
//! stalled.
//!
//! The only place that spawns. Invariant: no task ends unobserved. One that must not end ends the
//! daemon in order; one that may is started again, with a growing pause.

mod id;
mod pulse;
mod task;

pub use id::TaskId;
pub use pulse::Pulses;
pub use task::{Supervisor, TaskReport, TaskState};
