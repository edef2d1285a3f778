//! `/health/detailed`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::health::{CheckResult, HealthWord, NodeState};
use super::history::History;
use super::limits::LimitsSummary;
use super::nodes::{DrainDocument, RotationState};
use super::prune::{DiskForecast, PruneJob, PrunePlan};
use super::words::words;
use crate::values::Size;

/// `/health/detailed`. What is required of a reader's document is what makes it ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DetailedHealth {
    /// The answer: `healthy` or `unhealthy`.
    pub status: HealthWord,
    /// When it was given, seconds since 1970.
    #[serde(default)]
    pub timestamp: i64,
    /// The chain in short.
    pub chain: ChainHealth,
    /// The storage in short.
    pub storage: StorageHealth,
    /// The peers in short.
    pub network: NetworkHealth,
    /// The JSON-RPC gateway in short.
    pub rpc: RpcHealth,
    /// The state of the node.
    #[serde(default)]
    pub state: NodeState,
    /// Since when it has been in this state, as far back as the daemon has run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_since: Option<Timestamp>,
    /// Why the answer is no, one sentence for each check.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// All checks.
    #[serde(default)]
    pub checks: Vec<CheckResult>,
    /// How pruning stands.
    #[serde(default)]
    pub pruning: PruningStatus,
    /// How the reconnection of peers stands.
    #[serde(default)]
    pub reconnection: ReconnectionStatus,
    /// The limits of the gateway.
    #[serde(default)]
    pub limits: LimitsSummary,
    /// The node.
    #[serde(default)]
    pub node: NodeStatus,
    /// Where checks begin to warn, or to be bad.
    #[serde(default)]
    pub thresholds: HealthThresholds,
    /// The daemon.
    #[serde(default)]
    pub daemon: DaemonStatus,
    /// The last load of the configuration was valid; `null`: unknown.
    pub config_reload_valid: Option<bool>,
    /// Each kind of question to the node, and the age of its last answer.
    #[serde(default)]
    pub collectors: Vec<CollectorStatus>,
    /// What has happened; `null`: a daemon of before does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// Each of the nodes. Only of a daemon with several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<NodeHealth>>,
    /// What of the query was ignored. Only where there is such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The health of one of several nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeHealth {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: NodeState,
    /// Since when it has been in this state, as far back as the daemon has run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_since: Option<Timestamp>,
    /// How it is in the rotation.
    pub rotation: RotationState,
    /// Since when it has been in the rotation as it is now, as far back as the daemon has run. Of one
    /// of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_since: Option<Timestamp>,
    /// Reads of the chain go to it now.
    pub reads: bool,
    /// Why it is not used as the configuration prefers, a sentence; `null`: it is.
    pub reason: Option<String>,
    /// The drain by an operator; `null`: it is not drained.
    pub drained: Option<DrainDocument>,
    /// How many blocks it is behind the other nodes.
    pub lag_blocks: Option<u64>,
    /// The chain in short.
    pub chain: ChainHealth,
    /// The storage in short.
    pub storage: StorageHealth,
    /// The peers in short.
    pub network: NetworkHealth,
    /// All checks of this node.
    pub checks: Vec<CheckResult>,
    /// How pruning stands.
    pub pruning: PruningStatus,
    /// How the reconnection of peers stands.
    pub reconnection: ReconnectionStatus,
    /// The node.
    pub node: NodeStatus,
    /// Where checks begin to warn, or to be bad.
    pub thresholds: HealthThresholds,
    /// Each kind of question to the node, and the age of its last answer.
    pub collectors: Vec<CollectorStatus>,
}

/// The chain in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainHealth {
    /// The node is at the tip of its chain.
    pub initialized: bool,
    /// The height of the tip.
    pub height: Option<u32>,
    /// The hash of the tip, in hexadecimal.
    pub tip_hash: Option<String>,
}

/// The storage in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StorageHealth {
    /// The node can write.
    pub available: bool,
    /// Block and undo files, bytes.
    pub size_bytes: Option<Size>,
}

/// The peers in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NetworkHealth {
    /// How many peers are connected.
    pub peers_connected: Option<usize>,
    /// How many there may be, if the configuration says so.
    pub peers_max: Option<u32>,
}

/// The JSON-RPC gateway in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RpcHealth {
    /// It answers.
    pub enabled: bool,
    /// Requests since the daemon's start.
    pub requests_processed: u64,
}

words! {
    /// `storage.pruning_mode`
    PruningMode {
        /// Never by itself.
        Disabled = "disabled",
        /// Above the threshold, down to the target.
        Normal = "normal",
        /// Above the threshold, down to what is kept.
        Aggressive = "aggressive",
        /// As the configuration's rules say.
        Custom = "custom",
    }
}

/// How pruning stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PruningStatus {
    /// The mode of the configuration.
    pub mode: PruningMode,
    /// The node can prune.
    pub node_in_prune_mode: Option<bool>,
    /// The lowest height whose block the node says it has.
    pub prune_height: Option<u32>,
    /// What is used, bytes.
    pub usage_bytes: Option<Size>,
    /// A run starts above this usage, bytes.
    pub threshold_bytes: Size,
    /// A run stops at this usage, bytes.
    pub target_bytes: Size,
    /// What would be done now without being asked.
    pub plan: Option<PrunePlan>,
    /// The running job.
    pub job: Option<PruneJob>,
    /// The last job that ended.
    pub last: Option<PruneJob>,
    /// How many leases are in force.
    pub leases: Option<usize>,
    /// When the volume will be full.
    pub forecast: Option<DiskForecast>,
}

