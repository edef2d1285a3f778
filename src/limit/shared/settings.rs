//! How limits are shared.

use std::path::PathBuf;
use std::time::Duration;

use super::secret::BucketSecret;
use crate::config::schema::{Limits, StoreAwayMode};
use crate::values::StoreAddress;

/// What a daemon does while the store is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenAway {
    /// Each enforces its part of the limits.
    Share,
    /// Each enforces the whole limits.
    Open,
    /// Nothing passes.
    Closed,
}

impl WhenAway {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// How limits are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSettings {
    /// Where the store is.
    pub address: StoreAddress,
    /// The file with its password.
    pub password_file: Option<PathBuf>,
    /// The secret of the fleet, if it is not kept in the store.
    pub secret: Option<BucketSecret>,
    /// Daemons with the same one share.
    pub namespace: String,
    /// How many daemons there are at least.
    pub replicas: u32,
    /// For how long a call waits for the store.
    pub timeout: Duration,
    /// What happens while the store is away.
    pub when_away: WhenAway,
}

impl SharedSettings {
    /// The settings that `limits` writes; `secret` is that of its file, if it names one.
    #[must_use]
    pub fn new(limits: &Limits, secret: Option<BucketSecret>) -> Self {
        Self {
            address: limits.url.clone(),
            password_file: limits.url_password_file.clone(),
            secret,
            namespace: limits.namespace.clone(),
            replicas: limits.replicas.get(),
            timeout: limits.timeout,
            when_away: match limits.when_away {
                StoreAwayMode::Share => WhenAway::Share,
                StoreAwayMode::Open => WhenAway::Open,
                StoreAwayMode::Closed => WhenAway::Closed,
            },
        }
    }
}
