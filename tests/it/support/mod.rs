//! The harness: what tests start, ask and wait for.
//!
//! Everything has its own directory and its own ports, is waited for with a deadline, and is ended
//! by the process id that was started. What a test needs of its machine is reported loudly when it
//! is missing: see `skip`.

#![allow(
    dead_code,
    reason = "the harness is whole; no single test uses all of it"
)]

pub(crate) mod bcoin;
pub(crate) mod bitcoind;
pub(crate) mod child;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod delay;
pub(crate) mod description;
pub(crate) mod fake_node;
pub(crate) mod fixture;
pub(crate) mod fleet;
pub(crate) mod forge;
pub(crate) mod hook;
pub(crate) mod http;
#[cfg(feature = "embedded")]
pub(crate) mod inside;
pub(crate) mod load;
pub(crate) mod mount;
pub(crate) mod network;
pub(crate) mod prometheus;
pub(crate) mod ready;
pub(crate) mod redis;
pub(crate) mod sight;
pub(crate) mod skip;
pub(crate) mod skip_record;
pub(crate) mod surroundings;
pub(crate) mod systemd;
pub(crate) mod terminal;
pub(crate) mod tls;
pub(crate) mod utxo_snapshot;
