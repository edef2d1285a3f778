//! Pruning, and leases that hold blocks back.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};

use super::common::List;
use crate::config::units;
use crate::values::Size;

#[derive(Args, Debug)]
pub(in crate::cli) struct Prune {
    /// Prune until the usage is at most this, such as 80G
    #[arg(
        long,
        value_name = "SIZE",
        group = "how_far",
        allow_hyphen_values = true
    )]
    pub(in crate::cli) to: Option<Size>,
    /// Prune the blocks up to this height
    #[arg(long, value_name = "H", group = "how_far", allow_hyphen_values = true, value_parser = height)]
    pub(in crate::cli) to_height: Option<u32>,
    /// Prune all but this many blocks at the tip, at least 288
    #[arg(long, value_name = "N", group = "how_far", allow_hyphen_values = true, value_parser = blocks)]
    pub(in crate::cli) keep_blocks: Option<u32>,
    /// Show the plan and delete nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
    /// Start the job and do not wait for its end
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) no_wait: bool,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<PruneCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PruneCommand {
    /// Show the running and the last job, the usage and the forecast
    Status(List),
    /// Cancel the running job after the call that the node is working on
    Cancel,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Lease {
    #[command(subcommand)]
    pub(in crate::cli) command: LeaseCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LeaseCommand {
    /// List the leases in force
    List(List),
    /// Add a lease, or renew the one with this name
    Add(LeaseAdd),
    /// End a lease
    Release(LeaseRelease),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("keeps").args(["from_height", "last"]).required(true))]
pub(in crate::cli) struct LeaseAdd {
    /// Name the lease after who needs the blocks, such as lnd
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// Keep the block at this height and all above
    #[arg(long, value_name = "H", allow_hyphen_values = true, value_parser = height)]
    pub(in crate::cli) from_height: Option<u32>,
    /// Keep this many blocks at the tip
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = blocks)]
    pub(in crate::cli) last: Option<u32>,
    /// End the lease after this time, such as 24h, or never
    #[arg(long, value_name = "DURATION", default_value = "24h", allow_hyphen_values = true, value_parser = ttl)]
    pub(in crate::cli) ttl: Ttl,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct LeaseRelease {
    /// Release the lease with this name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
}

/// How long a lease is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Ttl {
    For(Duration),
    Never,
}

fn ttl(text: &str) -> Result<Ttl, String> {
    if text == "never" {
        return Ok(Ttl::Never);
    }
    units::parse_duration(text)
        .map(Ttl::For)
        .map_err(|error| format!("{error}, or never"))
}

fn height(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "write the height of a block, such as 840000".to_owned())
}

fn blocks(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "write a number of blocks, such as 2016".to_owned())
}
