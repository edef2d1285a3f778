//! The whole page from its facts. Pure.

use askama::Template;

use super::chart::strip;
use super::checks::{checks, problem};
use super::events::events;
use super::facts::PageFacts;
use super::node::node;
use super::requests::requests;
use super::verdict::{icon, verdict};
use super::view::{DaemonView, PageView, ProblemView, TileView, facts_of};
use crate::overview::text::clock;
use crate::overview::{
    FirstNumber, Headline, Overview, daemon_facts, first_numbers, rotations, troubles,
};

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
    let overview = &facts.overview;
    let now = overview.now;
    let troubles = troubles(overview);
    let headline = Headline::of(overview, &troubles);
    let level = headline.level;
    let verdict = verdict(headline, troubles.first(), now);
    let others = troubles.into_iter().skip(1);
    let problems: Vec<ProblemView> = others.map(|trouble| problem(trouble, now)).collect();
    let names = overview.nodes.iter().map(|node| &*node.health.name);
    let names: Vec<&str> = names.collect();
    let sentence = if verdict.advice.is_empty() {
        ""
    } else {
        &verdict.sentence
    };
    // Numbers that change each second are not read out each second.
    let subject = sentence.split(':').next().unwrap_or_default();
    let separator = if subject.is_empty() { "" } else { ": " };
    let history = &overview.history;
    let document = &overview.status.detailed;
    PageView {
        title: format!("{} · {} · bllvmctl", verdict.word, names.join(", ")),
        icon: icon(level),
        announcement: format!("{}{separator}{subject}", verdict.word),
        style: STYLE,
        script: SCRIPT,
        verdict,
        has_problems: !problems.is_empty(),
        problems,
        strip: strip(&history.gateway.health, overview.interval_secs()),
        // The verdict is also on the nodes.
        strip_title: if overview.has_several() {
            "Gateway, last hour"
        } else {
            "Last hour"
        },
        tiles: tiles(overview),
        tiles_of: overview.reader().map_or_else(String::new, |node| {
            let name = &node.health.name;
            format!(
                "Height, peers and free space are those of node {name}; the rest is the gateway's."
            )
        }),
        checks: checks(&document.checks, now),
        requests: requests(overview),
        has_several: overview.has_several(),
        rotation: rotations(overview),
        nodes: overview.nodes.iter().map(|of| node(of, facts)).collect(),
        events: events(&history.events, facts.audience, now),
        daemon: daemon(overview),
    }
}

/// The numbers that are seen first; of several nodes those of the one that reads go to.
fn tiles(overview: &Overview) -> Vec<TileView> {
    let Some(node) = overview.reader() else {
        return Vec::new();
    };
    let tile = |number: FirstNumber| TileView {
        label: number.label,
        value: number.value,
        detail: number.detail,
    };
    let numbers = first_numbers(overview, node).into_iter();
    numbers.map(tile).collect()
}

fn daemon(overview: &Overview) -> DaemonView {
    DaemonView {
        facts: facts_of(daemon_facts(overview)),
        note: format!(
            "As of {}. The same as JSON: /health/detailed. As metrics: /metrics.",
            clock(overview.now, overview.now)
        ),
    }
}

#[cfg(test)]
#[path = "whole_tests.rs"]
mod tests;
