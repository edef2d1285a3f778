//! What a configuration is, once it has been read: one struct per section, every value already
//! valid.
//!
//! A value of these types can only come from the loader, which has checked it; nobody checks again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

mod fleet;
mod limits;
mod logging;
mod member;
mod notify;

pub use self::fleet::{BroadcastScope, Fleet, ForkPolicy, ResendPolicy, RoutingPolicy};
pub use self::limits::{LimitStore, Limits, StoreAwayMode};
pub use self::logging::{LogFormat, Logging};
pub use self::member::{MemberConfig, PrivateBroadcast};
pub use self::notify::{NotifyConfig, NotifyDestination, NotifyOn, NotifySeverity, NotifyWhen};
use crate::tls::{ClientTls, ServerTls};
pub use crate::values::Credentials;
use crate::values::{Chain, ListenAddress, PeerName, Secret, Size, TrustedProxies};

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

/// Where the node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Inside the daemon.
    Embedded,
    /// Elsewhere, reached over JSON-RPC.
    Attached,
}

/// When the node is asked for statistics of its unspent outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UtxoStats {
    /// Only where it answers from an index.
    Auto,
    /// Always, though it may take minutes.
    Always,
    /// Never.
    Never,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// Embedded or attached.
    pub kind: NodeKind,
    /// The label `node="…"` on metrics.
    pub name: String,
    /// Attached: the chain it must be on; `None`: any. Embedded: regtest.
    pub chain: Option<Chain>,
    /// The node's data directory, where that is on this machine. Always set for an embedded node.
    pub data_dir: Option<PathBuf>,
    /// The node's `-blocksdir`, if it has one.
    pub blocks_dir: Option<PathBuf>,
    /// The node's JSON-RPC; `http` or `https`, with no user or password in it.
    pub rpc_url: Url,
    /// Whom to trust there, and who bllvmctl is, if that is `https`.
    pub tls: ClientTls,
    /// How to authenticate at the node.
    pub credentials: Credentials,
    /// Time between polls.
    pub poll_interval: Duration,
    /// After this a poll is late.
    pub timeout: Duration,
    /// When to ask for statistics of unspent outputs.
    pub utxo_stats: UtxoStats,
    /// Accept secret files that everyone may read, as Kubernetes mounts them.
    pub allow_world_readable_secrets: bool,
}

/// Which lost peers are reconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconnectScope {
    /// `Configured` on Core and Knots, which refill their own slots; `Outbound` elsewhere.
    Auto,
    /// Only peers of the configuration and those added to be kept.
    Configured,
    /// Also outbound peers that were lost.
    Outbound,
}

/// `[network]`
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Embedded: where inbound peers are accepted.
    pub listen: Option<SocketAddr>,
    /// Peers to keep: `host`, `host:port`, `[v6]:port` or an onion name.
    pub peers: Vec<PeerName>,
    /// At most so many peers.
    pub max_peers: u32,
    /// `max_peers` was written, not defaulted.
    pub max_peers_written: bool,
    /// Fewer peers are a warning.
    pub min_peers: u32,
    /// Reconnect lost peers.
    pub reconnect_enabled: bool,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub reconnect_max_retries: u32,
    /// Delay before the first attempt.
    pub reconnect_initial_delay: Duration,
    /// No delay is longer.
    pub reconnect_max_delay: Duration,
    /// Part of a delay that varies, in [0, 1).
    pub reconnect_jitter: f64,
    /// Attempts at once.
    pub reconnect_max_concurrent: NonZeroU32,
    /// Which lost peers are reconnected.
    pub reconnect_scope: ReconnectScope,
}

/// When and how far the planner prunes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruningMode {
    /// Only by hand.
    Disabled,
    /// Above the threshold, down to the target.
    Normal,
    /// Above the threshold, down to `pruning_keep_blocks`.
    Aggressive,
    /// As normal, keeping what `[storage.custom]` protects.
    Custom,
}

impl PruningMode {
    /// The name in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Normal => "normal",
            Self::Aggressive => "aggressive",
            Self::Custom => "custom",
        }
    }
}

