//! What is sampled, and how rates and latencies follow from two readings of counters. Pure.

use std::time::Duration;

use super::quantile::quantile;
use super::ring::{known, stored};
use crate::health::{Level, Question, Verdict};
use crate::metrics::{GatewayTotals, LimitedTotals};

/// What was seen of the gateway in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GatewaySample {
    /// How healthy it was: 1 with no warning, 0.5 with one, 0 if not.
    pub health: Option<f64>,
    /// Calls that a node answered, a second.
    pub answered_per_sec: Option<f64>,
    /// Calls that were not answered though they might have been, a second.
    pub failed_per_sec: Option<f64>,
    /// Requests that were refused for what they are, a second.
    pub rejected_per_sec: Option<f64>,
    /// Requests over the limit of an address, a second.
    pub over_address_limit_per_sec: Option<f64>,
    /// Of a user.
    pub over_user_limit_per_sec: Option<f64>,
    /// Of a method.
    pub over_method_limit_per_sec: Option<f64>,
    /// Of failed logins.
    pub over_login_limit_per_sec: Option<f64>,
    /// Half of the requests took at most so long.
    pub p50_secs: Option<f64>,
    /// All but one in a hundred took at most so long.
    pub p99_secs: Option<f64>,
    /// Calls at the nodes.
    pub in_flight: Option<f64>,
}

/// What was seen of one node in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeSample {
    /// How healthy it was: 1 with no warning, 0.5 with one, 0 if not.
    pub health: Option<f64>,
    /// The height of its tip.
    pub height: Option<f64>,
    /// How many blocks it was behind.
    pub lag_blocks: Option<f64>,
    /// The size of its data, bytes.
    pub usage_bytes: Option<f64>,
    /// Free on its volume, bytes.
    pub free_bytes: Option<f64>,
    /// Peers that had connected to it.
    pub peers_inbound: Option<f64>,
    /// Peers that it had connected to.
    pub peers_outbound: Option<f64>,
    /// Transactions in its mempool.
    pub mempool_transactions: Option<f64>,
    /// Calls that it answered, a second; of one of several nodes.
    pub answered_per_sec: Option<f64>,
}

impl GatewaySample {
    /// So many values it has.
    pub(super) const VALUES: usize = 11;

    /// What was counted in the time `elapsed` between two readings.
    #[must_use]
    pub(super) fn between(
        before: &GatewayTotals,
        after: &GatewayTotals,
        elapsed: Duration,
    ) -> Self {
        let rate = |of: fn(&GatewayTotals) -> u64| rate(of(before), of(after), elapsed);
        let limited = |of: fn(&LimitedTotals) -> u64| {
            self::rate(of(&before.limited), of(&after.limited), elapsed)
        };
        let counts: Vec<u64> = after
            .durations
            .iter()
            .zip(&before.durations)
            .map(|(after, before)| after.saturating_sub(*before))
            .collect();
        let latency = |share| quantile(GatewayTotals::DURATION_BOUNDS, &counts, share);
        Self {
            health: None,
            answered_per_sec: rate(|totals| totals.answered),
            failed_per_sec: rate(|totals| totals.failed),
            rejected_per_sec: rate(|totals| totals.rejected),
            over_address_limit_per_sec: limited(|limited| limited.address),
            over_user_limit_per_sec: limited(|limited| limited.user),
            over_method_limit_per_sec: limited(|limited| limited.method),
            over_login_limit_per_sec: limited(|limited| limited.login),
            p50_secs: latency(0.5),
            p99_secs: latency(0.99),
            in_flight: None,
        }
    }

    pub(super) fn store(&self) -> [f32; Self::VALUES] {
        [
            self.health,
            self.answered_per_sec,
            self.failed_per_sec,
            self.rejected_per_sec,
            self.over_address_limit_per_sec,
            self.over_user_limit_per_sec,
            self.over_method_limit_per_sec,
            self.over_login_limit_per_sec,
            self.p50_secs,
            self.p99_secs,
            self.in_flight,
        ]
        .map(stored)
    }

    pub(super) fn load(stored: [f32; Self::VALUES]) -> Self {
        let [
            health,
            answered_per_sec,
            failed_per_sec,
            rejected_per_sec,
            over_address_limit_per_sec,
            over_user_limit_per_sec,
            over_method_limit_per_sec,
            over_login_limit_per_sec,
            p50_secs,
            p99_secs,
            in_flight,
        ] = stored.map(known);
        Self {
            health,
            answered_per_sec,
            failed_per_sec,
            rejected_per_sec,
            over_address_limit_per_sec,
            over_user_limit_per_sec,
            over_method_limit_per_sec,
            over_login_limit_per_sec,
            p50_secs,
            p99_secs,
            in_flight,
        }
    }
}

