//! `GET /api/v1/nodes`, and which node a path means.

use std::sync::Arc;

use hyper::StatusCode;

use super::ControlApi;
use crate::api::{DrainDocument, NodeSummary, RotationState, decoded_name};
use crate::clock;
use crate::fleet::{FleetAssessment, Member, Roster};
use crate::health::{Question, Verdict};
use crate::http::health_parts::{blocks_behind, complete_indexes, current};
use crate::http::node_health;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};
use crate::route::{NodeFacts, Rotation};
use crate::values::{Mono, Now};
use crate::watch::Topic;

pub(super) fn list(api: &ControlApi) -> Reply {
    let members = api.roster().all();
    let now = clock::now();
    let nodes: Vec<NodeSummary> = match members.only() {
        Some(only) => vec![summary(api, only, &usage_of_only(only, now), now)],
        None => several(api, now),
    };
    reply::value(StatusCode::OK, &nodes)
}

fn several(api: &ControlApi, now: Now) -> Vec<NodeSummary> {
    let fleet = api.cache.router().read(now.mono);
    let nodes = fleet.members.iter().zip(&fleet.table.nodes);
    nodes
        .map(|(member, facts)| {
            let usage = usage(&fleet, member, facts, now.mono);
            summary(api, member, &usage, now)
        })
        .collect()
}

/// How a node is used.
struct NodeUsage {
    rotation: RotationState,
    reads: bool,
    ready: bool,
    reason: Option<String>,
    priority: Option<u32>,
    lag_blocks: Option<u64>,
}

fn usage(fleet: &FleetAssessment, member: &Arc<Member>, facts: &NodeFacts, now: Mono) -> NodeUsage {
    NodeUsage {
        rotation: facts.rotation_word().into(),
        reads: node_health::reads(fleet, member),
        ready: facts.rotation == Rotation::Ready
            && !facts.off_fork
            && !facts.lagging
            && !facts.busy,
        reason: node_health::reason(facts, now),
        priority: Some(facts.priority),
        lag_blocks: facts.lag_blocks,
    }
}

/// The only node gets every call, whatever it makes of it.
fn usage_of_only(member: &Member, now: Now) -> NodeUsage {
    let assessment = member.health().read(now.mono);
    let outcome = assessment.verdict.answer(Question::Ready, &[]);
    NodeUsage {
        rotation: if outcome.ok {
            RotationState::In
        } else {
            RotationState::Out
        },
        reads: outcome.ok,
        ready: outcome.ok,
        reason: outcome.reasons.into_iter().next(),
        priority: None,
        lag_blocks: None,
    }
}

fn summary(api: &ControlApi, member: &Member, usage: &NodeUsage, now: Now) -> NodeSummary {
    let assessment = member.health().read(now.mono);
    let settings = member.settings();
    let snapshot = current(&settings.plan, &member.snapshot(), now.mono);
    let identity = snapshot.identity();
    let verdict: &Verdict = &assessment.verdict;
    let drain = member.drain().read(now.wall);
    let load = api.gateway.overview(&settings.name);
    let chain_answered = snapshot.collector(Topic::Chain).answered;
    NodeSummary {
        name: settings.name.clone(),
        state: verdict.state.as_str().into(),
        rotation: usage.rotation.clone(),
        reads: usage.reads,
        reason: usage.reason.clone(),
        priority: usage.priority,
        height: snapshot.chain.as_deref().map(|chain| chain.blocks),
        blocks_behind: blocks_behind(verdict),
        lag_blocks: usage.lag_blocks,
        first_kept_height: member.pruner().first_kept_height(),
        indexes: complete_indexes(&snapshot),
        in_flight: Some(load.in_flight),
        p50_secs: load.median.map(|median| median.as_secs_f64()),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
        chain_answered_at: chain_answered.map(|answered| now.wall_of(answered)),
        ready: usage.ready,
        drained: drain.as_deref().map(DrainDocument::from),
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

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new(
        "nodes",
        "listNodes",
        "The nodes in short, with their place in the rotation",
    )
    .gives_list::<NodeSummary>(200, "The nodes", golden!("nodes"))
}