/// `[storage]`
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// When and how far.
    pub pruning_mode: PruningMode,
    /// Start above this.
    pub pruning_threshold: Size,
    /// Stop at this.
    pub pruning_target: Size,
    /// Time between looks at the disk.
    pub pruning_check_interval: Duration,
    /// Blocks below the tip that are always kept; at least 288.
    pub pruning_keep_blocks: u32,
    /// Also start when the volume has less than this free; zero: off.
    pub min_free: Size,
    /// Below this the storage is not available.
    pub storage_critical: Size,
    /// `[storage.custom]`
    pub custom: CustomPruning,
}

/// `[storage.custom]`: what `pruning_mode = "custom"` protects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomPruning {
    /// Keep so many blocks below the tip.
    pub keep_blocks: Option<u32>,
    /// Keep blocks younger than so many days.
    pub keep_days: Option<f64>,
    /// Keep blocks from this height on.
    pub keep_from_height: Option<u32>,
    /// Start only in this part of the day, UTC.
    pub window: Option<DailyWindow>,
}

/// A part of each day, in minutes after midnight UTC. `until` before `from` goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyWindow {
    /// First minute, 0 to 1439.
    pub from: u16,
    /// First minute that is outside again, 0 to 1439; never equal to `from`.
    pub until: u16,
}

/// How many calls may be at the node at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxInFlight {
    /// By the node's version and flavour; of long polls by how many calls there may be.
    Auto,
    /// This many.
    Fixed(NonZeroU32),
}

/// `[rpc]`
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration"
)]
pub struct Rpc {
    /// Front the node's JSON-RPC.
    pub enabled: bool,
    /// The listener.
    pub listen: ListenAddress,
    /// A second listener for everything but calls and the plain health paths.
    pub ops_listen: Option<ListenAddress>,
    /// Where HAProxy's agent-check is answered.
    pub agent_listen: Option<SocketAddr>,
    /// The control API's token, instead of a cookie made at start.
    pub control_token_file: Option<PathBuf>,
    /// The group that may read the control cookie.
    pub control_cookie_group: Option<String>,
    /// Serve `/metrics`.
    pub metrics_enabled: bool,
    /// Exporters whose families are on it too.
    pub metrics_aliases: Vec<MetricsAlias>,
    /// Serve the status page.
    pub status_page: bool,
    /// Serve `/health…`.
    pub health_checks_enabled: bool,
    /// Globs of methods any caller may use, `!` first forbids.
    pub methods: Vec<String>,
    /// Largest body of a request, bytes.
    pub max_body_bytes: NonZeroU64,
    /// Most calls in one batch.
    pub max_batch: NonZeroU32,
    /// Calls at the node at once.
    pub max_in_flight: MaxInFlight,
    /// Calls at the node at once that wait for a block.
    pub max_long_polls: MaxInFlight,
    /// How long a call may wait for its turn.
    pub queue_timeout: Duration,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Time between SIGTERM and refusing new connections.
    pub drain: Duration,
    /// Time for requests in flight to end.
    pub shutdown_grace: Duration,
    /// Names by which a loopback listener may be called, beside its own.
    pub allowed_hosts: Vec<String>,
    /// Connections of one address at once; by default a quarter of all.
    pub max_connections_per_address: MaxInFlight,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Each of their connections over TCP begins with a PROXY header.
    pub proxy_header_is_required: bool,
    /// What both listeners speak over TCP; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// `[rpc.auth]`
    pub auth: Auth,
}

/// An exporter whose families are on the metrics page beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAlias {
    /// jvstein/bitcoin-prometheus-exporter.
    Jvstein,
}

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

/// `[health]`
#[derive(Clone, Debug, PartialEq)]
pub struct HealthConfig {
    /// The node counts as dead after so long without any answer.
    pub live_timeout: Duration,
    /// Blocks behind the best known height that still count as synced.
    pub ready_max_lag_blocks: u32,
    /// Below this probability of a gap between blocks the node counts as stalled, in (0, 1).
    pub stall_probability: f64,
}
