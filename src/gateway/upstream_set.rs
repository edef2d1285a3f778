//! The nodes behind the gateway, and what is published of each: replaced as a whole, so that an
//! index means the same node in both.
//!
//! Decides who is woken when a node is left. Refuses to know why one is. Invariant: a call that
//! chose a node before it was left is woken, and whoever chooses anew sees what is in force.

use std::sync::Arc;

use super::access::GatewayUser;
use super::route_refusal::RouteRefusal;
use super::upstream::presence::{Departure, DepartureSignal};
use super::upstream::{Upstream, UpstreamHandle};
use crate::node::rpc::Destination;
use crate::route::{
    Floor, FloorView, NoNode, NodeFacts, Rotation, RouteQuery, RouteTable, WalletClaims, choose,
};
use crate::values::Mono;

/// A node behind the gateway.
pub struct UpstreamSpec {
    /// Its name, which no other one has.
    pub name: Arc<str>,
    /// Where it is.
    pub destination: Destination,
    /// It keeps all blocks: no caller has it pruned.
    pub is_archive: bool,
}

/// A node behind the gateway after a reload.
pub struct UpstreamUpdate {
    /// Its name. One that was there before keeps its connections and its slots.
    pub name: Arc<str>,
    /// Where it is from now on; `None`: where it was.
    pub destination: Option<Destination>,
    /// It keeps all blocks: no caller has it pruned.
    pub is_archive: bool,
}

impl From<UpstreamSpec> for UpstreamUpdate {
    fn from(spec: UpstreamSpec) -> Self {
        Self {
            name: spec.name,
            destination: Some(spec.destination),
            is_archive: spec.is_archive,
        }
    }
}

/// The nodes in the order of the table, and the table.
#[derive(Default)]
pub(super) struct UpstreamSet {
    handles: Box<[UpstreamHandle]>,
    table: RouteTable,
    /// Shared with the sets after it by which the same nodes get a call.
    superseded: Arc<DepartureSignal>,
    /// Which of them would show a caller less than before.
    floor: Arc<FloorView>,
}

impl UpstreamSet {
    /// Those of `upstreams`, of which `table` says something if it does. What it says of others is
    /// dropped.
    pub(super) fn new(upstreams: Vec<UpstreamHandle>, table: RouteTable) -> Self {
        let mut rest = upstreams;
        let mut handles = Vec::new();
        let mut facts = Vec::new();
        for of_node in table.nodes {
            let is_named = |handle: &UpstreamHandle| *handle.name() == of_node.name;
            if let Some(index) = rest.iter().position(is_named) {
                handles.push(rest.remove(index));
                facts.push(of_node);
            }
        }
        for handle in rest {
            let wallets = WalletClaims::Named(Arc::new([]));
            facts.push(NodeFacts::unknown(Arc::clone(handle.name()), 0, wallets));
            handles.push(handle);
        }
        let table = RouteTable {
            nodes: facts,
            ..table
        };
        Self {
            handles: handles.into(),
            table,
            superseded: Arc::default(),
            floor: Arc::default(),
        }
    }

    /// Given once a set is in force by which other nodes may get a call: who waits for a slot
    /// looks again at which nodes that may be.
    pub(super) fn superseded(&self) -> &Arc<DepartureSignal> {
        &self.superseded
    }

    /// Whom a set wakes that takes the place of this one, and by which other nodes may get a call.
    pub(super) fn departure(&self) -> Departure {
        Departure::of(Arc::clone(&self.superseded))
    }

    /// The same with what follows from `floor` `now`, where there are several nodes.
    pub(super) fn above(mut self, floor: &Floor, now: Mono) -> Self {
        if self.only().is_none() {
            self.floor = floor.publish(&self.table, now);
        }
        self
    }

    /// Which of the nodes would show a caller less than before, and their table.
    pub(super) fn floor(&self) -> (&FloorView, &RouteTable) {
        (&self.floor, &self.table)
    }

    /// The node, where there is but one: nothing is chosen then.
    pub(super) fn only(&self) -> Option<&UpstreamHandle> {
        match &*self.handles {
            [only] => Some(only),
            _ => None,
        }
    }

    pub(super) fn handles(&self) -> &[UpstreamHandle] {
        &self.handles
    }

