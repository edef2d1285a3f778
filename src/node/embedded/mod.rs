//! The embedded node: a small Bitcoin node inside the daemon, honest about its limits.

#![allow(dead_code, unused_imports, reason = "its service comes next")]

mod chain;
mod chainstate;
mod engine;
mod machine;
mod mempool;
mod mining;
mod p2p;
mod store;

pub use machine::BlockObserver;
pub use store::StoreError;
