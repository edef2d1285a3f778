//! `bllvmctl nodes`: the nodes of the daemon and their states.

use reqwest::Method;

use super::args::{Format, Nodes, NodesCommand};
use super::client::Client;
use super::exit::{CommandResult, Exit};
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
    let rows = nodes.document.iter();
    match output.format {
        Format::Json => output.json(&nodes.raw)?,
        Format::Tsv => output.rows(&COLUMNS, &rows.map(raw).collect::<Vec<_>>())?,
        Format::Table => output.rows(&HEADER, &rows.map(row).collect::<Vec<_>>())?,
    }
    Ok(Exit::Yes)
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
