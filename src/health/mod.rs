//! From what is known to what is said of it: alive, ready, healthy, and why not. Pure.
//!
//! Refuses to know how a thing was found out and who asks. Invariant: an answer is no exactly when
//! one of the checks that it hangs on is bad, so that every no has its reason.

mod changes;
mod check;
mod disk;
mod full_in;
mod judge;
mod loops;
mod policy;
mod progress;
#[cfg(test)]
pub(crate) mod sample;
mod since;
mod stall;
mod state;
mod sync;
mod text;
mod verdict;

pub use changes::{Change, Damped, Damper, Standings, Subject, Transition};
pub use check::{Check, CheckName, Level};
pub use full_in::FullIn;
pub use judge::judge;
pub use loops::{CERTIFICATE_NOTICE, Loops};
pub use policy::{HealthPolicy, Pruning};
pub use since::StandingSince;
pub use state::State;
pub use sync::Behind;
pub use text::{duration, gigabytes};
pub use verdict::{Outcome, Question, Verdict};
