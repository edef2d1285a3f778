//! `/health/detailed`, and the longer document that `bllvmctl status` shows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::desk::Judged;
use super::health;
use super::service::Service;
use super::settings::Settings;
use crate::gateway;
use crate::health::{Behind, CheckName, Outcome, Question};
use crate::prune::{Forecast, Job, PlanRecord, Pruner};
use crate::reconnect::{RowState, Summary};
use crate::supervise::{TaskId, TaskReport};
use crate::values::{Mono, Now};
use crate::watch::{Link, Snapshot, Topic};

#[derive(Serialize)]
pub(super) struct Detailed<'a> {
    status: &'static str,
    timestamp: i64,
    chain: ChainPart<'a>,
    storage: StoragePart,
    network: NetworkPart,
    rpc: RpcPart,
    state: &'static str,
    reasons: &'a [String],
    checks: Vec<CheckPart<'a>>,
    pruning: PruningPart,
    reconnection: ReconnectionPart,
    limits: gateway::Summary,
    node: NodePart<'a>,
    thresholds: ThresholdsPart,
    daemon: DaemonPart,
    /// The last load of the configuration was valid.
    config_reload_valid: bool,
    /// How old each part of this is, and whether it is still asked for with success.
    collectors: Vec<CollectorPart>,
}

#[derive(Serialize)]
struct ChainPart<'a> {
    initialized: bool,
    height: Option<u32>,
    tip_hash: Option<&'a str>,
}

#[derive(Serialize)]
struct StoragePart {
    available: bool,
    size_bytes: Option<u64>,
}

#[derive(Serialize)]
struct NetworkPart {
    peers_connected: Option<usize>,
    peers_max: Option<u32>,
}

#[derive(Serialize)]
struct RpcPart {
    enabled: bool,
    requests_processed: u64,
}

#[derive(Serialize)]
struct CheckPart<'a> {
    name: &'static str,
    level: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct PruningPart {
    mode: &'static str,
    node_in_prune_mode: Option<bool>,
    prune_height: Option<u32>,
    usage_bytes: Option<u64>,
    threshold_bytes: u64,
    target_bytes: u64,
    plan: Option<PlanRecord>,
    job: Option<Job>,
    last: Option<Job>,
    leases: usize,
    forecast: Option<Forecast>,
}

#[derive(Serialize)]
struct ReconnectionPart {
    enabled: bool,
    paused: bool,
    network_down: Option<&'static str>,
    kept: usize,
    kept_connected: Option<usize>,
    queue: BTreeMap<&'static str, usize>,
    queue_max: usize,
    next_attempt_at: Option<jiff::Timestamp>,
    attempts: AttemptsPart,
}

/// How attempts ended since the daemon's start.
#[derive(Serialize)]
struct AttemptsPart {
    succeeded: u64,
    failed: u64,
    uncounted: u64,
}

#[derive(Serialize)]
struct NodePart<'a> {
    name: &'a str,
    url: &'a str,
    flavour: Option<&'static str>,
    version: Option<&'a str>,
    subversion: Option<&'a str>,
    chain: Option<&'a str>,
    headers: Option<u32>,
    blocks_behind: Option<u32>,
    sync_eta_secs: Option<u64>,
    verification_progress: Option<f64>,
    uptime_secs: Option<u64>,
    last_answer_at: Option<jiff::Timestamp>,
    volume_free_bytes: Option<u64>,
    volume_size_bytes: Option<u64>,
    usage_bytes: Option<u64>,
    mempool_transactions: Option<u64>,
}

/// Where the checks begin to warn, or to be bad.
#[derive(Serialize)]
struct ThresholdsPart {
    ready_max_lag_blocks: u32,
    min_peers: u32,
    min_free_bytes: u64,
    storage_critical_bytes: u64,
}

#[derive(Serialize)]
struct DaemonPart {
    version: &'static str,
    pid: u32,
    started_at: jiff::Timestamp,
    uptime_secs: u64,
}

/// One kind of question to the node, and the age of its last answer.
#[derive(Serialize)]
struct CollectorPart {
    name: &'static str,
    up: bool,
    /// What is known is not of the node as it is now.
    old: bool,
    age_secs: Option<f64>,
    open_secs: Option<f64>,
    error: Option<String>,
}

