//! A node: how it is used, its chain, and what belongs to it. Pure.

use super::chart::{ChartSeries, Scale, chart, strip};
use super::facts::{NodePageFacts, PageFacts};
use super::peers::{self, grouped_number};
use super::problems::checks;
use super::storage::storage;
use super::text::{UNKNOWN, grouped, known, latency, rate, seconds};
use super::view::{ChainView, CheckView, FactView, NodePageView};
use crate::api::{CheckLevel, CollectorName, NodeHealth, RotationState};

pub(super) fn node(node: &NodePageFacts, facts: &PageFacts) -> NodePageView {
    let health = &node.health;
    let interval = facts.interval_secs();
    let (level, mark) = level(health);
    let check_list: Vec<CheckView> = checks(&health.checks, facts.now);
    NodePageView {
        name: health.name.clone(),
        program: program(health),
        level,
        mark,
        rotation: rotation(health),
        rotation_level: match health.rotation {
            RotationState::In => "good",
            RotationState::Standby | RotationState::Busy => "warning",
            _ => "bad",
        },
        state: health.state.to_string(),
        reason: health.reason.clone().unwrap_or_default(),
        is_open: health.reads || level != "good",
        strip: strip(&node.hour.health, interval),
        facts: used(node),
        check_lists: [check_list],
        chain: chain(node, facts),
        storage: storage(node, facts.now, interval),
        peers: peers::peers(node, facts.audience, interval),
        queue: peers::queue(node, facts.audience, facts.now),
    }
}

/// The level of a node by its rotation and its checks.
fn level(health: &NodeHealth) -> (&'static str, &'static str) {
    let has = |level: &CheckLevel| health.checks.iter().any(|check| check.level == *level);
    match health.rotation {
        RotationState::Out => ("bad", "[-]"),
        RotationState::In if !has(&CheckLevel::Warning) && !has(&CheckLevel::Bad) => {
            ("good", "[+]")
        }
        _ if has(&CheckLevel::Bad) => ("bad", "[-]"),
        _ => ("warning", "[!]"),
    }
}

fn rotation(health: &NodeHealth) -> String {
    let reads = if health.reads { ", reads" } else { "" };
    match &health.drained {
        Some(_) => "drained".to_owned(),
        None => format!("{}{reads}", health.rotation),
    }
}

/// How many are in rotation, and which one reads go to.
pub(super) fn rotations(facts: &PageFacts) -> String {
    let all = facts.nodes.len();
    let is_in = |node: &&NodePageFacts| node.health.rotation != RotationState::Out;
    let in_rotation = facts.nodes.iter().filter(is_in).count();
    let reader = facts.nodes.iter().find(|node| node.health.reads);
    let reads = reader.map_or_else(
        || "reads of the chain go nowhere".to_owned(),
        |node| format!("reads of the chain go to {}", node.health.name),
    );
    format!("{in_rotation} of {all} in rotation, {reads}")
}

fn program(health: &NodeHealth) -> String {
    let node = &health.node;
    let program = match (&node.flavour, &node.version) {
        (Some(flavour), Some(version)) => format!("{flavour} {version}"),
        (Some(flavour), None) => flavour.clone(),
        (None, _) => "unknown program".to_owned(),
    };
    let name = node.subversion.as_ref().map(|name| format!(" {name}"));
    let up = node.uptime_secs.map(|up| format!(", up {}", seconds(up)));
    format!(
        "{program}{} at {}{}",
        name.unwrap_or_default(),
        node.url,
        up.unwrap_or_default()
    )
}

fn used(node: &NodePageFacts) -> Vec<FactView> {
    let health = &node.health;
    let now = node.hour.answered_per_sec.last().copied().flatten();
    vec![
        FactView::new("Height", known(health.chain.height, grouped)),
        FactView::new("Behind", known(health.lag_blocks, blocks)),
        FactView::new("Priority", known(node.priority, grouped)),
        FactView::new(
            "At the node",
            format!("{} of {}", node.in_flight, node.max_in_flight),
        ),
        FactView::new("Half answered within", known(node.p50_secs, latency)),
        FactView::new("Answers", known(now, rate)),
    ]
}

fn blocks(number: impl Into<u64>) -> String {
    match number.into() {
        1 => "1 block".to_owned(),
        number => format!("{} blocks", grouped(number)),
    }
}

fn chain(node: &NodePageFacts, facts: &PageFacts) -> ChainView {
    let (health, name) = (&node.health, &node.health.name);
    let status = &health.node;
    let interval = facts.interval_secs();
    let age = health
        .collectors
        .iter()
        .find(|part| part.name == CollectorName::Chain);
    let age = age.filter(|part| part.old).and_then(|part| part.age_secs);
    let height = known(health.chain.height, grouped);
    let old = age.map(|age| format!(", as of {} ago", super::text::lasted(age)));
    let behind = known(status.blocks_behind, |behind| {
        let eta = status
            .sync_eta_secs
            .map(|eta| format!(", about {}", seconds(eta)));
        format!("{}{}", blocks(behind), eta.unwrap_or_default())
    });
    let verified = status
        .verification_progress
        .map(|progress| format!("{:.1} %", progress * 100.0));
    ChainView {
        facts: vec![
            FactView::new("Height", height + &old.unwrap_or_default()),
            FactView::new("Headers", known(status.headers, grouped)),
            FactView::new("Behind", behind),
            FactView::new(
                "Chain",
                status.chain.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            ),
            FactView::new("Verified", verified.unwrap_or_else(|| UNKNOWN.to_owned())),
            FactView::new(
                "Mempool",
                known(status.mempool_transactions, |number| {
                    format!("{} transactions", grouped(number))
                }),
            ),
            FactView::new("First kept block", known(node.first_kept_height, grouped)),
            FactView::new("Tip", known(health.chain.tip_hash.as_ref(), Clone::clone)),
        ],
        charts: vec![
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
        ],
    }
}
