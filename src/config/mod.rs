//! The configuration: what it may say, where each value came from, and everything that is wrong with it.

pub mod schema;
mod secret;
pub mod units;

pub use schema::Config;
pub use secret::Secret;
