//! From the configuration to what each part wants to know of it. Pure.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use crate::config::Config;
use crate::config::schema::{
    BroadcastScope, MaxInFlight, MemberConfig, NodeKind, PrivateBroadcast, RateLimit,
    RateLimitMode, ResendPolicy, RoutingPolicy, UtxoStats,
};
use crate::fleet::{FleetSettings, MemberSettings, RoleSettings, RotationPolicy};
use crate::gateway::{self, MethodList, NodeList};
use crate::health::HealthPolicy;
use crate::http::Settings;
use crate::limit::Rate;
use crate::node::rpc::{Directories, Endpoint};
use crate::prune::{PrunePolicy, PruneSettings};
use crate::reconnect::Terms;
use crate::route::{FleetPolicy, WalletClaims};
use crate::values::ListenAddress;
use crate::watch::{AskUtxos, PollPlan, Topic};

/// How a node is polled; `probe_interval`: how often one of several is probed;
/// `asks_alias_figures`: the page has families of another exporter.
fn plan(
    config: &MemberConfig,
    probe_interval: Option<Duration>,
    asks_alias_figures: bool,
) -> PollPlan {
    PollPlan {
        poll_interval: config.node.poll_interval,
        probe_interval,
        timeout: config.node.timeout,
        usage_interval: config.storage.pruning_check_interval,
        utxos: match config.node.utxo_stats {
            UtxoStats::Never => AskUtxos::Never,
            _ if config.node.kind == NodeKind::Embedded => AskUtxos::Counted,
            UtxoStats::Auto => AskUtxos::IfIndexed,
            UtxoStats::Always => AskUtxos::Always,
        },
        asks_private_broadcast: probe_interval.is_some()
            && config.private_broadcast == PrivateBroadcast::Auto,
        asks_alias_figures,
    }
}

fn policy(config: &MemberConfig, plan: &PollPlan) -> HealthPolicy {
    HealthPolicy {
        archive: config.archive,
        chain: config.node.chain,
        timeout: config.node.timeout,
        thresholds: config.health.clone(),
        min_peers: config.network.min_peers,
        min_free: config.storage.min_free,
        storage_critical: config.storage.storage_critical,
        stale_after: plan.stale_after(Topic::Peers),
    }
}

fn prune(config: &MemberConfig, plan: PollPlan) -> PruneSettings {
    // An unmanaged node is pruned by another daemon, or not at all.
    let is_automatic = config.manage && !config.archive;
    PruneSettings {
        policy: PrunePolicy::new(&config.storage, is_automatic),
        chain: config.node.chain,
        plan,
    }
}

/// What `fleet` says of one of its nodes, `config`.
pub(super) fn member(fleet: &Config, config: &MemberConfig) -> MemberSettings {
    let probe_interval = fleet
        .has_several_nodes()
        .then_some(fleet.fleet.probe_interval);
    let has_aliases = fleet.rpc.metrics_enabled && !fleet.rpc.metrics_aliases.is_empty();
    let plan = plan(config, probe_interval, has_aliases);
    MemberSettings {
        name: config.node.name.clone(),
        location: location(config),
        max_peers: config.network.max_peers,
        peers_max: (config.network.max_peers_written || config.node.kind == NodeKind::Embedded)
            .then_some(config.network.max_peers),
        policy: policy(config, &plan),
        plan,
        prune: prune(config, plan),
        reconnect: Terms::new(&config.network, config.manage, config.node.chain),
        role: RoleSettings {
            priority: config.priority,
            wallets: wallets(config),
            archive: config.archive,
            private_broadcast: match config.private_broadcast {
                PrivateBroadcast::Auto => None,
                PrivateBroadcast::Yes => Some(true),
                PrivateBroadcast::No => Some(false),
            },
        },
        manage: config.manage,
    }
}

fn wallets(config: &MemberConfig) -> WalletClaims {
    match &config.wallets {
        None => WalletClaims::Any,
        Some(names) => WalletClaims::Named(names.iter().map(|name| name.as_str().into()).collect()),
    }
}

/// Whether the node is reached over JSON-RPC.
pub(super) fn is_attached(config: &MemberConfig) -> bool {
    config.node.kind == NodeKind::Attached
}