#[derive(Serialize)]
struct TaskPart<'a> {
    name: &'static str,
    /// The node that it is a task of; the daemon's own have none.
    node: Option<&'a str>,
    state: &'static str,
    restarts: u64,
    error_streak: u32,
    last_error: Option<&'a str>,
}

/// `GET /api/v1/status`
#[derive(Serialize)]
pub(super) struct Status<'a> {
    #[serde(flatten)]
    detailed: Detailed<'a>,
    tasks: Vec<TaskPart<'a>>,
    config_file: Option<&'a str>,
}

/// What may still be told: without the values that are too old.
pub(super) fn known(judged: &Judged, snapshot: &Snapshot, settings: &Settings) -> Snapshot {
    snapshot.without_stale(|topic| settings.plan.stale_after(topic), judged.now().mono)
}

/// The detailed answer about what is `known`, with what was left out left out.
pub(super) fn detailed<'a>(
    judged: &'a Judged,
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    outcome: &'a Outcome<'a>,
    parts: Parts,
) -> Detailed<'a> {
    let (verdict, now) = (judged.verdict(), judged.now());
    let chain = snapshot.chain.as_deref();
    let size = chain
        .and_then(|chain| chain.size_on_disk_bytes)
        .or_else(|| snapshot.block_files_bytes());
    let checks = outcome.checks.iter();
    Detailed {
        status: health::word(Question::Health, outcome.ok),
        timestamp: now.wall.as_second(),
        chain: ChainPart {
            initialized: verdict.chain_initialized,
            height: chain.map(|chain| chain.blocks),
            tip_hash: chain.map(|chain| chain.tip_hash.as_str()),
        },
        storage: StoragePart {
            available: verdict.storage_available,
            size_bytes: size,
        },
        network: NetworkPart {
            peers_connected: snapshot.peers_connected(),
            peers_max: settings.peers_max,
        },
        rpc: RpcPart {
            enabled: settings.rpc_enabled,
            requests_processed: parts.requests_processed,
        },
        state: verdict.state.as_str(),
        reasons: &outcome.reasons,
        checks: checks
            .map(|check| CheckPart {
                name: check.name.as_str(),
                level: check.level.as_str(),
                text: &check.text,
            })
            .collect(),
        pruning: parts.pruning,
        reconnection: parts.reconnection,
        limits: parts.limits,
        node: node(judged, snapshot, settings),
        thresholds: ThresholdsPart {
            ready_max_lag_blocks: settings.policy.ready_max_lag_blocks,
            min_peers: settings.policy.min_peers,
            min_free_bytes: settings.policy.min_free.bytes(),
            storage_critical_bytes: settings.policy.storage_critical.bytes(),
        },
        daemon: DaemonPart {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            started_at: now.wall_of(Mono::START),
            uptime_secs: now.mono.since_start().as_secs(),
        },
        config_reload_valid: parts.config_reload_valid,
        collectors: collectors(snapshot, settings, now.mono),
    }
}

fn collectors(snapshot: &Snapshot, settings: &Settings, now: Mono) -> Vec<CollectorPart> {
    let used = Topic::ALL
        .into_iter()
        .filter(|topic| snapshot.collector(*topic).is_in_use());
    let part = |topic: Topic| {
        let collector = snapshot.collector(topic);
        CollectorPart {
            name: topic.as_str(),
            up: snapshot.is_up(topic, &settings.plan, now),
            old: snapshot.is_old(topic, settings.plan.timeout, now),
            age_secs: collector.age(now).map(|age| age.as_secs_f64()),
            open_secs: collector
                .open_since
                .map(|open| now.since(open).as_secs_f64()),
            error: collector.failure.as_ref().map(ToString::to_string),
        }
    };
    used.map(part).collect()
}

/// The reconnection queue in short.
fn reconnection(lost: &Summary, snapshot: &Snapshot, now: Now) -> ReconnectionPart {
    let states = RowState::ALL.into_iter().map(RowState::as_str);
    ReconnectionPart {
        enabled: lost.enabled,
        paused: lost.paused,
        network_down: lost.network_down,
        kept: lost.kept.0,
        kept_connected: snapshot.peers.as_ref().map(|_| lost.kept.1),
        queue: states.zip(lost.states).collect(),
        queue_max: Summary::BOUND,
        next_attempt_at: lost
            .next_attempt
            .map(|next| now.wall_of(next.max(now.mono))),
        attempts: AttemptsPart {
            succeeded: lost.counts.succeeded,
            failed: lost.counts.failed,
            uncounted: lost.counts.uncounted,
        },
    }
}

