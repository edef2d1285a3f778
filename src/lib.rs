//! The library behind the `bllvmctl` command.

pub mod clock;
pub mod config;
pub mod daemon;
pub mod env;
pub mod health;
pub mod http;
pub mod logging;
pub mod metrics;
pub mod node;
pub mod state;
pub mod supervise;
pub mod values;
pub mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line `arguments`, the program's name first.
pub fn run(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    clock::start();
    ExitCode::SUCCESS
}
