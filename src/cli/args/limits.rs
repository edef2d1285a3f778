//! The limits of the gateway.

use std::net::IpAddr;

use clap::{Args, Subcommand};

use super::common::{List, WatchArg};

#[derive(Args, Debug)]
pub(in crate::cli) struct Limits {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<LimitsCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LimitsCommand {
    /// Show the limits in force (the default)
    Show(List),
    /// Report whether a call would pass now, and why; exit with 0 or 1
    Explain(Explain),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Explain {
    /// Assume a call of this user of rpc.auth.users
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) user: Option<String>,
    /// Assume a client at this address [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) ip: Option<IpAddr>,
    /// Assume a call of this method
    #[arg(long, value_name = "METHOD")]
    pub(in crate::cli) method: Option<String>,
}