impl NodeSample {
    /// So many values it has.
    pub(super) const VALUES: usize = 9;

    pub(super) fn store(&self) -> [f32; Self::VALUES] {
        [
            self.health,
            self.height,
            self.lag_blocks,
            self.usage_bytes,
            self.free_bytes,
            self.peers_inbound,
            self.peers_outbound,
            self.mempool_transactions,
            self.answered_per_sec,
        ]
        .map(stored)
    }

    pub(super) fn load(stored: [f32; Self::VALUES]) -> Self {
        let [
            health,
            height,
            lag_blocks,
            usage_bytes,
            free_bytes,
            peers_inbound,
            peers_outbound,
            mempool_transactions,
            answered_per_sec,
        ] = stored.map(known);
        Self {
            health,
            height,
            lag_blocks,
            usage_bytes,
            free_bytes,
            peers_inbound,
            peers_outbound,
            mempool_transactions,
            answered_per_sec,
        }
    }
}

/// How much a counter rose from `before` to `after`, a second; `None` in no time.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "what is counted in ten seconds is small"
)]
pub(super) fn rate(before: u64, after: u64, elapsed: Duration) -> Option<f64> {
    let seconds = elapsed.as_secs_f64();
    (seconds > 0.0).then(|| after.saturating_sub(before) as f64 / seconds)
}

/// How healthy `verdict` is as one number, as the metric `health_check` has it of one check.
pub(super) fn health(verdict: &Verdict) -> f64 {
    let outcome = verdict.answer(Question::Health, &[]);
    let has_warning = outcome
        .checks
        .iter()
        .any(|check| check.level != Level::Good);
    match (outcome.ok, has_warning) {
        (false, _) => 0.0,
        (true, true) => 0.5,
        (true, false) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::health::{Check, CheckName, State};

    #[test]
    fn rates_and_latencies_are_those_between_two_readings() {
        let before = GatewayTotals {
            answered: 100,
            durations: [7; 13],
            ..GatewayTotals::default()
        };
        let mut after = GatewayTotals {
            answered: 150,
            failed: 10,
            rejected: 5,
            limited: LimitedTotals {
                method: 20,
                ..LimitedTotals::default()
            },
            durations: [7; 13],
        };
        after.durations[0] += 99;
        after.durations[10] += 1;
        let sample = GatewaySample::between(&before, &after, Duration::from_secs(10));
        assert_eq!(sample.answered_per_sec, Some(5.0));
        assert_eq!(sample.failed_per_sec, Some(1.0));
        assert_eq!(sample.rejected_per_sec, Some(0.5));
        assert_eq!(sample.over_method_limit_per_sec, Some(2.0));
        assert_eq!(sample.over_user_limit_per_sec, Some(0.0));
        assert!(sample.p50_secs < Some(0.0005), "{sample:?}");
        assert_eq!(sample.p99_secs, Some(0.0005));
        let idle = GatewaySample::between(&after, &after, Duration::from_secs(10));
        assert_eq!((idle.answered_per_sec, idle.p99_secs), (Some(0.0), None));
        let at_once = GatewaySample::between(&before, &after, Duration::ZERO);
        assert_eq!(at_once.answered_per_sec, None);
    }

    #[test]
    fn health_is_one_number() {
        let of = |name, level| {
            health(&Verdict {
                state: State::Ready,
                chain_initialized: true,
                storage_available: true,
                behind: None,
                eta: None,
                checks: vec![Check::new(name, level, "")],
                life: Vec::new(),
            })
        };
        let numbers = [
            of(CheckName::Disk, Level::Good),
            of(CheckName::Disk, Level::Warning),
            of(CheckName::Disk, Level::Bad),
            of(CheckName::Sync, Level::Bad),
        ];
        let expected = [1.0, 0.5, 0.5, 0.0].map(Some);
        assert_eq!(numbers.map(Some), expected, "no probe fails for `disk`");
    }

    proptest! {
        #[test]
        fn a_sample_is_read_as_it_was_stored(
            gateway in prop::array::uniform11(prop::option::of(0_u16..9_999)),
            node in prop::array::uniform9(prop::option::of(0_u16..9_999)),
        ) {
            let gateway = GatewaySample::load(gateway.map(|value| stored(value.map(f64::from))));
            prop_assert_eq!(GatewaySample::load(gateway.store()), gateway);
            let node = NodeSample::load(node.map(|value| stored(value.map(f64::from))));
            prop_assert_eq!(NodeSample::load(node.store()), node);
        }
    }
}
