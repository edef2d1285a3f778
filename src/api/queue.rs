//! The reconnection queue.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// The state of a peer in the queue.
    QueuedPeerState {
        /// An attempt is under way.
        Connecting = "connecting",
        /// It waits for its time.
        Waiting = "waiting",
        /// The queue is paused, or the node has banned the peer.
        Paused = "paused",
        /// Too many attempts have failed.
        Abandoned = "abandoned",
    }
}

/// A peer in the queue; a row of `GET /api/v1/queue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueuedPeer {
    /// Where it is.
    pub address: String,
    /// Its state.
    pub state: QueuedPeerState,
    /// What it is worth, from 0 to 1; `null`: unknown.
    pub quality: Option<f64>,
    /// Failed attempts in a row.
    #[serde(default)]
    pub attempts: u32,
    /// After so many it is abandoned; 0: never.
    #[serde(default)]
    pub max_retries: u32,
    /// When the next attempt is due; `null`: none is to come.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it entered the queue.
    pub lost_at: Option<Timestamp>,
}

/// The body of `POST /api/v1/queue/retry`: one peer, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"all": true}))]
pub struct RetryRequest {
    /// Where the peer is.
    #[schema(min_length = 1, max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// All peers in the queue.
    #[serde(default)]
    pub all: bool,
}

/// The answer to `POST /api/v1/queue/drop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueDropped {
    /// Where the peer is that was taken out of the queue.
    pub dropped: String,
}

/// The answer to `POST /api/v1/queue/retry` of all peers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueRetried {
    /// How many peers are due.
    pub retried: usize,
}

/// The answer to `POST /api/v1/queue/pause` and `/api/v1/queue/resume`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueuePaused {
    /// No attempts begin.
    pub paused: bool,
}
