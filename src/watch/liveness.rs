//! Is the node that answers still the process that answered before? Pure.
//!
//! A process is known by its start: the moment of the liveness call's answer, less the uptime in
//! it. Whatever was learnt of one process decides nothing for the next one.

use std::time::Duration;

use crate::values::Mono;

/// What the liveness call showed of the node's process.
#[derive(Clone, Copy)]
pub(super) struct Liveness {
    pub(super) is_up: bool,
    pub(super) uptime: Option<Uptime>,
}

/// How long the node had run at some moment between question and answer.
#[derive(Clone, Copy)]
pub(super) struct Uptime {
    pub(super) ran_for: Duration,
    pub(super) asked: Mono,
    pub(super) answered: Mono,
}

impl Uptime {
    /// An uptime is whole seconds, of a clock that may run apart from ours by as much.
    const ROUNDING: Duration = Duration::from_secs(2);
    /// A busy machine is late: a process that was up all the time gets more patience.
    const SLACK_UP: Duration = Duration::from_secs(5);
    const SLACK_AWAY: Duration = Duration::from_secs(2);

    /// The process did not start after it was seen `before`, and its uptime has grown by the time
    /// that passed. One that was away meanwhile has to have run for all of that time: what is
    /// rounded off counts against it.
    fn continues(self, before: Self, was_up: bool) -> bool {
        let shortest = self.asked.since(before.answered);
        let longest = self.answered.since(before.answered);
        let (started_since, slack) = if was_up {
            (
                self.ran_for.saturating_add(Self::ROUNDING) < shortest,
                Self::SLACK_UP,
            )
        } else {
            (self.ran_for < longest, Self::SLACK_AWAY)
        };
        let at_least = before
            .ran_for
            .saturating_add(shortest.saturating_sub(slack))
            .max(before.ran_for);
        let at_most = before.ran_for.saturating_add(longest).saturating_add(slack);
        !started_since && (at_least..=at_most).contains(&self.ran_for)
    }
}

impl Liveness {
    /// Whether this is the process that was seen `before`. Where uptimes are unknown, a node that
    /// was away is taken for another process.
    pub(super) fn is_same_process(self, before: Self) -> bool {
        match (self.uptime, before.uptime) {
            (Some(now), Some(then)) if now.answered != then.answered => {
                now.continues(then, before.is_up)
            }
            _ => before.is_up,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(is_up: bool, uptime_secs: u64, at_secs: u64) -> Liveness {
        answered(is_up, uptime_secs, (at_secs, at_secs))
    }

    fn answered(is_up: bool, uptime_secs: u64, (asked, answered): (u64, u64)) -> Liveness {
        let [ran_for, asked, answered] = [uptime_secs, asked, answered].map(Duration::from_secs);
        let asked = Mono::from_start(asked);
        let answered = Mono::from_start(answered);
        Liveness {
            is_up,
            uptime: Some(Uptime {
                ran_for,
                asked,
                answered,
            }),
        }
    }

    #[test]
    fn a_process_grows_older_by_the_time_that_passes() {
        let before = seen(true, 100, 10);
        assert!(seen(true, 105, 15).is_same_process(before));
        assert!(seen(true, 109, 15).is_same_process(before));
        assert!(
            !seen(true, 99, 15).is_same_process(before),
            "younger than before"
        );
        assert!(
            !seen(true, 105, 60).is_same_process(before),
            "older than before, but not old enough"
        );
        assert!(
            !seen(true, 9_000, 15).is_same_process(before),
            "older than it can be"
        );
    }

    #[test]
    fn an_answer_that_was_long_under_way_may_be_of_any_moment_in_between() {
        let before = seen(true, 100, 10);
        for (uptime, same) in [(105, true), (165, true), (171, false), (99, false)] {
            assert_eq!(
                answered(true, uptime, (15, 75)).is_same_process(before),
                same,
                "{uptime}"
            );
        }
    }

    #[test]
    fn a_process_that_started_after_the_last_one_was_seen_is_another_one_however_short_that_lived()
    {
        for uptime in [1, 2] {
            assert!(
                !seen(true, uptime, 15).is_same_process(seen(true, 1, 10)),
                "{uptime}"
            );
        }
        assert!(seen(true, 4, 15).is_same_process(seen(true, 0, 10)));
    }

    #[test]
    fn one_call_that_failed_makes_no_other_process() {
        let before = seen(false, 100, 10);
        assert!(seen(true, 111, 21).is_same_process(before));
        assert!(!seen(true, 0, 21).is_same_process(before));
        assert!(
            !seen(true, 0, 11).is_same_process(seen(false, 0, 10)),
            "each lived for less than a second"
        );
    }

    #[test]
    fn without_uptimes_a_node_that_was_away_is_another_one() {
        let unknown = |is_up| Liveness {
            is_up,
            uptime: None,
        };
        assert!(unknown(true).is_same_process(unknown(true)));
        assert!(!unknown(true).is_same_process(unknown(false)));
        assert!(
            seen(true, 1, 2).is_same_process(unknown(true)),
            "it has an uptime now that it did not have before"
        );
    }

    proptest! {
        /// The node's clock: a process starts at some moment, is asked twice, rounds down, and is
        /// as far away as a busy machine.
        #[test]
        fn a_process_is_taken_for_itself_and_for_no_other_that_came_after_it_was_seen(
            started_ms in 0_u64..1_000_000,
            age_ms in 0_u64..1_000_000,
            elapsed_ms in 1_u64..100_000,
            late_ms in 0_u64..20_000,
            restart_ms in proptest::option::of(0_u64..100_000),
            was_away in any::<bool>(),
        ) {
            let ms = Duration::from_millis;
            let first_ms = started_ms + age_ms;
            let observe = |since_ms: u64, processed_ms: u64| Liveness {
                is_up: true,
                uptime: Some(Uptime {
                    ran_for: Duration::from_secs((processed_ms - since_ms) / 1000),
                    asked: Mono::from_start(ms(processed_ms.saturating_sub(late_ms).max(first_ms))),
                    answered: Mono::from_start(ms(processed_ms + late_ms)),
                }),
            };
            let mut before = observe(started_ms, first_ms);
            before.is_up = !was_away;
            if let Some(uptime) = &mut before.uptime {
                uptime.answered = Mono::from_start(ms(first_ms));
            }
            match restart_ms.filter(|restart| *restart < elapsed_ms) {
                // One that is younger than it was away may be taken for another one.
                None if was_away && age_ms < late_ms + 1000 => {}
                None => prop_assert!(observe(started_ms, first_ms + elapsed_ms).is_same_process(before)),
                // If it was not seen to be away, nobody can tell within a few seconds of the last
                // look.
                Some(restart) if was_away || restart > 2_000 + late_ms => {
                    let after = observe(first_ms + restart, first_ms + elapsed_ms);
                    prop_assert!(!after.is_same_process(before));
                }
                Some(_) => {}
            }
        }
    }
}
