//! The queue against a model that looks at every entry each time.

use proptest::prelude::*;

use super::*;

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
    let loss = (peer.clone(), any::<u8>(), any::<bool>());
    prop_oneof![
        4 => loss.prop_map(|(peer, quality, wanted)| Op::Lose(peer, quality, wanted)),
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
struct Model(Vec<QueueEntry>);

impl Model {
    const BOUND: usize = 8;

    fn find(&mut self, address: &PeerAddress) -> Option<&mut QueueEntry> {
        self.0.iter_mut().find(|entry| entry.address == *address)
    }

    /// What must come of a loss, but that of equals either may go.
    fn lose(&mut self, entry: QueueEntry, admission: &EnqueueResult) -> Result<(), TestCaseError> {
        let worth = |entry: &QueueEntry| {
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
        let expected = match admission {
            EnqueueResult::Known => self.find(&entry.address).is_some(),
            EnqueueResult::Full => self.0.len() == Self::BOUND && weakest.is_none(),
            EnqueueResult::Admitted { evicted: None } => self.0.len() < Self::BOUND,
            EnqueueResult::Admitted {
                evicted: Some(gone),
            } => {
                let of_gone = self.find(gone).map(|gone| worth(gone));
                self.0.len() == Self::BOUND && of_gone == weakest && weakest.is_some()
            }
        };
        prop_assert!(expected, "{admission:?} for {entry:?}");
        if let EnqueueResult::Admitted { evicted } = admission {
            self.0
                .retain(|other| Some(&other.address) != evicted.as_ref());
            self.0.push(entry);
        }
        Ok(())
    }
}

fn same(queue: &Queue, model: &Model, now: Mono) -> Result<(), TestCaseError> {
    let key = |entry: &QueueEntry| {
        (
            entry.wanted,
            entry.quality,
            entry.attempts,
            entry.due,
            entry.state,
        )
    };
    let sorted = |entries: &mut dyn Iterator<Item = &QueueEntry>| {
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
        let mut queue = Queue::new(Model::BOUND);
        let mut model = Model::default();
        let mut now = at(0);
        for op in ops {
            let known = |number: u16, queue: &Queue| queue.get(&peer(number)).cloned();
            match op {
                Op::Wait(seconds) => now = now.after(Duration::from_secs(seconds)),
                Op::Lose(number, quality, wanted) => {
                    let loss = LostPeer { wanted, ..loss(number, f64::from(quality) / 255.0) };
                    let admission = queue.enqueue(loss.clone(), &POLICY, now, 0);
                    model.lose(QueueEntry::of(loss, &POLICY, now, 0), &admission)?;
                }
                Op::Take(most) => {
                    let taken = queue.take_due(now, most);
                    let is_due =
                        |e: &&QueueEntry| e.state == EntryState::Waiting && e.due <= now;
                    let mut due: Vec<_> = model.0.iter().filter(is_due).collect();
                    due.sort_by_key(|entry| (Reverse(entry.quality), entry.due));
                    let worth = |entry: &QueueEntry| (entry.quality, entry.due);
                    let taken_worth: Vec<_> = taken.iter().map(|address| worth(queue.get(address).unwrap())).collect();
                    prop_assert_eq!(taken_worth, due.into_iter().take(most).map(worth).collect::<Vec<_>>());
                    for address in taken {
                        let entry = model.find(&address).unwrap();
                        entry.state = EntryState::Connecting;
                        entry.dialled = Some(now);
                    }
                }
                Op::Fail(number, quality) => {
                    let quality = Quality::new(f64::from(quality) / 255.0);
                    if known(number, &queue).is_some_and(|entry| entry.state == EntryState::Connecting) {
                        queue.failed(&peer(number), "e", quality, &POLICY, (now, 0));
                        let entry = model.find(&peer(number)).unwrap();
                        entry.attempts += 1;
                        entry.step += 1;
                        entry.quality = quality;
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
                        entry.attempts = 0;
                        entry.step = 0;
                        entry.state = EntryState::Waiting;
                        entry.due = now;
                    }
                }
                Op::Hold(number, held) => {
                    queue.set_banned(&peer(number), held, "h");
                    if let Some(entry) = model.find(&peer(number)) {
                        entry.state = match (held, entry.state) {
                            (true, EntryState::Waiting) => EntryState::Banned,
                            (false, EntryState::Banned) => EntryState::Waiting,
                            (_, state) => state,
                        };
                    }
                }
                Op::AllDue => {
                    queue.make_all_due(&POLICY, now);
                    let waiting = model.0.iter_mut().filter(|entry| entry.state == EntryState::Waiting);
                    waiting.for_each(|entry| entry.due = entry.due.min(now));
                }
                Op::Shorten => {
                    queue.cap_delays(&POLICY, now);
                    let latest = now.after(POLICY.backoff.max());
                    let waiting = model.0.iter_mut();
                    let waiting = waiting.filter(|entry| entry.state == EntryState::Waiting);
                    waiting.for_each(|entry| entry.due = entry.due.min(latest));
                }
            }
            same(&queue, &model, now)?;
        }
    }
}
