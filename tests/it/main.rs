//! The tests of the whole program: one binary, a module for each thing that is promised.
//!
//! `support` is the harness: a real bitcoind, a fake node, the daemon, a small HTTP client. Nothing
//! in it knows the library; it stands where an operator stands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

mod allocations;
mod bodies;
mod changes;
mod cli;
mod clients;
mod completions;
mod config;
mod contrib;
mod control_api;
mod control_socket;
mod damage;
mod discovery;
mod doctor;
mod documents;
mod embedded;
mod endurance;
mod events;
mod fixtures;
mod forbidden;
mod former_node;
mod gateway;
mod generated;
mod harness;
mod health_paths;
mod layering;
mod limits;
mod methods;
mod metrics;
mod metrics_aliases;
mod night;
mod nodes;
mod notify;
mod prune;
mod rebinding;
mod reconnect;
mod reload;
mod restarts;
mod rolling_restart;
mod secrets;
mod several_nodes;
mod shared_limits;
mod shutdown;
mod sockets;
mod states;
mod status_page;
mod support;
mod tls;
mod top;
mod truth;
mod upgrade;
mod utxo_snapshots;
mod workers;
