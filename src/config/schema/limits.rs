//! `[limits]`: rate limits that several daemons share.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::keys::{Key, text, toml};
use crate::values::StoreAddress;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("limits.store", r#""""#).help(
        "Limits that several daemons share, in \"redis\" (Redis 6 or later, or Valkey); \
         empty: each daemon has its own.",
    ),
    text("limits.url", r#""redis://127.0.0.1:6379/0""#)
        .help("Where it is, rediss:// with TLS, and the file with its password."),
    text("limits.url_password_file", r#""""#),
    text("limits.secret_file", r#""""#).help(
        "A file with the secret that callers are hashed with, the same for all daemons; \
         empty: it is kept in the store.",
    ),
    text("limits.namespace", r#""main""#)
        .help("Daemons with the same namespace share their limits."),
    toml("limits.replicas", "1")
        .help("How many daemons there are at least, and how long a call waits for the store."),
    toml("limits.timeout_ms", "20"),
    text("limits.when_away", r#""share""#).help(
        "While the store is away: \"share\", each daemon enforces its part of the limits; \
         \"open\", each the whole; \"closed\", all calls are refused.",
    ),
];

/// `[limits]`
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// What the limits are shared in; `None`: each daemon has its own.
    pub store: Option<LimitStore>,
    /// Where the store is.
    pub url: StoreAddress,
    /// The file with the store's password.
    pub url_password_file: Option<PathBuf>,
    /// The file with the secret of all daemons; `None`: it is kept in the store.
    pub secret_file: Option<PathBuf>,
    /// Daemons with the same one share.
    pub namespace: String,
    /// How many daemons there are at least.
    pub replicas: NonZeroU32,
    /// For how long a call waits for the store.
    pub timeout: Duration,
    /// What happens while the store is away.
    pub when_away: StoreAwayMode,
}

/// What limits are shared in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitStore {
    /// Redis or Valkey.
    Redis,
}

/// What happens while the store is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAwayMode {
    /// Each daemon enforces its part of the limits.
    Share,
    /// Each enforces the whole limits.
    Open,
    /// Nothing passes.
    Closed,
}
