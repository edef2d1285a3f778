//! `bllvmctl lease`: leases that hold blocks back from pruning.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};

use super::answer::ControlAnswer;
use super::args::{Format, List, WatchArg, examples, height, number_of_blocks};
use super::client::Client;
use super::each_node::PerNodeList;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::render::whole_seconds;
use super::{render, wait};
use crate::api::{LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest};
use crate::config::units;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[("bllvmctl lease list", "List who holds which blocks")]))]
pub(super) struct LeaseArgs {
    #[command(subcommand)]
    command: LeaseCommand,
}

impl LeaseArgs {
    /// The `--watch` of `lease list`.
    pub(super) fn watch(&mut self) -> Option<&mut WatchArg> {
        match &mut self.command {
            LeaseCommand::List(list) => Some(&mut list.watch),
            LeaseCommand::Add(_) | LeaseCommand::Release(_) => None,
        }
    }
}

#[derive(Debug, Subcommand)]
enum LeaseCommand {
    /// List the leases in force
    #[command(after_long_help = examples(&[
        ("bllvmctl lease list -o tsv", "Print the leases for a script"),
    ]))]
    List(List),
    /// Add a lease, or renew the one with this name
    Add(LeaseAdd),
    /// End a lease
    Release(LeaseRelease),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("keeps").args(["from_height", "last"]).required(true))]
#[command(after_long_help = examples(&[
    (
        "bllvmctl lease add lnd --from-height 840000 --ttl 24h",
        "Keep all blocks from a height on for a day",
    ),
    (
        "bllvmctl lease add electrs --last 2016 --ttl never",
        "Keep the last 2016 blocks, about two weeks, until released",
    ),
]))]
struct LeaseAdd {
    /// Name the lease after who needs the blocks, such as lnd
    #[arg(value_name = "NAME")]
    name: String,
    /// Keep the block at this height and all above
    #[arg(long, value_name = "H", allow_hyphen_values = true, value_parser = height)]
    from_height: Option<u32>,
    /// Keep this many blocks at the tip
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = number_of_blocks)]
    last: Option<u32>,
    /// End the lease after this time, such as 24h, or never
    #[arg(long, value_name = "DURATION", default_value = "24h", allow_hyphen_values = true, value_parser = ttl)]
    ttl: Ttl,
}

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl lease release lnd", "Let the blocks that lnd held be pruned"),
]))]
struct LeaseRelease {
    /// Release the lease with this name
    #[arg(value_name = "NAME")]
    name: String,
}

/// How long a lease is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ttl {
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

pub(super) fn run(args: &LeaseArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = &invocation.client()?;
    let output = invocation.output;
    match &args.command {
        LeaseCommand::List(args) => wait::repeat("lease list", args.watch.watch, output, || {
            list(client, output)
        }),
        LeaseCommand::Add(args) => add(args, client, output),
        LeaseCommand::Release(args) => release(args, client, output),
    }
}

const COLUMNS: [&str; 4] = ["name", "keeps", "expires_at", "created_at"];

fn list(client: &Client, output: Output) -> CommandResult {
    const LEASES: PerNodeList<LeaseDocument> = PerNodeList {
        resource: "leases",
        columns: &COLUMNS,
        raw: row,
        table,
    };
    LEASES.show(client, output)
}

fn table(leases: &[LeaseDocument], output: Output) -> Result<(), Failure> {
    if leases.is_empty() {
        return output.print("no leases\n");
    }
    output.rows(&COLUMNS, &leases.iter().map(row).collect::<Vec<_>>())
}

fn time(at: Timestamp) -> String {
    whole_seconds(at).to_string()
}

fn row(lease: &LeaseDocument) -> Vec<String> {
    vec![
        lease.name.clone(),
        keeps(lease),
        lease.expires_at.map_or_else(|| "never".to_owned(), time),
        time(lease.created_at),
    ]
}

fn keeps(lease: &LeaseDocument) -> String {
    match (lease.from_height, lease.last) {
        (Some(height), _) => format!("from height {height}"),
        (None, Some(blocks)) => format!("the last {blocks} blocks"),
        (None, None) => String::new(),
    }
}

fn add(args: &LeaseAdd, client: &Client, output: Output) -> CommandResult {
    let request = LeaseRequest {
        name: args.name.clone(),
        from_height: args.from_height,
        last: args.last,
        ttl_secs: match args.ttl {
            Ttl::For(ttl) => Some(ttl.as_secs()),
            Ttl::Never => None,
        },
    };
    let answer = client.post::<LeaseGranted>(&client.path_of("leases"), &request)?;
    match answer.status() {
        StatusCode::OK | StatusCode::CREATED => {}
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => {
            return Err(refused(Exit::Usage, &answer));
        }
        _ => return Err(answer.unexpected()),
    }
    let granted = answer.document()?;
    render::show(&granted.raw, output, || text(&granted.document, output))?;
    Ok(Exit::Yes)
}

fn refused<T: serde::de::DeserializeOwned>(exit: Exit, answer: &ControlAnswer<T>) -> Failure {
    Failure::text(exit, answer.detail())
}

fn text(granted: &LeaseGranted, output: Output) -> String {
    let lease = &granted.lease;
    let until = match lease.expires_at {
        None => "until it is released".to_owned(),
        Some(at) => format!("until {}", time(at)),
    };
    let verb = if granted.replaced {
        "renewed: it keeps"
    } else {
        "keeps"
    };
    let line = format!("lease {} {verb} {}, {until}\n", lease.name, keeps(lease));
    let past = |height: &u32| lease.from_height.is_some_and(|from| from < *height);
    let gone = granted.first_kept_height.filter(past);
    let going = granted.deleting_up_to.filter(past);
    let warnings = [
        gone.map(|first| format!("[!] blocks below height {first} are already pruned")),
        going.map(|last| format!("[!] the node is deleting blocks up to height {last} now")),
    ];
    let warnings = warnings
        .into_iter()
        .flatten()
        .map(|warning| output.marked(&warning) + "\n");
    std::iter::once(line).chain(warnings).collect()
}

fn release(args: &LeaseRelease, client: &Client, output: Output) -> CommandResult {
    // The daemon accepts no other names, and they could change the path.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if args.name.trim_matches('.').is_empty() || !args.name.bytes().all(plain) {
        return Err(Failure::text(
            Exit::No,
            format!("there is no lease `{}`", args.name),
        ));
    }
    let path = client.path_of(&format!("leases/{}", args.name));
    let answer = client.control::<LeaseReleased>(Method::DELETE, &path)?;
    match answer.status() {
        StatusCode::OK if output.format == Format::Json => output.json(&answer.document()?.raw)?,
        StatusCode::OK => output.print(&format!("lease {} is released\n", args.name))?,
        StatusCode::NOT_FOUND => {
            return Err(
                refused(Exit::No, &answer).hint("`bllvmctl lease list` lists the leases in force")
            );
        }
        _ => return Err(answer.unexpected()),
    }
    Ok(Exit::Yes)
}
