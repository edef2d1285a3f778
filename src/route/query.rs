//! What is to be routed. Pure.

use super::class::Class;
use super::facts::NodeSet;
use super::needs::Needs;
use crate::values::Mono;

/// What is to be routed.
#[derive(Clone, Copy, Debug)]
pub struct RouteQuery<'a> {
    /// What kind of call it is.
    pub class: Class,
    /// What its node should have. A call for a block by its hash needs the blocks only once a node
    /// has answered that it deleted that one: nearly all are asked for while they are new.
    pub needs: Needs,
    /// The node that the caller has named, by its place in the table.
    pub named: Option<usize>,
    /// The wallet that the call is about.
    pub wallet: Option<&'a str>,
    /// Whose call it is, as a number: callers are spread by it.
    pub caller: u64,
    /// Nodes that the call was at, or that had no slot for it.
    pub tried: NodeSet,
    /// Nodes that would show the caller less of the chain than it has seen.
    pub below_floor: NodeSet,
    /// When.
    pub now: Mono,
}
