//! Pruning by disk: when, how far, for whom not, and how it came out.
//!
//! | file | |
//! |---|---|
//! | `policy`, `reading` | what the configuration says, what is measured |
//! | `plan`, `decision`, `blocked` | from these to what goes, or why nothing does |
//! | `retention`, `lease` | who keeps which blocks |
//! | `sizes` | where in the chain the bytes are |
//! | `course`, `end`, `gain`, `job` | one run, step by step, what came of it, and what is told of it |
//! | `forecast` | when the volume will be full |
//! | `book` | what survives a restart |
//! | `pruner`, `status` | what others ask, and what they are told |
//! | `task`, `survey`, `run` | the loop that looks, what it asks the node, one run |
//!
//! Invariant: no block goes that the 288-block rule, the policy, a lease or an index of the node
//! keeps; none while it is unknown what the node's indexes need; and none unasked.

mod blocked;
mod book;
mod course;
mod decision;
mod end;
mod forecast;
mod gain;
mod job;
mod lease;
mod plan;
mod policy;
mod pruner;
mod reading;
mod retention;
mod run;
mod sizes;
mod status;
mod survey;
mod task;

pub use book::{Counts, GrantError, Granted, LEASES};
pub use decision::Ask;
pub use forecast::Forecast;
pub use job::{Job, JobState, PlanRecord};
pub use lease::{Keeps, LeaseError, LeaseRecord};
pub use policy::{Custom, Mode, Policy};
pub use pruner::{PruneSettings, Pruner, Started};
pub use status::{PruneStatus, UsageRecord};
pub use task::PruneTask;
