//! The library behind the `bllvmctl` command, so that tests and tools can reach what is inside.
//!
//! `docs/ARCHITECTURE.md` has the map: what each folder is, and which may use which.

pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod doctor;
pub mod env;
pub mod events;
pub mod fleet;
pub mod gateway;
pub mod health;
pub mod history;
pub mod http;
pub mod limit;
pub mod logging;
pub mod metrics;
pub mod node;
pub mod notify;
pub(crate) mod overview;
pub mod prune;
pub mod reconnect;
pub mod route;
pub mod state;
pub mod supervise;
pub mod tls;
pub mod values;
pub mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line `arguments`, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    clock::start();
    tls::install_provider();
    cli::run(arguments, &env::Env::of_process())
}
