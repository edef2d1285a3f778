//! A timer that is used again, for one wait after another.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes who waits too long. Most waits end long before their time: to keep a timer costs less than
/// a new one for each, and to leave it as it is less than to set it.
#[derive(Default)]
pub(super) struct ReusableTimer(Option<Timer>);

struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// The task that it wakes; none until it is set.
    waker: Waker,
}

impl ReusableTimer {
    /// Ready once `deadline` is past.
    pub(super) fn poll(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let new = || Timer {
            sleep: Box::pin(sleep_until(deadline)),
            waker: Waker::noop().clone(),
        };
        let timer = self.0.get_or_insert_with(new);
        // That of a wait before is put off only when it has run out.
        let is_in_time = timer.sleep.deadline() <= deadline && !timer.sleep.is_elapsed();
        if is_in_time && timer.waker.will_wake(context.waker()) {
            return Poll::Pending;
        }
        timer.set(deadline, context)
    }
}

impl Timer {
    #[inline(never)]
    fn set(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        self.waker.clone_from(context.waker());
        if self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
        // The waker is registered even if the task's cooperative budget is used up.
        while Pin::new(&mut unconstrained(self.sleep.as_mut()))
            .poll(context)
            .is_ready()
        {
            if self.sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[tokio::test(start_paused = true)]
    async fn it_wakes_whoever_waits_now_and_not_whoever_waited_before() {
        let start = clock::deadline(Duration::ZERO);
        let secs = Duration::from_secs;
        let mut timer = ReusableTimer::default();
        let mut before = Context::from_waker(Waker::noop());
        assert!(timer.poll(start + secs(5), &mut before).is_pending());
        for (deadline, late) in [(10, 10), (20, 20), (15, 20)] {
            poll_fn(|context| timer.poll(start + secs(deadline), context)).await;
            assert_eq!(clock::deadline(Duration::ZERO), start + secs(late));
        }
    }
}