words! {
    /// Why the network is presumed down.
    NetworkDown {
        /// The node says that its network is off.
        SwitchedOff = "switched_off",
        /// No peer at all is connected, and every attempt fails.
        NoPeers = "no_peers",
    }
}

/// How the reconnection of peers stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReconnectionStatus {
    /// It is on; `null`: unknown.
    pub enabled: Option<bool>,
    /// An operator has paused the queue.
    pub paused: bool,
    /// Why the network is presumed down; `null`: it is not.
    pub network_down: Option<NetworkDown>,
    /// How many peers are to be kept connected.
    pub kept: usize,
    /// How many of those are connected; `null`: unknown.
    pub kept_connected: Option<usize>,
    /// Peers in the queue, by state.
    pub queue: QueueTotals,
    /// The most peers that the queue takes.
    pub queue_max: usize,
    /// When the next attempt may begin.
    pub next_attempt_at: Option<Timestamp>,
    /// How attempts ended since the daemon's start.
    pub attempts: AttemptTotals,
}

/// Peers in the queue, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct QueueTotals {
    /// Too many attempts have failed.
    pub abandoned: usize,
    /// An attempt is under way.
    pub connecting: usize,
    /// The queue is paused, or the node has banned the peer.
    pub paused: usize,
    /// Waiting for their time.
    pub waiting: usize,
}

/// How attempts ended since the daemon's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AttemptTotals {
    /// The peer was connected.
    pub succeeded: u64,
    /// It was not.
    pub failed: u64,
    /// Nobody's fault: the node was restarted meanwhile, say.
    pub uncounted: u64,
}

/// The node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The kind of program: `core`, `knots`, `embedded`, …
    pub flavour: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// The name it gives to peers.
    pub subversion: Option<String>,
    /// `main`, `test`, `testnet4`, `signet` or `regtest`.
    pub chain: Option<String>,
    /// The height of the best header.
    pub headers: Option<u32>,
    /// How many blocks it is behind.
    pub blocks_behind: Option<u32>,
    /// About so long until it is at the tip, seconds.
    pub sync_eta_secs: Option<u64>,
    /// How much of the chain is verified, from 0 to 1.
    pub verification_progress: Option<f64>,
    /// How long it has run, seconds; `null` also while it does not answer.
    pub uptime_secs: Option<u64>,
    /// When it last answered.
    pub last_answer_at: Option<Timestamp>,
    /// Free on the volume of the data directory, bytes.
    pub volume_free_bytes: Option<Size>,
    /// The size of that volume, bytes.
    pub volume_size_bytes: Option<Size>,
    /// The size of the data directory, bytes.
    pub usage_bytes: Option<Size>,
    /// How many transactions the mempool has.
    pub mempool_transactions: Option<u64>,
    /// By how much the clocks of its peers are ahead of its own, in the middle, seconds.
    pub time_offset_secs: Option<i64>,
}

/// Where checks begin to warn, or to be bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthThresholds {
    /// `sync` is bad with more blocks behind.
    pub ready_max_lag_blocks: Option<u32>,
    /// `peers` warns below.
    pub min_peers: Option<u32>,
    /// `disk` warns with less free, bytes.
    pub min_free_bytes: Option<Size>,
    /// `storage` is bad with less free, bytes.
    pub storage_critical_bytes: Option<Size>,
}

/// The daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DaemonStatus {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: Option<u32>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// How long it has run, seconds.
    pub uptime_secs: Option<u64>,
}

words! {
    /// A kind of question to the node, or to its volume.
    CollectorName {
        /// Whether it lives.
        Uptime = "uptime",
        /// Its version and networks.
        Network = "network",
        /// The chain.
        Chain = "chain",
        /// The list of peers.
        Peers = "peers",
        /// The totals of bytes from and to peers.
        Traffic = "traffic",
        /// The mempool.
        Mempool = "mempool",
        /// The indexes.
        Indexes = "indexes",
        /// The set of unspent outputs.
        Utxos = "utxos",
        /// The volume of the data directory.
        Volume = "volume",
        /// The size of the data directory.
        Usage = "usage",
        /// Whether the chain answers: `getbestblockhash`, asked of one of several nodes.
        BestBlock = "best_block",
        /// Whether the node has private broadcast: `getprivatebroadcastinfo`, asked of one of
        /// several nodes.
        PrivateBroadcast = "private_broadcast",
        /// What only `rpc.metrics_aliases` has a use for.
        AliasFigures = "alias_figures",
    }
}

/// One kind of question to the node, and the age of its last answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CollectorStatus {
    /// Which one.
    pub name: CollectorName,
    /// The last question was answered in time.
    pub up: bool,
    /// What is known is not of the node as it is now.
    pub old: bool,
    /// The age of what is known, seconds.
    pub age_secs: Option<f64>,
    /// How long the open question has waited, seconds.
    pub open_secs: Option<f64>,
    /// Why the last question failed.
    pub error: Option<String>,
}
