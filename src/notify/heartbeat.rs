//! When a sign of life is due. Pure.

use std::time::Duration;

use crate::values::Mono;

/// Signs of life at an interval, while all is well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    next: Mono,
}

impl Heartbeat {
    /// While nothing is well, it is looked again so soon.
    const LOOK_INTERVAL: Duration = Duration::from_secs(1);

    /// The first one is due now.
    pub(super) fn new(now: Mono) -> Self {
        Self { next: now }
    }

    /// Whether one is to be sent, `interval` after the last; the next one is then only later.
    pub(super) fn take(&mut self, interval: Duration, is_healthy: bool, now: Mono) -> bool {
        if now < self.next {
            return false;
        }
        let pause = if is_healthy {
            interval
        } else {
            Self::LOOK_INTERVAL.min(interval)
        };
        self.next = now.after(pause);
        is_healthy
    }

    /// When to look again.
    pub(super) fn next(&self) -> Mono {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    proptest! {
        #[test]
        fn signs_come_at_the_interval_while_all_is_well_and_soon_after_it_is_again(
            interval in 1_u64..120,
            health in prop::collection::vec((any::<bool>(), 1_usize..200), 1..8),
        ) {
            let health: Vec<bool> = health
                .into_iter()
                .flat_map(|(is_healthy, seconds)| std::iter::repeat_n(is_healthy, seconds))
                .collect();
            let mut heartbeat = Heartbeat::new(at(0));
            let mut last: Option<u64> = None;
            for (second, is_healthy) in (0..).zip(&health) {
                let sent = heartbeat.take(Duration::from_secs(interval), *is_healthy, at(second));
                prop_assert!(!sent || *is_healthy);
                let is_soon = last.is_some_and(|last| second - last < interval);
                prop_assert!(!(sent && is_soon), "too soon");
                prop_assert!(sent || !*is_healthy || is_soon, "one is missing at {}", second);
                if sent {
                    last = Some(second);
                }
            }
        }
    }
}
