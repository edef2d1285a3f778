//! What is known of the node: one collector per question, one immutable snapshot of all answers.
//!
//! Decides when to ask. Refuses to know what follows from an answer. Invariant: a question that
//! fails takes nothing from what the others found out, and no second question of a kind is sent
//! while one is open.

mod alias_figures;
mod board;
mod chain_counts;
mod collector;
mod link;
mod liveness;
mod plan;
mod reading;
mod schedule;
mod snapshot;
mod sync_rate;
mod task;
mod tip;
mod workers;

pub use alias_figures::{AliasFigures, FEE_TARGETS};
pub use board::Board;
pub use chain_counts::ChainCounts;
pub use collector::{Collector, Topic};
pub use link::Link;
pub use plan::{AskUtxos, PollPlan};
pub use reading::PollResult;
pub use snapshot::Snapshot;
pub use sync_rate::SyncRate;
pub use task::Watch;
pub use tip::{Tip, TipRecord};
pub use workers::{Worker, Workers};
