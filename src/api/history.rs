//! What has happened: the `history` of `/health/detailed`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hour::{GatewayHour, NodeHour};
use super::words::words;

/// What has happened to the nodes and to the daemon.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct History {
    /// The last events, the newest first, also those of earlier runs of the daemon.
    pub events: Vec<EventDocument>,
    /// Between two moments of the series, seconds.
    pub interval_secs: u64,
    /// The last moment of the series; `null`: there is none yet.
    pub until: Option<Timestamp>,
    /// The last hour of the gateway.
    pub gateway: GatewayHour,
    /// The last hour of each node.
    pub nodes: Vec<NodeHour>,
}

words! {
    /// How bad it is since an event.
    EventSeverityWord {
        /// As it should be.
        Info = "info",
        /// To be looked at.
        Warning = "warning",
        /// Somebody who relies on it is without.
        Critical = "critical",
    }
}

words! {
    /// What an event is about.
    EventKindWord {
        /// The state of a node.
        State = "state",
        /// A check of a node, or of several together.
        Check = "check",
        /// The end of a prune job.
        Prune = "prune",
        /// A peer that was given up or is back, or the network.
        Reconnect = "reconnect",
        /// A fork between the nodes.
        Fork = "fork",
        /// Reads of the chain go to another node.
        Failover = "failover",
        /// The configuration was read again.
        Reload = "reload",
        /// Somebody changed something through the control API.
        Operator = "operator",
    }
}

/// One event. Who wanted it and the address of a peer are there only for whoever asks over
/// loopback or with the control token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventDocument {
    /// The number, which no other has; a later event has a larger one.
    pub id: u64,
    /// When it was noticed.
    pub time: Timestamp,
    /// How bad it is now.
    #[serde(default)]
    pub severity: EventSeverityWord,
    /// What it is about.
    #[serde(default)]
    pub kind: EventKindWord,
    /// The node; `null`: it is about several together, or about the daemon.
    pub node: Option<String>,
    /// The check that changed.
    pub check: Option<String>,
    /// How it was before.
    pub from: Option<String>,
    /// How it is now.
    pub to: Option<String>,
    /// Why, a sentence with the number.
    #[serde(default)]
    pub reason: String,
    /// Since when it is as it is now.
    pub since: Option<Timestamp>,
    /// For how long it was as before, or how long it took, seconds.
    pub lasted_secs: Option<u64>,
    /// The address of the peer that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Who wanted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was asked for, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}
