//! `/metrics`: rendered from memory at each scrape.

use hyper::StatusCode;

use super::desk::Desk;
use super::reply::{self, Reply};
use crate::clock;
use crate::metrics::{Format, ProcessFacts, Recorder, Scrape, render};
use crate::reconnect::Summary;

/// The page, in the format that `accept` asks for.
pub(super) fn answer(
    desk: &Desk,
    recorder: &Recorder,
    lost: &Summary,
    process: &ProcessFacts,
    accept: Option<&str>,
) -> Reply {
    let format = Format::negotiate(accept);
    let (judged, snapshot, settings) = (desk.judged(clock::mono()), desk.snapshot(), desk.settings());
    let scrape = Scrape {
        snapshot: &snapshot,
        verdict: &judged.verdict,
        plan: &settings.plan,
        node: &settings.node_name,
        peers_max: settings.peers_max,
        prune_bytes: settings.prune_bytes,
        lost,
        max_peers: usize::try_from(settings.max_peers).unwrap_or(usize::MAX),
        process,
        recorder,
        now: clock::mono(),
    };
    reply::with(StatusCode::OK, format.content_type(), render(&scrape, format))
}
