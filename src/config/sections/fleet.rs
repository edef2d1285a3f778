//! `[fleet]`

use crate::config::reader::Reader;
use crate::config::scalar::{boolean, choice, count, seconds, seconds_or_zero, whole};
use crate::config::schema::{BroadcastScope, Fleet, ForkPolicy, ResendPolicy, RoutingPolicy};

const POLICIES: [(&str, RoutingPolicy); 2] = [
    ("primary", RoutingPolicy::Primary),
    ("spread", RoutingPolicy::Spread),
];
const BROADCAST: [(&str, BroadcastScope); 2] = [
    ("all", BroadcastScope::All),
    ("primary", BroadcastScope::Primary),
];
const RESEND: [(&str, ResendPolicy); 2] = [
    ("reads", ResendPolicy::Reads),
    ("never", ResendPolicy::Never),
];
const FORKS: [(&str, ForkPolicy); 2] = [
    ("hold", ForkPolicy::Hold),
    ("most_work", ForkPolicy::MostWork),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Fleet> {
    let policy = reader.get("fleet.policy", |item| choice(item, &POLICIES));
    let max_lag_blocks = reader.get("fleet.max_lag_blocks", |item| whole(item, 0));
    let lag_grace = reader.get("fleet.lag_grace_secs", seconds_or_zero);
    let busy = reader.get("fleet.busy_secs", seconds);
    let probe_interval = reader.get("fleet.probe_secs", seconds);
    let dead = reader.get("fleet.dead_secs", seconds);
    let failback = reader.get("fleet.failback_secs", seconds_or_zero);
    let min_ready = reader.get("fleet.min_ready", count);
    let broadcast = reader.get("fleet.broadcast", |item| choice(item, &BROADCAST));
    let resend = reader.get("fleet.resend", |item| choice(item, &RESEND));
    let floor = reader.get("fleet.floor_secs", seconds_or_zero);
    let pass_through = reader.get("fleet.pass_through", boolean);
    let fork_policy = reader.get("fleet.fork_policy", |item| choice(item, &FORKS));
    Some(Fleet {
        policy: policy?,
        max_lag_blocks: max_lag_blocks?,
        lag_grace: lag_grace?,
        busy: busy?,
        probe_interval: probe_interval?,
        dead: dead?,
        failback: failback?,
        min_ready: min_ready?,
        broadcast: broadcast?,
        resend: resend?,
        floor: floor?,
        pass_through: pass_through?,
        fork_policy: fork_policy?,
    })
}

/// As the defaults say, for tests of what is decided by it.
#[cfg(test)]
pub(crate) fn default_fleet() -> Fleet {
    let env = crate::env::Env::default();
    let mut reader = Reader::new(crate::config::layer::ConfigLayer::default(), &env);
    read(&mut reader).expect("the defaults are valid")
}
