//! The arguments of `prune` and `lease`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::args::{Common, FormatArg, WatchArg};
use crate::config::units;
use crate::values::Size;

#[derive(Args, Debug)]
pub(super) struct Prune {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    /// Down to this usage, such as 80G
    #[arg(long, value_name = "SIZE", group = "how_far", allow_hyphen_values = true)]
    pub(super) to: Option<Size>,
    /// Up to this height
    #[arg(long, value_name = "H", group = "how_far", allow_hyphen_values = true, value_parser = height)]
    pub(super) to_height: Option<u32>,
    /// All but so many blocks at the tip, at least 288
    #[arg(long, value_name = "N", group = "how_far", allow_hyphen_values = true, value_parser = blocks)]
    pub(super) keep_blocks: Option<u32>,
    /// Show the plan, and delete nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Do not wait for the end
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) no_wait: bool,
    #[command(subcommand)]
    pub(super) command: Option<PruneCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PruneCommand {
    /// Show the running or last job, and when the disk will be full
    Status(PruneStatus),
}

#[derive(Args, Debug)]
pub(super) struct PruneStatus {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

#[derive(Args, Debug)]
pub(super) struct Lease {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(subcommand)]
    pub(super) command: LeaseCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum LeaseCommand {
    /// Show the leases in force
    List(LeaseList),
    /// Add a lease, or renew the one of this name
    Add(LeaseAdd),
    /// End a lease
    Release(LeaseRelease),
}

#[derive(Args, Debug)]
pub(super) struct LeaseList {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

#[derive(Args, Debug)]
#[group(id = "keeps", required = true, multiple = false, args = ["from_height", "last"])]
pub(super) struct LeaseAdd {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    /// Who needs the blocks, such as lnd
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Keep this height and all above
    #[arg(long, value_name = "H", allow_hyphen_values = true, value_parser = height)]
    pub(super) from_height: Option<u32>,
    /// Keep so many blocks at the tip
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = blocks)]
    pub(super) last: Option<u32>,
    /// For how long, such as 24h, or never to end
    #[arg(long, value_name = "DURATION", default_value = "24h", allow_hyphen_values = true, value_parser = ttl)]
    pub(super) ttl: Ttl,
}

#[derive(Args, Debug)]
pub(super) struct LeaseRelease {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    /// The name of the lease
    #[arg(value_name = "NAME")]
    pub(super) name: String,
}

/// How long a lease holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ttl {
    For(Duration),
    Never,
}

fn ttl(text: &str) -> Result<Ttl, String> {
    if text == "never" {
        return Ok(Ttl::Never);
    }
    units::parse_duration(text).map(Ttl::For).map_err(|error| format!("{error}, or never"))
}

fn height(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write the height of a block, such as 840000".to_owned())
}

fn blocks(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a number of blocks, such as 2016".to_owned())
}
