//! The configuration: what it may say, where each value came from, and everything that is wrong with it.

pub mod schema;

pub use crate::values::Secret;
pub use schema::Config;
