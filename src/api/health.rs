//! The plain health paths, and the words that other documents share with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

/// `/health`, `/health/live`, `/health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlainHealth {
    /// The answer.
    pub status: HealthWord,
    /// When it was given, seconds since 1970. Only of `/health`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    /// The node is at the tip of its chain. Only of `/health/ready`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_initialized: Option<bool>,
    /// The node can write. Only of `/health/ready`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_available: Option<bool>,
    /// Why the answer is no, one sentence for each check. Only of a 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<String>>,
    /// What of the query was ignored. Only where there is such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

words! {
    /// The answer of a health path.
    HealthWord {
        /// `/health`, `/health/detailed`: 200.
        Healthy = "healthy",
        /// `/health`, `/health/detailed`: 503.
        Unhealthy = "unhealthy",
        /// `/health/live`: 200.
        Alive = "alive",
        /// `/health/live`: 503.
        Dead = "dead",
        /// `/health/ready`: 200.
        Ready = "ready",
        /// `/health/ready`: 503.
        NotReady = "not_ready",
    }
}

words! {
    /// The state of a node.
    NodeState {
        /// The node, or the daemon, has only just begun.
        Starting = "starting",
        /// The node is behind.
        Syncing = "syncing",
        /// The node is at the tip.
        Ready = "ready",
        /// No block has come for longer than chance explains.
        Stalled = "stalled",
        /// The node does not answer.
        Unreachable = "unreachable",
        /// The daemon is shutting down.
        Draining = "draining",
    }
}

/// The result of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CheckResult {
    /// Which check.
    pub name: CheckId,
    /// How it stands.
    pub level: CheckLevel,
    /// A sentence with the number behind it.
    pub text: String,
    /// Since when it has stood so, as far back as the daemon has run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

words! {
    /// The name of a check, in reasons, metrics and `?exclude=`.
    CheckId {
        /// The daemon's own loops, and whether it is shutting down.
        Daemon = "daemon",
        /// The node answers.
        Node = "node",
        /// The node accepts the credentials.
        Credentials = "credentials",
        /// The node is on the right chain and reports its state.
        Chain = "chain",
        /// The node is at the tip.
        Sync = "sync",
        /// Blocks come as often as chance allows.
        Stall = "stall",
        /// The volume has room for the node to write at all.
        Storage = "storage",
        /// The volume has the room that is wanted.
        Disk = "disk",
        /// Enough peers.
        Peers = "peers",
        /// Pruning can do what is asked of it.
        Pruning = "pruning",
        /// The certificate of the listeners is valid for a while.
        Tls = "tls",
        /// Of several nodes: one more may be lost.
        Redundancy = "redundancy",
        /// Of several nodes: they are on one chain.
        Fork = "fork",
        /// The store of limits that several daemons share is used.
        Limits = "limits",
    }
}

words! {
    /// How a check stands.
    CheckLevel {
        /// As it should be.
        Good = "good",
        /// Unknown: another check is bad, or no answer has come yet.
        Unknown = "unknown",
        /// To be looked at; no probe fails for it.
        Warning = "warning",
        /// A probe fails for it.
        Bad = "bad",
    }
}
