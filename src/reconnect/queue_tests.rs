//! The queue against examples.

#[path = "queue_property_tests.rs"]
mod properties;

use jiff::Timestamp;

use super::*;
use crate::reconnect::backoff::Backoff;

const POLICY: RetryPolicy = RetryPolicy {
    backoff: Backoff::exact(1, 64),
    max_retries: 3,
    spacing: Duration::ZERO,
};

fn at(seconds: u64) -> Mono {
    Mono::from_start(Duration::from_secs(seconds))
}

fn peer(number: u16) -> PeerAddress {
    format!("10.0.0.1:{}", number + 1).parse().unwrap()
}

fn loss(number: u16, quality: f64) -> LostPeer {
    LostPeer {
        address: peer(number),
        quality: Quality::new(quality),
        step: 0,
        dialled: None,
        at: Timestamp::UNIX_EPOCH,
        wanted: false,
    }
}

fn lose(queue: &mut Queue, number: u16, quality: f64, now: Mono) -> EnqueueResult {
    queue.enqueue(loss(number, quality), &POLICY, now, 0)
}

#[test]
fn the_best_of_those_that_are_due_goes_first_and_no_more_than_asked_for() {
    let mut queue = Queue::new(10);
    for (number, quality) in [(0, 0.2), (1, 0.9), (2, 0.5)] {
        lose(&mut queue, number, quality, at(0));
    }
    lose(&mut queue, 3, 1.0, at(5));
    assert_eq!(queue.next_due(), Some(at(1)));
    assert_eq!(queue.take_due(at(0), 9), []);
    assert_eq!(queue.take_due(at(1), 2), [peer(1), peer(2)]);
    assert_eq!(queue.count(EntryState::Connecting), 2);
    assert_eq!(queue.next_due(), Some(at(1)), "the third is still due");
    assert_eq!(
        queue.take_due(at(6), 9),
        [peer(3), peer(0)],
        "quality before age"
    );
    assert_eq!(queue.next_due(), None);
}

#[test]
fn a_peer_that_fails_is_tried_on_the_schedule_until_it_is_abandoned_and_a_retry_revives_it() {
    let mut queue = Queue::new(10);
    lose(&mut queue, 0, 0.5, at(0));
    let mut now = at(0);
    let mut fates = Vec::new();
    for _ in 0..3 {
        now = queue.next_due().unwrap();
        assert_eq!(queue.take_due(now, 1), [peer(0)]);
        fates.push(
            queue
                .failed(&peer(0), "refused", Quality::new(0.4), &POLICY, (now, 0))
                .unwrap(),
        );
    }
    let again = |seconds| AfterFailure::RetryIn(Duration::from_secs(seconds));
    assert_eq!(fates, [again(2), again(4), AfterFailure::Abandoned]);
    assert_eq!(now, at(1 + 2 + 4));
    let entry = queue.get(&peer(0)).unwrap();
    assert_eq!((entry.state, entry.attempts), (EntryState::Abandoned, 3));
    assert_eq!(
        (entry.last_error.as_deref(), entry.quality),
        (Some("refused"), Quality::new(0.4))
    );
    assert_eq!(
        (queue.next_due(), queue.take_due(at(9999), 9)),
        (None, vec![])
    );

    queue.retry(&peer(0), &POLICY, at(100));
    assert_eq!(queue.get(&peer(0)).unwrap().attempts, 0);
    assert_eq!(queue.take_due(at(100), 1), [peer(0)]);
}

#[test]
fn without_a_limit_no_peer_is_abandoned() {
    let policy = RetryPolicy {
        max_retries: 0,
        ..POLICY
    };
    let mut queue = Queue::new(10);
    lose(&mut queue, 0, 0.5, at(0));
    for _ in 0..100 {
        let now = queue.next_due().unwrap();
        queue.take_due(now, 1);
        assert!(matches!(
            queue.failed(&peer(0), "", Quality::default(), &policy, (now, 0)),
            Some(AfterFailure::RetryIn(_))
        ));
    }
}

