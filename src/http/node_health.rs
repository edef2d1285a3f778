//! Each of several nodes in `/health/detailed`, and how it is in the rotation.

use std::sync::Arc;

use super::health_parts::{
    chain_health, checks, collectors, current, network_health, node_status, pruning, reconnection,
    storage_health, thresholds,
};
use crate::api::{DrainDocument, NodeHealth};
use crate::fleet::{DrainRecord, FleetAssessment, Member};
use crate::health::Question;
use crate::route::NodeFacts;
use crate::values::{Mono, Now};

/// The health of every node of `fleet`.
pub(super) fn nodes(fleet: &FleetAssessment, now: Now) -> Vec<NodeHealth> {
    let members = fleet.members.iter();
    let nodes = members.zip(&fleet.table.nodes);
    nodes
        .map(|(member, facts)| node_health(fleet, member, facts, now))
        .collect()
}

fn node_health(
    fleet: &FleetAssessment,
    member: &Arc<Member>,
    facts: &NodeFacts,
    now: Now,
) -> NodeHealth {
    let settings = member.settings();
    let snapshot = current(&settings.plan, &member.snapshot(), now.mono);
    let assessment = member.health().read(now.mono);
    let verdict = &assessment.verdict;
    let since = &assessment.since;
    let drain = member.drain().read(now.wall);
    NodeHealth {
        name: settings.name.clone(),
        state: verdict.state.as_str().into(),
        state_since: since.state(verdict.state).map(|since| now.wall_of(since)),
        rotation: facts.rotation_word().into(),
        rotation_since: facts.rotation_since.map(|since| now.wall_of(since)),
        reads: reads(fleet, member),
        reason: reason(facts, now.mono),
        drained: drain.as_deref().map(DrainDocument::from),
        lag_blocks: facts.lag_blocks,
        chain: chain_health(verdict, &snapshot),
        storage: storage_health(verdict, &snapshot),
        network: network_health(&settings, &snapshot),
        checks: checks(&verdict.answer(Question::Health, &[]), since, now),
        pruning: pruning(member.pruner(), &snapshot, &settings),
        reconnection: reconnection(&member.reconnection().summary(), &snapshot, now),
        node: node_status(&settings, verdict, &snapshot, now),
        thresholds: thresholds(&settings),
        collectors: collectors(&snapshot, &settings.plan, now.mono),
    }
}

/// Whether reads of the chain go to `member` now.
pub(super) fn reads(fleet: &FleetAssessment, member: &Arc<Member>) -> bool {
    let facts = fleet.facts(&member.settings().name);
    Arc::ptr_eq(&fleet.reader, member) && facts.is_some_and(NodeFacts::is_in_rotation)
}

/// Why a node is not used as the configuration prefers, if it is not.
pub(super) fn reason(node: &NodeFacts, now: Mono) -> Option<String> {
    if let Some(reason) = &node.reason {
        return Some(reason.to_string());
    }
    if !node.is_in_rotation() {
        return Some(node.rotation.text().to_owned());
    }
    let until = node.standby_until.filter(|until| now < *until)?;
    let seconds = until.since(now).as_secs() + 1;
    Some(format!(
        "ready again, preferred in {seconds} s (fleet.failback_secs)"
    ))
}

impl From<&DrainRecord> for DrainDocument {
    fn from(drain: &DrainRecord) -> Self {
        Self {
            reason: drain.reason.clone(),
            since: drain.since,
            until: drain.until,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::route::{Rotation, WalletClaims};

    #[test]
    fn a_node_that_serves_has_no_reason_and_another_one_has_its_own() {
        let at = |seconds| Mono::from_start(Duration::from_secs(seconds));
        let ready = || NodeFacts {
            rotation: Rotation::Ready,
            ..NodeFacts::unknown("a".into(), 1, WalletClaims::Any)
        };
        let standby = NodeFacts {
            standby_until: Some(at(60)),
            ..ready()
        };
        let starting = NodeFacts {
            rotation: Rotation::Starting,
            ..ready()
        };
        let drained = NodeFacts {
            drained: true,
            reason: Some("drained: disk".into()),
            ..ready()
        };
        let text = |node: &NodeFacts| reason(node, at(20));
        assert_eq!(text(&ready()), None);
        assert_eq!(text(&starting).as_deref(), Some("starting"));
        assert_eq!(text(&drained).as_deref(), Some("drained: disk"));
        let expected = "ready again, preferred in 41 s (fleet.failback_secs)";
        assert_eq!(text(&standby).as_deref(), Some(expected));
        assert_eq!(reason(&standby, at(60)), None);
    }
}
