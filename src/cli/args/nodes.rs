//! The nodes of a daemon.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::common::{List, WatchArg};
use crate::config::units;

#[derive(Args, Debug)]
pub(in crate::cli) struct Nodes {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<NodesCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum NodesCommand {
    /// List the nodes, and why those are out that are out (the default)
    List(List),
    /// Take a node out of the rotation, also over restarts
    Drain(NodesDrain),
    /// Put a drained node back into the rotation
    Undrain(NodesUndrain),
    /// Run a command while a node is drained, and put it back once it is ready
    Maintain(NodesMaintain),
    /// Report which node would get a call, and why the others would not; exit with 0 or 1
    Explain(NodesExplain),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NodesDrain {
    /// Drain the node with this name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Show this reason where the node is shown
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
    /// End the drain after this time, such as 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = units::parse_duration)]
    pub(in crate::cli) time: Option<Duration>,
    /// Drain it even if too few nodes are left in rotation
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NodesUndrain {
    /// Undrain the node with this name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NodesMaintain {
    /// Drain the node with this name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Wait at most this long until no call is in flight, and as long until the node is ready
    /// again
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = units::parse_duration)]
    pub(in crate::cli) wait: Duration,
    /// Run this command, with its arguments, on this terminal
    #[arg(last = true, required = true, num_args = 1.., value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NodesExplain {
    /// Assume a call of this method
    #[arg(value_name = "METHOD")]
    pub(in crate::cli) method: String,
    /// Assume a call at the path of this wallet
    #[arg(long, value_name = "WALLET")]
    pub(in crate::cli) wallet: Option<String>,
    /// Assume a call of this user of rpc.auth.users
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) user: Option<String>,
}
