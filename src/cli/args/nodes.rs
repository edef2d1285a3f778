//! The nodes of a daemon.

use clap::{Args, Subcommand};

use super::common::{List, WatchArg};

#[derive(Args, Debug)]
pub(in crate::cli) struct Nodes {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<NodesCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum NodesCommand {
    /// List the nodes (the default)
    List(List),
}
