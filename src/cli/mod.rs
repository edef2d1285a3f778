//! The command line: parses the arguments, runs one command, reports its result as output and exit
//! code.
//!
//! It knows no node: every command but `serve` and `config` asks the daemon. A command is a file of
//! its own with its arguments, its examples and what it does, and three lines here: the module, the
//! variant of `Command`, the call of its `run`.

mod answer;
mod args;
mod client;
mod complete;
mod config;
mod daemon_access;
mod doctor;
mod doctor_active;
mod doctor_bundle;
mod drain;
mod each_node;
mod endpoint;
mod exit;
mod explain_route;
mod health;
mod health_answer;
mod help;
mod interrupt;
mod invocation;
mod lease;
mod limits;
mod local_daemon;
mod maintain;
mod manual;
mod manual_config;
mod metrics;
mod metrics_page;
mod nagios;
mod node_names;
mod nodes;
mod not_asked;
mod notify;
mod output;
mod pages;
mod peers;
mod problems;
mod prune;
mod prune_follow;
mod prune_job;
mod prune_plan;
mod prune_status;
mod queue;
mod render;
mod screen;
mod serve;
mod status;
mod status_lines;
mod top;
mod unreachable;
mod wait;
mod watch_screen;

pub use args::Cli;
pub use manual::{environment, write_manual};
pub use pages::completions;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;

use self::args::WatchArg;
use self::exit::{Exit, Failure};
use self::invocation::Invocation;
use self::output::{Output, print_error};
use crate::env::Env;

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon beside a node
    Serve(serve::ServeArgs),
    /// Show the state of a node and of the daemon on one screen
    Status(status::StatusArgs),
    /// Show what is wrong, since when, what to do, and the numbers, live
    ///
    /// Keys: ? help, p pause, n the next node, s sort peers, d drain the node or undrain it (asks
    /// first), arrows, page up and page down scroll, q quit. --watch says how often the daemon is
    /// asked [default: 1].
    Top(top::TopArgs),
    /// Ask whether a node is healthy; exit with 0 or 1
    Health(health::HealthArgs),
    /// Show metrics by name
    Metrics(metrics::MetricsArgs),
    /// Delete old blocks by size, by height or down to the configured target
    Prune(prune::PruneArgs),
    /// Show or change leases, which hold blocks back from pruning
    Lease(lease::LeaseArgs),
    /// Show or change the queue of lost peers
    Queue(queue::QueueArgs),
    /// Show peers and their quality, or change which are kept connected
    Peers(peers::PeersArgs),
    /// Show the limits of the gateway, or explain them for one call
    Limits(limits::LimitsArgs),
    /// Show the nodes and who serves, drain or maintain one, or explain a call
    Nodes(nodes::NodesArgs),
    /// Test notifications
    Notify(notify::NotifyArgs),
    /// Check, show, write or reload the configuration
    Config(config::ConfigArgs),
    /// Diagnose daemon, node, configuration and machine
    Doctor(doctor::DoctorArgs),
    /// Print completions for a shell
    Completions(pages::CompletionsArgs),
    /// Print the names that the running daemon has, for the completions of a shell
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
    /// Show the help of a command, like --help
    Help(help::HelpArgs),
}

impl Command {
    /// Its `--watch`; `None` if the command does not list anything.
    fn watch(&mut self) -> Option<&mut WatchArg> {
        match self {
            Self::Status(status) => Some(&mut status.watch),
            Self::Top(top) => Some(&mut top.watch),
            Self::Health(health) => Some(&mut health.watch),
            Self::Metrics(metrics) => Some(&mut metrics.watch),
            Self::Queue(queue) => Some(&mut queue.watch),
            Self::Peers(peers) => Some(&mut peers.watch),
            Self::Limits(limits) => Some(&mut limits.watch),
            Self::Nodes(nodes) => Some(&mut nodes.watch),
            Self::Prune(prune) => prune.watch(),
            Self::Lease(lease) => lease.watch(),
            Self::Serve(_)
            | Self::Notify(_)
            | Self::Config(_)
            | Self::Doctor(_)
            | Self::Completions(_)
            | Self::Complete(_)
            | Self::Help(_) => None,
        }
    }
}

/// Runs one command line, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>, env: &Env) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let as_plugin = arguments.iter().any(|argument| argument == "--nagios");
    let cli = match Cli::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error, as_plugin),
    };
    let invocation = Invocation::new(&cli.common, env);
    let outcome = match &cli.command {
        Command::Serve(args) => serve::run(args, &invocation),
        Command::Status(args) => status::run(args, &invocation),
        Command::Top(args) => top::run(args, &invocation),
        Command::Health(args) => health::run(args, &invocation),
        Command::Metrics(args) => metrics::run(args, &invocation),
        Command::Prune(args) => prune::run(args, &invocation),
        Command::Lease(args) => lease::run(args, &invocation),
        Command::Queue(args) => queue::run(args, &invocation),
        Command::Peers(args) => peers::run(args, &invocation),
        Command::Limits(args) => limits::run(args, &invocation),
        Command::Nodes(args) => nodes::run(args, &invocation),
        Command::Notify(args) => notify::run(args, &invocation),
        Command::Config(args) => config::run(args, &invocation),
        Command::Doctor(args) => doctor::run(args, &invocation),
        Command::Completions(args) => pages::run(args),
        Command::Complete(args) => complete::run(args, &invocation),
        Command::Help(args) => match help::help(args) {
            Ok(help) => Output::print_always(&help).map(|()| Exit::Yes),
            Err(error) => return usage_error(&error, as_plugin),
        },
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) if as_plugin => nagios::unknown(&failure).into(),
        Err(failure) => {
            print_error(&failure.report());
            failure.exit.into()
        }
    }
}

/// Help and version go to stdout with exit code 0; with `--nagios` a usage error is UNKNOWN.
fn usage_error(error: &clap::Error, as_plugin: bool) -> ExitCode {
    if error.use_stderr() && as_plugin {
        return nagios::unknown(&Failure::text(Exit::Usage, error.to_string())).into();
    }
    // A failure to print cannot be reported either.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Yes.into()
    }
}
