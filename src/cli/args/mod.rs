//! The command line. Global options may stand before or after the command; the innermost wins.
//!
//! Here is what several commands have in common; the arguments of a command are in its own file.

mod blocks;
mod common;
mod examples;
mod peer;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

pub(super) use self::blocks::{height, number_of_blocks};
pub(super) use self::common::{Color, Common, Format, List, WatchArg};
pub(super) use self::examples::{examples, examples_of, without_examples};
pub(super) use self::peer::{OnePeer, PEER_HELP, peer_name};
use super::Command;
use crate::values::VERSION_AND_COMMIT;

const EXIT_CODES: &str = "Exit codes: 0 yes or done; 1 no; 2 usage error; 69 daemon unreachable; \
                          70 internal error; 77 not authorised; 78 invalid configuration.";

/// The high-availability layer of Bitcoin nodes.
#[derive(Debug, Parser)]
#[command(
    name = "bllvmctl",
    version = VERSION_AND_COMMIT,
    about,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = examples(&[
        ("bllvmctl serve --dev", "Try the commands on a temporary regtest node"),
        ("bllvmctl status --watch 2", "Show the status every two seconds"),
        ("bllvmctl health --quiet && echo healthy", "Use the exit code in a script"),
    ]) + "\n\n" + EXIT_CODES
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

impl Cli {
    /// Reads a command line. A `--watch` before the command applies to it.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut cli =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        if cli.watch.watch.is_some() {
            let outer = cli.watch;
            let Some(inner) = cli.command.watch() else {
                let message = format!(
                    "--watch applies only to commands that list: {}",
                    listing_commands().join(", ")
                );
                return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
            };
            inner.watch = inner.watch.or(outer.watch);
        }
        Ok(cli)
    }
}

/// The commands that have `--watch`, the shorter ones first; of a group that has it, the group.
fn listing_commands() -> Vec<String> {
    fn add(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            let has_watch = inner
                .get_arguments()
                .any(|argument| argument.get_id() == "watch");
            if has_watch {
                found.push(path.trim_start().to_owned());
            } else {
                add(inner, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    add(&Cli::command(), "", &mut found);
    found.sort_by_key(|path| path.split(' ').count());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_before_the_command_is_that_of_the_command_or_an_error_that_names_those_that_list() {
        let read = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            Cli::read(&words)
        };
        let mut cli = read("bllvmctl --watch 2 lease list").unwrap();
        assert!(cli.command.watch().unwrap().watch.is_some());
        let error = read("bllvmctl --watch 2 config check").unwrap_err();
        let listing =
            "status, top, health, metrics, queue, peers, limits, nodes, prune status, lease list";
        assert!(error.to_string().contains(listing), "{error}");
    }
}
