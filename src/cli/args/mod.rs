//! The command line. Global options may stand before or after the command; the innermost wins.

mod common;
mod config;
mod daemon;
mod limits;
mod nodes;
mod peers;
mod prune;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub(super) use self::common::{Color, Common, Format, WatchArg};
pub(super) use self::config::{
    Completions, ConfigArgs, ConfigCheck, ConfigCommand, ConfigExplain, ConfigInit, ConfigShow,
};
pub(super) use self::daemon::{Health, Metrics, Serve, Status};
pub(super) use self::limits::{Explain, Limits, LimitsCommand};
pub(super) use self::nodes::{Nodes, NodesCommand, NodesDrain, NodesExplain, NodesMaintain};
pub(super) use self::peers::{Peers, PeersCommand, Queue, QueueCommand, Retry};
pub(super) use self::prune::{
    Lease, LeaseAdd, LeaseCommand, LeaseRelease, Prune, PruneCommand, Ttl,
};
use super::examples::with_examples;

/// The high-availability layer of Bitcoin nodes.
#[derive(Debug, Parser)]
#[command(
    name = "bllvmctl",
    version,
    about,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 yes or done; 1 no; 2 usage error; 69 daemon unreachable; 70 internal error; \
                  77 not authorised; 78 invalid configuration."
)]
pub struct Cli {
    #[command(flatten)]
    watch: WatchArg,
    // The last one: its heading would apply to all fields after it.
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the daemon beside a node
    Serve(Serve),
    /// Show the state of a node and of the daemon on one screen
    Status(Status),
    /// Ask whether a node is healthy; exit with 0 or 1
    Health(Health),
    /// Show metrics by name
    Metrics(Metrics),
    /// Delete old blocks by size, by height or down to the configured target
    Prune(Prune),
    /// Show or change leases, which hold blocks back from pruning
    Lease(Lease),
    /// Show or change the queue of lost peers
    Queue(Queue),
    /// Show peers and their quality, or change which are kept connected
    Peers(Peers),
    /// Show the limits of the gateway, or explain them for one call
    Limits(Limits),
    /// Show the nodes and who serves, drain or maintain one, or explain a call
    Nodes(Nodes),
    /// Check, show, write or reload the configuration
    Config(ConfigArgs),
    /// Print completions for a shell
    Completions(Completions),
    /// Show the help of a command, like --help
    Help(Help),
}

#[derive(Args, Debug)]
pub(super) struct Help {
    /// Show the help of this command, such as queue retry [default: all commands]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

impl Command {
    /// Its `--watch`; `None` if the command does not list anything.
    fn watch(&mut self) -> Option<&mut WatchArg> {
        match self {
            Self::Status(status) => Some(&mut status.watch),
            Self::Health(health) => Some(&mut health.watch),
            Self::Metrics(metrics) => Some(&mut metrics.watch),
            Self::Queue(queue) => Some(&mut queue.watch),
            Self::Peers(peers) => Some(&mut peers.watch),
            Self::Limits(limits) => Some(&mut limits.watch),
            Self::Nodes(nodes) => Some(&mut nodes.watch),
            Self::Prune(Prune {
                command: Some(PruneCommand::Status(status)),
                ..
            }) => Some(&mut status.watch),
            Self::Lease(Lease {
                command: LeaseCommand::List(list),
                ..
            }) => Some(&mut list.watch),
            Self::Prune(_)
            | Self::Lease(_)
            | Self::Serve(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Help(_) => None,
        }
    }
}

impl Cli {
    /// Reads a command line. A `--watch` before the command applies to it.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = with_examples(Self::command(), "");
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut cli =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        if cli.watch.watch.is_some() {
            let outer = cli.watch;
            let Some(inner) = cli.command.watch() else {
                let message = "--watch applies only to commands that list: status, health, metrics, queue, peers, limits, nodes, \
                               prune status, lease list";
                return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
            };
            inner.watch = inner.watch.or(outer.watch);
        }
        Ok(cli)
    }

    /// The help of the command that `names` lead to.
    pub(super) fn help_of(names: &[String]) -> Result<String, clap::Error> {
        let mut command = with_examples(Self::command(), "");
        command.build();
        for name in names {
            let Some(inner) = command.find_subcommand(name).cloned() else {
                let message = format!("unrecognized subcommand '{name}'");
                return Err(command.error(ErrorKind::InvalidSubcommand, message));
            };
            command = inner;
        }
        Ok(command.render_long_help().to_string())
    }
}
