//! Is the node that answers still the process that answered before? Pure.

use std::time::Duration;

use crate::values::Mono;

/// What the liveness call showed of the node's process.
#[derive(Clone, Copy)]
pub(super) struct Liveness {
    pub(super) is_up: bool,
    /// How long it had run, and when it said so.
    pub(super) uptime: Option<(Duration, Mono)>,
}

impl Liveness {
    /// Whether this is the process that was seen `before`: its uptime has grown by the time that passed, give or take
    /// rounding and a busy moment. Where uptimes are not told, a node that was away is taken for another one.
    pub(super) fn is_same_process(self, before: Self) -> bool {
        let (Some((uptime, at)), Some((uptime_before, at_before))) = (self.uptime, before.uptime) else {
            return before.is_up;
        };
        if at == at_before {
            return before.is_up;
        }
        let slack = Duration::from_secs(if before.is_up { 5 } else { 2 });
        uptime >= uptime_before && uptime.abs_diff(uptime_before + at.since(at_before)) <= slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(is_up: bool, uptime_secs: u64, at_secs: u64) -> Liveness {
        let at = Mono::from_start(Duration::from_secs(at_secs));
        Liveness { is_up, uptime: Some((Duration::from_secs(uptime_secs), at)) }
    }

    #[test]
    fn a_process_grows_older_by_the_time_that_passes() {
        let before = seen(true, 100, 10);
        assert!(seen(true, 105, 15).is_same_process(before));
        assert!(seen(true, 109, 15).is_same_process(before));
        assert!(!seen(true, 99, 15).is_same_process(before), "younger than before");
        assert!(!seen(true, 105, 60).is_same_process(before), "older than before, but not old enough");
        assert!(!seen(true, 9_000, 15).is_same_process(before), "older than it can be");
    }

    #[test]
    fn one_call_that_failed_makes_no_other_process() {
        let before = seen(false, 100, 10);
        assert!(seen(true, 111, 21).is_same_process(before));
        assert!(!seen(true, 0, 21).is_same_process(before));
    }

    #[test]
    fn without_uptimes_a_node_that_was_away_is_another_one() {
        let untold = |is_up| Liveness { is_up, uptime: None };
        assert!(untold(true).is_same_process(untold(true)));
        assert!(!untold(true).is_same_process(untold(false)));
        assert!(seen(true, 1, 2).is_same_process(untold(true)), "it tells now what it did not before");
    }
}
