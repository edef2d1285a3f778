//! A node in words: how it is used, and what it is.

use jiff::Timestamp;

use super::facts::{NodeOverview, Overview};
use super::level::OverviewLevel;
use super::text::{grouped, known, lasted, seconds};
use crate::api::{CheckLevel, CollectorName, NodeHealth, RotationState};

/// The level of a node by its rotation and its checks.
pub(crate) fn node_level(health: &NodeHealth) -> OverviewLevel {
    let has = |level: &CheckLevel| health.checks.iter().any(|check| check.level == *level);
    match health.rotation {
        RotationState::Out => OverviewLevel::Bad,
        RotationState::In if !has(&CheckLevel::Warning) && !has(&CheckLevel::Bad) => {
            OverviewLevel::Good
        }
        _ if has(&CheckLevel::Bad) => OverviewLevel::Bad,
        _ => OverviewLevel::Warning,
    }
}

/// How it is in the rotation: `in, reads`, `drained`.
pub(crate) fn rotation(health: &NodeHealth) -> String {
    let reads = if health.reads { ", reads" } else { "" };
    match &health.drained {
        Some(_) => "drained".to_owned(),
        None => format!("{}{reads}", health.rotation),
    }
}

/// Since when it is in the rotation as it is.
pub(crate) fn rotation_since(health: &NodeHealth) -> Option<Timestamp> {
    match &health.drained {
        Some(drain) => Some(drain.since),
        None => health.rotation_since,
    }
}

/// How many are in rotation, and which one reads go to.
pub(crate) fn rotations(overview: &Overview) -> String {
    let all = overview.nodes.len();
    let is_in = |node: &&NodeOverview| node.health.rotation != RotationState::Out;
    let in_rotation = overview.nodes.iter().filter(is_in).count();
    let reader = overview.nodes.iter().find(|node| node.health.reads);
    let reads = reader.map_or_else(
        || "reads of the chain go nowhere".to_owned(),
        |node| format!("reads of the chain go to {}", node.health.name),
    );
    format!("{in_rotation} of {all} in rotation, {reads}")
}

/// Its program, where it is, and how long it has run.
pub(crate) fn program(health: &NodeHealth) -> String {
    let node = &health.node;
    // A program of another kind has a name only for its peers.
    let kind = node.flavour.as_deref().filter(|kind| *kind != "other");
    let version = node.version.as_deref().filter(|_| kind.is_some());
    let names = [kind, version, node.subversion.as_deref()];
    let program = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let program = if program.is_empty() {
        "unknown program"
    } else {
        &program
    };
    let up = node.uptime_secs.map(|up| format!(", up {}", seconds(up)));
    format!("{program} at {}{}", node.url, up.unwrap_or_default())
}

/// How many calls of clients are at it, `2 of 8`.
pub(crate) fn at_the_node(node: &NodeOverview) -> String {
    match (node.in_flight, node.max_in_flight) {
        (Some(now), Some(max)) => format!("{now} of {max}"),
        (now, _) => known(now, grouped),
    }
}

/// `1 block`, `1,200 blocks`
pub(crate) fn blocks(number: impl Into<u64>) -> String {
    match number.into() {
        1 => "1 block".to_owned(),
        number => format!("{} blocks", grouped(number)),
    }
}

/// What is known of its chain, each with its name.
pub(crate) fn chain_facts(node: &NodeOverview) -> Vec<(&'static str, String)> {
    let health = &node.health;
    let status = &node.health.node;
    let mut collectors = health.collectors.iter();
    let age = collectors.find(|part| part.name == CollectorName::Chain);
    let age = age.filter(|part| part.old).and_then(|part| part.age_secs);
    let height = known(health.chain.height, grouped);
    let old = age.map(|age| format!(", as of {} ago", lasted(age)));
    let behind = known(status.blocks_behind, |behind| {
        let eta = status
            .sync_eta_secs
            .map(|eta| format!(", about {}", seconds(eta)));
        format!("{}{}", blocks(behind), eta.unwrap_or_default())
    });
    let verified = known(status.verification_progress, |progress| {
        format!("{:.1} %", progress * 100.0)
    });
    let mempool = known(status.mempool_transactions, |number| {
        format!("{} transactions", grouped(number))
    });
    vec![
        ("Height", height + &old.unwrap_or_default()),
        ("Headers", known(status.headers, grouped)),
        ("Behind", behind),
        ("Chain", known(status.chain.clone(), |chain| chain)),
        ("Verified", verified),
        ("Mempool", mempool),
        ("First kept block", known(node.first_kept_height, grouped)),
        ("Tip", known(health.chain.tip_hash.clone(), |tip| tip)),
    ]
}
