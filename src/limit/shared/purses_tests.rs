//! Tests of `purses`, against a model of the store.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::super::model_store::ModelStore;
use super::*;
use crate::limit::bucket::nanoseconds;

fn at(milliseconds: u64) -> Mono {
    Mono::from_start(Duration::from_millis(milliseconds))
}

fn rate(per_second: f64, burst: u32) -> Rate {
    Rate::new(per_second, NonZeroU32::new(burst).unwrap())
}

fn demand(layer: Layer, hash: u64, rate: Rate, cost: u32) -> Demand {
    Demand {
        key: StoreKey::new(layer, hash),
        method: None,
        rate,
        cost,
    }
}

fn terms(replicas: u32) -> PurseTerms {
    PurseTerms { replicas }
}

/// A daemon beside a store that answers at once.
struct TestDaemon {
    id: u8,
    purses: Purses,
    questions: usize,
}

impl TestDaemon {
    fn new(id: u8) -> Self {
        Self {
            id,
            purses: Purses::default(),
            questions: 0,
        }
    }

    /// Whether a call that costs `demands` passes, else for how long it is refused.
    fn call(
        &mut self,
        store: &mut ModelStore,
        demands: &[Demand],
        terms: PurseTerms,
        now: Mono,
    ) -> Result<(), LimitRefusal> {
        match self.purses.take(demands, terms, now) {
            PurseAnswer::Paid => Ok(()),
            PurseAnswer::Refused(refusal) => Err(refusal),
            PurseAnswer::Ask(question) => {
                self.questions += 1;
                let answer = store.answer(self.id, &question, now);
                match self.purses.settle(&question, Some(&answer), terms, now) {
                    CallSettlement::Paid => Ok(()),
                    CallSettlement::Refused(refusal) => Err(refusal),
                    CallSettlement::Unanswered => panic!("it was answered"),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_name_of_a_bucket_shows_its_layer_and_no_caller() {
    let key = StoreKey::new(Layer::User, u64::MAX);
    assert_eq!(key.name("main"), "{bllvm:main}:u:7fffffffffffffff");
    for layer in Layer::ALL {
        assert_eq!(StoreKey::new(layer, 5).layer(), layer);
    }
    assert_ne!(
        StoreKey::new(Layer::User, 5),
        StoreKey::new(Layer::Address, 5)
    );
}

#[test]
fn a_rare_caller_takes_nothing_ahead_and_a_busy_one_what_it_spent_lately() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let rare = demand(Layer::Address, 1, rate(100.0, 200), 1);
    for step in 0..10 {
        let now = at(1000 + step * 150);
        assert_eq!(daemon.call(&mut store, &[rare], terms(3), now), Ok(()));
        assert_eq!(daemon.purses.held(rare.key, now), 0);
    }
    assert_eq!(daemon.questions, 10);
    let busy = demand(Layer::Address, 2, rate(1000.0, 2000), 1);
    let mut daemon = TestDaemon::new(1);
    for step in 0..900 {
        let now = at(1000 + step * 3);
        assert_eq!(daemon.call(&mut store, &[busy], terms(3), now), Ok(()));
    }
    assert!(daemon.questions < 90, "{}", daemon.questions);
}

#[test]
fn no_daemon_holds_more_than_its_part_of_a_quarter_of_the_burst() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let call = demand(Layer::Address, 1, rate(1000.0, 120), 1);
    for step in 0..60 {
        let _ = daemon.call(&mut store, &[call], terms(3), at(1000 + step / 10));
        assert!(daemon.purses.held(call.key, at(1000 + step / 10)) <= 10);
    }
}

#[test]
fn a_remembered_refusal_says_when_a_larger_call_may_come_and_counts_smaller_ones_that_passed() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let of = |cost| [demand(Layer::Address, 1, rate(1.0, 2), cost)];
    let mut call = |cost, ms| {
        let answer = daemon.call(&mut store, &of(cost), terms(1), at(ms));
        answer.map_err(|refusal| refusal.shortage)
    };
    let wait = |ms| Err(Shortage::Wait(Duration::from_millis(ms)));
    assert_eq!(call(2, 1000), Ok(()));
    assert_eq!(call(1, 1500), wait(500));
    assert_eq!(call(2, 1600), wait(1400));
    assert_eq!(call(2, 2200), wait(800));
    assert_eq!(call(1, 2400), Ok(()));
    assert_eq!(call(2, 2600), wait(1400));
}

#[test]
fn a_refusal_in_one_layer_costs_the_others_nothing() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let wide = |cost| demand(Layer::Address, 1, rate(0.001, 10), cost);
    let narrow = |cost| demand(Layer::User, 1, rate(0.001, 2), cost);
    let mut call = |demands: &[Demand], ms| {
        daemon
            .call(&mut store, demands, terms(1), at(ms))
            .map_err(|r| r.layer)
    };
    assert_eq!(call(&[wide(1), narrow(1)], 1000), Ok(()));
    assert_eq!(call(&[wide(1), narrow(1)], 2000), Ok(()));
    for second in 3..20 {
        assert_eq!(call(&[wide(1), narrow(1)], second * 1000), Err(Layer::User));
    }
    assert_eq!(call(&[wide(8)], 30_000), Ok(()), "nothing was charged");
    assert_eq!(call(&[wide(1)], 31_000), Err(Layer::Address));
}

#[test]
fn a_refusal_is_remembered_for_calls_of_that_cost_or_more() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let call = |cost| demand(Layer::Address, 1, rate(10.0, 10), cost);
    assert_eq!(
        daemon.call(&mut store, &[call(8)], terms(1), at(1000)),
        Ok(())
    );
    let refusal = daemon
        .call(&mut store, &[call(5)], terms(1), at(1000))
        .unwrap_err();
    assert_eq!(refusal.shortage, Shortage::Wait(Duration::from_millis(300)));
    let questions = daemon.questions;
    let again = daemon
        .call(&mut store, &[call(6)], terms(1), at(1100))
        .unwrap_err();
    assert_eq!(again.shortage, Shortage::Wait(Duration::from_millis(300)));
    assert_eq!(daemon.questions, questions, "it was not asked for again");
    assert_eq!(
        daemon.call(&mut store, &[call(2)], terms(1), at(1100)),
        Ok(())
    );
}

