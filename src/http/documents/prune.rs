//! Prune jobs, plans and leases.

use crate::api::{DiskForecast, LeaseDocument, PruneDocument, PruneJob, PrunePlan, PruneUsage};
use crate::prune::{Forecast, Job, LeaseRecord, PlanRecord, PruneStatus, UsageRecord};
use crate::values::Size;

fn size(bytes: Option<u64>) -> Option<Size> {
    bytes.map(Size::from_bytes)
}

impl From<PlanRecord> for PrunePlan {
    fn from(plan: PlanRecord) -> Self {
        Self {
            action: plan.action.as_str().into(),
            trigger: plan.trigger.map(|trigger| trigger.as_str().into()),
            why: plan.why,
            aim: plan.aim.map(|target| target.as_str().into()),
            target_bytes: size(plan.target_bytes),
            target_height: plan.target_height,
            to_height: plan.to_height,
            about_bytes: size(plan.about_bytes),
            held_by: plan.held_by,
            usage_bytes: size(plan.usage_bytes),
            free_bytes: size(plan.free_bytes),
            first_kept_height: plan.first_kept_height,
            whole_files: plan.whole_files,
        }
    }
}

impl From<Job> for PruneJob {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            trigger: job.trigger.as_str().into(),
            state: job.state.as_str().into(),
            plan: job.plan.into(),
            freed_bytes: size(job.freed_bytes),
            deleted_bytes: size(job.deleted_bytes),
            pruned_height: job.pruned_height,
            held_by: job.held_by,
            started_at: job.started_at,
            finished_at: job.finished_at,
            error: job.error,
        }
    }
}

impl From<Forecast> for DiskForecast {
    fn from(forecast: Forecast) -> Self {
        Self {
            full_in_secs: forecast.full_in_secs,
            earliest_secs: forecast.earliest_secs,
            latest_secs: forecast.latest_secs,
            bytes_per_day: forecast.bytes_per_day,
            observed_secs: forecast.observed_secs,
        }
    }
}

impl From<UsageRecord> for PruneUsage {
    fn from(usage: UsageRecord) -> Self {
        Self {
            usage_bytes: size(usage.usage_bytes),
            blocks_bytes: size(usage.blocks_bytes),
            database_bytes: size(usage.database_bytes),
            threshold_bytes: size(Some(usage.threshold_bytes)),
            target_bytes: size(Some(usage.target_bytes)),
            volume_free_bytes: size(usage.volume_free_bytes),
            volume_size_bytes: size(usage.volume_size_bytes),
            min_free_bytes: size(Some(usage.min_free_bytes)),
            first_kept_height: usage.first_kept_height,
            tip_height: usage.tip_height,
        }
    }
}

impl From<PruneStatus> for PruneDocument {
    fn from(status: PruneStatus) -> Self {
        Self {
            job: status.job.map(Into::into),
            last: status.last.map(Into::into),
            usage: status.usage.into(),
            forecast: status.forecast.map(Into::into),
        }
    }
}

impl From<LeaseRecord> for LeaseDocument {
    fn from(lease: LeaseRecord) -> Self {
        Self {
            name: lease.name,
            from_height: lease.from_height,
            last: lease.last,
            ttl_secs: lease.ttl_secs,
            created_at: lease.created_at,
            expires_at: lease.expires_at,
        }
    }
}
