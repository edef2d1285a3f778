//! `/health/detailed`, and the longer document that `bllvmctl status` shows.

use super::desk::Judged;
use super::health;
use super::service::Service;
use super::settings::Settings;
use crate::api::{
    AttemptTotals, ChainHealth, CheckResult, CollectorStatus, DaemonStatus, DetailedHealth,
    HealthThresholds, LimitsSummary, NetworkDown, NetworkHealth, NodeStatus, PruningStatus,
    QueueTotals, ReconnectionStatus, RpcHealth, StatusDocument, StorageHealth, TaskStatus,
};
use crate::health::{Behind, CheckName, Outcome, Question, Verdict};
use crate::prune::Pruner;
use crate::reconnect::{RowState, Summary};
use crate::supervise::{TaskId, TaskReport};
use crate::values::{Mono, Now, Size};
use crate::watch::{Link, Snapshot, Topic};

/// What may still be told: without the values that are too old.
pub(super) fn known(judged: &Judged, snapshot: &Snapshot, settings: &Settings) -> Snapshot {
    snapshot.without_stale(|topic| settings.plan.stale_after(topic), judged.now().mono)
}

/// The detailed answer about what is `known`, with what was left out left out.
pub(super) fn detailed(
    judged: &Judged,
    snapshot: &Snapshot,
    settings: &Settings,
    outcome: &Outcome<'_>,
    parts: Parts,
) -> DetailedHealth {
    let (verdict, now) = (judged.verdict(), judged.now());
    let chain = snapshot.chain.as_deref();
    let size = chain
        .and_then(|chain| chain.size_on_disk_bytes)
        .or_else(|| snapshot.block_files_bytes());
    DetailedHealth {
        status: health::word(Question::Health, outcome.ok),
        timestamp: now.wall.as_second(),
        chain: ChainHealth {
            initialized: verdict.chain_initialized,
            height: chain.map(|chain| chain.blocks),
            tip_hash: chain.map(|chain| chain.tip_hash.clone()),
        },
        storage: StorageHealth {
            available: verdict.storage_available,
            size_bytes: size.map(Size::from_bytes),
        },
        network: NetworkHealth {
            peers_connected: snapshot.peers_connected(),
            peers_max: settings.peers_max,
        },
        rpc: RpcHealth {
            enabled: settings.rpc_enabled,
            requests_processed: parts.requests_processed,
        },
        state: verdict.state.as_str().into(),
        reasons: outcome.reasons.clone(),
        checks: checks(outcome),
        pruning: parts.pruning,
        reconnection: parts.reconnection,
        limits: parts.limits,
        node: node(judged, snapshot, settings),
        thresholds: HealthThresholds {
            ready_max_lag_blocks: Some(settings.policy.ready_max_lag_blocks),
            min_peers: Some(settings.policy.min_peers),
            min_free_bytes: Some(settings.policy.min_free),
            storage_critical_bytes: Some(settings.policy.storage_critical),
        },
        daemon: daemon(now),
        config_reload_valid: Some(parts.config_reload_valid),
        collectors: collectors(snapshot, settings, now.mono),
        warnings: Vec::new(),
    }
}

fn checks(outcome: &Outcome<'_>) -> Vec<CheckResult> {
    let checks = outcome.checks.iter().map(|check| CheckResult {
        name: check.name.as_str().into(),
        level: check.level.as_str().into(),
        text: check.text.clone(),
    });
    checks.collect()
}

fn daemon(now: Now) -> DaemonStatus {
    DaemonStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: Some(std::process::id()),
        started_at: Some(now.wall_of(Mono::START)),
        uptime_secs: Some(now.mono.since_start().as_secs()),
    }
}

