//! Every family, declared once. A flat table; `docs/METRICS.md` is made of it.

/// What a family's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Goes up and down.
    Gauge,
    /// Only goes up, until a restart.
    Counter,
    /// Counts observations by size.
    Histogram,
}

/// One metric family.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// The name.
    pub name: &'static str,
    /// What its values are.
    pub kind: MetricKind,
    /// The names of its labels. A sample may lack the last of them, and those whose value is empty.
    pub labels: &'static [&'static str],
    /// The help text.
    pub help: &'static str,
}

macro_rules! families {
    ($($constant:ident $kind:ident $name:literal [$($label:literal)*] $help:literal)*) => {
        $(pub(super) static $constant: Family =
            Family { name: $name, kind: MetricKind::$kind, labels: &[$($label),*], help: $help };)*

        /// All of them, in the order of the documentation.
        pub static ALL: &[&Family] = &[$(&$constant),*];
    };
}

pub(super) use families;

families! {
    NODE_UP Gauge "bllvm_node_up" ["node"]
        "1 if the node answers the liveness call, also while it is starting; 0 if not, or if it \
         refuses the credentials."
    NODE_STATE Gauge "bllvm_node_state" ["node" "state"]
        "1 for the state the node is in, 0 for the others."
    NODE_STATE_CHANGES Counter "bllvm_node_state_changes_total" ["node" "to"]
        "Times that the node has entered a state since the daemon's start."
    NODE_INFO Gauge "bllvm_node_info" ["node" "version" "subversion" "chain" "flavour"]
        "Who the node is; always 1."
    NODE_UPTIME Gauge "bllvm_node_uptime_seconds" ["node"] "Time since the node's start."
    NODE_RPC_DURATION Histogram "bllvm_node_rpc_duration_seconds" ["node" "method"]
        "Time until the daemon's own calls to the node ended."
    NODE_RPC_ERRORS Counter "bllvm_node_rpc_errors_total" ["node" "method" "code"]
        "The daemon's own calls to the node that failed, by JSON-RPC code, HTTP status or kind of \
         failure."
    COLLECTOR_UP Gauge "bllvm_collector_up" ["node" "collector"]
        "1 if the collector's last question was answered, none is overdue, and none is due that \
         the node cannot be asked."
    COLLECTOR_AGE Gauge "bllvm_collector_age_seconds" ["node" "collector"]
        "Time since the collector's last answer."
    HEALTH_CHECK Gauge "bllvm_health_check" ["node" "check"]
        "1 if the check is good, 0.5 if it warns, 0 if it is bad; absent while it is unknown. \
         It has no node where it is of several nodes together."
    NODE_IN_ROTATION Gauge "bllvm_node_in_rotation" ["node"]
        "1 if the node gets reads of the tip, 0 if not; only with several nodes."
    NODE_LAG Gauge "bllvm_node_lag_blocks" ["node"]
        "Blocks that the node is behind the best tip of all nodes; only with several nodes."
    NODE_DRAINED Gauge "bllvm_node_drained" ["node"]
        "1 if an operator has drained the node, 0 if not; only with several nodes."

    CHAIN_HEIGHT Gauge "bllvm_chain_height" ["node"] "Height of the tip."
    CHAIN_HEADERS Gauge "bllvm_chain_headers" ["node"] "Height of the best header."
    CHAIN_DIFFICULTY Gauge "bllvm_chain_difficulty" ["node"] "Difficulty of the tip."
    CHAIN_TIP_TIMESTAMP Gauge "bllvm_chain_tip_timestamp_seconds" ["node"]
        "Time in the tip's header."
    CHAIN_PROGRESS Gauge "bllvm_chain_verification_progress" ["node"]
        "Part of the chain that is verified, as the node estimates it, from 0 to 1."
    CHAIN_IBD Gauge "bllvm_chain_initial_block_download" ["node"]
        "1 if the node reports that it is in its initial block download."
    CHAIN_REORGS Counter "bllvm_chain_reorgs_total" ["node"]
        "Reorganisations seen since the daemon's start; absent where the node does not say what \
         became of its former tip."
    CHAIN_FORK Gauge "bllvm_chain_fork" []
        "Blocks on the longest side of a fork between the nodes since their last common block, 0 \
         without a fork; only with several nodes."
    CHAIN_PRUNE_HEIGHT Gauge "bllvm_chain_prune_height" ["node"]
        "Lowest block that the node still has whole."
    CHAIN_SNAPSHOT_HEIGHT Gauge "bllvm_chain_snapshot_height" ["node"]
        "Height of the assumeutxo snapshot that the chain stands on; absent once all blocks under \
         it are validated."
    CHAIN_BACKGROUND_HEIGHT Gauge "bllvm_chain_background_validation_height" ["node"]
        "Height up to which the blocks under the assumeutxo snapshot are validated."
    BLOCKS_PROCESSED Counter "bllvm_blocks_processed_total" ["node"]
        "Blocks validated since the daemon's start, each height once: a reindexed node counts none \
         again."

    BLOCK_VALIDATION Histogram "bllvm_block_validation_seconds" ["node"]
        "Time that the embedded node took to connect a block: its coins, scripts and undo data."

    NETWORK_PEERS Gauge "bllvm_network_peers" ["node" "direction"]
        "Connected peers, by who opened the connection."
    NETWORK_PEERS_MAX Gauge "bllvm_network_peers_max" ["node"]
        "The configured largest number of peers."
    NETWORK_SENT Counter "bllvm_network_bytes_sent_total" ["node"]
        "Bytes sent to peers since the node's start."
    NETWORK_RECEIVED Counter "bllvm_network_bytes_received_total" ["node"]
        "Bytes received from peers since the node's start."
    NETWORK_ACTIVE Gauge "bllvm_network_active" ["node"] "1 if the node's P2P network is on."

    STORAGE_BLOCKS Gauge "bllvm_storage_blocks_bytes" ["node"]
        "Size of block and undo files, as the node counts them where that is exact, else as \
         measured."
    STORAGE_USAGE Gauge "bllvm_storage_usage_bytes" ["node"]
        "What the planner compares: allocated bytes of the data directory where it can be \
         measured, else of the blocks."
    STORAGE_THRESHOLD Gauge "bllvm_storage_prune_threshold_bytes" ["node"]
        "Pruning starts above this usage."
    STORAGE_TARGET Gauge "bllvm_storage_prune_target_bytes" ["node"] "Pruning stops at this usage."
    STORAGE_DATABASE Gauge "bllvm_storage_database_bytes" ["node"]
        "Allocated bytes of chain state and indexes."
    STORAGE_UTXOS Gauge "bllvm_storage_utxos" ["node"]
        "Unspent outputs, where the node has an index of them."
    STORAGE_VOLUME_FREE Gauge "bllvm_storage_volume_free_bytes" ["node"]
        "Free bytes on the volume of the data directory, as an unprivileged writer sees them."
    STORAGE_VOLUME_SIZE Gauge "bllvm_storage_volume_size_bytes" ["node"]
        "Size of the volume of the data directory."
    STORAGE_FULL_IN Gauge "bllvm_storage_full_in_seconds" ["node"]
        "Until the volume is full, if it grows as it did over the last hours and days; absent if \
         it does not."

    MEMPOOL_TRANSACTIONS Gauge "bllvm_mempool_transactions" ["node"] "Transactions in the mempool."
    MEMPOOL_BYTES Gauge "bllvm_mempool_bytes" ["node"]
        "Sum of the virtual sizes of the mempool's transactions."
    MEMPOOL_USAGE Gauge "bllvm_mempool_usage_bytes" ["node"] "Memory that the mempool takes."
    MEMPOOL_MIN_FEE Gauge "bllvm_mempool_min_fee_btc_per_kvb" ["node"]
        "Lowest fee rate that is let into the mempool, BTC per 1000 virtual bytes."

    PRUNE_RUNS Counter "bllvm_prune_runs_total" ["node" "trigger" "outcome"]
        "Prune jobs that ended."
    PRUNE_FREED Counter "bllvm_prune_freed_bytes_total" ["node"]
        "Bytes of block files that prune jobs freed."
    PRUNE_LAST_RUN Gauge "bllvm_prune_last_run_timestamp_seconds" ["node"]
        "When the last prune job ended."
    PRUNE_LEASES Gauge "bllvm_prune_leases" ["node"] "Leases that hold blocks back."

    RPC_REQUESTS Counter "bllvm_rpc_requests_total" ["method" "outcome"]
        "Calls that came to the JSON-RPC gateway, each call of a batch counted, by how they ended."
    RPC_ERRORS Counter "bllvm_rpc_errors_total" ["code"]
        "Requests that were answered with a JSON-RPC error, by its code, be it the gateway's or \
         the node's."
    RPC_DURATION Histogram "bllvm_rpc_request_duration_seconds" ["method"]
        "Time from a request's head to the end of its answer."
    RPC_IN_FLIGHT Gauge "bllvm_rpc_in_flight" []
        "Requests that are at the node, or hold a slot there."
    RPC_QUEUE_WAIT Histogram "bllvm_rpc_queue_wait_seconds" []
        "Time that requests waited for a slot at the node."
    RPC_LIMITED Counter "bllvm_rpc_rate_limited_total" ["layer"]
        "Requests over a limit, by the layer that would have let them wait longest; also those \
         that were only observed."
    RPC_LIMITER_KEYS Gauge "bllvm_rpc_limiter_keys" ["layer"] "Callers that the limiter remembers."
    RPC_OVERLOAD Counter "bllvm_rpc_overload_total" []
        "Times that the node answered that its own work queue is full; the call is sent again."
    LIMITS_STORE_UP Gauge "bllvm_limits_store_up" []
        "1 if the store of shared limits is used, 0 if it is away; only with a store."
    LIMITS_SECONDS Histogram "bllvm_limits_store_seconds" []
        "Time until the store of shared limits answered."
    LIMITS_CALLS Counter "bllvm_limits_store_calls_total" ["outcome"]
        "Calls to the store of shared limits: granted and refused questions, late or failed calls, \
         postings and announcements."
    LIMITS_MODE Gauge "bllvm_limits_mode" ["mode"]
        "1 for how limits are enforced now, 0 for the others: shared through the store, or as \
         limits.when_away says."
    UPSTREAM_REQUESTS Counter "bllvm_upstream_requests_total" ["node" "class" "outcome"]
        "Requests that were sent to a node, or were to be, by the class of their methods; only \
         with several nodes."
    UPSTREAM_DURATION Histogram "bllvm_upstream_request_duration_seconds" ["node"]
        "Time until a node's answer began; only with several nodes."
    UPSTREAM_IN_FLIGHT Gauge "bllvm_upstream_in_flight" ["node"]
        "Requests that are at a node, or hold a slot there; only with several nodes."
    RESENT Counter "bllvm_resent_total" ["class" "outcome"]
        "Requests that were sent to another node though they may have run, since their class \
         allows it, by what came of it."
    BROADCAST Counter "bllvm_broadcast_total" ["node" "outcome"]
        "Transactions, packages, blocks and headers that were sent to a node together with others, \
         by what came of it there."
    FAILOVERS Counter "bllvm_failovers_total" ["node" "reason"]
        "Times that reads of the tip have moved from a node to another one, by why the first is \
         not used."
    FAILOVER_DETECTION Histogram "bllvm_failover_detection_seconds" []
        "Time from the last answer of a node until it was left."
    RECONNECT_QUEUE Gauge "bllvm_reconnect_queue" ["node" "state"]
        "Lost peers in the reconnection queue, by state."
    RECONNECT_ATTEMPTS Counter "bllvm_reconnect_attempts_total" ["node" "outcome"]
        "Attempts to reconnect a peer that ended: succeeded, failed, or uncounted because they say \
         nothing of the peer."
    RECONNECT_NEXT Gauge "bllvm_reconnect_next_attempt_seconds" ["node"]
        "Time until the next attempt may begin; absent if none is to come."
    PEER_QUALITY Gauge "bllvm_peer_quality" ["node" "peer"]
        "What a watched peer that is connected is worth, from 0 to 1; at most max_peers, the best \
         first."

    AUTH_FAILURES Counter "bllvm_auth_failures_total" ["where"]
        "Requests with no or wrong credentials."
    NOTIFICATIONS Counter "bllvm_notifications_total" ["name" "outcome"]
        "Notifications by the entry of the configuration and what came of them: sent, failed after \
         all attempts, or dropped because too many waited."
    BUILD_INFO Gauge "bllvm_build_info" ["version" "commit" "target"]
        "The version of bllvmctl and the commit it is built from, unknown if from sources without \
         git; always 1."
    RELOAD_SUCCESS Gauge "bllvm_config_reload_success" []
        "1 if the last load of the configuration was valid."
    RELOAD_TIMESTAMP Gauge "bllvm_config_last_reload_timestamp_seconds" []
        "Time of the last load of a valid configuration."
    TASK_RESTARTS Counter "bllvm_task_restarts_total" ["task" "node"]
        "Times that a task of the daemon ended and was started again; without a node where it is \
         of none."
    LOG_EVENTS Counter "bllvm_log_events_total" ["level"] "Log lines written, by level."
    LOG_DROPPED Counter "bllvm_log_dropped_total" []
        "Log lines that were lost because their reader was too slow, or because they could \
         not be written."
    TLS_EXPIRY Gauge "bllvm_tls_certificate_expiry_timestamp_seconds" []
        "When the certificate of the listeners expires, or one between it and its CA; absent \
         without TLS."
}
