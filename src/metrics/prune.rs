//! The families of pruning.

use super::NodeScrape;
use super::families as family;
use super::page::{Page, number};

/// What is known of pruning at the moment of a scrape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneFacts {
    /// Runs that ended, by trigger and outcome.
    pub runs: Vec<(&'static str, &'static str, u64)>,
    /// Bytes that they freed.
    pub freed_bytes: u64,
    /// When the last one ended, seconds since 1970.
    pub last_run_secs: Option<i64>,
    /// Leases in force.
    pub leases: u64,
    /// Until the volume is full.
    pub full_in_secs: Option<u64>,
}

pub(super) fn prune(page: &mut Page, scrape: &NodeScrape<'_>) {
    let (facts, node) = (scrape.prune, scrape.node);
    page.add(
        &family::STORAGE_FULL_IN,
        &[node],
        facts.full_in_secs.map(number),
    );
    for (trigger, outcome, runs) in &facts.runs {
        page.add(
            &family::PRUNE_RUNS,
            &[node, trigger, outcome],
            number(*runs),
        );
    }
    page.add(&family::PRUNE_FREED, &[node], number(facts.freed_bytes));
    let last = facts
        .last_run_secs
        .and_then(|secs| u64::try_from(secs).ok());
    page.add(&family::PRUNE_LAST_RUN, &[node], last.map(number));
    page.add(&family::PRUNE_LEASES, &[node], number(facts.leases));
}