    pub(super) fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.handles.iter().map(UpstreamHandle::upstream)
    }

    pub(super) fn get(&self, index: usize) -> Option<&UpstreamHandle> {
        self.handles.get(index)
    }

    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.handles
            .iter()
            .position(|handle| **handle.name() == *name)
    }

    /// What is published of the nodes, by their indexes here.
    pub(super) fn table(&self) -> &RouteTable {
        &self.table
    }

    /// The nodes with what is published of them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&UpstreamHandle, &NodeFacts)> {
        self.handles.iter().zip(&self.table.nodes)
    }

    pub(super) fn facts(&self, index: usize) -> Option<&NodeFacts> {
        self.table.nodes.get(index)
    }

    /// Whether no node has been asked yet: the daemon has just started.
    pub(super) fn is_unknown(&self) -> bool {
        let is_unknown = |facts: &NodeFacts| facts.rotation == Rotation::Unknown;
        self.table.nodes.iter().all(is_unknown)
    }

    /// Whether it is not known yet if a node answers: none does, and one at least has not been asked.
    pub(super) fn awaits_first_answer(&self) -> bool {
        let rotations = || self.table.nodes.iter().map(|facts| facts.rotation);
        rotations().any(|rotation| rotation == Rotation::Unknown)
            && !rotations().any(Rotation::answers)
    }

    /// The best node for `query`.
    pub(super) fn choose(&self, query: &RouteQuery<'_>) -> Result<usize, NoNode> {
        choose(&self.table, query, |index| self.in_flight(index))
    }

    /// Calls at the node with this index.
    pub(super) fn in_flight(&self, index: usize) -> usize {
        self.get(index)
            .map_or(0, |handle| handle.upstream().concurrency().in_flight().0)
    }

    /// Whether `user`, if there are users, may call the node called `name`, and there is one.
    pub(super) fn check_named(
        &self,
        name: &str,
        user: Option<&GatewayUser>,
    ) -> Result<(), RouteRefusal> {
        if let Some(user) = user.filter(|user| !user.nodes.allows(name)) {
            return Err(RouteRefusal::NodeNotAllowed {
                name: name.to_owned(),
                user: user.name.to_string(),
            });
        }
        if self.index_of(name).is_none() {
            return Err(RouteRefusal::NoSuchNode {
                name: name.to_owned(),
                known: self.names(),
            });
        }
        Ok(())
    }

    /// The names of all, for a refusal.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.handles.iter().map(|handle| &**handle.name()).collect();
        names.join(", ")
    }

    /// The same nodes with what `table` says of them now; whom that wakes, once the set is in
    /// force; and the nodes that are left by it.
    pub(super) fn with_table(&self, table: RouteTable) -> (Self, Vec<Departure>, Vec<Arc<str>>) {
        let mut set = Self::new(self.handles.to_vec(), table);
        let mut departures = Vec::new();
        let mut left = Vec::new();
        for (handle, facts) in set.handles.iter_mut().zip(&set.table.nodes) {
            let before = self
                .index_of(handle.name())
                .and_then(|index| self.facts(index));
            let was = |holds: fn(&NodeFacts) -> bool| before.is_some_and(holds);
            if is_left(facts) && !was(is_left) {
                departures.push(handle.presence.renew());
                left.push(Arc::clone(handle.name()));
            } else if facts.busy && !was(|facts| facts.busy) {
                departures.push(handle.presence.renew_chain());
            }
        }
        if has_same_candidates(&self.table, &set.table) {
            set.superseded = Arc::clone(&self.superseded);
        } else {
            departures.push(self.departure());
        }
        (set, departures, left)
    }
}

/// Whether the same nodes may get each call by `before` and by `after`, in whatever order.
fn has_same_candidates(before: &RouteTable, after: &RouteTable) -> bool {
    let may_get_the_same = |(before, after): (&NodeFacts, &NodeFacts)| {
        before.name == after.name
            && before.rotation == after.rotation
            && before.drained == after.drained
            && before.off_fork == after.off_fork
            && before.busy == after.busy
            && before.lagging == after.lagging
            && before.has == after.has
            && before.wallets == after.wallets
    };
    before.nodes.len() == after.nodes.len()
        && before.nodes.iter().zip(&after.nodes).all(may_get_the_same)
}

/// Whether nobody is to wait at the node for an answer: it gives none, or none that counts.
pub(super) fn is_left(facts: &NodeFacts) -> bool {
    matches!(facts.rotation, Rotation::Unreachable | Rotation::WrongChain)
}