#[test]
fn an_attempt_that_does_not_count_burns_no_retry_and_grows_no_delay() {
    let mut queue = Queue::new(10);
    lose(&mut queue, 0, 0.5, at(0));
    for _ in 0..50 {
        let now = queue.next_due().unwrap();
        queue.take_due(now, 1);
        queue.uncounted(&peer(0), "no network", &POLICY, (now, 0));
        let entry = queue.get(&peer(0)).unwrap();
        assert_eq!(
            (entry.attempts, entry.due),
            (0, now.after(Duration::from_secs(1)))
        );
    }
}

#[test]
fn a_full_queue_keeps_the_better_ones_and_those_that_were_asked_for() {
    let mut queue = Queue::new(3);
    for (number, quality) in [(0, 0.2), (1, 0.3), (2, 0.4)] {
        lose(&mut queue, number, quality, at(0));
    }
    assert_eq!(lose(&mut queue, 3, 0.1, at(0)), EnqueueResult::Full);
    assert_eq!(
        lose(&mut queue, 3, 0.25, at(0)),
        EnqueueResult::Admitted {
            evicted: Some(peer(0))
        }
    );
    let wanted = LostPeer {
        wanted: true,
        ..loss(4, 0.0)
    };
    assert_eq!(
        queue.enqueue(wanted, &POLICY, at(0), 0),
        EnqueueResult::Admitted {
            evicted: Some(peer(3))
        }
    );
    queue.take_due(at(1), 1);
    assert_eq!(
        lose(&mut queue, 5, 0.9, at(0)),
        EnqueueResult::Admitted {
            evicted: Some(peer(1))
        },
        "2 is being dialled"
    );
    assert_eq!(lose(&mut queue, 5, 0.9, at(0)), EnqueueResult::Known);
    assert_eq!(queue.len(), 3);
}

#[test]
fn an_address_is_not_dialled_again_before_the_node_takes_it() {
    let policy = RetryPolicy {
        spacing: Duration::from_secs(120),
        ..POLICY
    };
    let mut queue = Queue::new(3);
    queue.enqueue(loss(0, 0.5), &policy, at(0), 0);
    queue.take_due(at(1), 1);
    queue.failed(&peer(0), "", Quality::default(), &policy, (at(2), 0));
    assert_eq!(queue.next_due(), Some(at(121)));
    queue.retry(&peer(0), &policy, at(3));
    queue.make_all_due(&policy, at(4));
    queue.spread_overdue(&policy, at(5), || 7);
    assert_eq!(queue.next_due(), Some(at(121)));
    let entry = queue.remove(&peer(0)).unwrap();
    queue.enqueue(
        LostPeer {
            dialled: entry.dialled,
            ..loss(0, 0.5)
        },
        &policy,
        at(6),
        0,
    );
    assert_eq!(
        queue.next_due(),
        Some(at(121)),
        "also after it was connected in between"
    );
}

#[test]
fn a_held_peer_is_not_dialled_until_it_is_let_go() {
    let mut queue = Queue::new(3);
    lose(&mut queue, 0, 0.5, at(0));
    queue.set_banned(&peer(0), true, "banned");
    assert_eq!(queue.take_due(at(50), 9), []);
    queue.set_banned(&peer(0), false, "not banned any more");
    assert_eq!(queue.take_due(at(50), 9), [peer(0)]);
}

#[test]
fn those_that_are_overdue_are_spread_over_the_first_delay() {
    let policy = RetryPolicy {
        backoff: Backoff::exact(8, 64),
        ..POLICY
    };
    let mut queue = Queue::new(300);
    for number in 0..256 {
        queue.enqueue(loss(number, 0.5), &policy, at(0), 0);
    }
    let mut draws = (0_u64..256).map(|draw| draw << 56);
    queue.spread_overdue(&policy, at(100), || draws.next().unwrap());
    let due_by = |seconds| queue.iter().filter(|entry| entry.due < at(seconds)).count();
    assert_eq!([100, 102, 104, 108].map(due_by), [0, 64, 128, 256]);
    assert!(queue.iter().all(|entry| entry.attempts == 0));
}
