//! `bllvmctl config`: check, show, explain, init, reload.

mod check;
mod explain;
mod init;
mod reload;
mod service_user;

use clap::{Args, Subcommand};
use serde_json::Value;

use self::check::ConfigCheck;
use self::explain::ConfigExplain;
use self::init::ConfigInit;
use super::args::{Format, examples};
use super::daemon_access::load;
use super::exit::{CommandResult, Exit};
use super::invocation::Invocation;
use super::problems::not_valid;
use crate::config::{self, Entry};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl config check", "Check the file that the daemon would use"),
]))]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Report every problem of a configuration and of what it refers to
    Check(ConfigCheck),
    /// Show the configuration that the daemon would use
    Show(ConfigShow),
    /// Explain a key: its values and where they come from, its default and its meaning
    Explain(ConfigExplain),
    /// Write a commented configuration to start from
    Init(ConfigInit),
    /// Reload the configuration of the running daemon
    #[command(after_long_help = examples(&[
        ("bllvmctl config reload", "Apply a changed file without a restart"),
    ]))]
    Reload,
}

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl config show --origin", "Show each value and where it comes from"),
]))]
struct ConfigShow {
    /// Show where each value comes from
    #[arg(long)]
    origin: bool,
}

pub(super) fn run(args: &ConfigArgs, invocation: &Invocation<'_>) -> CommandResult {
    match &args.command {
        ConfigCommand::Check(args) => check::run(args, invocation),
        ConfigCommand::Show(args) => show(args, invocation),
        ConfigCommand::Explain(args) => explain::run(args, invocation),
        ConfigCommand::Init(args) => init::run(args, invocation),
        ConfigCommand::Reload => reload::run(&invocation.client()?, invocation.output),
    }
}

fn show(args: &ConfigShow, invocation: &Invocation<'_>) -> CommandResult {
    let output = invocation.output;
    let loaded = load(invocation.common, invocation.env);
    if loaded.config.is_none() {
        return Err(not_valid(&loaded.problems));
    }
    match output.format {
        Format::Json if args.origin => output.json(&loaded.entries)?,
        Format::Json => {
            let entries = loaded
                .entries
                .iter()
                .filter(|entry| !entry.is_within_another())
                .map(|entry| (entry.key.clone(), entry.value.clone()));
            output.json(&Value::Object(entries.collect()))?;
        }
        Format::Tsv => {
            let row = |entry: &Entry| {
                vec![
                    entry.key.clone(),
                    entry.value.to_string(),
                    entry.origin.to_string(),
                ]
            };
            output.rows(
                &["key", "value", "origin"],
                &loaded.entries.iter().map(row).collect::<Vec<_>>(),
            )?;
        }
        Format::Table => output.print(&config::to_toml(&loaded.entries, args.origin))?,
    }
    Ok(Exit::Yes)
}
