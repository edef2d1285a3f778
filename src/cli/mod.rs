//! The command line: parses the arguments, runs one command, reports its result as output and exit
//! code.
//!
//! It knows no node: every command but `serve` and `config` asks the daemon.

mod answer;
mod args;
mod client;
mod config;
mod drain;
mod each_node;
mod examples;
mod exit;
mod explain_route;
mod health;
mod interrupt;
mod lease;
mod limits;
mod maintain;
mod manual;
mod manual_config;
mod metrics;
mod metrics_page;
mod nagios;
mod nodes;
mod output;
mod pages;
mod peers;
mod prune;
mod prune_follow;
mod prune_job;
mod prune_plan;
mod prune_status;
mod queue;
mod render;
mod serve;
mod status;
mod status_lines;
mod wait;

pub use args::Cli;
pub use manual::write_manual;
pub use pages::completions;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;

use self::args::Command;
use self::client::Client;
use self::exit::{CommandResult, Exit, Failure};
use self::output::Output;
use crate::env::Env;

/// Runs one command line, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>, env: &Env) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let as_plugin = arguments.iter().any(|argument| argument == "--nagios");
    let cli = match Cli::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error, &arguments, as_plugin),
    };
    let common = &cli.common;
    let output = Output::new(common, env);
    let client = || Client::new(common, env);
    let outcome = match &cli.command {
        Command::Serve(args) => serve::run(args, common, env),
        Command::Config(args) => config::run(&args.command, common, env, output),
        Command::Completions(args) => print_completions(args.shell),
        Command::Help(args) => match Cli::help_of(&args.command) {
            Ok(help) => Output::print_always(&help).map(|()| Exit::Yes),
            Err(error) => return usage_error(&error, &arguments, as_plugin),
        },
        Command::Status(args) => client().and_then(|client| status::run(args, &client, output)),
        Command::Health(args) => client().and_then(|client| health::run(args, &client, output)),
        Command::Queue(args) => client().and_then(|client| queue::run(args, &client, output)),
        Command::Peers(args) => client().and_then(|client| peers::run(args, &client, output)),
        Command::Limits(args) => client().and_then(|client| limits::run(args, &client, output)),
        Command::Nodes(args) => nodes::run(args, common, env, output),
        Command::Metrics(args) => client().and_then(|client| metrics::run(args, &client, output)),
        Command::Prune(args) => prune::run(args, common, client, output),
        Command::Lease(args) => {
            client().and_then(|client| lease::run(&args.command, &client, output))
        }
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
fn usage_error(error: &clap::Error, arguments: &[OsString], as_plugin: bool) -> ExitCode {
    if error.use_stderr() && as_plugin {
        return nagios::unknown(&Failure::text(Exit::Usage, error.to_string())).into();
    }
    // A failure to print cannot be reported either.
    let _ = error.print();
    if error.kind() == ErrorKind::InvalidSubcommand && arguments.iter().any(|name| is_planned(name))
    {
        print_error("hint: this version of bllvmctl does not have that command yet\n");
    }
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Yes.into()
    }
}

/// Names that are reserved for commands of a later version.
fn is_planned(name: &OsStr) -> bool {
    ["top", "doctor"].iter().any(|command| name == *command)
}

/// Writes to stderr without control characters: the text may come from the node or from a peer.
fn print_error(text: &str) {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect();
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn print_completions(shell: clap_complete::Shell) -> CommandResult {
    Output::print_always(&completions(shell))?;
    Ok(Exit::Yes)
}
