//! `bllvmctl peers`: connected peers, peers to keep connected, and their quality.

use clap::{Args, Subcommand};

use super::args::{List, OnePeer, WatchArg, examples};
use super::client::Client;
use super::each_node::PerNodeList;
use super::exit::{CommandResult, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::queue::{change, request};
use super::render::{age_of, cell, known};
use super::wait;
use crate::api::{KeptBy, PeerDocument, PeerKept, PeerReleased};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl peers -o wide", "Show every part of the quality"),
]))]
pub(super) struct PeersArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    command: Option<PeersCommand>,
}

#[derive(Debug, Subcommand)]
enum PeersCommand {
    /// List the connected peers and those to keep connected (the default)
    #[command(after_long_help = examples(&[("bllvmctl peers list --watch 5", "Watch the peers")]))]
    List(List),
    /// Keep a peer connected from now on, also over restarts
    #[command(after_long_help = examples(&[
        ("bllvmctl peers add seed.example.org:8333", "Keep a peer connected from now on"),
    ]))]
    Add(OnePeer),
    /// Stop keeping a peer connected, and disconnect it
    #[command(after_long_help = examples(&[
        (
            "bllvmctl peers remove seed.example.org:8333",
            "Disconnect a peer that was kept connected",
        ),
    ]))]
    Remove(OnePeer),
}

pub(super) fn run(args: &PeersArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = &invocation.client()?;
    let output = invocation.output;
    match &args.command {
        None => list(args.watch, client, output),
        Some(PeersCommand::List(inner)) => list(inner.watch.or(args.watch), client, output),
        Some(PeersCommand::Add(peer)) => {
            change("peers/add", &request(&peer.address), kept, client, output)
        }
        Some(PeersCommand::Remove(peer)) => change(
            "peers/remove",
            &request(&peer.address),
            released,
            client,
            output,
        ),
    }
}

fn kept(peer: &PeerKept) -> String {
    let address = &peer.address;
    match &peer.kept {
        Some(KeptBy::Configured) => {
            format!("{address} is already kept: it is in network.peers")
        }
        Some(_) if peer.new => format!("{address} is kept from now on"),
        Some(_) => format!("{address} is already kept"),
        None => format!("{address} is no longer kept"),
    }
}

fn released(peer: &PeerReleased) -> String {
    let address = &peer.address;
    match &peer.kept {
        Some(KeptBy::Configured) => {
            format!("{address} is already kept: it is in network.peers")
        }
        Some(_) => format!("{address} is already kept"),
        None if peer.disconnected => format!("{address} is disconnected and no longer kept"),
        None => format!("{address} is no longer kept"),
    }
}

fn list(watch: WatchArg, client: &Client, output: Output) -> CommandResult {
    const PEERS: PerNodeList<PeerDocument> = PerNodeList {
        resource: "peers",
        columns: &COLUMNS,
        raw,
        table,
    };
    wait::repeat("peers", watch.watch, output, || PEERS.show(client, output))
}

fn table(peers: &[PeerDocument], output: Output) -> Result<(), Failure> {
    if peers.is_empty() {
        return output.print("no peers are connected, and none are kept\n");
    }
    let rows = peers.iter().map(row);
    if output.is_wide() {
        return output.rows(&WIDE_HEADER, &rows.collect::<Vec<_>>());
    }
    let rows: Vec<_> = rows
        .map(|row| row.into_iter().take(HEADER.len()).collect())
        .collect();
    output.rows(&HEADER, &rows)
}

const HEADER: [&str; 6] = ["ADDRESS", "STATE", "SINCE", "QUALITY", "KEPT", "TYPE"];

/// The header of `-o wide`, with the parts of the quality.
const WIDE_HEADER: [&str; 11] = [
    "ADDRESS", "STATE", "SINCE", "QUALITY", "KEPT", "TYPE", "TIME", "PING", "BLOCKS", "TXS",
    "RECORD",
];

const COLUMNS: [&str; 18] = [
    "address",
    "connected",
    "kept",
    "queue",
    "direction",
    "connection_type",
    "quality",
    "quality_time",
    "quality_ping",
    "quality_blocks",
    "quality_transactions",
    "quality_record",
    "connected_secs",
    "ping_secs",
    "last_block_at",
    "last_transaction_at",
    "attempts_succeeded",
    "attempts_failed",
];

/// The cells of `COLUMNS`.
fn raw(peer: &PeerDocument) -> Vec<String> {
    let parts = peer.quality_parts;
    vec![
        cell(&peer.address),
        cell(&peer.connected),
        cell(&peer.kept),
        cell(&peer.queue),
        cell(&peer.direction),
        cell(&peer.connection_type),
        cell(&peer.quality),
        cell(&parts.time),
        cell(&parts.ping),
        cell(&parts.blocks),
        cell(&parts.transactions),
        cell(&parts.record),
        cell(&peer.connected_secs),
        cell(&peer.ping_secs),
        cell(&peer.last_block_at),
        cell(&peer.last_transaction_at),
        cell(&peer.attempts_succeeded),
        cell(&peer.attempts_failed),
    ]
}

/// The cells of `WIDE_HEADER`.
fn row(peer: &PeerDocument) -> Vec<String> {
    let part = |number: Option<f64>| known(number.map(|number| format!("{number:.2}")));
    let parts = peer.quality_parts;
    let since = peer.connected_secs.map(|seconds| seconds.max(0.0));
    vec![
        peer.address.clone(),
        state(peer).to_owned(),
        known(since.and_then(age_of)),
        part(peer.quality),
        known(peer.kept.as_ref()),
        kind(peer),
        part(parts.time),
        part(parts.ping),
        part(parts.blocks),
        part(parts.transactions),
        part(parts.record),
    ]
}

fn state(peer: &PeerDocument) -> &str {
    match (peer.connected, &peer.queue) {
        (Some(true), _) => "connected",
        (_, Some(queue)) => queue.as_str(),
        // Listed by the node, but its handshake is not complete.
        _ if peer.direction.is_some() => "handshake",
        (Some(false), None) => "not connected",
        (None, None) => "unknown",
    }
}

fn kind(peer: &PeerDocument) -> String {
    let direction = peer.direction.as_ref().map(ToString::to_string);
    match (direction, &peer.connection_type) {
        (Some(direction), Some(kind)) if direction != *kind => format!("{direction}, {kind}"),
        (direction, kind) => known(kind.clone().or(direction)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_belongs_to_its_column() {
        let text = include_str!("../api/golden/peers.json");
        let peers: Vec<PeerDocument> = serde_json::from_str(text).unwrap();
        let documents: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        let pointer = |column: &str| match column.strip_prefix("quality_") {
            Some(part) => format!("/quality_parts/{part}"),
            None => format!("/{column}"),
        };
        for (peer, document) in peers.iter().zip(&documents) {
            let member = |column: &&str| cell(&document.pointer(&pointer(column)));
            let expected: Vec<_> = COLUMNS.iter().map(member).collect();
            assert_eq!(raw(peer), expected);
        }
    }
}
