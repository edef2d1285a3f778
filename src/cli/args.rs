//! The command line. What is common to all commands may stand before or after them; the innermost wins.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::units;
use crate::values::{InvalidPeer, PeerName, Size};

/// The high-availability layer of a Bitcoin node.
#[derive(Debug, Parser)]
#[command(name = "bllvmctl", version, about, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 yes or done; 1 the answer is no; 2 usage; 69 daemon not reachable; 70 internal \
                        error; 77 not authorised; 78 configuration invalid.")]
pub struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(subcommand)]
    pub(super) command: Command,
}

// Texts with names that a doc comment would have to set in backticks, which a terminal shows.
const CONFIG_HELP: &str = "Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, \
                           ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]";
const URL_HELP: &str = "The daemon's address [env: BLLVMCTL_URL; else the listener of the configuration]";
const TOKEN_HELP: &str =
    "File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon's cookie in its state directory]";

const PEER_HELP: &str = "host, host:port, [v6]:port or an onion name; without a port, the chain's default";

/// What every command knows.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Common {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    pub(super) config: Option<PathBuf>,
    #[arg(long, value_name = "URL", help = URL_HELP)]
    pub(super) url: Option<String>,
    #[arg(long, value_name = "FILE", help = TOKEN_HELP)]
    pub(super) token_file: Option<PathBuf>,
    /// Longest time to wait for the daemon, such as 10s
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    pub(super) timeout: Option<Duration>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,
    #[arg(long, value_name = "WHEN", value_enum, help = "When to use colours; NO_COLOR is honoured")]
    pub(super) color: Option<Color>,
}

impl Common {
    /// These, and for what is not given here, those given further out.
    fn within(self, outer: Self) -> Self {
        Self {
            config: self.config.or(outer.config),
            url: self.url.or(outer.url),
            token_file: self.token_file.or(outer.token_file),
            timeout: self.timeout.or(outer.timeout),
            quiet: self.quiet || outer.quiet,
            color: self.color.or(outer.color),
        }
    }
}

/// How a result is written.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct FormatArg {
    /// Form of the result
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

/// Repetition, for what lists.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct WatchArg {
    /// Repeat every so many seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = watch_seconds)]
    pub(super) watch: Option<Duration>,
}

fn watch_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds, such as 2".to_owned())?;
    let allowed = 0.1..=86_400.0;
    if !allowed.contains(&seconds) {
        return Err("write between 0.1 and 86400 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn peer_name(text: &str) -> Result<PeerName, String> {
    text.parse().map_err(|wrong: InvalidPeer| match &wrong.suggestion {
        Some(suggestion) => format!("{wrong}; {suggestion}"),
        None => wrong.to_string(),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// One document, for programs
    Json,
    /// Tab-separated, for scripts
    Tsv,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the daemon beside a node
    Serve(Serve),
    /// Show everything on one screen
    Status(Status),
    /// Ask whether the node is healthy; the exit code is the answer
    Health(Health),
    /// Show metrics, by name
    Metrics(Metrics),
    /// Delete old blocks, by size, by height or down to the configured target
    Prune(Prune),
    /// Hold blocks back from pruning, for a time
    Lease(Lease),
    /// Show or change the queue of lost peers
    Queue(Queue),
    /// Show peers and what they are worth, keep one connected, or let it go
    Peers(Peers),
    /// Show the limits of the front, or what they make of one caller
    Limits(Limits),
    /// Check, show, write or reload the configuration
    Config(Config),
    /// Print the completions for a shell
    Completions(Completions),
}

#[derive(Args, Debug)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) common: Common,
    /// Listen here instead of at rpc.listen
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<String>,
    /// Read no configuration: a throw-away node that mines, with peers, to try everything on
    #[arg(long, conflicts_with_all = ["config", "reindex"])]
    pub(super) dev: bool,
    /// Rebuild the embedded node's database from its block files
    #[arg(long)]
    pub(super) reindex: bool,
}

#[derive(Args, Debug)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Health {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(flatten)]
    pub(super) watch: WatchArg,
    /// Is it alive: should it be restarted?
    #[arg(long, group = "question")]
    pub(super) live: bool,
    /// Is it ready: may traffic be sent to it?
    #[arg(long, group = "question")]
    pub(super) ready: bool,
    /// Is all well: with the numbers behind each check
    #[arg(long, group = "question")]
    pub(super) detailed: bool,
    /// Wait for a yes, at most so long, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, conflicts_with = "watch")]
    pub(super) wait: Option<Duration>,
    /// One line and an exit code for Nagios and its kin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    #[arg(long, conflicts_with = "watch")]
    pub(super) nagios: bool,
}

#[derive(Args, Debug)]
pub(super) struct Metrics {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(flatten)]
    pub(super) watch: WatchArg,
    /// Names to show, with * and ?; the prefix `bllvm_` may be left out
    #[arg(value_name = "PATTERN")]
    pub(super) patterns: Vec<String>,
    /// As Prometheus gets them
    #[arg(long, conflicts_with = "output")]
    pub(super) raw: bool,
}

/// What the commands of a group know, beside the group itself.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Inner {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
}

#[derive(Args, Debug)]
pub(super) struct Queue {
    #[command(flatten)]
    pub(super) inner: Inner,
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    pub(super) command: Option<QueueCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// List the lost peers; so does the command alone
    List(List),
    /// Queue a peer for one episode, as if it had just been lost
    Add(OnePeer),
    /// Make a peer due at once, with all its retries; also an abandoned one
    Retry(Retry),
    /// Take a peer out of the queue
    Drop(OnePeer),
    /// Begin no attempts until resumed, also after a restart
    Pause(Inner),
    /// Begin attempts again
    Resume(Inner),
}

