//! What of a request decides which of several nodes gets it.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::parse::RpcCalls;
use super::route_refusal::RouteRefusal;
use super::target::CallTarget;
use super::upstream::Upstream;
use super::upstream_set::UpstreamSet;
use crate::route::{
    Class, Classification, FloorCaller, Needs, NoNode, NodeSet, Resend, RouteQuery, RouteTable,
    strictest,
};
use crate::values::Mono;

/// What decides which nodes get a request.
pub(super) struct CallRoute<'a> {
    /// By its strictest call, as the configuration lets it be sent again.
    pub(super) classification: Classification,
    /// The node that its path names.
    pub(super) named: Option<&'a str>,
    wallet: Option<Cow<'a, str>>,
    /// The same for all requests of one user, else of one address.
    caller: u64,
    /// It is no batch.
    pub(super) is_single: bool,
}

/// The nodes that have been asked, or need not be.
#[derive(Default)]
pub(super) struct AskedNodes(SmallVec<[Arc<Upstream>; 2]>);

impl AskedNodes {
    pub(super) fn insert(&mut self, upstream: &Arc<Upstream>) {
        if !self.contains(upstream) {
            self.0.push(Arc::clone(upstream));
        }
    }

    pub(super) fn extend(&mut self, others: &Self) {
        for other in &others.0 {
            self.insert(other);
        }
    }

    fn contains(&self, upstream: &Arc<Upstream>) -> bool {
        self.0.iter().any(|asked| Arc::ptr_eq(asked, upstream))
    }

    /// Their indexes in `set`, which may have been replaced since.
    pub(super) fn in_set(&self, set: &UpstreamSet) -> NodeSet {
        let mut indexes = NodeSet::default();
        if self.0.is_empty() {
            return indexes;
        }
        for (index, upstream) in set.upstreams().enumerate() {
            if self.contains(upstream) {
                indexes.insert(index);
            }
        }
        indexes
    }
}

impl<'a> CallRoute<'a> {
    /// That of `calls` to `target`, made by `caller`.
    pub(super) fn new(
        calls: &RpcCalls<'_>,
        target: CallTarget<'a>,
        caller: u64,
        table: &RouteTable,
    ) -> Self {
        let wallet = target.wallet();
        let classification = classification(calls, &target, wallet.is_some(), table);
        Self {
            classification,
            named: target.node,
            wallet,
            caller,
            is_single: matches!(calls, RpcCalls::Single(_)),
        }
    }

    /// Whether it may be at several nodes, and the caller leaves open at which.
    pub(super) fn is_read(&self) -> bool {
        self.named.is_none() && self.classification.resend != Resend::Never
    }

    /// As the floor knows it.
    pub(super) fn floor_caller(&self) -> FloorCaller {
        FloorCaller {
            caller: self.caller,
            class: self.classification.class,
        }
    }

    /// The nodes in `set` that would show its caller less of the chain than before.
    fn below_floor(&self, set: &UpstreamSet) -> NodeSet {
        if self.named.is_some() {
            return NodeSet::default();
        }
        let (floor, table) = set.floor();
        floor.below(table, self.floor_caller())
    }

    /// What decides which node in `set` that is not among `passed_over` gets it.
    pub(super) fn query(
        &self,
        set: &UpstreamSet,
        passed_over: NodeSet,
        now: Mono,
    ) -> RouteQuery<'_> {
        let Classification { class, needs, .. } = self.classification;
        RouteQuery {
            class,
            // Nearly all blocks are asked for while they are new: the archive is for the others, of
            // which the first node says that it has pruned them.
            needs: match class {
                Class::Heavy => needs,
                _ => needs.missing_from(Needs::BLOCKS),
            },
            named: self.named.and_then(|name| set.index_of(name)),
            wallet: self.wallet.as_deref(),
            caller: self.caller,
            tried: passed_over,
            below_floor: self.below_floor(set),
            now,
        }
    }

    /// Whether a node in `set` that is not among `passed_over` gets it.
    pub(super) fn has_candidate(&self, set: &UpstreamSet, passed_over: NodeSet, now: Mono) -> bool {
        set.choose(&self.query(set, passed_over, now)).is_ok()
    }

    /// Why it goes to no node.
    pub(super) fn refusal(
        &self,
        no_node: NoNode,
        calls: &RpcCalls<'_>,
        set: &UpstreamSet,
    ) -> RouteRefusal {
        let name = |index| set.get(index).map_or("?", |node| node.name());
        match no_node {
            NoNode::Unnamed => {
                let of_node = |call: &&_| requires_node(call);
                let method = calls.as_slice().iter().find(of_node);
                let method = method.and_then(|call| call.method.as_deref());
                RouteRefusal::NodeNotNamed {
                    method: method.unwrap_or_default().to_owned(),
                }
            }
            NoNode::UnknownWallet => RouteRefusal::NoSuchWallet {
                wallet: self.wallet.as_deref().unwrap_or_default().to_owned(),
            },
            NoNode::WalletNodeOut(index) => RouteRefusal::NodeOut(format!(
                "the node {} has the wallet, and does not answer",
                name(index)
            )),
            // Every node that may get it has been asked: that says why.
            NoNode::Exhausted => {
                RouteRefusal::NodeOut(format!("none of the nodes {} is left", set.names()))
            }
            NoNode::NoneAnswers if set.is_unknown() => RouteRefusal::NoneReady(format!(
                "none of the nodes {} has been asked yet",
                set.names()
            )),
            NoNode::NoneAnswers => {
                RouteRefusal::NoneAnswers(format!("none of the nodes {} answers", set.names()))
            }
            NoNode::BelowFloor => RouteRefusal::BelowFloor,
            NoNode::NoneReady => RouteRefusal::NoneReady(format!(
                "none of the nodes {} is ready for such a call",
                set.names()
            )),
        }
    }
}

fn requires_node(call: &super::parse::ParsedCall<'_>) -> bool {
    call.classification.class.requires_named_node()
}

/// What decides for `calls`, by the strictest of them, and by what the configuration allows.
fn classification(
    calls: &RpcCalls<'_>,
    target: &CallTarget<'_>,
    names_wallet: bool,
    table: &RouteTable,
) -> Classification {
    let mut classification = match calls {
        RpcCalls::Single(call) => call.classification,
        RpcCalls::Batch(calls) => {
            let is_named = target.node.is_some() || names_wallet || has_default_wallet(table);
            let called = calls.iter().map(|call| call.classification);
            strictest(called, is_named)
        }
    };
    if names_wallet {
        classification = classification.at_wallet_path();
    }
    if table.policy.never_resend {
        classification.resend = Resend::Never;
    }
    classification
}

fn has_default_wallet(table: &RouteTable) -> bool {
    table.nodes.iter().any(|node| node.wallets.include(""))
}
