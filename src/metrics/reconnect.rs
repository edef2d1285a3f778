//! Series about peers that were lost, and about what peers are worth.

use super::NodeScrape;
use super::families as family;
use super::page::{Page, number};
use crate::reconnect::RowState;
use crate::watch::Topic;

pub(super) fn reconnect(page: &mut Page, scrape: &NodeScrape<'_>) {
    let node = scrape.node;
    let lost = scrape.lost;
    for (state, count) in RowState::ALL.into_iter().zip(lost.states) {
        page.add(
            &family::RECONNECT_QUEUE,
            &[node, state.as_str()],
            number(u64::try_from(count).unwrap_or(u64::MAX)),
        );
    }
    let counts = lost.counts;
    for (outcome, count) in [
        ("succeeded", counts.succeeded),
        ("failed", counts.failed),
        ("uncounted", counts.uncounted),
    ] {
        page.add(&family::RECONNECT_ATTEMPTS, &[node, outcome], number(count));
    }
    let next = lost
        .next_attempt
        .map(|next| next.since(scrape.now).as_secs_f64());
    page.add(&family::RECONNECT_NEXT, &[node], next);
    let reported = scrape
        .fresh(Topic::Peers, scrape.snapshot.peers.as_ref())
        .is_some();
    for (peer, quality) in lost
        .qualities
        .iter()
        .filter(|_| reported)
        .take(scrape.max_peers)
    {
        page.add(&family::PEER_QUALITY, &[node, peer], *quality);
    }
}
