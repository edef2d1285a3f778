//! Whether a node is still used: calls that wait there are woken when it is left.
//!
//! A call looks only while it waits, so that an answer that is there costs nothing. Each time that
//! a node is left its presence is replaced, so a call that chose it before cannot miss the moment.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use smallvec::SmallVec;
use tokio::task::coop::unconstrained;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The moment at which those who wait at a node are to leave it. It comes once.
#[derive(Debug, Default)]
pub(in crate::gateway) struct DepartureSignal {
    /// Set before the token is cancelled: looked at without a lock.
    is_given: AtomicBool,
    token: CancellationToken,
}

impl DepartureSignal {
    /// Ready once it is given.
    pub(in crate::gateway) async fn given(&self) {
        self.token.cancelled().await;
    }

    fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    fn give(&self) {
        self.is_given.store(true, Ordering::Release);
        self.token.cancel();
    }
}

/// A node, from when it is chosen until it is left.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Presence {
    /// Given once nobody is to wait there.
    node: Arc<DepartureSignal>,
    /// Given once reads of the chain are not to wait there, at the latest with the other.
    chain: Arc<DepartureSignal>,
}

impl Presence {
    /// Begins anew: the departure is that of all who wait at the node and may go elsewhere.
    pub(in crate::gateway) fn renew(&mut self) -> Departure {
        let Self { node, chain } = std::mem::take(self);
        Departure(vec![node, chain])
    }

    /// Begins anew for those who read the chain: the departure is theirs.
    pub(in crate::gateway) fn renew_chain(&mut self) -> Departure {
        Departure::of(std::mem::take(&mut self.chain))
    }

    /// What wakes a call that is not sent yet.
    pub(in crate::gateway) fn of_unsent(&self) -> &Arc<DepartureSignal> {
        &self.node
    }

    /// What wakes a call that was sent and may be sent again; `reads_chain` if it needs the lock of
    /// the chain.
    pub(in crate::gateway) fn of_sent(&self, reads_chain: bool) -> &Arc<DepartureSignal> {
        if reads_chain { &self.chain } else { &self.node }
    }
}

/// Those who wait at a node and are to leave it.
#[must_use]
pub(in crate::gateway) struct Departure(Vec<Arc<DepartureSignal>>);

impl Departure {
    /// That of all who wait for `signal`.
    pub(in crate::gateway) fn of(signal: Arc<DepartureSignal>) -> Self {
        Self(vec![signal])
    }

    /// Wakes them. They look then at what is in force.
    pub(in crate::gateway) fn announce(self) {
        for signal in self.0 {
            signal.give();
        }
    }
}

/// Waits for departures, those of one call after another. The waits of calls before go on, since
/// the next ones may be at the same nodes: to register for each call would cost two locks.
#[derive(Default)]
pub(in crate::gateway) struct DepartureWatch(SmallVec<[Registration; 1]>);

/// Nodes at which calls of one client have been, the last ones. The task is woken for nothing when
/// another of them is left.
const MAX_REGISTRATIONS: usize = 4;

/// A task that is woken by a signal.
struct Registration {
    signal: Arc<DepartureSignal>,
    /// Registered for as long as it is kept.
    _wait: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Wakes the task.
    waker: Waker,
}

impl DepartureWatch {
    /// Ready once `signal` is given.
    pub(in crate::gateway) async fn given(&mut self, signal: &Arc<DepartureSignal>) {
        poll_fn(|context| self.poll(signal, context)).await;
    }

    /// Ready if `signal` is given; it wakes the task otherwise.
    pub(in crate::gateway) fn poll(
        &mut self,
        signal: &Arc<DepartureSignal>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let is_registered = |before: &Registration| {
            Arc::ptr_eq(&before.signal, signal) && before.waker.will_wake(context.waker())
        };
        if !self.0.iter().any(is_registered) {
            self.register(signal, context);
        }
        // After the registration: what is given from now on wakes the task.
        if signal.is_given() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    #[inline(never)]
    fn register(&mut self, signal: &Arc<DepartureSignal>, context: &mut Context<'_>) {
        let mut wait = Box::pin(signal.token.clone().cancelled_owned());
        // The waker is registered even if the task's cooperative budget is used up.
        let _ = Pin::new(&mut unconstrained(wait.as_mut())).poll(context);
        let is_current = |before: &mut Registration| {
            !before.signal.is_given() && !Arc::ptr_eq(&before.signal, signal)
        };
        self.0.retain(is_current);
        if self.0.len() == MAX_REGISTRATIONS {
            self.0.remove(0);
        }
        self.0.push(Registration {
            signal: Arc::clone(signal),
            _wait: wait,
            waker: context.waker().clone(),
        });
    }
}

/// What ends a call at its node before an answer, where there are others. Nothing where it is the
/// only one.
#[derive(Clone, Copy, Default)]
pub(in crate::gateway) struct LeaveRules<'a> {
    /// Ends it before it is sent.
    pub(in crate::gateway) unsent: Option<&'a Arc<DepartureSignal>>,
    /// Ends the wait for its answer.
    pub(in crate::gateway) sent: Option<&'a Arc<DepartureSignal>>,
    /// A work queue of the node that is full ends it, instead of being waited for.
    pub(in crate::gateway) if_queue_full: bool,
}

