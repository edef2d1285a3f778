//! `/metrics`: rendered from memory at each scrape.

use hyper::StatusCode;

use super::desk::Desk;
use super::reply::{self, Reply};
use crate::clock;
use crate::metrics::{Format, NodeScrape, ProcessFacts, PruneFacts, Recorder, Scrape, render};
use crate::prune::Pruner;
use crate::reconnect::Summary;

/// The page, in the format that `accept` asks for.
pub(super) fn answer(
    desk: &Desk,
    recorder: &Recorder,
    lost: &Summary,
    pruner: &Pruner,
    process: &ProcessFacts,
    accept: Option<&str>,
) -> Reply {
    let format = Format::negotiate(accept);
    let (judged, snapshot, settings) =
        (desk.judged(clock::mono()), desk.snapshot(), desk.settings());
    let now = clock::mono();
    let counts = pruner.counts(now);
    let prune = PruneFacts {
        runs: counts.runs,
        freed_bytes: counts.freed_bytes,
        last_run_secs: counts.last_run_secs,
        leases: u64::try_from(counts.leases).unwrap_or(u64::MAX),
        full_in_secs: pruner
            .forecast(now)
            .and_then(|forecast| forecast.full_in_secs),
    };
    let node = NodeScrape {
        snapshot: &snapshot,
        verdict: judged.verdict(),
        state_changes: desk.state_changes(),
        plan: &settings.plan,
        node: &settings.node_name,
        peers_max: settings.peers_max,
        prune_bytes: settings.prune_bytes,
        lost,
        max_peers: usize::try_from(settings.max_peers).unwrap_or(usize::MAX),
        prune: &prune,
        now,
    };
    let scrape = Scrape {
        nodes: &[node],
        process,
        recorder,
    };
    reply::with(
        StatusCode::OK,
        format.content_type(),
        render(&scrape, format),
    )
}
