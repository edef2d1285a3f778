//! What of the configuration the nodes depend on, one by one and together. Pure.

use super::rotation::RotationPolicy;
use crate::config::Config;
use crate::config::schema::{Fleet, MemberConfig, NodeKind, PrivateBroadcast};
use crate::health::HealthPolicy;
use crate::prune::PruneSettings;
use crate::reconnect::Terms;
use crate::route::{FleetPolicy, WalletClaims};
use crate::watch::{PollPlan, Topic};

/// What the configuration says of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberSettings {
    /// The label `node`.
    pub name: String,
    /// Where the node is, for `status`.
    pub location: String,
    /// At most so many peers have a series of their own.
    pub max_peers: u32,
    /// The largest number of peers, if written.
    pub peers_max: Option<u32>,
    /// What counts as healthy.
    pub policy: HealthPolicy,
    /// How the node is polled.
    pub plan: PollPlan,
    /// When blocks go.
    pub prune: PruneSettings,
    /// How lost peers are dialled again.
    pub reconnect: Terms,
    /// What it is among several.
    pub role: RoleSettings,
    /// The daemon prunes it and dials its peers.
    pub manage: bool,
}

impl MemberSettings {
    /// What `fleet` says of one of its nodes, `config`.
    #[must_use]
    pub fn new(fleet: &Config, config: &MemberConfig) -> Self {
        let probe_interval = fleet
            .has_several_nodes()
            .then_some(fleet.fleet.probe_interval);
        let has_aliases = fleet.rpc.metrics_enabled && !fleet.rpc.metrics_aliases.is_empty();
        let plan = PollPlan::new(config, probe_interval, has_aliases);
        Self {
            name: config.node.name.clone(),
            location: location(config),
            max_peers: config.network.max_peers,
            peers_max: (config.network.max_peers_written || config.node.kind == NodeKind::Embedded)
                .then_some(config.network.max_peers),
            policy: HealthPolicy::new(config, plan.stale_after(Topic::Peers)),
            plan,
            prune: PruneSettings::new(config, plan),
            reconnect: Terms::new(&config.network, config.manage, config.node.chain),
            role: RoleSettings::new(config),
            manage: config.manage,
        }
    }
}

/// Where the node is.
fn location(config: &MemberConfig) -> String {
    match (config.node.kind, &config.node.data_dir) {
        (NodeKind::Embedded, Some(directory)) => format!("embedded, in {}", directory.display()),
        _ => config.node.rpc_url.to_string(),
    }
}

/// What a node is among several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSettings {
    /// The lower, the sooner it is used.
    pub priority: u32,
    /// The wallets that are on it.
    pub wallets: WalletClaims,
    /// It is never pruned.
    pub archive: bool,
    /// Whether it hides the origin of the transactions that it sends; `None`: as the node says.
    pub private_broadcast: Option<bool>,
}

impl RoleSettings {
    fn new(config: &MemberConfig) -> Self {
        Self {
            priority: config.priority,
            wallets: wallets(config),
            archive: config.archive,
            private_broadcast: match config.private_broadcast {
                PrivateBroadcast::Auto => None,
                PrivateBroadcast::Yes => Some(true),
                PrivateBroadcast::No => Some(false),
            },
        }
    }
}

fn wallets(config: &MemberConfig) -> WalletClaims {
    match &config.wallets {
        None => WalletClaims::Any,
        Some(names) => WalletClaims::Named(names.iter().map(|name| name.as_str().into()).collect()),
    }
}

/// What the configuration says of the nodes together.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSettings {
    /// When a node leaves the rotation, and when it is used again.
    pub rotation: RotationPolicy,
    /// With fewer nodes in rotation the daemon is not ready.
    pub min_ready: usize,
    /// How calls are routed.
    pub routing: FleetPolicy,
}

impl FleetSettings {
    /// The settings that `fleet` writes.
    #[must_use]
    pub fn new(fleet: &Fleet) -> Self {
        Self {
            rotation: RotationPolicy::from(fleet),
            min_ready: usize::try_from(fleet.min_ready.get()).unwrap_or(usize::MAX),
            routing: FleetPolicy::new(fleet),
        }
    }
}
