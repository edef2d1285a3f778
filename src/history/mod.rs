//! The last hour of the gateway and of each node, as series of samples.
//!
//! Decides what is sampled, how often, and how a rate or a quantile follows from two readings of
//! counters. Refuses to know who shows it. Invariant: the memory is fixed, whatever happens: so
//! many samples of so many values, for at most as many nodes as a configuration may have.

mod hour;
mod quantile;
mod ring;
mod sample;
mod task;

pub use hour::{HourHistory, HourSeries, NodeSeries};
pub use sample::{GatewaySample, NodeSample};
pub use task::HourSampler;
