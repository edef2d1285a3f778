//! The whole page from its facts. Pure.

use askama::Template;

use super::chart::strip;
use super::events::events;
use super::facts::{NodePageFacts, PageFacts};
use super::node::{node, rotations};
use super::problems::{PageLevel, checks, problems};
use super::requests::requests;
use super::storage::free_tile;
use super::text::{UNKNOWN, clock, grouped, known, lasted, latency, rate, seconds};
use super::verdict::{icon, verdict};
use super::view::{DaemonView, FactView, PageView, TileView};
use crate::api::{LimitedHour, NodeHealth, OpenedBy, PeerDocument};

/// The style, as it is in the document.
pub(super) const STYLE: &str = include_str!("page.css");
/// The script, as it is in the document.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The document, in HTML.
pub(super) fn render(facts: &PageFacts) -> Result<String, askama::Error> {
    // Every body ends with a newline; that of the template is cut.
    view(facts).render().map(|page| page + "\n")
}

fn view(facts: &PageFacts) -> PageView {
    let document = &facts.status.detailed;
    let mut problems = problems(facts);
    let level = PageLevel::of(facts, &problems);
    let verdict = verdict(facts, level, &problems);
    if !problems.is_empty() {
        problems.remove(0);
    }
    let names: Vec<&str> = facts.nodes.iter().map(|node| &*node.health.name).collect();
    let sentence = if verdict.advice.is_empty() {
        ""
    } else {
        &verdict.sentence
    };
    // Numbers that change each second are not read out each second.
    let subject = sentence.split(':').next().unwrap_or_default();
    let separator = if subject.is_empty() { "" } else { ": " };
    PageView {
        title: format!("{} · {} · bllvmctl", verdict.word, names.join(", ")),
        icon: icon(level),
        announcement: format!("{}{separator}{subject}", verdict.word),
        style: STYLE,
        script: SCRIPT,
        verdict,
        has_problems: !problems.is_empty(),
        problems,
        strip: strip(&facts.history.gateway.health, facts.interval_secs()),
        tiles: tiles(facts),
        checks: checks(&document.checks, facts.now),
        requests: requests(facts),
        has_several: facts.has_several(),
        rotation: rotations(facts),
        nodes: facts.nodes.iter().map(|of| node(of, facts)).collect(),
        events: events(&facts.history.events, facts.audience, facts.now),
        daemon: daemon(facts),
    }
}

/// The numbers that are seen first; of several nodes those of the one that reads go to.
fn tiles(facts: &PageFacts) -> Vec<TileView> {
    let reader = facts.nodes.iter().find(|node| node.health.reads);
    let Some(node) = reader.or(facts.nodes.first()) else {
        return Vec::new();
    };
    let health = &node.health;
    let hour = &facts.history.gateway;
    let tile = |label, value, detail| TileView {
        label,
        value,
        detail,
    };
    let height = known(health.chain.height, grouped);
    let peers = known(health.network.peers_connected, grouped);
    let (free, full) = free_tile(node);
    let failed = known(now(&hour.failed_per_sec), |failed| {
        format!("{} failed", rate(failed))
    });
    let p99 = known(now(&hour.p99_secs), |p99| {
        format!("99 % within {}", latency(p99))
    });
    let rejected = known(now(&hour.rejected_per_sec), |rejected| {
        format!("{} rejected", rate(rejected))
    });
    let over_limit = known(limited(&hour.limited_per_sec), rate);
    vec![
        tile("Height", height, behind(health)),
        tile("Peers", peers, directions(node)),
        tile("Free", free, full),
        tile("Calls", known(now(&hour.answered_per_sec), rate), failed),
        tile("Latency", known(now(&hour.p50_secs), latency), p99),
        tile("Over a limit", over_limit, rejected),
    ]
}

/// The last value, if it is known.
fn now(list: &[Option<f64>]) -> Option<f64> {
    list.last().copied().flatten()
}

/// Requests over a limit a second, of all layers that are known.
fn limited(by_layer: &LimitedHour) -> Option<f64> {
    let layers = [
        &by_layer.address,
        &by_layer.user,
        &by_layer.method,
        &by_layer.login,
    ];
    let known: Vec<f64> = layers.iter().filter_map(|layer| now(layer)).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

/// How many peers there are of either direction.
fn directions(node: &NodePageFacts) -> String {
    let of = |direction: &OpenedBy| {
        let is_of = |peer: &&PeerDocument| {
            peer.connected == Some(true) && peer.direction.as_ref() == Some(direction)
        };
        node.peers.iter().filter(is_of).count()
    };
    let (outbound, inbound) = (of(&OpenedBy::Outbound), of(&OpenedBy::Inbound));
    format!("{outbound} outbound, {inbound} inbound")
}

fn behind(health: &NodeHealth) -> String {
    let chain = health.node.chain.as_deref().unwrap_or("unknown chain");
    match health.node.blocks_behind {
        None => chain.to_owned(),
        Some(0) => format!("{chain}, at the tip"),
        Some(behind) => format!("{chain}, {} behind", grouped(behind)),
    }
}

fn daemon(facts: &PageFacts) -> DaemonView {
    let document = &facts.status.detailed;
    let daemon = &document.daemon;
    let reload = match document.config_reload_valid {
        Some(true) => "valid",
        Some(false) => "the last reload was invalid",
        None => UNKNOWN,
    };
    let tasks = &facts.status.tasks;
    let restarts: u64 = tasks.iter().map(|task| task.restarts).sum();
    let answers = facts.nodes.iter().flat_map(|node| &node.health.collectors);
    let oldest = answers
        .filter(|part| part.up || part.old)
        .filter_map(|part| Some((part.age_secs?, part.name.as_str())))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    DaemonView {
        facts: vec![
            FactView::new("Version", daemon.version.clone()),
            FactView::new("Up", known(daemon.uptime_secs, seconds)),
            FactView::new("Configuration", reload),
            FactView::new(
                "File",
                facts
                    .status
                    .config_file
                    .clone()
                    .unwrap_or_else(|| UNKNOWN.to_owned()),
            ),
            FactView::new("Process", known(daemon.pid, |pid| pid.to_string())),
            FactView::new(
                "Tasks",
                format!("{}, {} restarts", tasks.len(), grouped(restarts)),
            ),
            FactView::new(
                "Oldest answer",
                known(oldest, |(age, name)| format!("{name}, {} ago", lasted(age))),
            ),
        ],
        note: format!(
            "As of {}. The same as JSON: /health/detailed. As metrics: /metrics.",
            clock(facts.now, facts.now)
        ),
    }
}

#[cfg(test)]
#[path = "whole_tests.rs"]
mod tests;
