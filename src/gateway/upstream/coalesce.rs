//! Answers are coalesced: several go out in one way, behind the calls that wait to be sent.
//!
//! A short call costs less to pass on than to be woken for. So while calls wait for a slot, answers
//! are held back for as long as more of them are there already: the node is given work first, and
//! the clients get their answers together. Nothing is waited for that is not there. Invariant: what
//! is held back goes on, and soon.

use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::task::yield_now;

use crate::values::Mono;

/// Answers that are held back. The first one leads: in each turn of the runtime it checks whether
/// others have joined, and if none has, all are sent.
#[derive(Default)]
pub(super) struct Coalescer(Mutex<WaitQueue>);

#[derive(Default)]
struct WaitQueue {
    is_led: bool,
    followers: Vec<Waker>,
}

impl Coalescer {
    /// More do not wait together.
    const MAX_COALESCED_ANSWERS: usize = 32;
    /// The first of them waits no longer, but for the scheduler pass it is in. To forward that many
    /// answers takes about as long.
    const MAX_DELAY: Duration = Duration::from_micros(500);

    fn waiting(&self) -> MutexGuard<'_, WaitQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answers that are there, and those that arrive in the same turn. `clock` gives
    /// the time.
    pub(super) async fn wait(&self, clock: impl Fn() -> Mono) {
        let Some(_lead) = self.lead_or_follow().await else {
            return;
        };
        let began = clock();
        let mut known = 0;
        loop {
            yield_now().await;
            let followers = self.waiting().followers.len();
            if followers == known
                || followers >= Self::MAX_COALESCED_ANSWERS
                || clock().since(began) >= Self::MAX_DELAY
            {
                return;
            }
            known = followers;
        }
    }

    /// The lead, if it is free; else `None` once the waiter is woken. A waiter that is woken for
    /// another reason goes on too: that is early, and harmless.
    async fn lead_or_follow(&self) -> Option<Lead<'_>> {
        let mut follows = false;
        poll_fn(|context| {
            if follows {
                return Poll::Ready(None);
            }
            let mut waiting = self.waiting();
            follows = mem::replace(&mut waiting.is_led, true);
            if !follows {
                return Poll::Ready(Some(Lead(self)));
            }
            waiting.followers.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// Wakes all followers on drop, also after an error.
struct Lead<'a>(&'a Coalescer);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let WaitQueue { followers, .. } = mem::take(&mut *self.0.waiting());
        followers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::*;

    fn start() -> Mono {
        Mono::START
    }

    /// Counts how often it is called.
    #[derive(Default)]
    struct WakeCount(AtomicUsize);

    impl Wake for WakeCount {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn goes(wait: &mut Pin<&mut impl Future<Output = ()>>, calls: &Arc<WakeCount>) -> bool {
        wait.as_mut()
            .poll(&mut Context::from_waker(&Arc::clone(calls).into()))
            .is_ready()
    }

    #[test]
    fn one_alone_goes_in_the_next_turn() {
        let coalescer = Coalescer::default();
        let calls = Arc::default();
        for _ in 0..2 {
            let mut wait = pin!(coalescer.wait(start));
            assert!(!goes(&mut wait, &calls) && goes(&mut wait, &calls));
        }
    }

    #[test]
    fn all_go_once_a_turn_brings_no_more() {
        let coalescer = Coalescer::default();
        let leaders = Arc::default();
        let calls = Arc::<WakeCount>::default();
        let mut lead = pin!(coalescer.wait(start));
        let mut second = pin!(coalescer.wait(start));
        let mut third = pin!(coalescer.wait(start));
        assert!(!goes(&mut lead, &leaders) && !goes(&mut second, &calls));
        assert!(!goes(&mut lead, &leaders) && !goes(&mut third, &calls));
        assert!(!goes(&mut lead, &leaders));
        assert_eq!(calls.0.load(Ordering::Relaxed), 0);
        assert!(goes(&mut lead, &leaders));
        assert_eq!(calls.0.load(Ordering::Relaxed), 2);
        assert!(goes(&mut second, &calls) && goes(&mut third, &calls));
    }

    #[test]
    fn they_go_when_they_are_many_though_more_keep_coming() {
        let coalescer = Coalescer::default();
        let calls = Arc::default();
        let mut lead = pin!(coalescer.wait(start));
        let mut turns = 0;
        while !goes(&mut lead, &calls) {
            turns += 1;
            for _ in 0..10 {
                // It is called though it is gone, which is nothing to it.
                assert!(!goes(&mut pin!(coalescer.wait(start)), &calls));
            }
        }
        assert_eq!(turns, 4, "as soon as there are more than thirty-two");
    }

    #[test]
    fn they_go_before_the_first_has_waited_long_though_more_keep_coming() {
        let coalescer = Coalescer::default();
        let calls = Arc::default();
        let time = Cell::new(0);
        let mut lead = pin!(coalescer.wait(|| Mono::from_start(Duration::from_micros(time.get()))));
        while !goes(&mut lead, &calls) {
            assert!(time.get() < 500);
            time.set(time.get() + 100);
            assert!(!goes(&mut pin!(coalescer.wait(start)), &calls));
        }
        assert_eq!(time.get(), 500);
    }

    #[test]
    fn nobody_waits_for_one_that_is_gone() {
        let coalescer = Coalescer::default();
        let calls = Arc::<WakeCount>::default();
        let mut second = pin!(coalescer.wait(start));
        {
            let mut lead = Box::pin(coalescer.wait(start));
            assert!(!goes(&mut lead.as_mut(), &Arc::default()) && !goes(&mut second, &calls));
        }
        assert_eq!(calls.0.load(Ordering::Relaxed), 1);
        assert!(goes(&mut second, &calls));
    }
}
