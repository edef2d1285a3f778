//! `[rpc.auth]`: users and rate limits.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ipnet::IpNet;

use crate::config::keys::{Key, text, toml};
use crate::values::Secret;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("rpc.auth.rate_limit_enabled", "true")
        .help("Calls per second and burst, for each address and each user."),
    toml("rpc.auth.rate_limit_rate", "100"),
    toml("rpc.auth.rate_limit_burst", "200"),
    text("rpc.auth.rate_limit_mode", r#""enforce""#)
        .help(r#""enforce", or "observe": count only, refuse nothing."#),
    toml("rpc.auth.rate_limit_exempt", "[]").help("Addresses without limits, in CIDR form."),
    toml("rpc.auth.per_method_limits", "{}")
        .help("Limits for single methods:")
        .examples(&[
            "[rpc.auth.per_method_limits]",
            "getblocktemplate = { rate = 10, burst = 20 }",
        ]),
    toml("rpc.auth.per_method_limits.rate", "").required("10"),
    toml("rpc.auth.per_method_limits.burst", "").required("20"),
    toml("rpc.auth.users", "[]").help(
        "Users that bllvmctl itself checks; rpcauth is what follows the colon in bitcoind's \
         rpcauth line, nodes are globs of the nodes that the user reaches by /node/NAME \
         (none if left out):",
    ),
    text("rpc.auth.users.name", "")
        .required(r#""…""#)
        .examples(&[r#"name = "alice""#]),
    text("rpc.auth.users.rpcauth", "")
        .required(r#""…""#)
        .secret()
        .examples(&[r#"rpcauth = "salt$hmac""#]),
    toml("rpc.auth.users.methods", "[]").examples(&[r#"methods = ["getblock*", "!stop"]"#]),
    toml("rpc.auth.users.nodes", "[]").examples(&[r#"nodes = ["a"]"#]),
    toml("rpc.auth.users.rate", "")
        .inherits("rpc.auth.rate_limit_rate")
        .examples(&["rate = 50"]),
    toml("rpc.auth.users.burst", "")
        .inherits("rpc.auth.rate_limit_burst")
        .examples(&["burst = 100"]),
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
