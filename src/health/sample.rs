//! What tests judge by: nothing is asked of peers and disks, and pruning is switched off.

use std::time::Duration;

use super::{HealthPolicy, Level, Loops, Pruning, Verdict, judge};
use crate::config;
use crate::values::{Now, Size};
use crate::watch::Snapshot;

pub(crate) fn policy(timeout: Duration) -> HealthPolicy {
    HealthPolicy {
        archive: false,
        chain: None,
        timeout,
        thresholds: config::default_health(),
        min_peers: 0,
        min_free: Size::from_bytes(0),
        storage_critical: Size::from_bytes(0),
        stale_after: Duration::from_secs(60),
    }
}

pub(crate) fn no_pruning() -> Pruning {
    Pruning {
        level: Level::Good,
        text: "disabled".into(),
        full_in: None,
        no_room: None,
        unwritten: None,
    }
}

pub(crate) fn verdict(snapshot: &Snapshot, timeout: Duration, now: Now) -> Verdict {
    let loops = Loops::default();
    judge(snapshot, &policy(timeout), &no_pruning(), loops, now)
}