/// What the configuration says of the nodes together.
pub(super) fn fleet(config: &Config) -> FleetSettings {
    let fleet = &config.fleet;
    FleetSettings {
        rotation: RotationPolicy::from(fleet),
        min_ready: usize::try_from(fleet.min_ready.get()).unwrap_or(usize::MAX),
        routing: FleetPolicy {
            spread: fleet.policy == RoutingPolicy::Spread,
            never_resend: fleet.resend == ResendPolicy::Never,
            pass_through: fleet.pass_through,
            broadcast_to_primary: fleet.broadcast == BroadcastScope::Primary,
            floor: fleet.floor,
        },
    }
}

pub(super) fn settings(config: &Config, file: Option<&Path>) -> Settings {
    Settings {
        metrics_enabled: config.rpc.metrics_enabled,
        status_page: config.rpc.status_page,
        health_checks_enabled: config.rpc.health_checks_enabled,
        rpc_enabled: config.rpc.enabled,
        has_ops_listener: config.rpc.ops_listen.is_some(),
        listens_on_loopback: config.rpc.listen.is_loopback(),
        ops_listens_on_loopback: config
            .rpc
            .ops_listen
            .as_ref()
            .is_some_and(ListenAddress::is_loopback),
        allowed_hosts: config.rpc.allowed_hosts.clone(),
        max_connections_per_address: match config.rpc.max_connections_per_address {
            MaxInFlight::Auto => None,
            MaxInFlight::Fixed(most) => Some(most),
        },
        trusted_proxies: config.rpc.trusted_proxies.clone(),
        proxy_header_is_required: config.rpc.proxy_header_is_required,
        config_file: file.map(|file| file.display().to_string()),
    }
}

/// Where the node is.
fn location(config: &MemberConfig) -> String {
    match (config.node.kind, &config.node.data_dir) {
        (NodeKind::Embedded, Some(directory)) => format!("embedded, in {}", directory.display()),
        _ => config.node.rpc_url.to_string(),
    }
}

pub(super) fn endpoint(config: &MemberConfig) -> Endpoint {
    let node = &config.node;
    let directories = node.data_dir.clone().map(|data| Directories {
        data,
        blocks: node.blocks_dir.clone(),
    });
    Endpoint {
        url: node.rpc_url.clone(),
        credentials: node.credentials.clone(),
        tls: node.tls.clone(),
        directories,
    }
}

/// The policy of the gateway. An invalid glob is an error, though the configuration has checked
/// them.
pub(super) fn gateway(config: &Config) -> Result<gateway::GatewayPolicy, String> {
    let (rpc, auth) = (&config.rpc, &config.rpc.auth);
    let methods = |globs: &[String]| MethodList::new(globs).map_err(|error| error.to_string());
    let rate = |limit: RateLimit| Rate::new(limit.rate, limit.burst);
    let users = auth.users.iter().map(|user| {
        Ok(gateway::GatewayUser {
            name: user.name.as_str().into(),
            rpcauth: user.rpcauth.clone(),
            methods: methods(&user.methods)?,
            nodes: NodeList::new(&user.nodes).map_err(|error| error.to_string())?,
            rate: rate(user.rate_limit),
        })
    });
    let limits = auth.rate_limit_enabled.then(|| gateway::RateLimitPolicy {
        enforce: auth.rate_limit_mode == RateLimitMode::Enforce,
        default: rate(auth.rate_limit),
        methods: auth
            .per_method_limits
            .iter()
            .map(|(name, limit)| (name.clone(), rate(*limit)))
            .collect(),
        exempt: auth.rate_limit_exempt.clone(),
    });
    Ok(gateway::GatewayPolicy {
        methods: methods(&rpc.methods)?,
        users: users.collect::<Result<_, String>>()?,
        trusted_proxies: rpc.trusted_proxies.clone(),
        limits,
        max_body_bytes: rpc.max_body_bytes.get(),
        max_batch: usize::try_from(rpc.max_batch.get()).unwrap_or(usize::MAX),
        max_in_flight: fixed(rpc.max_in_flight),
        max_long_polls: fixed(rpc.max_long_polls),
        queue_timeout: rpc.queue_timeout,
        request_timeout: rpc.request_timeout,
    })
}

