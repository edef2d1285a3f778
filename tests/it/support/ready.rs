//! What most tests begin with: a daemon beside a node that is in good health.

use std::time::Duration;

use super::config::{Config, attached_to_fake};
use super::daemon::Daemon;
use super::fake_node::FakeNode;

/// Longer than the first answers take on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A node that answers as a synced Core on regtest did.
pub(crate) fn healthy_node() -> FakeNode {
    FakeNode::from_fixtures("core-31.99/synced-prunable")
}

/// A healthy node, and a daemon that has found it ready; `more` is put on top of the daemon's
/// configuration.
#[track_caller]
pub(crate) fn ready(more: &str) -> (FakeNode, Daemon) {
    let node = healthy_node();
    let daemon = ready_beside(&node, more);
    (node, daemon)
}

/// A daemon beside `node` that has found it ready; `more` is put on top of its configuration.
#[track_caller]
pub(crate) fn ready_beside(node: &FakeNode, more: &str) -> Daemon {
    ready_with(attached_to_fake(node).with(more))
}

/// A daemon with this configuration that has found its node ready.
#[track_caller]
pub(crate) fn ready_with(config: Config) -> Daemon {
    let daemon = Daemon::start(config);
    daemon.wait_for_status("/health/ready", 200, SOON);
    daemon
}
