//! The node that the daemon is going to poll, between its assembly and its start.

#[cfg(feature = "embedded")]
use crate::node::embedded::RpcListener;
use crate::node::rpc::RpcNode;

/// The node of a daemon that does not run yet.
pub(super) enum PendingNode {
    /// An attached one, by its client.
    Attached(Box<RpcNode>),
    /// The embedded one, by the calls that arrive for it.
    #[cfg(feature = "embedded")]
    Embedded(RpcListener),
}