fn fixed(most: MaxInFlight) -> Option<NonZeroU32> {
    match most {
        MaxInFlight::Auto => None,
        MaxInFlight::Fixed(most) => Some(most),
    }
}

/// A key that only a restart changes.
struct RestartKey {
    path: &'static str,
    /// Puts the old value into the new configuration; whether the two differed.
    restore: fn(&Config, &mut Config) -> bool,
    /// Its default depends on the kind of the node.
    depends_on_kind: bool,
}

/// A key of the whole daemon: `$($field).+`, named by its own path.
macro_rules! daemon_key {
    ($first:ident $(.$rest:ident)*) => {
        RestartKey {
            path: concat!(stringify!($first) $(, ".", stringify!($rest))*),
            restore: |old, new| {
                let differs = old.$first $(.$rest)* != new.$first $(.$rest)*;
                new.$first $(.$rest)*.clone_from(&old.$first $(.$rest)*);
                differs
            },
            depends_on_kind: false,
        }
    };
}

/// A key of each node.
macro_rules! node_key {
    ($section:ident . $key:ident, depends_on_kind: $depends_on_kind:literal) => {
        RestartKey {
            path: concat!(stringify!($section), ".", stringify!($key)),
            restore: |old, new| {
                restore_of_nodes(old, new, |before, now| {
                    let differs = before.$section.$key != now.$section.$key;
                    now.$section.$key.clone_from(&before.$section.$key);
                    differs
                })
            },
            depends_on_kind: $depends_on_kind,
        }
    };
}

/// The one list of them, for the reload and for the manual page.
static RESTART_KEYS: [RestartKey; 8] = [
    daemon_key!(state_dir),
    RestartKey {
        path: "node.kind",
        // Nothing of a configuration for another kind is put in force.
        restore: |old, new| old.first_member().node.kind != new.first_member().node.kind,
        depends_on_kind: false,
    },
    node_key!(node.data_dir, depends_on_kind: true),
    node_key!(node.blocks_dir, depends_on_kind: true),
    node_key!(network.listen, depends_on_kind: false),
    daemon_key!(rpc.listen),
    daemon_key!(rpc.ops_listen),
    daemon_key!(rpc.agent_listen),
];

/// The keys that only a restart changes.
pub fn restart_keys() -> impl Iterator<Item = &'static str> {
    RESTART_KEYS.iter().map(|key| key.path)
}

/// Whether only a restart changes `key`, which may be that of an entry of `[[nodes]]`.
#[must_use]
pub fn needs_restart(key: &str) -> bool {
    restart_keys().any(|path| key == path || Some(key) == in_list(path).as_deref())
}

/// The key of each node at `path`, as entries of `[[nodes]]` have it.
fn in_list(path: &str) -> Option<String> {
    Some(format!("nodes.{}", path.strip_prefix("node.")?))
}

/// Applies `restore` to each node of `new` that was in `old`: by its name, or because it is the
/// only node of both. Whether any differed.
fn restore_of_nodes(
    old: &Config,
    new: &mut Config,
    restore: fn(&MemberConfig, &mut MemberConfig) -> bool,
) -> bool {
    let are_single = !old.has_node_list() && !new.has_node_list();
    let mut differs = false;
    for member in new.members_mut() {
        let before = if are_single {
            Some(old.first_member())
        } else {
            old.member(&member.node.name)
        };
        if let Some(before) = before {
            differs |= restore(before, member);
        }
    }
    differs
}

/// Keeps of `old` what only a restart can change, and names the keys that would have changed.
///
/// Another kind of node has other defaults, so nothing of a configuration for another kind fits,
/// and keys whose default depends on the kind are not named.
pub(super) fn keep_fixed(old: &Config, new: &mut Config) -> Vec<String> {
    let is_same_kind = old.first_member().node.kind == new.first_member().node.kind;
    let mut changed = Vec::new();
    for key in &RESTART_KEYS {
        let differs = (key.restore)(old, new);
        if !differs || (!is_same_kind && key.depends_on_kind) {
            continue;
        }
        let of_list = in_list(key.path).filter(|_| key.depends_on_kind && new.has_node_list());
        changed.push(of_list.unwrap_or_else(|| key.path.to_owned()));
    }
    if !is_same_kind {
        new.clone_from(old);
    }
    changed
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
