//! The command line. What is common to all commands may stand before or after them; the innermost
//! wins.

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
    Completions, Config, ConfigCheck, ConfigCommand, ConfigInit, ConfigShow,
};
pub(super) use self::daemon::{Health, Metrics, Serve, Status};
pub(super) use self::limits::{Explain, Limits, LimitsCommand};
pub(super) use self::nodes::{Nodes, NodesCommand};
pub(super) use self::peers::{Peers, PeersCommand, Queue, QueueCommand, Retry};
pub(super) use self::prune::{
    Lease, LeaseAdd, LeaseCommand, LeaseRelease, Prune, PruneCommand, Ttl,
};
use super::examples::with_examples;

/// The high-availability layer of a Bitcoin node.
#[derive(Debug, Parser)]
#[command(
    name = "bllvmctl",
    version,
    about,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 yes or done; 1 the answer is no; 2 usage; 69 daemon not reachable; 70 internal \
                        error; 77 not authorised; 78 configuration invalid."
)]
pub struct Cli {
    #[command(flatten)]
    watch: WatchArg,
    // Behind all others, which would get its heading too.
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the daemon beside a node
    Serve(Serve),
    /// Show everything on one screen
    Status(Status),
    /// Ask whether the node is healthy; the exit code is the answer
    Health(Health),
    /// Show metrics, by name
    Metrics(Metrics),
    /// Delete old blocks, by size, by height or down to the configured target
    Prune(Prune),
    /// Hold blocks back from pruning, for a time
    Lease(Lease),
    /// Show or change the queue of lost peers
    Queue(Queue),
    /// Show peers and what they are worth, keep one connected, or let it go
    Peers(Peers),
    /// Show the limits of the front, or what they make of one caller
    Limits(Limits),
    /// Show the nodes of the daemon, and how they are
    Nodes(Nodes),
    /// Check, show, write or reload the configuration
    Config(Config),
    /// Print the completions for a shell
    Completions(Completions),
    /// Show the help of a command, as --help does
    Help(Help),
}

#[derive(Args, Debug)]
pub(super) struct Help {
    /// The command, such as `queue retry`; without one, all commands
    #[arg(value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

impl Command {
    /// Where the repetition of what it lists stands; `None`: it lists nothing.
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
    /// Reads a command line. What stands before the command and only some have goes to it.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = with_examples(Self::command(), "");
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut cli =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        if cli.watch.watch.is_some() {
            let outer = cli.watch;
            let Some(inner) = cli.command.watch() else {
                let message = "--watch is for what lists: status, health, metrics, queue, peers, limits, nodes, \
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
