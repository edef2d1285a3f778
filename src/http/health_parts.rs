//! The parts of the detailed health that are of one node, each as its document.

use super::node_question;
use crate::api::{
    AttemptTotals, ChainHealth, CheckResult, CollectorStatus, HealthThresholds, NetworkDown,
    NetworkHealth, NodeStatus, PruningStatus, QueueTotals, ReconnectionStatus, StorageHealth,
};
use crate::fleet::MemberSettings;
use crate::health::{Behind, Outcome, StandingSince, Verdict};
use crate::prune::Pruner;
use crate::reconnect::{RowState, Summary};
use crate::values::{Mono, Now, Size};
use crate::watch::{Link, PollPlan, Snapshot, Topic};

pub(super) fn chain_health(verdict: &Verdict, snapshot: &Snapshot) -> ChainHealth {
    let chain = snapshot.chain.as_deref();
    ChainHealth {
        initialized: verdict.chain_initialized,
        height: chain.map(|chain| chain.blocks),
        tip_hash: chain.map(|chain| chain.tip_hash.clone()),
    }
}

pub(super) fn storage_health(verdict: &Verdict, snapshot: &Snapshot) -> StorageHealth {
    let chain = snapshot.chain.as_deref();
    let size = chain
        .and_then(|chain| chain.size_on_disk_bytes)
        .or_else(|| snapshot.block_files_bytes());
    StorageHealth {
        available: verdict.storage_available,
        size_bytes: size.map(Size::from_bytes),
    }
}

pub(super) fn network_health(settings: &MemberSettings, snapshot: &Snapshot) -> NetworkHealth {
    NetworkHealth {
        peers_connected: snapshot.peers_connected(),
        peers_max: settings.peers_max,
    }
}

/// The optional indexes of a node that are complete, by the names of its options.
pub(super) fn complete_indexes(snapshot: &Snapshot) -> Option<Vec<String>> {
    let indexes = snapshot.indexes.as_deref()?.indexes.iter();
    let complete = indexes.filter(|index| index.synced);
    let option = |name: &str| node_question::index_option(name).to_owned();
    Some(complete.map(|index| option(&index.name)).collect())
}

/// The snapshot without the values that are too old to be shown.
pub(super) fn current(plan: &PollPlan, snapshot: &Snapshot, now: Mono) -> Snapshot {
    snapshot.without_stale(|topic| plan.stale_after(topic), now)
}

pub(super) fn thresholds(settings: &MemberSettings) -> HealthThresholds {
    HealthThresholds {
        ready_max_lag_blocks: Some(settings.policy.thresholds.ready_max_lag_blocks),
        min_peers: Some(settings.policy.min_peers),
        min_free_bytes: Some(settings.policy.min_free),
        storage_critical_bytes: Some(settings.policy.storage_critical),
    }
}

/// All checks that were looked at, and `since` when they stand so.
pub(super) fn checks(outcome: &Outcome<'_>, since: &StandingSince, now: Now) -> Vec<CheckResult> {
    let checks = outcome.checks.iter().map(|check| CheckResult {
        name: check.name.as_str().into(),
        level: check.level.as_str().into(),
        text: check.text.clone(),
        since: since.check(check).map(|since| now.wall_of(since)),
    });
    checks.collect()
}

pub(super) fn collectors(snapshot: &Snapshot, plan: &PollPlan, now: Mono) -> Vec<CollectorStatus> {
    let used = Topic::ALL
        .into_iter()
        .filter(|topic| snapshot.collector(*topic).is_in_use());
    let part = |topic: Topic| {
        let collector = snapshot.collector(topic);
        CollectorStatus {
            name: topic.as_str().into(),
            up: snapshot.is_up(topic, plan, now),
            old: snapshot.is_old(topic, plan.timeout, now),
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
pub(super) fn reconnection(lost: &Summary, snapshot: &Snapshot, now: Now) -> ReconnectionStatus {
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

/// How pruning stands.
pub(super) fn pruning(
    pruner: &Pruner,
    snapshot: &Snapshot,
    settings: &MemberSettings,
) -> PruningStatus {
    let policy = &settings.prune.policy;
    let chain = snapshot.chain.as_deref();
    let status = pruner.status();
    PruningStatus {
        mode: policy.mode.as_str().into(),
        node_in_prune_mode: chain.and_then(|chain| chain.pruned),
        prune_height: chain.and_then(|chain| chain.prune_height),
        usage_bytes: status.usage.usage_bytes.map(Size::from_bytes),
        threshold_bytes: policy.threshold,
        target_bytes: policy.target,
        plan: pruner.standing_plan().map(Into::into),
        job: status.job.map(Into::into),
        last: status.last.map(Into::into),
        leases: Some(pruner.leases().len()),
        forecast: status.forecast.map(Into::into),
    }
}

pub(super) fn node_status(
    settings: &MemberSettings,
    verdict: &Verdict,
    snapshot: &Snapshot,
    now: Now,
) -> NodeStatus {
    let chain = snapshot.chain.as_deref();
    let identity = snapshot.identity();
    let network = snapshot.network.as_deref();
    let is_up = snapshot.link(settings.plan.timeout, now.mono) == Link::Up;
    NodeStatus {
        name: settings.name.clone(),
        url: settings.location.clone(),
        flavour: identity.map(|identity| identity.dialect().name.to_owned()),
        version: identity.map(|identity| identity.version_text.clone()),
        subversion: identity.map(|identity| identity.subversion.clone()),
        chain: chain.map(|chain| chain.chain.clone()),
        headers: chain.map(|chain| chain.headers),
        blocks_behind: blocks_behind(verdict),
        sync_eta_secs: verdict.eta.map(|eta| eta.as_secs()),
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
        usage_bytes: snapshot.used_bytes().map(Size::from_bytes),
        mempool_transactions: snapshot.mempool.map(|mempool| mempool.transactions),
        time_offset_secs: network.and_then(|network| network.time_offset_secs),
    }
}

/// How many blocks the node is behind, if that is a number.
pub(super) fn blocks_behind(verdict: &Verdict) -> Option<u32> {
    match verdict.behind {
        Some(Behind::Blocks(behind)) => Some(behind),
        Some(Behind::NoHeaders) | None => None,
    }
}
