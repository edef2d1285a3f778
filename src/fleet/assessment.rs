//! How all nodes are at one moment: their facts, the node that reads go to, the verdict on the
//! gateway.

use std::sync::Arc;
use std::time::Duration;

use super::condition::MemberView;
use super::fork::Fork;
use super::health_cache::Assessment;
use super::lifecycle::Lifecycle;
use super::member::Member;
use super::roster::{Members, Roster};
use super::rotation::{MemberRole, RotationHistory, reader};
use super::settings::FleetSettings;
use super::verdict::{fleet_verdict, fork_check};
use crate::health::StandingSince;
use crate::route::{NodeFacts, RouteTable};
use crate::values::{Mono, Now};
use crate::watch::Snapshot;

/// How all nodes are at one moment.
pub struct FleetAssessment {
    /// The verdict on the gateway itself.
    pub assessment: Arc<Assessment>,
    /// The nodes, in the order of the configuration.
    pub members: Arc<Members>,
    /// What is published of each of them, in the same order.
    pub table: RouteTable,
    /// The node that reads of the chain go to.
    pub reader: Arc<Member>,
    /// The fork between the nodes, if there is one.
    pub fork: Option<Fork>,
    /// The settings that it was made by.
    pub(super) settings: Arc<FleetSettings>,
    /// That of the daemon's own state.
    pub(super) generation: u64,
    /// When.
    pub(super) made: Mono,
}

impl FleetAssessment {
    /// What is published of the node called `name`.
    #[must_use]
    pub fn facts(&self, name: &str) -> Option<&NodeFacts> {
        self.table.nodes.iter().find(|node| &*node.name == name)
    }
}

/// What is read of a member before it is looked at.
struct MemberLook {
    snapshot: Arc<Snapshot>,
    assessment: Arc<Assessment>,
    timeout: Duration,
    role: MemberRole,
}

impl MemberLook {
    fn of(member: &Member, now: Now) -> Self {
        let settings = member.settings();
        let drain = member.drain().read(now.wall);
        Self {
            snapshot: Arc::clone(&member.snapshot()),
            assessment: Arc::clone(&member.health().read(now.mono)),
            timeout: settings.plan.timeout,
            role: MemberRole {
                name: settings.name.as_str().into(),
                priority: settings.role.priority,
                wallets: settings.role.wallets.clone(),
                is_private_broadcast: member.has_private_broadcast(),
                drained: drain.map(|drain| drain.sentence()),
                kept_from: member.pruner().first_kept_height(),
            },
        }
    }
}

/// Evaluates the nodes of `roster` now. `before`: since when things were as they are, as the last
/// evaluation said.
pub(super) fn assess(
    (roster, lifecycle): (&Roster, &Lifecycle),
    settings: &Arc<FleetSettings>,
    history: &mut RotationHistory,
    before: &StandingSince,
    now: Now,
) -> FleetAssessment {
    let generation = lifecycle.generation();
    let members = Arc::clone(&roster.all());
    let resumed = lifecycle.loops(now.mono).resumed;
    let looks: Vec<MemberLook> = members
        .iter()
        .map(|member| MemberLook::of(member, now))
        .collect();
    let views: Vec<(MemberRole, MemberView<'_>)> = looks
        .iter()
        .map(|look| {
            let view = MemberView {
                snapshot: &look.snapshot,
                verdict: &look.assessment.verdict,
                timeout: look.timeout,
                resumed,
            };
            (look.role.clone(), view)
        })
        .collect();
    let nodes = history.observe(&views, &settings.rotation, now.mono);
    let reads_at = reader(&nodes, now.mono);
    let reader = members.at(reads_at).unwrap_or_else(|| members.first());
    let of_reader = reader.health().read(now.mono);
    let fork = history.fork().cloned();
    let mut verdict = fleet_verdict(&nodes, &of_reader.verdict, settings.min_ready);
    verdict.checks.push(fork_check(fork.as_ref(), now.mono));
    FleetAssessment {
        assessment: Arc::new(Assessment::of_fleet(verdict, &of_reader, before, now)),
        reader: Arc::clone(reader),
        members,
        fork,
        table: RouteTable {
            nodes,
            policy: settings.routing,
        },
        settings: Arc::clone(settings),
        generation,
        made: now.mono,
    }
}
