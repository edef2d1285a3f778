//! The families of pruning.

use super::NodeScrape;
use super::families as family;
use super::page::{Page, number};

pub(super) fn prune(page: &mut Page, scrape: &NodeScrape<'_>) {
    let facts = scrape.prune;
    let node = scrape.node;
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
