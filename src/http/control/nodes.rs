//! `GET /api/v1/nodes`, and which node a path means.

use hyper::StatusCode;

use super::ControlApi;
use crate::api::{NodeSummary, decoded_name};
use crate::clock;
use crate::fleet::Member;
use crate::health::Question;
use crate::http::detailed::{self, blocks_behind};
use crate::http::reply::{self, Reply};

pub(super) fn list(api: &ControlApi) -> Reply {
    reply::value(StatusCode::OK, &[summary(api)])
}

fn summary(api: &ControlApi) -> NodeSummary {
    let answers = api.cache.read(clock::mono());
    let member = api.member();
    let snapshot = detailed::current(&answers, &member.snapshot());
    let identity = snapshot.identity();
    let verdict = answers.verdict();
    let outcome = verdict.answer(Question::Ready, &[]);
    NodeSummary {
        name: answers.node.name.clone(),
        state: verdict.state.as_str().into(),
        reason: outcome.reasons.into_iter().next(),
        height: snapshot.chain.as_deref().map(|chain| chain.blocks),
        blocks_behind: blocks_behind(verdict),
        first_kept_height: member.pruner().first_kept_height(),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
    }
}

/// Whether `node` has the name in this segment of a path; else the refusal that names those there
/// are.
pub(super) fn check_name(node: &Member, segment: &str) -> Result<(), Box<Reply>> {
    let settings = node.settings();
    let name = decoded_name(segment);
    if name.as_deref() == Some(&*settings.name) {
        return Ok(());
    }
    let name = name.unwrap_or_else(|| segment.into());
    Err(Box::new(reply::no_such_node(&name, &settings.name)))
}
