//! `GET /api/v1/nodes`, and which node a path means.

use std::sync::Arc;

use hyper::StatusCode;

use super::ControlApi;
use crate::api::{NodeSummary, decoded_name};
use crate::clock;
use crate::fleet::{Member, Roster};
use crate::health::Question;
use crate::http::detailed::{self, blocks_behind};
use crate::http::reply::{self, Reply};

pub(super) fn list(api: &ControlApi) -> Reply {
    let members = api.roster().all();
    let nodes: Vec<NodeSummary> = members.iter().map(|member| summary(member)).collect();
    reply::value(StatusCode::OK, &nodes)
}

fn summary(member: &Member) -> NodeSummary {
    let assessment = member.health().read(clock::mono());
    let settings = member.settings();
    let snapshot = detailed::current(&settings.plan, &member.snapshot(), assessment.now.mono);
    let identity = snapshot.identity();
    let verdict = &assessment.verdict;
    let outcome = verdict.answer(Question::Ready, &[]);
    NodeSummary {
        name: settings.name.clone(),
        state: verdict.state.as_str().into(),
        reason: outcome.reasons.into_iter().next(),
        height: snapshot.chain.as_deref().map(|chain| chain.blocks),
        blocks_behind: blocks_behind(verdict),
        first_kept_height: member.pruner().first_kept_height(),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
    }
}

/// The node with the name in this segment of a path; else the refusal that names those there are.
pub(super) fn named(roster: &Roster, segment: &str) -> Result<Arc<Member>, Box<Reply>> {
    let members = roster.all();
    let name = decoded_name(segment);
    if let Some(member) = name.as_deref().and_then(|name| members.get(name)) {
        return Ok(Arc::clone(member));
    }
    let name = name.unwrap_or_else(|| segment.into());
    Err(Box::new(reply::no_such_node(&name, members.names())))
}
