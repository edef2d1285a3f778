//! The chain of a node, and the daemon: names with values.

use super::facts::facts;
use super::section::TopSection;
use crate::cli::screen::{Theme, clean};
use crate::overview::{NodeOverview, Overview, chain_facts, daemon_facts};

pub(super) fn chain(
    overview: &Overview,
    node: &NodeOverview,
    width: usize,
    theme: Theme,
) -> TopSection {
    let title = of_node("Chain", overview, node);
    TopSection::new(title, "", facts(chain_facts(node), width, theme))
}

pub(super) fn daemon(overview: &Overview, width: usize, theme: Theme) -> TopSection {
    TopSection::new("Daemon", "", facts(daemon_facts(overview), width, theme))
}

/// The title of a section about a node, which is named where there are several.
pub(super) fn of_node(title: &str, overview: &Overview, node: &NodeOverview) -> String {
    if overview.has_several() {
        clean(&format!("{title} of node {}", node.health.name))
    } else {
        title.to_owned()
    }
}
