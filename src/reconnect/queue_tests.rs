//! The queue against examples, and against a model that looks at every entry each time.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::reconnect::backoff::Backoff;

const POLICY: Policy = Policy {
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

fn loss(number: u16, quality: f64) -> Loss {
    Loss {
        address: peer(number),
        quality: Quality::new(quality),
        step: 0,
        dialled: None,
        at: Timestamp::UNIX_EPOCH,
        wanted: false,
    }
}

fn lose(queue: &mut Queue, number: u16, quality: f64, now: Mono) -> Admission {
    queue.lose(loss(number, quality), &POLICY, now, 0)
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
    let again = |seconds| Fate::Again(Duration::from_secs(seconds));
    assert_eq!(fates, [again(2), again(4), Fate::Abandoned]);
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
    let policy = Policy {
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
            Some(Fate::Again(_))
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
    assert_eq!(lose(&mut queue, 3, 0.1, at(0)), Admission::Full);
    assert_eq!(
        lose(&mut queue, 3, 0.25, at(0)),
        Admission::Admitted {
            evicted: Some(peer(0))
        }
    );
    let wanted = Loss {
        wanted: true,
        ..loss(4, 0.0)
    };
    assert_eq!(
        queue.lose(wanted, &POLICY, at(0), 0),
        Admission::Admitted {
            evicted: Some(peer(3))
        }
    );
    queue.take_due(at(1), 1);
    assert_eq!(
        lose(&mut queue, 5, 0.9, at(0)),
        Admission::Admitted {
            evicted: Some(peer(1))
        },
        "2 is being dialled"
    );
    assert_eq!(lose(&mut queue, 5, 0.9, at(0)), Admission::Known);
    assert_eq!(queue.len(), 3);
}

#[test]
fn an_address_is_not_dialled_again_before_the_node_takes_it() {
    let policy = Policy {
        spacing: Duration::from_secs(120),
        ..POLICY
    };
    let mut queue = Queue::new(3);
    queue.lose(loss(0, 0.5), &policy, at(0), 0);
    queue.take_due(at(1), 1);
    queue.failed(&peer(0), "", Quality::default(), &policy, (at(2), 0));
    assert_eq!(queue.next_due(), Some(at(121)));
    queue.retry(&peer(0), &policy, at(3));
    queue.all_due(&policy, at(4));
    queue.spread_overdue(&policy, at(5), || 7);
    assert_eq!(queue.next_due(), Some(at(121)));
    let entry = queue.remove(&peer(0)).unwrap();
    queue.lose(
        Loss {
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
    queue.hold(&peer(0), true, "banned");
    assert_eq!(queue.take_due(at(50), 9), []);
    queue.hold(&peer(0), false, "not banned any more");
    assert_eq!(queue.take_due(at(50), 9), [peer(0)]);
}

#[test]
fn those_that_are_overdue_are_spread_over_the_first_delay() {
    let policy = Policy {
        backoff: Backoff::exact(8, 64),
        ..POLICY
    };
    let mut queue = Queue::new(300);
    for number in 0..256 {
        queue.lose(loss(number, 0.5), &policy, at(0), 0);
    }
    let mut draws = (0_u64..256).map(|draw| draw << 56);
    queue.spread_overdue(&policy, at(100), || draws.next().unwrap());
    let due_by = |seconds| queue.iter().filter(|entry| entry.due < at(seconds)).count();
    assert_eq!([100, 102, 104, 108].map(due_by), [0, 64, 128, 256]);
    assert!(queue.iter().all(|entry| entry.attempts == 0));
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Lose(u16, u8, bool),
    Take(usize),
    Fail(u16, u8),
    Uncounted(u16),
    Remove(u16),
    Retry(u16),
    Hold(u16, bool),
    AllDue,
    Shorten,
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let peer = 0_u16..12;
    prop_oneof![
        4 => (peer.clone(), any::<u8>(), any::<bool>()).prop_map(|(peer, quality, wanted)| Op::Lose(peer, quality, wanted)),
        3 => (0_usize..5).prop_map(Op::Take),
        3 => (peer.clone(), any::<u8>()).prop_map(|(peer, quality)| Op::Fail(peer, quality)),
        1 => peer.clone().prop_map(Op::Uncounted),
        1 => peer.clone().prop_map(Op::Remove),
        1 => peer.clone().prop_map(Op::Retry),
        1 => (peer, any::<bool>()).prop_map(|(peer, held)| Op::Hold(peer, held)),
        1 => Just(Op::AllDue),
        1 => Just(Op::Shorten),
        4 => (0_u64..20).prop_map(Op::Wait),
    ]
}

/// The same, by looking at every entry each time.
#[derive(Default)]
struct Model(Vec<Entry>);

impl Model {
    const BOUND: usize = 8;

    fn find(&mut self, address: &PeerAddress) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.address == *address)
    }

    /// What must come of a loss, but that of equals either may go.
    fn lose(&mut self, entry: Entry, came: &Admission) -> Result<(), TestCaseError> {
        let worth = |entry: &Entry| {
            (
                entry.wanted,
                entry.state != EntryState::Abandoned,
                entry.quality,
            )
        };
        let idle = self
            .0
            .iter()
            .filter(|other| other.state != EntryState::Connecting);
        let weakest = idle
            .map(worth)
            .min()
            .filter(|weakest| *weakest < worth(&entry));
        let expected = match came {
            Admission::Known => self.find(&entry.address).is_some(),
            Admission::Full => self.0.len() == Self::BOUND && weakest.is_none(),
            Admission::Admitted { evicted: None } => self.0.len() < Self::BOUND,
            Admission::Admitted {
                evicted: Some(gone),
            } => {
                let of_gone = self.find(gone).map(|gone| worth(gone));
                self.0.len() == Self::BOUND && of_gone == weakest && weakest.is_some()
            }
        };
        prop_assert!(expected, "{came:?} for {entry:?}");
        if let Admission::Admitted { evicted } = came {
            self.0
                .retain(|other| Some(&other.address) != evicted.as_ref());
            self.0.push(entry);
        }
        Ok(())
    }
}

fn same(queue: &Queue, model: &Model, now: Mono) -> Result<(), TestCaseError> {
    let key = |entry: &Entry| {
        (
            entry.wanted,
            entry.quality,
            entry.attempts,
            entry.due,
            entry.state,
        )
    };
    let sorted = |entries: &mut dyn Iterator<Item = &Entry>| {
        let mut keys: Vec<_> = entries.map(key).collect();
        keys.sort_unstable();
        keys
    };
    prop_assert_eq!(sorted(&mut queue.iter()), sorted(&mut model.0.iter()));
    let waiting = model
        .0
        .iter()
        .filter(|entry| entry.state == EntryState::Waiting);
    // Of those that are due it does not matter since when.
    let next = |due: Option<Mono>| due.map(|due| due.max(now));
    prop_assert_eq!(
        next(queue.next_due()),
        next(waiting.map(|entry| entry.due).min())
    );
    prop_assert_eq!(queue.len(), model.0.len());
    for state in EntryState::ALL {
        prop_assert_eq!(
            queue.count(state),
            model.0.iter().filter(|entry| entry.state == state).count()
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_queue_does_what_a_look_at_every_entry_does(ops in proptest::collection::vec(op(), 1..80)) {
        let (mut queue, mut model, mut now) = (Queue::new(Model::BOUND), Model::default(), at(0));
        for op in ops {
            let known = |number: u16, queue: &Queue| queue.get(&peer(number)).cloned();
            match op {
                Op::Wait(seconds) => now = now.after(Duration::from_secs(seconds)),
                Op::Lose(number, quality, wanted) => {
                    let loss = Loss { wanted, ..loss(number, f64::from(quality) / 255.0) };
                    let came = queue.lose(loss.clone(), &POLICY, now, 0);
                    model.lose(Entry::of(loss, &POLICY, now, 0), &came)?;
                }
                Op::Take(most) => {
                    let taken = queue.take_due(now, most);
                    let mut due: Vec<_> = model.0.iter().filter(|e| e.state == EntryState::Waiting && e.due <= now).collect();
                    due.sort_by_key(|entry| (Reverse(entry.quality), entry.due));
                    let worth = |entry: &Entry| (entry.quality, entry.due);
                    let taken_worth: Vec<_> = taken.iter().map(|address| worth(queue.get(address).unwrap())).collect();
                    prop_assert_eq!(taken_worth, due.into_iter().take(most).map(worth).collect::<Vec<_>>());
                    for address in taken {
                        let entry = model.find(&address).unwrap();
                        (entry.state, entry.dialled) = (EntryState::Connecting, Some(now));
                    }
                }
                Op::Fail(number, quality) => {
                    let quality = Quality::new(f64::from(quality) / 255.0);
                    if known(number, &queue).is_some_and(|entry| entry.state == EntryState::Connecting) {
                        queue.failed(&peer(number), "e", quality, &POLICY, (now, 0));
                        let entry = model.find(&peer(number)).unwrap();
                        (entry.attempts, entry.step, entry.quality) = (entry.attempts + 1, entry.step + 1, quality);
                        entry.last_error = Some("e".into());
                        if entry.attempts >= POLICY.max_retries {
                            entry.state = EntryState::Abandoned;
                        } else {
                            entry.wait(&POLICY, now, 0);
                        }
                    }
                }
                Op::Uncounted(number) => {
                    if known(number, &queue).is_some_and(|entry| entry.state == EntryState::Connecting) {
                        queue.uncounted(&peer(number), "u", &POLICY, (now, 0));
                        model.find(&peer(number)).unwrap().wait(&POLICY, now, 0);
                    }
                }
                Op::Remove(number) => {
                    queue.remove(&peer(number));
                    model.0.retain(|entry| entry.address != peer(number));
                }
                Op::Retry(number) => {
                    queue.retry(&peer(number), &POLICY, now);
                    if let Some(entry) = model.find(&peer(number)).filter(|e| e.state != EntryState::Connecting) {
                        (entry.attempts, entry.step, entry.state, entry.due) = (0, 0, EntryState::Waiting, now);
                    }
                }
                Op::Hold(number, held) => {
                    queue.hold(&peer(number), held, "h");
                    if let Some(entry) = model.find(&peer(number)) {
                        entry.state = match (held, entry.state) {
                            (true, EntryState::Waiting) => EntryState::Held,
                            (false, EntryState::Held) => EntryState::Waiting,
                            (_, state) => state,
                        };
                    }
                }
                Op::AllDue => {
                    queue.all_due(&POLICY, now);
                    let waiting = model.0.iter_mut().filter(|entry| entry.state == EntryState::Waiting);
                    waiting.for_each(|entry| entry.due = entry.due.min(now));
                }
                Op::Shorten => {
                    queue.shorten(&POLICY, now);
                    let (latest, waiting) = (now.after(POLICY.backoff.max()), model.0.iter_mut());
                    let waiting = waiting.filter(|entry| entry.state == EntryState::Waiting);
                    waiting.for_each(|entry| entry.due = entry.due.min(latest));
                }
            }
            same(&queue, &model, now)?;
        }
    }
}
