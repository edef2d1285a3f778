//! `bllvmctl queue`: the queue of lost peers, and changes of it.

use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::args::{List, OnePeer, PEER_HELP, WatchArg, examples, peer_name};
use super::client::Client;
use super::each_node::PerNodeList;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::render::{age, cell, known};
use super::{render, wait};
use crate::api::{
    PeerRequest, QueueDropped, QueuePaused, QueueRetried, QueuedPeer, QueuedPeerState, RetryRequest,
};
use crate::clock;
use crate::values::PeerName;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[("bllvmctl queue --watch 2", "Watch the lost peers")]))]
pub(super) struct QueueArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    command: Option<QueueCommand>,
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// List the lost peers (the default)
    #[command(after_long_help = examples(&[
        ("bllvmctl queue list -o json", "Print the queue as one JSON document"),
    ]))]
    List(List),
    /// Queue a peer as if it had just been lost
    #[command(after_long_help = examples(&[
        ("bllvmctl queue add 10.0.0.5:8333", "Dial a peer until it has been connected once"),
    ]))]
    Add(OnePeer),
    /// Dial a peer at once, with all its retries; abandoned ones too
    Retry(QueueRetry),
    /// Remove a peer from the queue
    #[command(after_long_help = examples(&[
        ("bllvmctl queue drop 10.0.0.5:8333", "Stop dialling a peer"),
    ]))]
    Drop(OnePeer),
    /// Stop dialling until resumed, also over restarts
    #[command(after_long_help = examples(&[
        ("bllvmctl queue pause", "Dial no peer during maintenance"),
    ]))]
    Pause,
    /// Resume dialling
    #[command(after_long_help = examples(&[("bllvmctl queue resume", "Dial peers again")]))]
    Resume,
}

#[derive(Args, Debug)]
#[group(id = "which", required = true)]
#[command(after_long_help = examples(&[
    ("bllvmctl queue retry 10.0.0.5:8333", "Dial a peer now"),
    ("bllvmctl queue retry --all", "Dial all lost peers now"),
]))]
struct QueueRetry {
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name, group = "which")]
    address: Option<PeerName>,
    /// Dial all peers of the queue
    #[arg(long, group = "which")]
    all: bool,
}

pub(super) fn run(args: &QueueArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = &invocation.client()?;
    let output = invocation.output;
    let Some(command) = &args.command else {
        return list(args.watch, client, output);
    };
    match command {
        QueueCommand::List(inner) => list(inner.watch.or(args.watch), client, output),
        QueueCommand::Add(peer) => {
            change("queue/add", &request(&peer.address), queued, client, output)
        }
        QueueCommand::Drop(peer) => change(
            "queue/drop",
            &request(&peer.address),
            dropped,
            client,
            output,
        ),
        QueueCommand::Retry(args) => retry(args, client, output),
        QueueCommand::Pause => change("queue/pause", &EmptyRequest {}, paused, client, output),
        QueueCommand::Resume => change("queue/resume", &EmptyRequest {}, paused, client, output),
    }
}

/// The body of a request without parameters.
#[derive(serde::Serialize)]
struct EmptyRequest {}

/// The body of a request about one peer.
pub(super) fn request(peer: &PeerName) -> PeerRequest {
    PeerRequest {
        address: peer.to_string(),
    }
}

fn retry(args: &QueueRetry, client: &Client, output: Output) -> CommandResult {
    let path = "queue/retry";
    let request = RetryRequest {
        address: args.address.as_ref().map(ToString::to_string),
        all: args.address.is_none(),
    };
    if request.all {
        change(path, &request, retried, client, output)
    } else {
        change(path, &request, queued, client, output)
    }
}

/// Requests a change and prints its result: a sentence, or the whole document for programs.
pub(super) fn change<T: DeserializeOwned>(
    resource: &str,
    request: &impl serde::Serialize,
    sentence: fn(&T) -> String,
    client: &Client,
    output: Output,
) -> CommandResult {
    let changed = client
        .post::<T>(&client.path_of(resource), request)?
        .granted()?;
    render::show(&changed.raw, output, || {
        output.marked(&sentence(&changed.document)) + "\n"
    })?;
    Ok(Exit::Yes)
}

