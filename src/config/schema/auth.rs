//! `[rpc.auth]`: users and rate limits.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ipnet::IpNet;

use crate::config::keys::{Key, text, toml};
use crate::values::Secret;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("rpc.auth.rate_limit_enabled", "true"),
    text("rpc.auth.rate_limit_mode", r#""enforce""#),
    toml("rpc.auth.rate_limit_rate", "100"),
    toml("rpc.auth.rate_limit_burst", "200"),
    toml("rpc.auth.rate_limit_exempt", "[]"),
    toml("rpc.auth.per_method_limits", "{}"),
    Key {
        required: Some("10"),
        ..toml("rpc.auth.per_method_limits.rate", "")
    },
    Key {
        required: Some("20"),
        ..toml("rpc.auth.per_method_limits.burst", "")
    },
    toml("rpc.auth.users", "[]"),
    Key {
        required: Some("\"…\""),
        ..text("rpc.auth.users.name", "")
    },
    Key {
        required: Some("\"…\""),
        is_secret: true,
        ..text("rpc.auth.users.rpcauth", "")
    },
    toml("rpc.auth.users.methods", "[]"),
    toml("rpc.auth.users.nodes", "[]"),
    Key {
        inherits: Some("rpc.auth.rate_limit_rate"),
        ..toml("rpc.auth.users.rate", "")
    },
    Key {
        inherits: Some("rpc.auth.rate_limit_burst"),
        ..toml("rpc.auth.users.burst", "")
    },
];

/// What happens to a call over its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitMode {
    /// It is refused.
    Enforce,
    /// It is counted and passes.
    Observe,
}

/// A token bucket's two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Tokens per second, above zero.
    pub rate: f64,
    /// Tokens when full, at least one.
    pub burst: NonZeroU32,
}

/// `[rpc.auth]`
#[derive(Clone, Debug, PartialEq)]
pub struct Auth {
    /// Limit at all.
    pub rate_limit_enabled: bool,
    /// Refuse or only count.
    pub rate_limit_mode: RateLimitMode,
    /// Per address and per user: `rate_limit_rate`, `rate_limit_burst`.
    pub rate_limit: RateLimit,
    /// Addresses without limits.
    pub rate_limit_exempt: Vec<IpNet>,
    /// Per method and caller.
    pub per_method_limits: BTreeMap<String, RateLimit>,
    /// The users; empty: the node authenticates.
    pub users: Vec<User>,
}

/// `[[rpc.auth.users]]`
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// `salt$hmac-sha256`, as bitcoind's `rpcauth` has it.
    pub rpcauth: Secret,
    /// Globs of methods, `!` first forbids.
    pub methods: Vec<String>,
    /// Globs of the nodes that this user reaches by `/node/NAME`; none: no node.
    pub nodes: Vec<String>,
    /// Instead of `rate_limit_rate` and `rate_limit_burst`; what was left out is theirs.
    pub rate_limit: RateLimit,
}
