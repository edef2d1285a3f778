//! The nodes this daemon stands in front of: everything that exists once for each of them.
//!
//! Decides which parts belong to one node and how they start, change and stop together. Refuses to
//! know HTTP, the gateway and the configuration's file. Invariant: whatever is known of one node is
//! reached through its member, and nothing of it through another.

mod health_cache;
mod lifecycle;
mod member;
mod records;
mod reporter;
mod roster;
mod tip;

pub use health_cache::{Assessment, HealthCache};
pub use lifecycle::Lifecycle;
pub use member::{Member, MemberSettings, Shared};
pub use records::of_only_node;
pub use reporter::Reporter;
pub use roster::{Members, Roster};