#[derive(Args, Debug)]
pub(super) struct Peers {
    #[command(flatten)]
    pub(super) inner: Inner,
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    pub(super) command: Option<PeersCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PeersCommand {
    /// List the peers that are connected or kept; so does the command alone
    List(List),
    /// Keep a peer connected from now on, also after a restart
    Add(OnePeer),
    /// Keep a peer no more, and disconnect it
    Remove(OnePeer),
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) inner: Inner,
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

#[derive(Args, Debug)]
pub(super) struct OnePeer {
    #[command(flatten)]
    pub(super) inner: Inner,
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name)]
    pub(super) address: PeerName,
}

#[derive(Args, Debug)]
#[group(id = "which", required = true)]
pub(super) struct Retry {
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name, group = "which")]
    pub(super) address: Option<PeerName>,
    /// All peers in the queue
    #[arg(long, group = "which")]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) inner: Inner,
}

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

#[derive(Args, Debug)]
pub(super) struct Limits {
    #[command(flatten)]
    pub(super) inner: Inner,
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    pub(super) command: Option<LimitsCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum LimitsCommand {
    /// Show the limits in force; so does the command alone
    Show(List),
    /// Tell whether a call would pass now, and why; the exit code is the answer
    Explain(Explain),
}

#[derive(Args, Debug)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) inner: Inner,
    /// The user, as in rpc.auth.users
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// The client's address; 127.0.0.1 if not given
    #[arg(long, value_name = "ADDRESS")]
    pub(super) ip: Option<IpAddr>,
    /// The method it calls
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Config {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    #[command(subcommand)]
    pub(super) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
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
pub(super) struct ConfigCheck {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    /// The file to check
    pub(super) file: Option<PathBuf>,
    /// Only the file: test neither the node nor directories nor listeners
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigShow {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
    /// Tell where each value comes from
    #[arg(long)]
    pub(super) origin: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigInit {
    #[command(flatten)]
    pub(super) common: Common,
    /// Write to this file, which must not exist yet, instead of the standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ConfigReload {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) format: FormatArg,
}

#[derive(Args, Debug)]
pub(super) struct Completions {
    #[command(flatten)]
    pub(super) common: Common,
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

impl Cli {
    /// The common options in force, and the form of the result.
    pub(super) fn settled(&self) -> (Common, Format) {
        let (inner, format) = match &self.command {
            Command::Serve(serve) => (vec![&serve.common], vec![]),
            Command::Status(status) => (vec![&status.common], vec![status.format]),
            Command::Health(health) => (vec![&health.common], vec![health.format]),
            Command::Metrics(metrics) => (vec![&metrics.common], vec![metrics.format]),
            Command::Completions(completions) => (vec![&completions.common], vec![]),
            Command::Queue(queue) => {
                let inner = match &queue.command {
                    None => None,
                    Some(QueueCommand::List(list)) => Some(&list.inner),
                    Some(QueueCommand::Add(peer) | QueueCommand::Drop(peer)) => Some(&peer.inner),
                    Some(QueueCommand::Retry(retry)) => Some(&retry.inner),
                    Some(QueueCommand::Pause(inner) | QueueCommand::Resume(inner)) => Some(inner),
                };
                within(&queue.inner, inner)
            }
            Command::Limits(limits) => {
                let inner = limits.command.as_ref().map(|command| match command {
                    LimitsCommand::Show(list) => &list.inner,
                    LimitsCommand::Explain(explain) => &explain.inner,
                });
                within(&limits.inner, inner)
            }
            Command::Peers(peers) => {
                let inner = match &peers.command {
                    None => None,
                    Some(PeersCommand::List(list)) => Some(&list.inner),
                    Some(PeersCommand::Add(peer) | PeersCommand::Remove(peer)) => Some(&peer.inner),
                };
                within(&peers.inner, inner)
            }
            Command::Prune(prune) => {
                let inner = prune.command.as_ref().map(|PruneCommand::Status(status)| (&status.common, status.format));
                let common = std::iter::once(&prune.common).chain(inner.map(|(common, _)| common));
                let format = std::iter::once(prune.format).chain(inner.map(|(_, format)| format));
                (common.collect(), format.collect())
            }
            Command::Lease(lease) => {
                let (common, format) = match &lease.command {
                    LeaseCommand::List(list) => (&list.common, list.format),
                    LeaseCommand::Add(add) => (&add.common, add.format),
                    LeaseCommand::Release(release) => (&release.common, release.format),
                };
                (vec![&lease.common, common], vec![lease.format, format])
            }
            Command::Config(config) => {
                let (common, format) = match &config.command {
                    ConfigCommand::Check(check) => (&check.common, Some(check.format)),
                    ConfigCommand::Show(show) => (&show.common, Some(show.format)),
                    ConfigCommand::Init(init) => (&init.common, None),
                    ConfigCommand::Reload(reload) => (&reload.common, Some(reload.format)),
                };
                (vec![&config.common, common], std::iter::once(config.format).chain(format).collect())
            }
        };
        let common = inner.into_iter().fold(self.common.clone(), |outer, inner| inner.clone().within(outer));
        let innermost = format.into_iter().rev().chain([self.format]).find_map(|format| format.output);
        (common, innermost.unwrap_or_default())
    }
}

/// The options of a group and of the command in it, from the outermost.
fn within<'a>(group: &'a Inner, command: Option<&'a Inner>) -> (Vec<&'a Common>, Vec<FormatArg>) {
    let both = || std::iter::once(group).chain(command);
    (both().map(|inner| &inner.common).collect(), both().map(|inner| inner.format).collect())
}