/// What other parts tell of themselves.
pub(super) struct Parts {
    pruning: PruningPart,
    reconnection: ReconnectionPart,
    limits: gateway::Summary,
    requests_processed: u64,
    config_reload_valid: bool,
}

impl Parts {
    pub(super) fn of(
        service: &Service,
        snapshot: &Snapshot,
        settings: &Settings,
        now: Now,
    ) -> Self {
        Self {
            reconnection: reconnection(&service.reconnection.summary(), snapshot, now),
            pruning: pruning(&service.pruner, snapshot, settings),
            limits: service.gateway.summary(),
            requests_processed: service.gateway.requests_processed(),
            config_reload_valid: service.reloads.last_was_valid(),
        }
    }
}

/// How pruning stands.
fn pruning(pruner: &Pruner, snapshot: &Snapshot, settings: &Settings) -> PruningPart {
    let (chain, status) = (snapshot.chain.as_deref(), pruner.status());
    PruningPart {
        mode: settings.pruning_mode,
        node_in_prune_mode: chain.and_then(|chain| chain.pruned),
        prune_height: chain.and_then(|chain| chain.prune_height),
        usage_bytes: status.usage.usage_bytes,
        threshold_bytes: settings.prune_bytes.0,
        target_bytes: settings.prune_bytes.1,
        plan: pruner.standing_plan(),
        job: status.job,
        last: status.last,
        leases: pruner.leases().len(),
        forecast: status.forecast,
    }
}

fn node<'a>(judged: &Judged, snapshot: &'a Snapshot, settings: &'a Settings) -> NodePart<'a> {
    let (verdict, now) = (judged.verdict(), judged.now());
    let (chain, identity) = (snapshot.chain.as_deref(), snapshot.identity());
    let is_up = snapshot.link(settings.plan.timeout, now.mono) == Link::Up;
    NodePart {
        name: &settings.node_name,
        url: &settings.rpc_url,
        flavour: identity.map(|identity| identity.dialect().name),
        version: identity.map(|identity| identity.version_text.as_str()),
        subversion: identity.map(|identity| identity.subversion.as_str()),
        chain: chain.map(|chain| chain.chain.as_str()),
        headers: chain.map(|chain| chain.headers),
        blocks_behind: match verdict.behind {
            Some(Behind::Blocks(behind)) => Some(behind),
            Some(Behind::NoHeaders) | None => None,
        },
        sync_eta_secs: verdict.eta.map(|eta| eta.as_secs()),
        verification_progress: chain.and_then(|chain| chain.verification_progress),
        // Of a node that does not answer nobody knows that it still runs.
        uptime_secs: snapshot
            .uptime
            .filter(|_| is_up)
            .map(|uptime| uptime.as_secs()),
        last_answer_at: snapshot.last_answer.map(|answer| now.wall_of(answer)),
        volume_free_bytes: snapshot.volume.map(|volume| volume.free_bytes),
        volume_size_bytes: snapshot.volume.map(|volume| volume.size_bytes),
        usage_bytes: snapshot.usage.map(|usage| usage.total_bytes),
        mempool_transactions: snapshot.mempool.map(|mempool| mempool.transactions),
    }
}

/// The document behind `bllvmctl status`.
pub(super) fn full_status<'a>(
    judged: &'a Judged,
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    outcome: &'a Outcome<'a>,
    parts: Parts,
    tasks: &'a [(TaskId, TaskReport)],
) -> Status<'a> {
    let task = |(id, report): &'a (TaskId, TaskReport)| TaskPart {
        name: id.name,
        node: id.node.as_deref(),
        state: report.state.as_str(),
        restarts: report.restarts,
        error_streak: report.error_streak,
        last_error: report.last_error.as_deref(),
    };
    Status {
        detailed: detailed(judged, snapshot, settings, outcome, parts),
        tasks: tasks.iter().map(task).collect(),
        config_file: settings.config_file.as_deref(),
    }
}

/// The outcome the detailed answer is about.
pub(super) fn outcome<'a>(judged: &'a Judged, exclude: &[CheckName]) -> Outcome<'a> {
    judged.verdict().answer(Question::Health, exclude)
}
