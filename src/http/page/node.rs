//! A node: how it is used, its chain, and what belongs to it. Pure.

use super::chart::{ChartSeries, Scale, chart, strip};
use super::checks::checks;
use super::facts::PageFacts;
use super::peers::{self, grouped_number};
use super::storage::storage;
use super::view::{ChainView, ChartView, CheckView, FactView, NodePageView, facts_of};
use crate::api::{NodeHealth, RotationState};
use crate::overview::text::{clock_and_age, grouped, known, latency, rate};
use crate::overview::{
    NodeOverview, Overview, OverviewLevel, at_the_node, blocks, chain_facts, node_level, program,
    rotation, rotation_since,
};

pub(super) fn node(node: &NodeOverview, facts: &PageFacts) -> NodePageView {
    let health = &node.health;
    let overview = &facts.overview;
    let interval = overview.interval_secs();
    let now = overview.now;
    let level = node_level(health);
    let check_list: Vec<CheckView> = checks(&health.checks, now);
    NodePageView {
        name: health.name.clone(),
        program: program(health),
        level: level.as_str(),
        mark: level.mark(),
        rotation: rotation(health),
        rotation_level: match health.rotation {
            RotationState::In => "good",
            RotationState::Standby | RotationState::Busy => "warning",
            _ => "bad",
        },
        rotation_word: rotation_word(health),
        rotation_since: rotation_since(health)
            .map_or_else(String::new, |since| clock_and_age(since, now)),
        state: health.state.to_string(),
        reason: health.reason.clone().unwrap_or_default(),
        is_open: health.reads || level != OverviewLevel::Good,
        strip: strip(&node.hour.health, interval),
        facts: used(node),
        check_lists: [check_list],
        chain: chain(node, overview),
        storage: storage(node, now, interval),
        peers: peers::peers(node, facts.audience, interval),
        queue: peers::queue(node, facts.audience, now),
    }
}

/// What it has been since then.
fn rotation_word(health: &NodeHealth) -> &'static str {
    match health.rotation {
        _ if health.drained.is_some() => "Drained",
        RotationState::In => "In rotation",
        RotationState::Standby => "On standby",
        RotationState::Busy => "Busy",
        RotationState::Out | RotationState::Other(_) => "Out of rotation",
    }
}

fn used(node: &NodeOverview) -> Vec<FactView> {
    let health = &node.health;
    let now = node.hour.answered_per_sec.last().copied().flatten();
    vec![
        FactView::new("Height", known(health.chain.height, grouped)),
        FactView::new("Behind", known(health.lag_blocks, blocks)),
        FactView::new("Priority", known(node.priority, grouped)),
        FactView::new("At the node", at_the_node(node)),
        FactView::new("Median latency", known(node.p50_secs, latency)),
        FactView::new("Answers", known(now, rate)),
    ]
}

fn chain(node: &NodeOverview, overview: &Overview) -> ChainView {
    ChainView {
        facts: facts_of(chain_facts(node)),
        charts: charts(node, overview.interval_secs()),
    }
}

fn charts(node: &NodeOverview, interval: u64) -> Vec<ChartView> {
    let name = &node.health.name;
    vec![
        chart(
            format!("height-of-{name}"),
            "Height",
            &[ChartSeries::new("height", &node.hour.height)],
            (Scale::Lowest, interval),
            grouped_number,
        ),
        chart(
            format!("lag-of-{name}"),
            "Blocks behind",
            &[ChartSeries::new("behind", &node.hour.lag_blocks)],
            (Scale::Zero(1), interval),
            grouped_number,
        ),
    ]
}
