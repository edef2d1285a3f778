//! The limits of the front.

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
    /// Show the limits in force; so does the command alone
    Show(List),
    /// Tell whether a call would pass now, and why; the exit code is the answer
    Explain(Explain),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Explain {
    /// Ask for this user, as in rpc.auth.users
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) user: Option<String>,
    /// Ask for a client at this address; 127.0.0.1 if not given
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) ip: Option<IpAddr>,
    /// Ask for a call of this method
    #[arg(long, value_name = "METHOD")]
    pub(in crate::cli) method: Option<String>,
}
