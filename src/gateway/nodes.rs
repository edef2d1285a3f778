//! The nodes of a gateway, as the daemon reports them: which there are, how they are, and who
//! would get a call.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::Gateway;
use super::failover::{Failover, FailoverObserver, Publication};
use super::upstream::presence::Departure;
use super::upstream::{Upstream, UpstreamHandle};
use super::upstream_set::{UpstreamSet, UpstreamUpdate, is_left};
use crate::clock;
use crate::node::Identity;
use crate::route::{Class, FloorCaller, NodeFacts, Rotation, RouteTable, WalletClaims};
use crate::values::Mono;

/// What the gateway knows of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamOverview {
    /// Calls at the node.
    pub in_flight: usize,
    /// At most so many.
    pub max_in_flight: usize,
    /// Calls that it has answered since the daemon's start; with several nodes only.
    pub answered: u64,
    /// How long half of its answers took at most to begin; with several nodes only.
    pub median: Option<Duration>,
    /// It has refused credentials of a client that another node accepts.
    pub has_unknown_user: bool,
}

impl Gateway {
    fn changing(&self) -> MutexGuard<'_, FailoverObserver> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn node(&self, name: &str) -> Option<UpstreamHandle> {
        let set = self.upstreams.load();
        set.index_of(name).and_then(|index| set.get(index)).cloned()
    }

    /// Calls go to these nodes from now on. Calls that are at a node which is gone go on, and so
    /// does what is published of the others.
    pub fn change_nodes(&self, nodes: Vec<UpstreamUpdate>) {
        let _changing = self.changing();
        let old = self.upstreams.load_full();
        let mut handles = Vec::new();
        let mut departures = vec![old.departure()];
        let is_only = nodes.len() == 1;
        for update in nodes {
            let is_archive = update.is_archive;
            if let Some(mut handle) = self.updated(&old, update, is_only, &mut departures) {
                handle.is_archive = is_archive;
                handles.push(handle);
            }
        }
        let set = UpstreamSet::new(handles, table_of(&old)).above(&self.floor, clock::mono());
        let set = Arc::new(set);
        self.upstreams.store(Arc::clone(&set));
        retire_all_but(&set, &old);
        for departure in departures {
            departure.announce();
        }
    }

    /// The handle of a node by its `update`; none of one that is nowhere, which gets no calls. A
    /// destination that is left is added to `departures`.
    fn updated(
        &self,
        old: &UpstreamSet,
        update: UpstreamUpdate,
        is_only: bool,
        departures: &mut Vec<Departure>,
    ) -> Option<UpstreamHandle> {
        let UpstreamUpdate {
            name, destination, ..
        } = update;
        // The only node may get another name.
        let renamed = old.only().filter(|_| is_only);
        let known = old
            .index_of(&name)
            .and_then(|index| old.get(index))
            .cloned();
        let known = known.or_else(|| renamed.map(|only| only.renamed(Arc::clone(&name))));
        match (known, destination) {
            (Some(handle), None) => Some(handle),
            (Some(mut handle), Some(destination)) => {
                departures.push(handle.change_destination(destination));
                Some(handle)
            }
            (None, Some(destination)) => {
                let upstream = Upstream::new(
                    destination,
                    Arc::clone(&self.failed_logins),
                    self.shutting_down.clone(),
                    Arc::clone(&self.metrics),
                );
                Some(UpstreamHandle::new(name, upstream))
            }
            (None, None) => None,
        }
    }

    /// Puts in force what is known of the nodes `now`. Who waits at a node that is left goes
    /// elsewhere, if the call may. Returns what changed by it.
    pub fn publish(&self, table: RouteTable, now: Mono) -> Publication {
        let mut changing = self.changing();
        let old = self.upstreams.load_full();
        let (set, departures, left) = old.with_table(table);
        let set = Arc::new(set.above(&self.floor, now));
        self.upstreams.store(Arc::clone(&set));
        let failover = changing.observe(set.table(), now);
        drop(changing);
        // They are woken before the slots of a node that is left are free: nobody waits for these
        // any longer.
        for departure in departures {
            departure.announce();
        }
        self.published.notify_waiters();
        // With one node the daemon's own calls show whether it is gone.
        if set.only().is_none() {
            for (node, facts) in set.nodes() {
                node.upstream().notice_gone(is_left(facts));
            }
            if let Some(failover) = &failover {
                self.report_failover(failover);
            }
        }
        let failover = failover.filter(|_| set.only().is_none());
        Publication { left, failover }
    }

    /// The names of the nodes that would show `caller` less of the chain by a call of `class` than
    /// it has seen.
    #[must_use]
    pub fn below_floor(&self, caller: u64, class: Class) -> Vec<Arc<str>> {
        let set = self.upstreams.load();
        let (floor, table) = set.floor();
        let below = floor.below(table, FloorCaller { caller, class });
        let nodes = table.nodes.iter().enumerate();
        let below = nodes.filter(|(index, _)| below.contains(*index));
        below.map(|(_, node)| Arc::clone(&node.name)).collect()
    }

    /// A node was left whose last answer is so long ago.
    pub fn note_detection(&self, silent: Duration) {
        self.metrics.failure_detected(silent);
    }

    /// Counts and logs that reads of the tip go to another node than before.
    fn report_failover(&self, failover: &Failover) {
        let Failover {
            from,
            to,
            reason,
            cause,
        } = failover;
        self.metrics.failed_over(from, reason);
        let from = &**from;
        let to = &**to;
        let cause = cause.as_deref();
        if failover.is_harmless() {
            info!(target: "failover", node = from, to, reason, cause);
        } else {
            warn!(target: "failover", node = from, to, reason, cause);
        }
    }

    /// Reads the daemon's own credentials at the node called `name`, which has just been started.
    pub async fn read_credentials(&self, name: &str) {
        if let Some(node) = self.node(name) {
            node.upstream().read_credentials().await;
        }
    }

    /// As many slots at the node called `name` as suits it: `identity` is who it is, if it was
    /// `asked` and says it.
    pub fn resize(&self, name: &str, identity: Option<&Identity>, asked: bool) {
        let rules = self.rules.load();
        let policy = &rules.policy;
        if let Some(node) = self.node(name) {
            let slots = policy.max_in_flight();
            node.upstream()
                .resize(slots, identity, asked, |slots| policy.long_polls(slots));
        }
    }

    /// Whether nobody `is` to be reached at the node called `name`, as the daemon's own calls show.
    /// Where there are several, what is published says it.
    pub fn notice_gone(&self, name: &str, is: bool) {
        let set = self.upstreams.load();
        if let Some(only) = set.only().filter(|only| **only.name() == *name) {
            only.upstream().notice_gone(is);
        }
    }

    /// What the gateway knows of the node called `name`.
    #[must_use]
    pub fn overview(&self, name: &str) -> UpstreamOverview {
        let Some(node) = self.node(name) else {
            return UpstreamOverview::default();
        };
        let upstream = node.upstream();
        let (in_flight, max_in_flight) = upstream.concurrency().in_flight();
        UpstreamOverview {
            in_flight,
            max_in_flight,
            answered: node.counters().answered(),
            median: node.counters().median(),
            has_unknown_user: upstream.has_unknown_user(),
        }
    }
}

/// Ends what belongs only to nodes of `old` that `set` does not have.
fn retire_all_but(set: &UpstreamSet, old: &UpstreamSet) {
    for node in old.handles() {
        if set.index_of(node.name()).is_none() {
            node.counters().retire();
        }
        let is_kept = |kept: &Arc<Upstream>| Arc::ptr_eq(kept, node.upstream());
        if !set.upstreams().any(is_kept) {
            node.upstream().retire();
        }
    }
}

/// What is published of the nodes of `old`. One that was the only one gets all calls until it is
/// published what becomes of it among others.
fn table_of(old: &UpstreamSet) -> RouteTable {
    let Some(only) = old.only() else {
        return old.table().clone();
    };
    let name = Arc::clone(only.name());
    let facts = NodeFacts {
        rotation: Rotation::Ready,
        ..NodeFacts::unknown(name, 0, WalletClaims::Any)
    };
    RouteTable {
        nodes: vec![facts],
        ..old.table().clone()
    }
}
