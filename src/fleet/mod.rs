//! The nodes this daemon stands in front of: everything that exists once for each of them.
//!
//! Decides which parts belong to one node and how they start, change and stop together. Refuses to
//! know HTTP, the gateway and the configuration's file. Invariant: whatever is known of one node is
//! reached through its member, and nothing of it through another.

mod assessment;
mod change_event;
mod condition;
mod drain;
mod fleet_reporter;
mod fork;
mod fork_point;
mod fork_view;
mod health_cache;
mod lifecycle;
mod loops;
mod member;
mod polling;
mod private_broadcast;
mod records;
mod reporter;
mod roster;
mod rotation;
mod router;
#[cfg(test)]
mod sample;
mod settings;
mod tip;
mod tip_comparison;
mod tip_relations;
mod verdict;

pub use assessment::FleetAssessment;
pub use condition::ProbeLimits;
pub use drain::{DrainRecord, NodeDrain};
pub use fork::Fork;
pub use health_cache::{Assessment, HealthCache};
pub use lifecycle::Lifecycle;
pub use member::{Member, Shared};
pub use records::of_nodes;
pub use reporter::Reporter;
pub use roster::{Members, Roster};
pub use router::{DrainError, Router};
pub use settings::{FleetSettings, MemberSettings, RoleSettings};
pub use verdict::{TooFewLeft, in_rotation};