fn queued(peer: &QueuedPeer) -> String {
    let address = &peer.address;
    match next_in(peer) {
        Some(next) => format!("{address} is queued, next attempt in {next}"),
        None => format!("{address} is queued: {}", peer.state),
    }
}

fn dropped(outcome: &QueueDropped) -> String {
    format!("{} is removed from the queue", outcome.dropped)
}

fn retried(outcome: &QueueRetried) -> String {
    match outcome.retried {
        1 => "1 peer is due".to_owned(),
        retried => format!("{retried} peers are due"),
    }
}

fn paused(outcome: &QueuePaused) -> String {
    if outcome.paused {
        "paused: no peer is dialled until `bllvmctl queue resume`".to_owned()
    } else {
        "resumed".to_owned()
    }
}

fn list(watch: WatchArg, client: &Client, output: Output) -> CommandResult {
    const QUEUE: PerNodeList<QueuedPeer> = PerNodeList {
        resource: "queue",
        columns: &COLUMNS,
        raw,
        table,
    };
    wait::repeat("queue", watch.watch, output, || QUEUE.show(client, output))
}

fn table(peers: &[QueuedPeer], output: Output) -> Result<(), Failure> {
    if peers.is_empty() {
        return output.print("the queue is empty\n");
    }
    output.rows(&HEADER, &peers.iter().map(row).collect::<Vec<_>>())
}

const HEADER: [&str; 7] = [
    "ADDRESS",
    "STATE",
    "QUALITY",
    "ATTEMPT",
    "NEXT IN",
    "LOST",
    "LAST ERROR",
];

const COLUMNS: [&str; 8] = [
    "address",
    "state",
    "quality",
    "attempts",
    "max_retries",
    "next_attempt_at",
    "last_error",
    "lost_at",
];

/// The cells of `COLUMNS`.
fn raw(peer: &QueuedPeer) -> Vec<String> {
    vec![
        cell(&peer.address),
        cell(&peer.state),
        cell(&peer.quality),
        cell(&peer.attempts),
        cell(&peer.max_retries),
        cell(&peer.next_attempt_at),
        cell(&peer.last_error),
        cell(&peer.lost_at),
    ]
}

/// The cells of `HEADER`.
fn row(peer: &QueuedPeer) -> Vec<String> {
    let attempt = match peer.max_retries {
        0 => peer.attempts.to_string(),
        max => format!("{}/{max}", peer.attempts),
    };
    vec![
        peer.address.clone(),
        known(Some(&peer.state).filter(|state| **state != QueuedPeerState::default())),
        known(peer.quality.map(|quality| format!("{quality:.2}"))),
        attempt,
        known(next_in(peer)),
        known(peer.lost_at.map(ago)),
        known(peer.last_error.as_ref()),
    ]
}

/// The time until the next attempt, such as `00:38`; never negative.
fn next_in(peer: &QueuedPeer) -> Option<String> {
    let left = clock::now().wall.duration_until(peer.next_attempt_at?);
    Some(countdown(Duration::try_from(left).unwrap_or_default()))
}

fn ago(at: Timestamp) -> String {
    let ago = at.duration_until(clock::now().wall);
    age(Duration::try_from(ago).unwrap_or_default().as_secs()) + " ago"
}

/// Minutes and seconds, with hours if there are any; a started second counts.
fn countdown(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let hours = seconds / 3600;
    let minutes = seconds / 60 % 60;
    let seconds = seconds % 60;
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_has_minutes_and_seconds_and_hours_if_need_be() {
        let text = |millis| countdown(Duration::from_millis(millis));
        assert_eq!(
            [text(0), text(37_001), text(61_000), text(3_600_000)],
            ["00:00", "00:38", "01:01", "1:00:00"]
        );
    }

    #[test]
    fn each_cell_belongs_to_its_column() {
        let text = include_str!("../api/golden/queue.json");
        let queue: Vec<QueuedPeer> = serde_json::from_str(text).unwrap();
        let documents: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(text).unwrap();
        for (peer, document) in queue.iter().zip(&documents) {
            let expected: Vec<_> = COLUMNS.iter().map(|name| cell(&document[*name])).collect();
            assert_eq!(raw(peer), expected);
        }
    }
}
