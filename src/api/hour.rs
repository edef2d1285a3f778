//! The series of the last hour in `history` of `/health/detailed`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::Size;

/// The last hour of the gateway. Each list has the same moments, the oldest first; `null`: unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GatewayHour {
    /// 1: healthy, 0.5: healthy with a warning, 0: unhealthy.
    pub health: Vec<Option<f64>>,
    /// Calls that a node answered, a second.
    pub answered_per_sec: Vec<Option<f64>>,
    /// Calls that were not answered though they might have been, a second.
    pub failed_per_sec: Vec<Option<f64>>,
    /// Requests that were refused for what they are or for who sent them, a second.
    pub rejected_per_sec: Vec<Option<f64>>,
    /// Requests over a limit, a second, by layer.
    pub limited_per_sec: LimitedHour,
    /// Half of the requests took at most so long, seconds.
    pub p50_secs: Vec<Option<f64>>,
    /// All but one in a hundred took at most so long, seconds.
    pub p99_secs: Vec<Option<f64>>,
    /// Calls at the nodes.
    pub in_flight: Vec<Option<u32>>,
}

/// Requests over a limit, a second, by layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LimitedHour {
    /// Of an address.
    pub address: Vec<Option<f64>>,
    /// Of a user.
    pub user: Vec<Option<f64>>,
    /// Of a method.
    pub method: Vec<Option<f64>>,
    /// Of failed logins.
    pub login: Vec<Option<f64>>,
}

/// The last hour of one node. Each list is of the same moments as those of the gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeHour {
    /// Its name.
    pub name: String,
    /// 1: healthy, 0.5: healthy with a warning, 0: unhealthy.
    pub health: Vec<Option<f64>>,
    /// The height of its tip.
    pub height: Vec<Option<u32>>,
    /// How many blocks it was behind.
    pub lag_blocks: Vec<Option<u32>>,
    /// What is used, bytes; seven digits.
    pub usage_bytes: Vec<Option<Size>>,
    /// Free on its volume, bytes; seven digits.
    pub free_bytes: Vec<Option<Size>>,
    /// Peers that had connected to it.
    pub peers_inbound: Vec<Option<u32>>,
    /// Peers that it had connected to.
    pub peers_outbound: Vec<Option<u32>>,
    /// Transactions in its mempool.
    pub mempool_transactions: Vec<Option<u32>>,
    /// Calls that it answered, a second. Only of one of several nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answered_per_sec: Vec<Option<f64>>,
}
