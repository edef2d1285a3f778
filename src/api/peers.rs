//! Peers that are connected or kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queue::QueuedPeerState;
use super::words::words;

/// The body of a request about one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeerRequest {
    /// Where it is: a host or an address, with or without its port.
    #[schema(min_length = 1, max_length = 255, example = "10.0.0.5:8333")]
    pub address: String,
}

words! {
    /// Who wants a peer to be kept.
    KeptBy {
        /// The configuration.
        Configured = "configured",
        /// An operator.
        Added = "added",
    }
}

words! {
    /// Who opened a connection.
    OpenedBy {
        /// The peer.
        Inbound = "inbound",
        /// The node.
        Outbound = "outbound",
    }
}

/// A peer that is connected, kept, or both; a row of `GET /api/v1/peers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeerDocument {
    /// Where it is.
    pub address: String,
    /// It is connected, handshake included; `null`: unknown.
    pub connected: Option<bool>,
    /// Who wants it to be kept; `null`: nobody.
    pub kept: Option<KeptBy>,
    /// Its state in the queue; `null`: it is not there.
    pub queue: Option<QueuedPeerState>,
    /// Who opened the connection.
    pub direction: Option<OpenedBy>,
    /// The kind of connection, in the node's words.
    pub connection_type: Option<String>,
    /// What it is worth, from 0 to 1.
    pub quality: Option<f64>,
    /// What that is made of.
    #[serde(default)]
    pub quality_parts: PeerQuality,
    /// How long this connection has lasted, seconds.
    pub connected_secs: Option<f64>,
    /// The last round trip, seconds.
    pub ping_secs: Option<f64>,
    /// When it last gave a block.
    pub last_block_at: Option<Timestamp>,
    /// When it last gave a transaction.
    pub last_transaction_at: Option<Timestamp>,
    /// Recent attempts that succeeded.
    #[serde(default)]
    pub attempts_succeeded: u32,
    /// Recent attempts that failed.
    #[serde(default)]
    pub attempts_failed: u32,
}

/// The parts of a peer's quality, each from 0 to 1; `null`: unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PeerQuality {
    /// From the time connected.
    pub time: Option<f64>,
    /// From the round trip.
    pub ping: Option<f64>,
    /// From the age of the last block.
    pub blocks: Option<f64>,
    /// From the age of the last transaction.
    pub transactions: Option<f64>,
    /// From the record of attempts.
    pub record: Option<f64>,
}

/// The answer to `POST /api/v1/peers/add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerKept {
    /// Where the peer is.
    pub address: String,
    /// Who wants it to be kept.
    pub kept: Option<KeptBy>,
    /// It was not kept before.
    #[serde(default)]
    pub new: bool,
}

/// The answer to `POST /api/v1/peers/remove`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerReleased {
    /// Where the peer is.
    pub address: String,
    /// Always `null`: nobody wants it to be kept.
    pub kept: Option<KeptBy>,
    /// It was connected, and is not any more.
    #[serde(default)]
    pub disconnected: bool,
}
