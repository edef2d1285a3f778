//! Why a node does not get a call. Pure.

use super::class::Class;
use super::facts::{NodeFacts, Rotation};
use super::floor::is_bound;
use super::query::RouteQuery;

/// Why a node does not get a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// The caller has named another one.
    NotNamed,
    /// Only a caller that names it changes it.
    Unnamed,
    /// The wallet is elsewhere.
    WalletElsewhere,
    /// The call was at it, or it had no slot.
    Tried,
    /// An operator has taken it out of rotation.
    Drained,
    /// It is not ready for such calls.
    NotReady(Rotation),
    /// Its tip is not on the chain of the primary.
    OffFork,
    /// It would show the caller less of the chain than it has seen.
    BelowFloor,
    /// It has been behind for too long.
    Lagging,
}

impl Exclusion {
    /// The reason in a few words, where the node gives no better one.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NotNamed => "another node is named",
            Self::Unnamed => "needs a named node: POST /node/NAME",
            Self::WalletElsewhere => "the wallet is at another node (nodes.wallets)",
            Self::Tried => "tried already",
            Self::Drained => "drained",
            Self::NotReady(rotation) => rotation.text(),
            Self::OffFork => "on the other side of a fork",
            Self::BelowFloor => "below the floor: callers have seen more of the chain elsewhere",
            Self::Lagging => "lagging behind",
        }
    }
}

/// What is asked of a candidate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// To be ready for calls of the class.
    Ready,
    /// To answer at all.
    Answers,
}

/// Chain state and tip must be right: a node that downloads its chain is left out.
pub(super) fn needs_ready(class: Class) -> bool {
    !matches!(class, Class::Pure | Class::ByHash | Class::NodeRead)
}

/// The answer comes from the chain, whose lock the node may hold.
pub(super) fn reads_chain(class: Class) -> bool {
    !matches!(class, Class::Pure | Class::NodeRead)
}

/// The answer depends on the newest blocks.
fn reads_tip(class: Class) -> bool {
    matches!(
        class,
        Class::View | Class::LongPoll | Class::Mining | Class::Heavy
    )
}

/// Why the node at `index` is no candidate for `query`; `None` if it is one.
pub(super) fn exclusion(
    node: &NodeFacts,
    index: usize,
    query: &RouteQuery<'_>,
    strictness: Strictness,
) -> Option<Exclusion> {
    if query.tried.contains(index) {
        return Some(Exclusion::Tried);
    }
    if let Some(named) = query.named {
        return (named != index).then_some(Exclusion::NotNamed);
    }
    if query.class.requires_named_node() {
        return Some(Exclusion::Unnamed);
    }
    if node.drained {
        return Some(Exclusion::Drained);
    }
    if query.class == Class::Wallet {
        return exclusion_of_wallet(node, query);
    }
    let is_ready = match node.rotation {
        Rotation::Ready => true,
        Rotation::Syncing => !needs_ready(query.class),
        rotation => strictness == Strictness::Answers && rotation.answers(),
    };
    if !is_ready {
        return Some(Exclusion::NotReady(node.rotation));
    }
    if node.off_fork && reads_chain(query.class) {
        return Some(Exclusion::OffFork);
    }
    if query.below_floor.contains(index) && is_bound(query.class) {
        return Some(Exclusion::BelowFloor);
    }
    if node.lagging && reads_tip(query.class) {
        return Some(Exclusion::Lagging);
    }
    None
}

/// The wallet's node is asked as long as it answers: no other one has the wallet.
fn exclusion_of_wallet(node: &NodeFacts, query: &RouteQuery<'_>) -> Option<Exclusion> {
    if !node.wallets.include(query.wallet.unwrap_or_default()) {
        return Some(Exclusion::WalletElsewhere);
    }
    (!node.rotation.answers()).then_some(Exclusion::NotReady(node.rotation))
}
