//! `/metrics`: rendered from memory at each scrape.

use hyper::StatusCode;

use super::desk::Desk;
use super::reply::{self, Reply};
use crate::clock;
use crate::metrics::{Format, ProcessFacts, Recorder, Scrape, render};

/// The page, in the format that `accept` asks for.
pub(super) fn answer(desk: &Desk, recorder: &Recorder, process: &ProcessFacts, accept: Option<&str>) -> Reply {
    let format = Format::negotiate(accept);
    let (judged, snapshot, settings) = (desk.judged(clock::mono()), desk.snapshot(), desk.settings());
    let scrape = Scrape {
        snapshot: &snapshot,
        verdict: &judged.verdict,
        plan: &settings.plan,
        node: &settings.node_name,
        peers_max: settings.peers_max,
        prune_bytes: settings.prune_bytes,
        process,
        recorder,
        now: clock::mono(),
    };
    reply::with(StatusCode::OK, format.content_type(), render(&scrape, format))
}
