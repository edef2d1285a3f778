//! Pruning by disk.
mod course;
mod forecast;
mod job;
mod keeper;
mod lease;
mod plan;
mod sizes;
pub use course::*;
pub use forecast::*;
pub use job::*;
pub use keeper::*;
pub use lease::*;
pub use plan::*;
pub use sizes::*;