fn collectors(snapshot: &Snapshot, settings: &Settings, now: Mono) -> Vec<CollectorStatus> {
    let used = Topic::ALL
        .into_iter()
        .filter(|topic| snapshot.collector(*topic).is_in_use());
    let part = |topic: Topic| {
        let collector = snapshot.collector(topic);
        CollectorStatus {
            name: topic.as_str().into(),
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
fn reconnection(lost: &Summary, snapshot: &Snapshot, now: Now) -> ReconnectionStatus {
    ReconnectionStatus {
        enabled: Some(lost.enabled),
        paused: lost.paused,
        network_down: lost.network_down.map(NetworkDown::from),
        kept: lost.kept.0,
        kept_connected: snapshot.peers.as_ref().map(|_| lost.kept.1),
        queue: queue(lost),
        queue_max: Summary::BOUND,
        next_attempt_at: lost
            .next_attempt
            .map(|next| now.wall_of(next.max(now.mono))),
        attempts: AttemptTotals {
            succeeded: lost.counts.succeeded,
            failed: lost.counts.failed,
            uncounted: lost.counts.uncounted,
        },
    }
}

fn queue(lost: &Summary) -> QueueTotals {
    let mut totals = QueueTotals::default();
    for (state, number) in RowState::ALL.into_iter().zip(lost.states) {
        let total = match state {
            RowState::Connecting => &mut totals.connecting,
            RowState::Waiting => &mut totals.waiting,
            RowState::Paused => &mut totals.paused,
            RowState::Abandoned => &mut totals.abandoned,
        };
        *total = number;
    }
    totals
}

/// What other parts tell of themselves.
pub(super) struct Parts {
    pruning: PruningStatus,
    reconnection: ReconnectionStatus,
    limits: LimitsSummary,
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
            limits: service.gateway.summary().into(),
            requests_processed: service.gateway.requests_processed(),
            config_reload_valid: service.reloads.last_was_valid(),
        }
    }
}

/// How pruning stands.
fn pruning(pruner: &Pruner, snapshot: &Snapshot, settings: &Settings) -> PruningStatus {
    let chain = snapshot.chain.as_deref();
    let status = pruner.status();
    PruningStatus {
        mode: settings.pruning_mode.into(),
        node_in_prune_mode: chain.and_then(|chain| chain.pruned),
        prune_height: chain.and_then(|chain| chain.prune_height),
        usage_bytes: status.usage.usage_bytes.map(Size::from_bytes),
        threshold_bytes: Size::from_bytes(settings.prune_bytes.0),
        target_bytes: Size::from_bytes(settings.prune_bytes.1),
        plan: pruner.standing_plan().map(Into::into),
        job: status.job.map(Into::into),
        last: status.last.map(Into::into),
        leases: Some(pruner.leases().len()),
        forecast: status.forecast.map(Into::into),
    }
}

fn node(judged: &Judged, snapshot: &Snapshot, settings: &Settings) -> NodeStatus {
    let now = judged.now();
    let chain = snapshot.chain.as_deref();
    let identity = snapshot.identity();
    let is_up = snapshot.link(settings.plan.timeout, now.mono) == Link::Up;
    NodeStatus {
        name: settings.node_name.clone(),
        url: settings.rpc_url.clone(),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
        subversion: identity.map(|identity| identity.subversion.clone()),
        chain: chain.map(|chain| chain.chain.clone()),
        headers: chain.map(|chain| chain.headers),
        blocks_behind: blocks_behind(judged.verdict()),
        sync_eta_secs: judged.verdict().eta.map(|eta| eta.as_secs()),
        verification_progress: chain.and_then(|chain| chain.verification_progress),
        // Of a node that does not answer nobody knows that it still runs.
        uptime_secs: snapshot
            .uptime
            .filter(|_| is_up)
            .map(|uptime| uptime.as_secs()),
        last_answer_at: snapshot.last_answer.map(|answer| now.wall_of(answer)),
        volume_free_bytes: snapshot
            .volume
            .map(|volume| Size::from_bytes(volume.free_bytes)),
        volume_size_bytes: snapshot
            .volume
            .map(|volume| Size::from_bytes(volume.size_bytes)),
        usage_bytes: snapshot
            .usage
            .map(|usage| Size::from_bytes(usage.total_bytes)),
        mempool_transactions: snapshot.mempool.map(|mempool| mempool.transactions),
    }
}

/// How many blocks the node is behind, if that is a number.
pub(super) fn blocks_behind(verdict: &Verdict) -> Option<u32> {
    match verdict.behind {
        Some(Behind::Blocks(behind)) => Some(behind),
        Some(Behind::NoHeaders) | None => None,
    }
}

/// The document behind `bllvmctl status`.
pub(super) fn full_status(
    detailed: DetailedHealth,
    tasks: &[(TaskId, TaskReport)],
    settings: &Settings,
) -> StatusDocument {
    let task = |(id, report): &(TaskId, TaskReport)| TaskStatus {
        name: id.name.to_owned(),
        node: id.node.as_deref().map(str::to_owned),
        state: report.state.as_str().into(),
        restarts: report.restarts,
        error_streak: report.error_streak,
        last_error: report.last_error.clone(),
    };
    StatusDocument {
        detailed,
        tasks: tasks.iter().map(task).collect(),
        config_file: settings.config_file.clone(),
    }
}

/// The outcome the detailed answer is about.
pub(super) fn outcome<'a>(judged: &'a Judged, exclude: &[CheckName]) -> Outcome<'a> {
    judged.verdict().answer(Question::Health, exclude)
}
