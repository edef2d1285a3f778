//! Reads from memory what the page is made of.

use std::sync::Arc;

use super::facts::PageFacts;
use crate::api::{History, NodeHealth, PeerDocument};
use crate::clock;
use crate::fleet::Member;
use crate::gateway::Gateway;
use crate::http::answer_cache::AnswerCache;
use crate::http::audience::Audience;
use crate::http::detailed::DetailedPage;
use crate::overview::{NodeOverview, Overview, only_node};
use crate::supervise::Supervisor;
use crate::values::Now;
use crate::watch::Topic;

/// Where the facts of the page are.
#[derive(Clone)]
pub(super) struct PageSources {
    pub(super) cache: Arc<AnswerCache>,
    pub(super) detailed: Arc<DetailedPage>,
    pub(super) gateway: Arc<Gateway>,
    pub(super) supervisor: Arc<Supervisor>,
}

impl PageSources {
    /// The facts of now, for `audience`. Sorts whole queues: not for the thread that answers
    /// probes.
    pub(super) fn gather(&self, audience: Audience) -> PageFacts {
        let now = clock::now();
        let tasks = self.supervisor.report();
        let status = self.detailed.status(None, &tasks, now.mono);
        let mut status = status.unwrap_or_default();
        let history = status.detailed.history.take().unwrap_or_default();
        let members = self.cache.roster().all().clone();
        let nodes = if let Some(nodes) = &status.detailed.nodes {
            // Two looks at the roster may be of two moments.
            let known = nodes
                .iter()
                .filter_map(|health| Some((health, members.get(&health.name)?)));
            known
                .map(|(health, member)| NodeOverview {
                    priority: Some(member.settings().role.priority),
                    ..self.node(health.clone(), member, &history, now)
                })
                .collect()
        } else {
            let health = only_node(&status.detailed);
            vec![self.node(health, members.first(), &history, now)]
        };
        PageFacts {
            audience,
            overview: Overview {
                now: now.wall,
                nodes,
                history,
                status,
            },
        }
    }

    fn node(
        &self,
        health: NodeHealth,
        member: &Member,
        history: &History,
        now: Now,
    ) -> NodeOverview {
        let hour = history.nodes.iter().find(|hour| hour.name == health.name);
        let overview = self.gateway.overview(&health.name);
        let queue = member.reconnection().queue().into_iter();
        let leases = member.pruner().leases().into_iter();
        NodeOverview {
            hour: hour.cloned().unwrap_or_default(),
            priority: None,
            first_kept_height: member.pruner().first_kept_height(),
            in_flight: Some(overview.in_flight),
            max_in_flight: Some(overview.max_in_flight),
            p50_secs: overview.median.map(|median| median.as_secs_f64()),
            peers: peers(member, now),
            queue: queue.map(Into::into).collect(),
            leases: leases.map(Into::into).collect(),
            health,
        }
    }
}

fn peers(member: &Member, now: Now) -> Vec<PeerDocument> {
    let snapshot = member.snapshot();
    let limit = member.settings().plan.stale_after(Topic::Peers);
    let listed = snapshot.fresh(Topic::Peers, snapshot.peers.as_ref(), limit, now.mono);
    let rows = member
        .reconnection()
        .peers(listed.map(|peers| peers.as_slice()));
    rows.into_iter().map(Into::into).collect()
}
