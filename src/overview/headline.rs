//! The verdict: in one sentence what is wrong, and since when.

use jiff::Timestamp;

use super::facts::Overview;
use super::level::OverviewLevel;
use super::text::counted;
use super::troubles::Trouble;
use crate::api::{HealthWord, NodeState};

/// The verdict on the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headline {
    /// How bad it is.
    pub(crate) level: OverviewLevel,
    /// Such as `Healthy, 1 warning`.
    pub(crate) word: String,
    /// What is wrong first of all, or that nothing is.
    pub(crate) sentence: String,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
}

impl Headline {
    /// The verdict; `troubles` are all that there are, the worst first.
    pub(crate) fn of(overview: &Overview, troubles: &[Trouble]) -> Self {
        let level = level(overview, troubles);
        let first = troubles.first();
        Self {
            level,
            word: word(overview, level, troubles.len()),
            sentence: first.map_or_else(
                || all_is_well(overview),
                |trouble| format!("{}: {}", trouble.subject, trouble.text),
            ),
            since: match first {
                Some(trouble) => trouble.since,
                None => overview.status.detailed.state_since,
            },
        }
    }
}

fn level(overview: &Overview, troubles: &[Trouble]) -> OverviewLevel {
    match overview.status.detailed.status {
        HealthWord::Healthy if troubles.is_empty() => OverviewLevel::Good,
        HealthWord::Healthy => OverviewLevel::Warning,
        _ => OverviewLevel::Bad,
    }
}

fn word(overview: &Overview, level: OverviewLevel, troubles: usize) -> String {
    let state = &overview.status.detailed.state;
    match (level, state) {
        (OverviewLevel::Good, _) => "Healthy".to_owned(),
        (OverviewLevel::Warning | OverviewLevel::Unknown, _) => {
            format!("Healthy, {}", counted(troubles, "warning"))
        }
        (OverviewLevel::Bad, NodeState::Ready | NodeState::Other(_)) => "Unhealthy".to_owned(),
        (OverviewLevel::Bad, NodeState::Draining) => "Unhealthy: shutting down".to_owned(),
        (OverviewLevel::Bad, state) => format!("Unhealthy: {state}"),
    }
}

fn all_is_well(overview: &Overview) -> String {
    let number = overview.nodes.len();
    let document = &overview.status.detailed;
    if overview.has_several() {
        let serving = overview.nodes.iter().find(|node| node.health.reads);
        let reads = serving.map_or_else(String::new, |node| {
            format!("; reads of the chain go to {}", node.health.name)
        });
        return format!("All {number} nodes answer{reads}.");
    }
    let chain = document.node.chain.as_deref().unwrap_or("its chain");
    format!(
        "The node {} answers and is at the tip of {chain}.",
        document.node.name
    )
}
