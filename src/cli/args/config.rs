//! The configuration, and what is made for the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::common::{Common, FormatArg, Options};

#[derive(Args, Debug)]
pub(in crate::cli) struct Config {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Tell everything that is wrong with a configuration and its surroundings
    Check(ConfigCheck),
    /// Show the configuration in force, as the daemon would read it
    Show(ConfigShow),
    /// Write a configuration to begin with
    Init(ConfigInit),
    /// Make the running daemon read its configuration again
    Reload(ConfigReload),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigCheck {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
    /// The file to check
    pub(in crate::cli) file: Option<PathBuf>,
    /// Only the file: test neither the node nor directories nor listeners
    #[arg(long)]
    pub(in crate::cli) offline: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigShow {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
    /// Tell where each value comes from
    #[arg(long)]
    pub(in crate::cli) origin: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigInit {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
    /// Write to this file, which must not exist yet, instead of the standard output
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigReload {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Completions {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    /// Taken as by every command; it changes nothing here.
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

impl Config {
    pub(super) fn options(&self) -> Options<'_> {
        let (common, format) = match &self.command {
            ConfigCommand::Check(check) => (&check.common, check.format),
            ConfigCommand::Show(show) => (&show.common, show.format),
            ConfigCommand::Init(init) => (&init.common, init.format),
            ConfigCommand::Reload(reload) => (&reload.common, reload.format),
        };
        Options::of(&self.common, Some(self.format)).and(Some(Options::of(common, Some(format))))
    }
}
