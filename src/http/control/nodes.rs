//! `GET /api/v1/nodes`, and which node a path means.

use hyper::StatusCode;

use crate::api::{NodeSummary, decoded_name};
use crate::clock;
use crate::health::Question;
use crate::http::detailed::{self, blocks_behind};
use crate::http::reply::{self, Reply};
use crate::http::service::Service;

pub(super) fn list(service: &Service) -> Reply {
    reply::value(StatusCode::OK, &[summary(service)])
}

fn summary(service: &Service) -> NodeSummary {
    let judged = service.desk.judged(clock::mono());
    let settings = service.desk.settings();
    let known = detailed::known(&judged, &service.desk.snapshot(), &settings);
    let identity = known.identity();
    let outcome = judged.verdict().answer(Question::Ready, &[]);
    NodeSummary {
        name: settings.node_name.clone(),
        state: judged.verdict().state.as_str().into(),
        reason: outcome.reasons.into_iter().next(),
        height: known.chain.as_deref().map(|chain| chain.blocks),
        blocks_behind: blocks_behind(judged.verdict()),
        first_kept_height: service.pruner.first_kept_height(),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
    }
}

/// Whether a node has the name in this segment of a path; else the refusal that names those there
/// are.
pub(super) fn check_name(service: &Service, segment: &str) -> Result<(), Box<Reply>> {
    let settings = service.desk.settings();
    if decoded_name(segment).is_some_and(|name| name == settings.node_name) {
        return Ok(());
    }
    let name = decoded_name(segment).unwrap_or_else(|| segment.into());
    Err(Box::new(reply::no_such_node(&name, &settings.node_name)))
}