/// Ready once `signal` is given; never without one.
pub(super) async fn departed(signal: Option<&Arc<DepartureSignal>>) {
    match signal {
        Some(signal) => signal.given().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[test]
    fn who_chose_a_node_before_it_was_left_is_woken_and_who_chooses_it_again_is_not() {
        let mut current = Presence::default();
        let chosen = current.clone();
        current.renew_chain().announce();
        assert!(chosen.of_sent(true).is_given() && !chosen.of_sent(false).is_given());
        assert!(!current.of_sent(true).is_given());
        current.renew().announce();
        assert!(chosen.of_sent(false).is_given() && chosen.of_unsent().is_given());
        assert!(!current.of_sent(true).is_given() && !current.of_unsent().is_given());
    }

    #[test]
    fn who_reads_the_chain_is_woken_too_when_the_node_is_left() {
        let mut current = Presence::default();
        current.renew_chain().announce();
        let chosen = current.clone();
        current.renew().announce();
        assert!(chosen.of_sent(true).is_given());
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct WakeCount(AtomicUsize);

    impl Wake for WakeCount {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_watch_wakes_whoever_waits_now_and_is_registered_once_for_calls_at_each_node() {
        let mut first = Presence::default();
        let mut second = Presence::default();
        let before = Arc::<WakeCount>::default();
        let now = Arc::<WakeCount>::default();
        let wakers = [&before, &now].map(|count| Waker::from(Arc::clone(count)));
        let mut watch = DepartureWatch::default();
        let mut poll = |presence: &Presence, waker: &Waker| {
            let signal = presence.of_sent(true);
            watch
                .poll(signal, &mut Context::from_waker(waker))
                .is_ready()
        };
        let woken = || {
            (
                before.0.load(Ordering::Relaxed),
                now.0.load(Ordering::Relaxed),
            )
        };
        assert!(!poll(&first, &wakers[0]) && !poll(&first, &wakers[0]));
        assert!(!poll(&first, &wakers[1]) && !poll(&second, &wakers[1]));
        let left = first.clone();
        first.renew().announce();
        assert_eq!(woken(), (0, 1), "a call may be at either");
        assert!(poll(&left, &wakers[1]) && !poll(&second, &wakers[1]));
        let left = second.clone();
        second.renew_chain().announce();
        assert_eq!(woken(), (0, 2));
        assert!(poll(&left, &wakers[1]) && !poll(&second, &wakers[1]));
    }

    #[test]
    fn a_watch_forgets_the_node_that_was_registered_first_and_those_that_were_left() {
        let count = Arc::<WakeCount>::default();
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        let mut watch = DepartureWatch::default();
        let mut nodes = [(); MAX_REGISTRATIONS + 1].map(|()| Presence::default());
        for node in &nodes {
            assert!(watch.poll(node.of_unsent(), &mut context).is_pending());
        }
        assert_eq!(watch.0.len(), MAX_REGISTRATIONS);
        nodes[0].renew().announce();
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        nodes[1].renew().announce();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(watch.poll(nodes[0].of_unsent(), &mut context).is_pending());
        assert_eq!(watch.0.len(), MAX_REGISTRATIONS);
        assert!(
            watch
                .0
                .iter()
                .all(|registration| !registration.signal.is_given())
        );
    }

    #[tokio::test]
    async fn a_watch_ends_with_a_departure_that_is_announced_while_it_waits() {
        let mut presence = Presence::default();
        let chosen = presence.clone();
        let mut watch = DepartureWatch::default();
        for _ in 0..2 {
            let wait = watch.given(chosen.of_sent(false));
            let leave = async { presence.renew().announce() };
            tokio::join!(wait, leave);
        }
    }
}
