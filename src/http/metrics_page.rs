//! `/metrics`: rendered from memory at each scrape.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{ACCEPT, HeaderMap};

use super::answer_cache::AnswerCache;
use super::reloads::Reloads;
use super::reply::{self, Reply};
use crate::clock;
use crate::fleet::{Assessment, FleetAssessment, Member, MemberSettings};
use crate::gateway::Gateway;
use crate::health::State;
use crate::logging::Log;
use crate::metrics::{
    FleetScrape, NodeScrape, PageFormat, ProcessFacts, PruneFacts, Recorder, Scrape, render,
};
use crate::prune::Pruner;
use crate::reconnect::Summary;
use crate::route::NodeFacts;
use crate::supervise::Supervisor;
use crate::values::Mono;
use crate::watch::Snapshot;

/// The page, and what it is rendered from.
pub struct MetricsPage {
    cache: Arc<AnswerCache>,
    gateway: Arc<Gateway>,
    recorder: Arc<Recorder>,
    supervisor: Arc<Supervisor>,
    log: Arc<Log>,
    reloads: Arc<Reloads>,
}

impl MetricsPage {
    /// The page of the node of `cache` and of the daemon's own parts.
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        gateway: Arc<Gateway>,
        recorder: Arc<Recorder>,
        supervisor: Arc<Supervisor>,
        log: Arc<Log>,
        reloads: Arc<Reloads>,
    ) -> Self {
        Self {
            cache,
            gateway,
            recorder,
            supervisor,
            log,
            reloads,
        }
    }

    /// The page, in the format that `headers` ask for.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Reply {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let format = PageFormat::negotiate(accept);
        self.gateway.measure();
        let now = clock::mono();
        let members = self.cache.roster().all().clone();
        let fleet = members
            .has_several()
            .then(|| Arc::clone(&self.cache.router().read(now)));
        let mut readings: Vec<NodeReading> = Vec::new();
        for member in fleet
            .as_ref()
            .map_or(&*members, |fleet| &*fleet.members)
            .iter()
        {
            readings.push(NodeReading::of(member, fleet.as_deref(), now));
        }
        let nodes: Vec<NodeScrape<'_>> =
            readings.iter().map(|reading| reading.scrape(now)).collect();
        let scrape = Scrape {
            nodes: &nodes,
            fleet: fleet.as_ref().map(|fleet| FleetScrape {
                verdict: &fleet.assessment.verdict,
                fork_depth: fleet.fork.as_ref().map_or(0, |fork| fork.depth),
            }),
            process: &self.process_facts(),
            recorder: &self.recorder,
        };
        reply::with(
            StatusCode::OK,
            format.content_type(),
            render(&scrape, format),
        )
    }

    fn process_facts(&self) -> ProcessFacts {
        let restarts = self
            .supervisor
            .report()
            .into_iter()
            .map(|(id, report)| (id.name, id.node, report.restarts));
        ProcessFacts {
            reload_success: self.reloads.last_was_valid(),
            reload_timestamp_secs: self.reloads.last_valid_secs(),
            task_restarts: restarts.collect(),
            log_events: self.log.events(),
            log_dropped: self.log.dropped(),
            certificate_expiry_secs: self.cache.certificate_expiry_secs(),
        }
    }
}

/// What is read of one node for the page.
struct NodeReading {
    snapshot: Arc<Snapshot>,
    assessment: Arc<Assessment>,
    state_changes: [u64; State::ALL.len()],
    settings: Arc<MemberSettings>,
    lost: Arc<Summary>,
    prune: PruneFacts,
    facts: Option<NodeFacts>,
}

impl NodeReading {
    fn of(member: &Member, fleet: Option<&FleetAssessment>, now: Mono) -> Self {
        let facts = fleet.and_then(|fleet| fleet.facts(&member.settings().name));
        Self {
            facts: facts.cloned(),
            assessment: Arc::clone(&member.health().read(now)),
            snapshot: Arc::clone(&member.snapshot()),
            state_changes: member.health().state_changes(),
            settings: Arc::clone(&member.settings()),
            lost: Arc::clone(&member.reconnection().summary()),
            prune: prune_facts(member.pruner(), now),
        }
    }

    fn scrape(&self, now: Mono) -> NodeScrape<'_> {
        let settings = &*self.settings;
        let policy = &settings.prune.policy;
        NodeScrape {
            snapshot: &self.snapshot,
            verdict: &self.assessment.verdict,
            state_changes: self.state_changes,
            plan: &settings.plan,
            node: &settings.name,
            peers_max: settings.peers_max,
            prune_bytes: (policy.threshold.bytes(), policy.target.bytes()),
            lost: &self.lost,
            max_peers: usize::try_from(settings.max_peers).unwrap_or(usize::MAX),
            prune: &self.prune,
            facts: self.facts.as_ref(),
            now,
        }
    }
}

fn prune_facts(pruner: &Pruner, now: Mono) -> PruneFacts {
    let counts = pruner.counts(now);
    PruneFacts {
        runs: counts.runs,
        freed_bytes: counts.freed_bytes,
        last_run_secs: counts.last_run_secs,
        leases: u64::try_from(counts.leases).unwrap_or(u64::MAX),
        full_in_secs: pruner
            .forecast(now)
            .and_then(|forecast| forecast.full_in_secs),
    }
}
