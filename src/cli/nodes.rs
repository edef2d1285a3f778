//! `bllvmctl nodes`: the nodes of the daemon and their states.

use reqwest::Method;

use super::args::{Format, Nodes, NodesCommand};
use super::client::{Client, unknown_node};
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::{cell, known};
use super::wait;
use crate::api::NodeSummary;

pub(super) fn run(args: &Nodes, client: &Client, output: Output) -> CommandResult {
    let watch = match &args.command {
        None => args.watch,
        Some(NodesCommand::List(inner)) => inner.watch.or(args.watch),
    };
    wait::repeat(watch.watch, output, || list(client, output))
}

fn list(client: &Client, output: Output) -> CommandResult {
    let nodes = client
        .control::<Vec<NodeSummary>>(Method::GET, "/api/v1/nodes")?
        .ok()?;
    let is_wanted = |node: &&NodeSummary| client.node().is_none_or(|name| name == node.name);
    let wanted: Vec<&NodeSummary> = nodes.document.iter().filter(is_wanted).collect();
    if let (true, Some(name)) = (wanted.is_empty(), client.node()) {
        return Err(no_such_node(name, &nodes.document));
    }
    let rows = wanted.iter().copied();
    match output.format {
        Format::Json if client.node().is_none() => output.json(&nodes.raw)?,
        Format::Json => output.json(&wanted)?,
        Format::Tsv => output.rows(&COLUMNS, &rows.map(raw).collect::<Vec<_>>())?,
        Format::Table => output.rows(&HEADER, &rows.map(row).collect::<Vec<_>>())?,
    }
    Ok(Exit::Yes)
}

/// In the daemon's own words for a node that does not exist.
fn no_such_node(name: &str, nodes: &[NodeSummary]) -> Failure {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let there_is = names.join(", ");
    unknown_node(format!("there is no node {name}; there is {there_is}"))
}

const HEADER: [&str; 7] = [
    "NAME",
    "STATE",
    "HEIGHT",
    "BEHIND",
    "FIRST KEPT",
    "VERSION",
    "WHY NOT READY",
];

const COLUMNS: [&str; 8] = [
    "name",
    "state",
    "reason",
    "height",
    "blocks_behind",
    "first_kept_height",
    "flavour",
    "version",
];

/// The cells of `COLUMNS`.
fn raw(node: &NodeSummary) -> Vec<String> {
    vec![
        cell(&node.name),
        cell(&node.state),
        cell(&node.reason),
        cell(&node.height),
        cell(&node.blocks_behind),
        cell(&node.first_kept_height),
        cell(&node.flavour),
        cell(&node.version),
    ]
}

/// The cells of `HEADER`.
fn row(node: &NodeSummary) -> Vec<String> {
    let version = match (&node.flavour, &node.version) {
        (Some(flavour), Some(version)) => Some(format!("{flavour} {version}")),
        (flavour, version) => version.clone().or(flavour.clone()),
    };
    vec![
        node.name.clone(),
        node.state.to_string(),
        known(node.height),
        known(node.blocks_behind),
        known(node.first_kept_height),
        known(version),
        known(node.reason.as_ref()),
    ]
}
