//! What a configuration is, once it has been read: for each section the keys that it may have, with
//! their defaults, and one struct, every value already valid.
//!
//! A value of these types can only come from the loader, which has checked it; nobody checks again.

use std::path::PathBuf;

mod auth;
mod fleet;
mod health;
mod limits;
mod logging;
mod member;
mod network;
mod node;
mod notify;
mod rpc;
mod storage;

pub use self::auth::{Auth, RateLimit, RateLimitMode, User};
pub use self::fleet::{BroadcastScope, Fleet, ForkPolicy, ResendPolicy, RoutingPolicy};
pub use self::health::HealthConfig;
pub use self::limits::{LimitStore, Limits, StoreAwayMode};
pub use self::logging::{LogFormat, Logging};
pub use self::member::{MemberConfig, PrivateBroadcast};
pub use self::network::{Network, ReconnectScope};
pub use self::node::{NodeConfig, NodeKind, UtxoStats};
pub use self::notify::{NotifyConfig, NotifyDestination, NotifyOn, NotifySeverity, NotifyWhen};
pub use self::rpc::{MaxInFlight, MetricsAlias, Rpc};
pub use self::storage::{CustomPruning, DailyWindow, PruningMode, Storage};
use super::keys::{Key, text};
pub use crate::values::Credentials;

/// The keys of no section.
const TOP: &[Key] = &[text("state_dir", r#""~/.local/state/bllvmctl""#).help(
    "Where bllvmctl keeps its queue, leases, control socket and control cookie. Under systemd \
     StateDirectory= wins over this default.",
)];

/// Those of the sections that are there once, in the order in which they are shown.
const BY_SECTION: [&[Key]; 9] = [
    node::KEYS,
    fleet::KEYS,
    network::KEYS,
    storage::KEYS,
    rpc::KEYS,
    auth::KEYS,
    limits::KEYS,
    health::KEYS,
    logging::KEYS,
];

/// Every key, in the order in which it is shown.
pub(in crate::config) fn keys() -> Vec<Key> {
    let sections = BY_SECTION.concat();
    let in_node_list: Vec<Key> = sections.iter().filter_map(Key::in_node_list).collect();
    [TOP, member::KEYS, &in_node_list, notify::KEYS, &sections].concat()
}

/// A whole configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the daemon keeps what survives a restart.
    pub state_dir: PathBuf,
    /// The node of `[node]`, or that of the first entry of `[[nodes]]`.
    first: MemberConfig,
    /// Those of the other entries.
    others: Vec<MemberConfig>,
    /// The nodes are those of `[[nodes]]`.
    has_node_list: bool,
    /// `[fleet]`
    pub fleet: Fleet,
    /// `[rpc]`
    pub rpc: Rpc,
    /// `[limits]`
    pub limits: Limits,
    /// `[[notify]]`
    pub notify: Vec<NotifyConfig>,
    /// `[logging]`
    pub logging: Logging,
}

impl Config {
    /// Every node, in the order of the configuration: the entries of `[[nodes]]`, or the one node
    /// of `[node]`.
    pub fn members(&self) -> impl Iterator<Item = &MemberConfig> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// As [`Config::members`], to be changed.
    pub fn members_mut(&mut self) -> impl Iterator<Item = &mut MemberConfig> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// The node of `[node]`, or that of the first entry of `[[nodes]]`.
    #[must_use]
    pub fn first_member(&self) -> &MemberConfig {
        &self.first
    }

    /// The node called `name`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&MemberConfig> {
        self.members().find(|member| member.node.name == name)
    }

    /// More than one node.
    #[must_use]
    pub fn has_several_nodes(&self) -> bool {
        !self.others.is_empty()
    }

    /// The nodes are entries of `[[nodes]]`, if only one.
    #[must_use]
    pub fn has_node_list(&self) -> bool {
        self.has_node_list
    }
}

/// The nodes that a configuration has, of which there is at least one.
pub(super) struct ConfiguredNodes {
    pub(super) first: MemberConfig,
    pub(super) others: Vec<MemberConfig>,
    pub(super) has_node_list: bool,
}

impl ConfiguredNodes {
    /// Puts the nodes together with the sections that are there once.
    pub(super) fn into_config(
        self,
        state_dir: PathBuf,
        fleet: Fleet,
        rpc: Rpc,
        limits: Limits,
        notify: Vec<NotifyConfig>,
        logging: Logging,
    ) -> Config {
        Config {
            state_dir,
            first: self.first,
            others: self.others,
            has_node_list: self.has_node_list,
            fleet,
            rpc,
            limits,
            notify,
            logging,
        }
    }
}
