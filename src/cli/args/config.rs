//! The configuration, and what is made for the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

#[derive(Args, Debug)]
pub(in crate::cli) struct Config {
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
    Reload,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigCheck {
    /// Check this file
    pub(in crate::cli) file: Option<PathBuf>,
    /// Check the file alone: test neither the node nor directories nor listeners
    #[arg(long)]
    pub(in crate::cli) offline: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigShow {
    /// Tell where each value comes from
    #[arg(long)]
    pub(in crate::cli) origin: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigInit {
    /// Write to this file, which must not exist yet, instead of the standard output
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}