#[test]
fn a_key_that_is_refused_asks_at_most_fifty_times_a_second() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let call = demand(Layer::Address, 1, rate(1000.0, 1), 1);
    let other = demand(Layer::Address, 1, rate(1000.0, 1), 1);
    let mut thief = TestDaemon::new(2);
    for step in 0..1000 {
        let _ = thief.call(&mut store, &[other], terms(2), at(1000 + step));
        let _ = daemon.call(&mut store, &[call], terms(2), at(1000 + step));
    }
    assert!(daemon.questions <= 51, "{}", daemon.questions);
}

#[test]
fn one_question_is_on_its_way_for_a_key_and_what_was_taken_elsewhere_comes_back() {
    let mut purses = Purses::default();
    let now = at(1000);
    let call = [demand(Layer::Address, 1, rate(10.0, 10), 1)];
    let PurseAnswer::Ask(question) = purses.take(&call, terms(1), now) else {
        panic!("nothing is held")
    };
    assert_eq!(
        purses.take(&call, terms(1), now),
        PurseAnswer::Asked(call[0].key)
    );
    assert_eq!(
        purses.settle(&question, None, terms(1), now),
        CallSettlement::Unanswered
    );
    assert!(matches!(
        purses.take(&call, terms(1), now),
        PurseAnswer::Ask(_)
    ));
}

#[test]
fn no_more_than_256_questions_are_on_their_way() {
    let mut purses = Purses::default();
    let now = at(1000);
    let call = |hash| [demand(Layer::Address, hash, rate(10.0, 10), 1)];
    for hash in 0..256 {
        assert!(matches!(
            purses.take(&call(hash), terms(1), now),
            PurseAnswer::Ask(_)
        ));
    }
    assert_eq!(purses.take(&call(256), terms(1), now), PurseAnswer::Full);
}

#[test]
fn what_is_given_back_can_be_spent_again() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let call = [demand(Layer::Address, 1, rate(0.001, 3), 1)];
    for step in 0..50 {
        let now = at(1000 + step * 40);
        assert_eq!(
            daemon.call(&mut store, &call, terms(1), now),
            Ok(()),
            "{step}"
        );
        daemon.purses.give_back(&call, now);
    }
}

#[test]
fn what_was_spent_without_the_store_is_posted_before_anything_is_granted() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    let call = |cost| [demand(Layer::Address, 1, rate(1.0, 10), cost)];
    daemon.purses.owe(&call(7), at(1000));
    let carries = daemon.purses.carries(10);
    assert_eq!(carries.len(), 1);
    store.post(&carries, at(1000));
    daemon.purses.posted(&carries);
    assert!(daemon.purses.carries(10).is_empty());
    daemon.purses.owe(&call(2), at(1000));
    assert_eq!(
        daemon.call(&mut store, &call(1), terms(1), at(1000)),
        Ok(())
    );
    assert!(
        daemon
            .call(&mut store, &call(1), terms(1), at(1000))
            .is_err()
    );
}

#[test]
fn purses_of_callers_who_have_gone_take_no_memory() {
    let mut store = ModelStore::default();
    let mut daemon = TestDaemon::new(1);
    for hash in 0..10_000 {
        let call = [demand(Layer::Address, hash, rate(10.0, 10), 1)];
        assert_eq!(daemon.call(&mut store, &call, terms(1), at(1000)), Ok(()));
    }
    assert_eq!(daemon.purses.total(at(1000)).0, 10_000);
    let bytes = daemon.purses.purses.capacity() * size_of::<(StoreKey, Purse)>();
    assert!(bytes <= 2 << 20, "{bytes}");
    daemon.purses.sweep(at(3000));
    assert_eq!(daemon.purses.total(at(3000)).0, 0);
    assert!(daemon.purses.purses.capacity() < 100);
}

