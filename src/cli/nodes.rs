//! `bllvmctl nodes`: the nodes of the daemon, who serves, and why the others do not.

use clap::{Args, Subcommand};
use reqwest::Method;

use super::args::{Format, List, WatchArg, examples};
use super::client::Client;
use super::drain::{NodesDrain, NodesUndrain};
use super::exit::{CommandResult, Exit};
use super::explain_route::NodesExplain;
use super::invocation::Invocation;
use super::maintain::NodesMaintain;
use super::node_names::no_such_node;
use super::output::Output;
use super::render::{cell, known};
use super::{drain, explain_route, maintain, wait};
use crate::api::{NodeSummary, RotationState};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl nodes", "Show who serves, and why the others do not"),
]))]
pub(super) struct NodesArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    command: Option<NodesCommand>,
}

#[derive(Debug, Subcommand)]
enum NodesCommand {
    /// List the nodes, and why some are out of rotation (the default)
    #[command(after_long_help = examples(&[("bllvmctl nodes list --watch 5", "Watch the nodes")]))]
    List(List),
    /// Take a node out of the rotation, also over restarts
    Drain(NodesDrain),
    /// Put a drained node back into the rotation
    Undrain(NodesUndrain),
    /// Run a command while a node is drained, and put it back once it is ready
    Maintain(NodesMaintain),
    /// Report which node would get a call, and why the others would not; exit with 0 or 1
    Explain(NodesExplain),
}

pub(super) fn run(args: &NodesArgs, invocation: &Invocation<'_>) -> CommandResult {
    let output = invocation.output;
    let client = || invocation.client();
    let clients = || invocation.clients();
    match &args.command {
        None => repeat(args.watch, &client()?, output),
        Some(NodesCommand::List(inner)) => repeat(inner.watch.or(args.watch), &client()?, output),
        Some(NodesCommand::Drain(args)) => drain::drain(args, &clients()?, output),
        Some(NodesCommand::Undrain(args)) => drain::undrain(args, &clients()?, output),
        Some(NodesCommand::Maintain(args)) => maintain::run(args, &clients()?, output),
        Some(NodesCommand::Explain(args)) => explain_route::run(args, &client()?, output),
    }
}

fn repeat(watch: WatchArg, client: &Client, output: Output) -> CommandResult {
    wait::repeat("nodes", watch.watch, output, || list(client, output))
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
        Format::Table if output.is_wide() => {
            output.rows(&WIDE_HEADER, &rows.map(wide_row).collect::<Vec<_>>())?;
        }
        Format::Table => output.rows(&HEADER, &rows.map(row).collect::<Vec<_>>())?,
    }
    Ok(Exit::Yes)
}

const HEADER: [&str; 8] = [
    "NAME",
    "STATE",
    "ROTATION",
    "PRIORITY",
    "HEIGHT",
    "LAG",
    "IN FLIGHT",
    "WHY",
];

/// The header of `-o wide`.
const WIDE_HEADER: [&str; 12] = [
    "NAME",
    "STATE",
    "ROTATION",
    "PRIORITY",
    "HEIGHT",
    "LAG",
    "FIRST KEPT",
    "INDEXES",
    "IN FLIGHT",
    "P50",
    "VERSION",
    "WHY",
];

const COLUMNS: [&str; 18] = [
    "name",
    "state",
    "rotation",
    "reads",
    "reason",
    "priority",
    "height",
    "blocks_behind",
    "lag_blocks",
    "first_kept_height",
    "indexes",
    "in_flight",
    "p50_secs",
    "flavour",
    "version",
    "ready",
    "drained_since",
    "drained_until",
];

/// The cells of `COLUMNS`.
fn raw(node: &NodeSummary) -> Vec<String> {
    let drained = node.drained.as_ref();
    vec![
        cell(&node.name),
        cell(&node.state),
        cell(&node.rotation),
        cell(&node.reads),
        cell(&node.reason),
        cell(&node.priority),
        cell(&node.height),
        cell(&node.blocks_behind),
        cell(&node.lag_blocks),
        cell(&node.first_kept_height),
        node.indexes.as_deref().unwrap_or_default().join(","),
        cell(&node.in_flight),
        cell(&node.p50_secs),
        cell(&node.flavour),
        cell(&node.version),
        cell(&node.ready),
        cell(&drained.map(|drain| drain.since)),
        cell(&drained.and_then(|drain| drain.until)),
    ]
}

/// The cells of `HEADER`.
fn row(node: &NodeSummary) -> Vec<String> {
    vec![
        node.name.clone(),
        node.state.to_string(),
        rotation(node),
        known(node.priority),
        known(node.height),
        lag(node),
        known(node.in_flight),
        known(node.reason.as_ref()),
    ]
}

/// The cells of `WIDE_HEADER`.
fn wide_row(node: &NodeSummary) -> Vec<String> {
    let indexes = node.indexes.as_ref().map(|indexes| indexes.join(","));
    let version = match (&node.flavour, &node.version) {
        (Some(flavour), Some(version)) => Some(format!("{flavour} {version}")),
        (flavour, version) => version.clone().or(flavour.clone()),
    };
    vec![
        node.name.clone(),
        node.state.to_string(),
        rotation(node),
        known(node.priority),
        known(node.height),
        lag(node),
        known(node.first_kept_height),
        known(indexes.filter(|indexes| !indexes.is_empty())),
        known(node.in_flight),
        known(
            node.p50_secs
                .map(|seconds| format!("{:.1} ms", seconds * 1000.0)),
        ),
        known(version),
        known(node.reason.as_ref()),
    ]
}

/// The word, and whether reads of the chain go to the node.
fn rotation(node: &NodeSummary) -> String {
    if node.rotation == RotationState::default() {
        // An older daemon, which has one node.
        return known(None::<&str>);
    }
    if node.reads {
        format!("{}, reads", node.rotation)
    } else {
        node.rotation.to_string()
    }
}

/// How many blocks a node is behind the others; the only one: behind its peers.
fn lag(node: &NodeSummary) -> String {
    known(node.lag_blocks.or(node.blocks_behind.map(u64::from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<NodeSummary> {
        serde_json::from_str(include_str!("../api/golden/nodes.json")).unwrap()
    }

    #[test]
    fn each_cell_belongs_to_its_column() {
        let text = include_str!("../api/golden/nodes.json");
        let documents: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        for (node, document) in nodes().iter().zip(&documents) {
            for (column, cell_of_node) in COLUMNS.iter().zip(raw(node)) {
                let expected = match *column {
                    "indexes" => cell(&document.pointer("/indexes/0")),
                    "drained_since" => cell(&document.pointer("/drained/since")),
                    "drained_until" => cell(&document.pointer("/drained/until")),
                    column => cell(&document[column]),
                };
                assert_eq!(cell_of_node, expected, "{column}");
            }
        }
    }

    #[test]
    fn a_row_says_at_a_glance_who_serves_and_why_another_does_not() {
        let rows: Vec<String> = nodes().iter().map(|node| row(node).join(" ")).collect();
        assert_eq!(
            rows,
            [
                "a ready in, reads 10 900000 0 3 -",
                "b ready out 20 900000 0 0 drained: disk"
            ]
        );
        let wide = wide_row(nodes().first().unwrap()).join(" ");
        let expected = "a ready in, reads 10 900000 0 0 txindex 3 1.2 ms core 31.0.0 -";
        assert_eq!(wide, expected);
    }
}
