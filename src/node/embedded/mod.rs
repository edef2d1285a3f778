//! The embedded node: a small Bitcoin node inside the daemon, honest about its limits.

#![allow(dead_code, unused_imports, reason = "its service comes next")]

mod chain;
mod chainstate;
mod mempool;
mod mining;
mod store;

pub use store::StoreError;
