//! The daemon, and what it reports.

use std::time::Duration;

use clap::{Args, value_parser};

use super::common::WatchArg;
use crate::config::units;

// No doc comment: its backticks would be printed.
const PATTERN_HELP: &str =
    "Show the metrics with these names; * and ? match, and the prefix bllvm_ may be left out";

#[derive(Args, Debug)]
pub(in crate::cli) struct Serve {
    /// Listen at this address instead of at rpc.listen, such as 127.0.0.1:18332
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) listen: Option<String>,
    /// Run a temporary regtest node with miner and peers, to try the commands; read no
    /// configuration
    #[arg(long, conflicts_with_all = ["config", "reindex"])]
    pub(in crate::cli) dev: bool,
    /// With --dev: run so many nodes, each of them killed by a command that is printed, and the
    /// gateway before them
    #[arg(long, value_name = "N", requires = "dev", value_parser = value_parser!(u8).range(1..=8))]
    pub(in crate::cli) nodes: Option<u8>,
    /// Run as one of these nodes: end with the standard input
    #[arg(long, hide = true, requires = "config", conflicts_with = "dev")]
    pub(in crate::cli) dev_node: bool,
    /// Rebuild the database of the embedded node from its block files
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
    /// Ask whether the node is alive, or should be restarted
    #[arg(long, group = "question")]
    pub(in crate::cli) live: bool,
    /// Ask whether the node is ready for traffic
    #[arg(long, group = "question")]
    pub(in crate::cli) ready: bool,
    /// Ask whether the node is healthy, and show everything that is known
    #[arg(long, group = "question")]
    pub(in crate::cli) detailed: bool,
    /// Wait until the answer is yes, at most this long, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, conflicts_with = "watch")]
    pub(in crate::cli) wait: Option<Duration>,
    /// Print one Nagios plugin line and exit with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN
    #[arg(long, conflicts_with = "watch")]
    pub(in crate::cli) nagios: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Metrics {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[arg(value_name = "PATTERN", help = PATTERN_HELP)]
    pub(in crate::cli) patterns: Vec<String>,
    /// Print the text that Prometheus scrapes
    #[arg(long, conflicts_with = "output")]
    pub(in crate::cli) raw: bool,
}
