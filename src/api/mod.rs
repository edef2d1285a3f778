//! The documents of the control API and of the health paths: written by `http`, read by `cli`.
//!
//! Decides the names, types and order of members, and nothing else: no policy, no texts. Pure.
//!
//! Amounts of bytes are numbers (`Size`), times are RFC 3339, durations are seconds (`_secs`), what
//! is not known is `null`. Readers ignore members that they do not know and do without members that
//! an older daemon does not have; only what makes a document ours is required.

mod config;
mod detailed;
mod health;
mod history;
mod hour;
mod leases;
mod limits;
mod log;
mod nodes;
mod notify;
mod paths;
mod peers;
mod problem;
mod prune;
mod queue;
mod status;
mod whole_number;
mod words;

#[cfg(test)]
mod golden;

// Every public item of these files is a document or a part of one, so that a new one is named in
// its own file only.
pub use config::*;
pub use detailed::*;
pub use health::*;
pub use history::*;
pub use hour::*;
pub use leases::*;
pub use limits::*;
pub use log::RecentLog;
pub use nodes::*;
pub use notify::*;
pub use paths::{PATH_PREFIX, decoded_name, path_of_node, path_of_status};
pub use peers::*;
pub use problem::ProblemDetails;
pub use prune::*;
pub use queue::*;
pub use status::*;
