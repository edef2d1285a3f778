//! Pruning by disk: when, how far, for whom not, and how it came out.
//!
//! | file | |
//! |---|---|
//! | `policy`, `reading`, `obstacle` | what the configuration says, what is measured, what keeps a node from pruning |
//! | `demand`, `plan`, `decision`, `blocked` | from these to what goes, or why nothing does |
//! | `retention`, `lease` | who keeps which blocks |
//! | `sizes` | where in the chain the bytes are |
//! | `run`, `end`, `gain`, `job`, `job_state`, `job_event` | one run, step by step, what came of it, and its report |
//! | `growth`, `forecast` | when the volume will be full |
//! | `state/` | leases, jobs, the disk's history and facts, in memory and saved |
//! | `pruner`, `status`, `standing` | what others ask, and the answers |
//! | `task`, `survey`, `drive` | the loop that looks, what it asks the node, one run |
//!
//! Invariant: no block goes that the 288-block rule, the policy, a lease or an index of the node
//! keeps; none while it is unknown what the node's indexes need; and none unasked.

mod block_files;
mod blocked;
mod decision;
mod demand;
mod drive;
mod end;
mod forecast;
mod gain;
mod growth;
mod job;
mod job_event;
mod job_state;
mod lease;
mod obstacle;
mod outlook;
mod plan;
mod policy;
mod pruner;
mod reading;
mod retention;
mod run;
mod sizes;
mod standing;
mod state;
mod status;
mod survey;
mod task;

pub use decision::{Ask, DecisionKind};
pub use forecast::Forecast;
pub use job::{Job, PlanRecord};
pub use job_state::JobState;
pub use lease::{Keeps, LeaseError, LeaseRecord};
pub use policy::{Custom, Mode, PrunePolicy};
pub use pruner::{PruneSettings, Pruner};
pub use state::{GrantError, Granted, LEASES, PruneCounts};
pub use status::{PruneStatus, Started, UsageRecord};
pub use task::PruneTask;
