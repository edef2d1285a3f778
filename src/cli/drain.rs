//! `bllvmctl nodes drain` and `undrain`: takes a node out of the rotation of one or several
//! daemons, and puts it back.

use std::time::Duration;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::answer::Received;
use super::args::{Format, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::{self, whole_seconds};
use crate::api::{DrainRequest, NodeDrained, NodeUndrained, path_of_node};
use crate::config::units;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl nodes drain b --reason disk --for 2h", "Send b no calls for two hours"),
    (
        "bllvmctl nodes drain b --url http://10.0.0.5:18332 --url http://10.0.0.6:18332",
        "Drain b at two daemons in front of it",
    ),
]))]
pub(super) struct NodesDrain {
    /// Drain the node with this name
    #[arg(value_name = "NAME")]
    name: String,
    /// Show this reason where the node is shown
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// End the drain after this time, such as 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = units::parse_duration)]
    time: Option<Duration>,
    /// Drain it even if too few nodes are left in rotation
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[("bllvmctl nodes undrain b", "Send b calls again")]))]
pub(super) struct NodesUndrain {
    /// Undrain the node with this name
    #[arg(value_name = "NAME")]
    name: String,
}

/// The path of the drain of the node called `name`.
pub(super) fn path(name: &str) -> String {
    path_of_node(Some(name), "drain")
}

pub(super) fn drain(args: &NodesDrain, clients: &[Client], output: Output) -> CommandResult {
    let request = DrainRequest {
        reason: args.reason.clone(),
        for_secs: args.time.map(|time| time.as_secs()),
        force: args.force,
    };
    let drained = drain_all(&args.name, &request, clients)?;
    let documents: Vec<Value> = drained.iter().map(|drained| drained.raw.clone()).collect();
    show(&documents, output, || {
        let lines = drained.iter().map(|drained| sentence(&drained.document));
        lines.map(|line| line + "\n").collect()
    })?;
    Ok(Exit::Yes)
}

fn sentence(drained: &NodeDrained) -> String {
    let node = &drained.node;
    let Some(drain) = &drained.drained else {
        return format!("{node} is not drained");
    };
    let until = match drain.until {
        Some(until) => format!("until {}", whole_seconds(until)),
        None => format!("until `bllvmctl nodes undrain {node}`"),
    };
    format!("{node} is drained {until}")
}

/// Drains the node at all daemons. If one refuses, it is undrained at those that did not.
pub(super) fn drain_all(
    name: &str,
    request: &DrainRequest,
    clients: &[Client],
) -> Result<Vec<Received<NodeDrained>>, Failure> {
    let path = path(name);
    let mut drained = Vec::new();
    for client in clients {
        let had_one = current(name, client)?.drained.is_some();
        let answer = client.post::<NodeDrained>(&path, request);
        match answer.and_then(|answer| answer.granted()) {
            Ok(document) => drained.push((had_one, client, document)),
            Err(failure) => {
                for (had_one, client, _) in drained {
                    if !had_one {
                        undrain_at(name, client)?;
                    }
                }
                return Err(failure);
            }
        }
    }
    Ok(drained
        .into_iter()
        .map(|(_, _, document)| document)
        .collect())
}

/// How the node is drained at one daemon.
pub(super) fn current(name: &str, client: &Client) -> Result<NodeDrained, Failure> {
    let answer = client.control::<NodeDrained>(Method::GET, &path(name))?;
    Ok(answer.granted()?.document)
}

pub(super) fn undrain_at(name: &str, client: &Client) -> Result<Received<NodeUndrained>, Failure> {
    client
        .control::<NodeUndrained>(Method::DELETE, &path(name))?
        .granted()
}

/// Undrains the node at all daemons, also if one of them fails.
pub(super) fn undrain_all(
    name: &str,
    clients: &[Client],
) -> Result<Vec<Received<NodeUndrained>>, Failure> {
    let results: Vec<_> = clients
        .iter()
        .map(|client| undrain_at(name, client))
        .collect();
    results.into_iter().collect()
}

pub(super) fn undrain(args: &NodesUndrain, clients: &[Client], output: Output) -> CommandResult {
    let undrained = undrain_all(&args.name, clients)?;
    let documents: Vec<Value> = undrained.iter().map(|one| one.raw.clone()).collect();
    show(&documents, output, || {
        let mut text = String::new();
        for one in &undrained {
            let NodeUndrained {
                undrained,
                was_drained,
            } = &one.document;
            let what = if *was_drained {
                "is undrained"
            } else {
                "was not drained"
            };
            text.push_str(undrained);
            text.push(' ');
            text.push_str(what);
            text.push('\n');
        }
        text
    })?;
    Ok(Exit::Yes)
}

/// One document as it is, several as an array.
fn show(documents: &[Value], output: Output, text: impl FnOnce() -> String) -> Result<(), Failure> {
    match (documents, output.format) {
        ([one], _) => render::show(one, output, text),
        (several, Format::Json) => output.json(&several),
        (several, _) => render::show(&Value::Array(several.to_vec()), output, text),
    }
}
