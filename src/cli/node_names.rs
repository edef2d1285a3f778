//! The failures of a command that names a node that does not exist.

use super::exit::{Exit, Failure};
use crate::api::NodeSummary;

/// The failure for a node that does not exist.
pub(super) fn unknown_node(detail: String) -> Failure {
    Failure::text(Exit::No, detail).hint("`bllvmctl nodes` lists the nodes")
}

/// In the daemon's own words for a node that does not exist.
pub(super) fn no_such_node(name: &str, nodes: &[NodeSummary]) -> Failure {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let there_is = names.join(", ");
    unknown_node(format!("there is no node {name}; there is {there_is}"))
}
