//! The configuration, and completions for the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Report every problem of a configuration and of what it refers to
    Check(ConfigCheck),
    /// Show the configuration that the daemon would use
    Show(ConfigShow),
    /// Explain a key: its values and where they come from, its default and its meaning
    Explain(ConfigExplain),
    /// Write a commented configuration to start from
    Init(ConfigInit),
    /// Reload the configuration of the running daemon
    Reload,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigCheck {
    /// Check this file instead of the one that --config selects
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Check the file alone: test no node, directory or listener
    #[arg(long)]
    pub(in crate::cli) offline: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigShow {
    /// Show where each value comes from
    #[arg(long)]
    pub(in crate::cli) origin: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigExplain {
    /// Explain this key, such as `nodes.rpc_url`
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConfigInit {
    /// Write to this file, which must not exist yet [default: standard output]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Completions {
    /// Print the completions for this shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(in crate::cli) shell: Shell,
}
