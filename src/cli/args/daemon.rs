//! The daemon, and the questions to it.

use std::time::Duration;

use clap::Args;

use super::common::WatchArg;
use crate::config::units;

#[derive(Args, Debug)]
pub(in crate::cli) struct Serve {
    /// Listen here instead of at rpc.listen
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) listen: Option<String>,
    /// Read no configuration, and run a throw-away node that mines, with peers, to try everything on
    #[arg(long, conflicts_with_all = ["config", "reindex"])]
    pub(in crate::cli) dev: bool,
    /// Rebuild the embedded node's database from its block files
    #[arg(long)]
    pub(in crate::cli) reindex: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(in crate::cli) struct Health {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    /// Ask whether it is alive, or should be restarted
    #[arg(long, group = "question")]
    pub(in crate::cli) live: bool,
    /// Ask whether it is ready for traffic
    #[arg(long, group = "question")]
    pub(in crate::cli) ready: bool,
    /// Ask whether all is well, with the numbers behind each check
    #[arg(long, group = "question")]
    pub(in crate::cli) detailed: bool,
    /// Wait for a yes, at most so long, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, conflicts_with = "watch")]
    pub(in crate::cli) wait: Option<Duration>,
    /// Print one line for Nagios, with its exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    #[arg(long, conflicts_with = "watch")]
    pub(in crate::cli) nagios: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Metrics {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    /// Show these names, with * and ?; the prefix `bllvm_` may be left out
    #[arg(value_name = "PATTERN")]
    pub(in crate::cli) patterns: Vec<String>,
    /// Print them as Prometheus gets them
    #[arg(long, conflicts_with = "output")]
    pub(in crate::cli) raw: bool,
}
