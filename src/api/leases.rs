//! Leases: who keeps blocks from being pruned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::whole_number::whole_number;

/// The body of `POST /api/v1/leases`. One of `from_height` and `last` is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "lnd", "from_height": 840_000, "ttl_secs": 86_400}))]
pub struct LeaseRequest {
    /// Whose it is.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
    )]
    pub name: String,
    /// Keep this height and all above.
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub from_height: Option<u32>,
    /// Keep so many blocks at the tip.
    #[schema(minimum = 1)]
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<u32>,
    /// For how long, seconds; `null`: for ever. A day if it is not given.
    #[schema(default = 86_400, minimum = 1)]
    #[serde(
        default = "LeaseRequest::default_ttl_secs",
        deserialize_with = "whole_number"
    )]
    pub ttl_secs: Option<u64>,
}

impl LeaseRequest {
    /// So long a lease holds if its owner does not say, seconds.
    #[expect(clippy::unnecessary_wraps, reason = "the type of the field")]
    fn default_ttl_secs() -> Option<u64> {
        Some(24 * 3600)
    }
}

/// A lease in force; a row of `GET /api/v1/leases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaseDocument {
    /// Whose it is.
    pub name: String,
    /// It keeps this height and all above.
    pub from_height: Option<u32>,
    /// It keeps so many blocks at the tip.
    pub last: Option<u32>,
    /// For how long it was granted, seconds; `null`: for ever.
    pub ttl_secs: Option<u64>,
    /// When it was granted.
    pub created_at: Timestamp,
    /// When it ends; `null`: never.
    pub expires_at: Option<Timestamp>,
}

/// The answer to `POST /api/v1/leases`: the lease, and what it comes too late for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaseGranted {
    /// The lease.
    #[serde(flatten)]
    pub lease: LeaseDocument,
    /// There was one of this name.
    #[serde(default)]
    pub replaced: bool,
    /// The node is deleting up to this height.
    pub deleting_up_to: Option<u32>,
    /// The lowest height whose block the node still has whole.
    pub first_kept_height: Option<u32>,
}

/// The answer to `DELETE /api/v1/leases/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaseReleased {
    /// The name of the lease that ended.
    pub released: String,
}