#[test]
fn tokens_that_are_spent_at_the_end_of_their_lease_are_not_given_a_second_time() {
    let mut store = ModelStore::default();
    let mut one = TestDaemon::new(1);
    let mut other = TestDaemon::new(2);
    let call = demand(Layer::Address, 1, rate(10.0, 40), 1);
    for step in 0..5 {
        assert_eq!(
            one.call(&mut store, &[call], terms(1), at(1000 + step)),
            Ok(())
        );
    }
    // The bucket has filled again, but for what is held; that is spent, and its lease ends.
    let held = usize::try_from(one.purses.held(call.key, at(1999))).unwrap();
    assert_eq!(held, 5);
    let mut spend = |daemon: &mut TestDaemon, ms, calls| {
        let passed =
            (0..calls).filter(|_| daemon.call(&mut store, &[call], terms(1), at(ms)).is_ok());
        passed.count()
    };
    assert_eq!(spend(&mut one, 1999, held), held);
    assert_eq!(spend(&mut other, 2010, 100), 40 - held);
}

/// What a step of the property is.
#[derive(Clone, Copy, Debug)]
struct PurseStep {
    daemon: u8,
    pause_us: u64,
    calls: u32,
    cost: u32,
    is_lost: bool,
}

fn steps() -> impl Strategy<Value = Vec<PurseStep>> {
    let pause = prop_oneof![
        4 => 0_u64..20_000,
        2 => Just(0),
        1 => 0_u64..3_000_000,
    ];
    let step = (0_u8..3, pause, 1_u32..40, 1_u32..4, 0_u8..20).prop_map(
        |(daemon, pause_us, calls, cost, lost)| PurseStep {
            daemon,
            pause_us,
            calls,
            cost,
            is_lost: lost == 0,
        },
    );
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// Whatever three daemons do: between any two calls that passed, no more than a burst and what
    /// flowed in meanwhile.
    #[test]
    fn three_daemons_never_admit_more_than_the_burst_and_the_rate(
        per_second in 1_u32..2000,
        burst in 4_u32..400,
        steps in steps(),
    ) {
        let rate = rate(f64::from(per_second), burst);
        let mut store = ModelStore::default();
        let mut daemons = [0, 1, 2].map(TestDaemon::new);
        let mut now_us = 5_000_000;
        let mut passed = Vec::<(u64, u64)>::new();
        for step in steps {
            now_us += step.pause_us;
            let now = Mono::from_start(Duration::from_micros(now_us));
            let call = [demand(Layer::Address, 1, rate, step.cost)];
            let daemon = &mut daemons[usize::from(step.daemon)];
            for _ in 0..step.calls {
                if step.is_lost {
                    // The store has heard the question, and its answer is lost.
                    if let PurseAnswer::Ask(question) = daemon.purses.take(&call, terms(3), now) {
                        store.answer(daemon.id, &question, now);
                        daemon.purses.settle(&question, None, terms(3), now);
                    }
                } else if daemon.call(&mut store, &call, terms(3), now).is_ok() {
                    passed.push((nanoseconds(now), u64::from(step.cost)));
                }
            }
        }
        let burst_ns = u64::from(burst) * rate.token_ns();
        for (first, (from_ns, _)) in passed.iter().enumerate() {
            let mut tokens = 0;
            for (until_ns, cost) in &passed[first..] {
                tokens += cost;
                prop_assert!(
                    tokens * rate.token_ns() <= burst_ns + (until_ns - from_ns),
                    "{tokens} tokens in {} ns", until_ns - from_ns
                );
            }
        }
    }

    /// One daemon, whose purse is worth nothing, and which remembers no refusal from one call to
    /// the next: it is the bucket of old.
    #[test]
    fn without_a_purse_it_is_the_local_bucket(
        per_second in 1_u32..1000,
        burst in 1_u32..4,
        steps in prop::collection::vec((151_000_u64..1_000_000, 1_u32..4), 1..60),
    ) {
        use crate::limit::Bucket;
        let rate = rate(f64::from(per_second), burst);
        let mut store = ModelStore::default();
        let mut daemon = TestDaemon::new(0);
        let mut now_us = 5_000_000;
        let mut bucket = Bucket::FULL;
        for (pause_us, cost) in steps {
            now_us += pause_us;
            let now = Mono::from_start(Duration::from_micros(now_us));
            let cost = cost.min(burst);
            let call = [demand(Layer::Address, 1, rate, cost)];
            let is = daemon.call(&mut store, &call, terms(1), now);
            match bucket.check(rate, cost, now) {
                Ok(()) => {
                    prop_assert_eq!(is, Ok(()));
                    bucket = bucket.spend(rate, cost, now);
                }
                Err(shortage) => prop_assert!(is.unwrap_err().shortage >= shortage),
            }
        }
    }
}
