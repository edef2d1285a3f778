//! `bllvmctl peers`: who is connected or kept, and what they are worth.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::args::{Format, Peers, PeersCommand, WatchArg};
use super::client::{Client, unexpected};
use super::exit::{Exit, Outcome};
use super::output::Output;
use super::queue::{plain, show};
use super::wait;

pub(super) fn run(args: &Peers, client: &Client, output: Output) -> Outcome {
    let (path, peer) = match &args.command {
        None => return list(args.watch, client, output),
        Some(PeersCommand::List(inner)) => {
            return list(
                WatchArg {
                    watch: inner.watch.watch.or(args.watch.watch),
                },
                client,
                output,
            );
        }
        Some(PeersCommand::Add(peer)) => ("/api/v1/peers/add", peer),
        Some(PeersCommand::Remove(peer)) => ("/api/v1/peers/remove", peer),
    };
    let told = client
        .ask(path, &json!({"address": peer.address.to_string()}))?
        .granted()?;
    show(&told, &sentence(&told), output)?;
    Ok(Exit::Yes)
}

fn sentence(told: &Value) -> String {
    let address = told
        .get("address")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let flag = |key: &str| told.get(key).and_then(Value::as_bool);
    match (
        told.get("kept").and_then(Value::as_str),
        flag("new"),
        flag("disconnected"),
    ) {
        (Some("configured"), ..) => format!("{address} is in network.peers, and so kept already"),
        (Some(_), Some(true), _) => format!("{address} is kept from now on"),
        (Some(_), ..) => format!("{address} is kept already"),
        (None, _, Some(true)) => format!("{address} is disconnected and not kept"),
        (None, ..) => format!("{address} is not kept any more"),
    }
}

fn list(watch: WatchArg, client: &Client, output: Output) -> Outcome {
    wait::repeat(watch.watch, output, || {
        let answer = client.control(Method::GET, "/api/v1/peers")?;
        if answer.status != StatusCode::OK {
            return Err(unexpected(&answer));
        }
        let peers = answer.json()?;
        let rows = || peers.as_array().into_iter().flatten();
        match output.format {
            Format::Json => output.json(&peers)?,
            Format::Tsv => {
                let header: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
                output.rows(&header, &rows().map(raw).collect::<Vec<_>>())?;
            }
            Format::Table if rows().next().is_none() => {
                output.print("no peer is known to be connected, and none is kept\n")?;
            }
            Format::Table if output.is_wide() => {
                output.rows(&WIDE, &rows().map(row).collect::<Vec<_>>())?;
            }
            Format::Table => {
                let rows: Vec<_> = rows()
                    .map(|peer| row(peer).into_iter().take(HEADER.len()).collect())
                    .collect();
                output.rows(&HEADER, &rows)?;
            }
        }
        Ok(Exit::Yes)
    })
}

const HEADER: [&str; 6] = ["ADDRESS", "STATE", "SINCE", "QUALITY", "KEPT", "TYPE"];

/// With the parts of the quality.
const WIDE: [&str; 11] = [
    "ADDRESS", "STATE", "SINCE", "QUALITY", "KEPT", "TYPE", "TIME", "PING", "BLOCKS", "TXS",
    "RECORD",
];

/// A column and where its value is in the document.
const COLUMNS: [(&str, &str); 18] = [
    ("address", "/address"),
    ("connected", "/connected"),
    ("kept", "/kept"),
    ("queue", "/queue"),
    ("direction", "/direction"),
    ("connection_type", "/connection_type"),
    ("quality", "/quality"),
    ("quality_time", "/quality_parts/time"),
    ("quality_ping", "/quality_parts/ping"),
    ("quality_blocks", "/quality_parts/blocks"),
    ("quality_transactions", "/quality_parts/transactions"),
    ("quality_record", "/quality_parts/record"),
    ("connected_secs", "/connected_secs"),
    ("ping_secs", "/ping_secs"),
    ("last_block_at", "/last_block_at"),
    ("last_transaction_at", "/last_transaction_at"),
    ("attempts_succeeded", "/attempts_succeeded"),
    ("attempts_failed", "/attempts_failed"),
];

fn raw(row: &Value) -> Vec<String> {
    COLUMNS
        .iter()
        .map(|(_, pointer)| plain(row.pointer(pointer)))
        .collect()
}

fn row(row: &Value) -> Vec<String> {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let part = |pointer: &str| {
        let number = row.pointer(pointer).and_then(Value::as_f64);
        number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
    };
    let state = match (row.get("connected").and_then(Value::as_bool), text("queue")) {
        (Some(true), _) => "connected",
        (_, Some(queue)) => queue,
        // Listed, but its handshake is not over.
        _ if text("direction").is_some() => "handshake",
        (Some(false), None) => "not connected",
        (None, None) => "unknown",
    };
    let since = row.get("connected_secs").and_then(Value::as_f64);
    let since = since.map(|seconds| {
        super::status::age(std::time::Duration::from_secs_f64(seconds.max(0.0)).as_secs())
    });
    let kind = match (text("direction"), text("connection_type")) {
        (Some(direction), Some(kind)) if direction != kind => format!("{direction}, {kind}"),
        (direction, kind) => dash(kind.or(direction)),
    };
    vec![
        dash(text("address")),
        state.to_owned(),
        dash(since.as_deref()),
        part("/quality"),
        dash(text("kept")),
        kind,
        part("/quality_parts/time"),
        part("/quality_parts/ping"),
        part("/quality_parts/blocks"),
        part("/quality_parts/transactions"),
        part("/quality_parts/record"),
    ]
}
