//! `bllvmctl nodes drain` and `undrain`: takes a node out of the rotation of one or several
//! daemons, and puts it back.

use reqwest::Method;
use serde_json::Value;

use super::answer::Received;
use super::args::{Format, NodesDrain};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::{self, whole_seconds};
use crate::api::{DrainRequest, NodeDrained, NodeUndrained, path_of_node};

/// The path of the drain of the node called `name`.
fn path(name: &str) -> String {
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

pub(super) fn undrain(name: &str, clients: &[Client], output: Output) -> CommandResult {
    let undrained = undrain_all(name, clients)?;
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
