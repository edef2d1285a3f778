//! Takes a sample every ten seconds, of what is in memory already.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::sleep;

use super::hour::HourHistory;
use super::ring::{moment_of, slot_at};
use super::sample::{GatewaySample, NodeSample, health, rate};
use crate::clock;
use crate::fleet::{FleetAssessment, Member, Router};
use crate::gateway::Gateway;
use crate::health::Behind;
use crate::metrics::GatewayTotals;
use crate::node::{Direction, Peer};
use crate::values::Mono;
use crate::watch::Topic;

/// Samples the gateway and the nodes.
pub struct HourSampler {
    history: Arc<HourHistory>,
    router: Arc<Router>,
    gateway: Arc<Gateway>,
}

/// What the counters were, and when.
struct CounterReading {
    at: Mono,
    gateway: GatewayTotals,
    /// Calls that each node answered.
    nodes: HashMap<String, u64>,
}

impl HourSampler {
    /// Samples `gateway` and the nodes of `router` into `history`.
    #[must_use]
    pub fn new(history: Arc<HourHistory>, router: Arc<Router>, gateway: Arc<Gateway>) -> Self {
        Self {
            history,
            router,
            gateway,
        }
    }

    /// Takes samples for ever.
    pub async fn run(self: Arc<Self>) {
        let mut before = None;
        loop {
            let now = clock::mono();
            before = Some(self.sample(before.as_ref(), now));
            let next = moment_of(slot_at(now) + 1);
            sleep(next.since(clock::mono())).await;
        }
    }

    /// Takes one sample. Of the first after a start no rate is known.
    fn sample(&self, before: Option<&CounterReading>, now: Mono) -> CounterReading {
        let members = self.router.roster().all().clone();
        let fleet = members
            .has_several()
            .then(|| Arc::clone(&self.router.read(now)));
        let mut after = CounterReading {
            at: now,
            gateway: self.gateway.totals(),
            nodes: HashMap::new(),
        };
        let mut nodes = Vec::new();
        let mut in_flight = 0_usize;
        for member in members.iter() {
            let name = member.settings().name.clone();
            let overview = self.gateway.overview(&name);
            in_flight += overview.in_flight;
            let mut sample = node_sample(member, fleet.as_deref(), now);
            sample.health = sample.health.filter(|_| before.is_some());
            if fleet.is_some() {
                let earlier =
                    before.and_then(|before| Some((before.at, *before.nodes.get(&name)?)));
                sample.answered_per_sec = earlier
                    .and_then(|(at, earlier)| rate(earlier, overview.answered, now.since(at)));
                after.nodes.insert(name.clone(), overview.answered);
            }
            nodes.push((name, sample));
        }
        // Before it was asked for the first time, nobody knows how it is.
        let known = |health: f64| before.map(|_| health);
        let rates = before.map(|before| {
            GatewaySample::between(&before.gateway, &after.gateway, now.since(before.at))
        });
        let verdict = match &fleet {
            Some(fleet) => health(&fleet.assessment.verdict),
            None => health(&members.first().health().read(now).verdict),
        };
        let gateway = GatewaySample {
            health: known(verdict),
            in_flight: number(in_flight),
            ..rates.unwrap_or_default()
        };
        self.history.put(slot_at(now), &gateway, nodes);
        after
    }
}

fn node_sample(member: &Member, fleet: Option<&FleetAssessment>, now: Mono) -> NodeSample {
    let settings = member.settings();
    let snapshot = member.snapshot();
    let fresh = |topic: Topic| {
        let limit = settings.plan.stale_after(topic);
        snapshot.fresh(topic, Some(&()), limit, now)
    };
    let assessment = member.health().read(now);
    let verdict = &assessment.verdict;
    let chain = snapshot
        .chain
        .as_deref()
        .filter(|_| fresh(Topic::Chain).is_some());
    let peers = snapshot
        .peers
        .as_deref()
        .filter(|_| fresh(Topic::Peers).is_some());
    let of_direction = |direction| {
        let connected = Peer::connected(peers?);
        number(
            connected
                .filter(|peer| peer.direction == Some(direction))
                .count(),
        )
    };
    let facts = fleet.and_then(|fleet| fleet.facts(&settings.name));
    let behind = match verdict.behind {
        Some(Behind::Blocks(behind)) if chain.is_some() => Some(u64::from(behind)),
        _ => None,
    };
    let lag = facts.and_then(|facts| facts.lag_blocks);
    let mempool = snapshot.mempool.filter(|_| fresh(Topic::Mempool).is_some());
    let volume = snapshot.volume.filter(|_| fresh(Topic::Volume).is_some());
    // What the planner compares, as everywhere else.
    let usage = member.pruner().status().usage.usage_bytes;
    NodeSample {
        health: Some(health(verdict)),
        height: chain.map(|chain| f64::from(chain.blocks)),
        lag_blocks: behind.max(lag).and_then(number),
        usage_bytes: usage.and_then(number),
        free_bytes: volume.and_then(|volume| number(volume.free_bytes)),
        peers_inbound: of_direction(Direction::Inbound),
        peers_outbound: of_direction(Direction::Outbound),
        mempool_transactions: mempool.and_then(|mempool| number(mempool.transactions)),
        answered_per_sec: None,
    }
}

/// A number of a chart, which shows seven digits.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a chart shows seven digits"
)]
fn number(value: impl TryInto<u64>) -> Option<f64> {
    value.try_into().ok().map(|value| value as f64)
}
