//! Answers step aside for calls that wait to be sent.
//!
//! A short call costs less to pass on than to be woken for. So while calls wait for a place at the node, answers are kept
//! back for as long as more of them are there already: the node is given work first, and those who wait for answers get
//! theirs in one go. Nothing is waited for that is not there. Invariant: whoever steps aside goes on.

use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::task::yield_now;

/// Those who have stepped aside. The first of them leads: it looks once in each turn of the runtime whether others have
/// joined, and when none has, all go.
#[derive(Default)]
pub(super) struct Aside(Mutex<Held>);

#[derive(Default)]
struct Held {
    is_led: bool,
    followers: Vec<Waker>,
}

impl Aside {
    /// More do not wait together: to pass on so many takes a fraction of a millisecond.
    const MOST: usize = 32;

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on behind those who are there, and those who come in the same turn.
    pub(super) async fn step(&self) {
        match self.lead() {
            Some(_lead) => {
                let mut known = 0;
                loop {
                    yield_now().await;
                    let followers = self.held().followers.len();
                    if followers == known || followers >= Self::MOST {
                        break;
                    }
                    known = followers;
                }
            }
            None => self.follow().await,
        }
    }

    fn lead(&self) -> Option<Lead<'_>> {
        let was_led = mem::replace(&mut self.held().is_led, true);
        (!was_led).then(|| Lead(self))
    }

    /// Waits until it is called. Called for another reason, it goes too: that is early, and no harm.
    async fn follow(&self) {
        let mut is_told = false;
        poll_fn(|context| {
            if mem::replace(&mut is_told, true) {
                return Poll::Ready(());
            }
            self.held().followers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Dropped, it calls all who follow, however it came to that.
struct Lead<'a>(&'a Aside);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let Held { followers, .. } = mem::take(&mut *self.0.held());
        followers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::*;

    /// Counts how often it is called.
    #[derive(Default)]
    struct Calls(AtomicUsize);

    impl Wake for Calls {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn goes(step: &mut Pin<&mut impl Future<Output = ()>>, calls: &Arc<Calls>) -> bool {
        step.as_mut().poll(&mut Context::from_waker(&Arc::clone(calls).into())).is_ready()
    }

    #[test]
    fn one_alone_goes_in_the_next_turn() {
        let (aside, calls) = (Aside::default(), Arc::default());
        for _ in 0..2 {
            let mut step = pin!(aside.step());
            assert!(!goes(&mut step, &calls) && goes(&mut step, &calls));
        }
    }

    #[test]
    fn all_go_once_a_turn_brings_no_more() {
        let (aside, leaders, calls) = (Aside::default(), Arc::default(), Arc::<Calls>::default());
        let (mut lead, mut second, mut third) = (pin!(aside.step()), pin!(aside.step()), pin!(aside.step()));
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
        let (aside, calls) = (Aside::default(), Arc::default());
        let mut lead = pin!(aside.step());
        let mut turns = 0;
        while !goes(&mut lead, &calls) {
            turns += 1;
            for _ in 0..10 {
                // It is called though it is gone, which is nothing to it.
                assert!(!goes(&mut pin!(aside.step()), &calls));
            }
        }
        assert_eq!(turns, 4, "as soon as there are more than thirty-two");
    }

    #[test]
    fn nobody_waits_for_one_that_is_gone() {
        let (aside, calls) = (Aside::default(), Arc::<Calls>::default());
        let mut second = pin!(aside.step());
        {
            let mut lead = Box::pin(aside.step());
            assert!(!goes(&mut lead.as_mut(), &Arc::default()) && !goes(&mut second, &calls));
        }
        assert_eq!(calls.0.load(Ordering::Relaxed), 1);
        assert!(goes(&mut second, &calls));
    }
}
