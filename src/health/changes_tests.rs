use proptest::prelude::*;

use super::*;

fn at(milliseconds: u64) -> Mono {
    Mono::from_start(Duration::from_millis(milliseconds))
}

/// A verdict in which nothing but the state and these checks is set.
fn verdict(state: State, checks: &[(CheckName, Level)]) -> Verdict {
    let check = |name: CheckName| {
        let given = checks.iter().find(|(given, _)| *given == name);
        let level = given.map_or(Level::Good, |(_, level)| *level);
        Check::new(name, level, format!("it is {}", level.as_str()))
    };
    Verdict {
        state,
        chain_initialized: true,
        storage_available: true,
        behind: None,
        eta: None,
        checks: CheckName::ALL.map(check).to_vec(),
        life: Vec::new(),
    }
}

fn transitions(changes: &[Change]) -> Vec<Transition> {
    changes.iter().map(|change| change.transition).collect()
}

fn state(from: State, to: State) -> Transition {
    Transition::State { from, to }
}

fn check(name: CheckName, from: Level, to: Level) -> Transition {
    Transition::Check { name, from, to }
}

#[test]
fn a_stall_and_its_end_are_reported_with_their_reason_and_how_long_it_was_as_before() {
    let mut standings = Standings::default();
    assert_eq!(
        standings.observe(&verdict(State::Ready, &[]), at(1_000)),
        []
    );
    let stalled = verdict(State::Stalled, &[(CheckName::Stall, Level::Bad)]);
    let changes = standings.observe(&stalled, at(61_000));
    let to_stalled = state(State::Ready, State::Stalled);
    let to_bad = check(CheckName::Stall, Level::Good, Level::Bad);
    assert_eq!(transitions(&changes), [to_stalled, to_bad]);
    let reported = |change: &Change| (change.lasted.as_secs(), change.reason.clone());
    assert_eq!(reported(&changes[0]), (60, "stall: it is bad".to_owned()));
    assert_eq!(reported(&changes[1]), (60, "it is bad".to_owned()));
    assert!(to_stalled.is_worse() && to_bad.is_worse());

    assert_eq!(standings.observe(&stalled, at(62_000)), []);
    let changes = standings.observe(&verdict(State::Ready, &[]), at(63_000));
    assert_eq!(
        transitions(&changes),
        [
            state(State::Stalled, State::Ready),
            check(CheckName::Stall, Level::Bad, Level::Good)
        ]
    );
    assert!(
        changes
            .iter()
            .all(|change| !change.transition.is_worse() && change.lasted.as_secs() == 2)
    );
    assert_eq!(changes[0].reason, "sync: it is good");
}

#[test]
fn what_is_wrong_from_the_first_look_on_is_reported_and_what_is_well_is_not() {
    let mut standings = Standings::default();
    let changes = standings.observe(
        &verdict(State::Unreachable, &[(CheckName::Chain, Level::Bad)]),
        at(0),
    );
    assert_eq!(
        transitions(&changes),
        [check(CheckName::Chain, Level::Unknown, Level::Bad)]
    );
}

#[test]
fn a_check_that_has_not_been_looked_at_yet_is_not_reported_as_bad() {
    let mut standings = Standings::default();
    let starting = verdict(
        State::Starting,
        &[
            (CheckName::Node, Level::Bad),
            (CheckName::Chain, Level::Bad),
        ],
    );
    assert_eq!(standings.observe(&starting, at(0)), []);
    let changes = standings.observe(&verdict(State::Ready, &[]), at(5));
    assert_eq!(
        transitions(&changes),
        [state(State::Starting, State::Ready)]
    );
    let changes = standings.observe(&starting, at(10));
    assert_eq!(changes.len(), 3, "a node that starts again: {changes:?}");
}

#[test]
fn what_is_unknown_for_a_while_has_not_changed() {
    let mut standings = Standings::default();
    standings.observe(&verdict(State::Ready, &[]), at(0));
    let gone = verdict(
        State::Unreachable,
        &[
            (CheckName::Node, Level::Bad),
            (CheckName::Peers, Level::Unknown),
        ],
    );
    let changes = standings.observe(&gone, at(1));
    assert_eq!(
        transitions(&changes),
        [
            state(State::Ready, State::Unreachable),
            check(CheckName::Node, Level::Good, Level::Bad)
        ]
    );
    let back = verdict(State::Ready, &[(CheckName::Peers, Level::Warning)]);
    let changes = standings.observe(&back, at(2));
    assert!(
        transitions(&changes).contains(&check(CheckName::Peers, Level::Good, Level::Warning)),
        "{changes:?}"
    );
}

#[test]
fn shutting_down_is_no_warning_and_what_ends_with_it_is_no_news() {
    let mut standings = Standings::default();
    standings.observe(&verdict(State::Ready, &[]), at(0));
    let draining = verdict(
        State::Draining,
        &[
            (CheckName::Daemon, Level::Bad),
            (CheckName::Node, Level::Bad),
        ],
    );
    let changes = standings.observe(&draining, at(1));
    assert_eq!(
        transitions(&changes),
        [state(State::Ready, State::Draining)]
    );
    assert!(!changes[0].transition.is_worse());
}

#[test]
fn a_check_that_an_earlier_run_left_bad_and_that_is_good_now_has_changed() {
    let left = vec![
        (CheckName::Disk, Level::Warning),
        (CheckName::Peers, Level::Warning),
    ];
    let mut standings = Standings::after_run(left);
    let first = verdict(
        State::Ready,
        &[
            (CheckName::Disk, Level::Good),
            (CheckName::Peers, Level::Warning),
            (CheckName::Sync, Level::Good),
        ],
    );
    let expected = [
        check(CheckName::Disk, Level::Warning, Level::Good),
        check(CheckName::Peers, Level::Unknown, Level::Warning),
    ];
    assert_eq!(transitions(&standings.observe(&first, at(0))), expected);
    assert_eq!(standings.observe(&first, at(1)), []);
}

fn change(from: State, to: State) -> Change {
    Change {
        transition: state(from, to),
        lasted: Duration::ZERO,
        at: at(7),
        reason: to.as_str().to_owned(),
    }
}

#[test]
fn a_change_has_lasted_since_the_one_that_was_reported_whatever_was_left_out() {
    let mut damper = Damper::default();
    let mut take = |from, to, lasted, now: u64| {
        let lasted = Duration::from_millis(lasted);
        let change = Change {
            lasted,
            at: at(now),
            ..change(from, to)
        };
        damper
            .take(change, at(now))
            .map(|damped| damped.change.lasted)
    };
    let up = State::Ready;
    let down = State::Unreachable;
    let starting = State::Starting;
    assert_eq!(take(up, down, 5_000, 0), Some(Duration::from_secs(5)));
    assert_eq!(take(down, starting, 9_000, 9_000), None);
    assert_eq!(take(starting, down, 100, 9_100), None);
    assert_eq!(take(down, up, 400, 9_500), None);
    let due = damper.due(at(10_000));
    assert_eq!(due[0].change.transition, state(down, up));
    assert_eq!(due[0].change.lasted, Duration::from_millis(9_500));
    let next = Change {
        lasted: Duration::from_millis(20_500),
        at: at(30_000),
        ..change(up, down)
    };
    let next = damper.take(next, at(30_000)).unwrap();
    assert_eq!(next.change.lasted, Duration::from_millis(20_500));
}

#[test]
fn a_change_comes_through_at_once_and_the_next_one_after_ten_seconds_the_last_wins() {
    let mut damper = Damper::default();
    let first = damper.take(change(State::Ready, State::Syncing), at(0));
    assert_eq!(
        first,
        Some(Damped {
            change: change(State::Ready, State::Syncing),
            left_out: 0
        })
    );
    assert_eq!(
        damper.take(change(State::Syncing, State::Ready), at(2_000)),
        None
    );
    assert_eq!(
        damper.take(change(State::Ready, State::Unreachable), at(4_000)),
        None
    );
    assert_eq!(damper.due(at(9_999)), []);
    let merged = Damped {
        change: change(State::Syncing, State::Unreachable),
        left_out: 1,
    };
    assert_eq!(damper.due(at(10_000)), [merged]);
    assert_eq!(damper.due(at(60_000)), []);
    let later = damper.take(change(State::Unreachable, State::Ready), at(70_000));
    assert_eq!(later.map(|reported| reported.left_out), Some(0));
}

#[test]
fn what_came_and_went_between_two_lines_is_counted_in_the_next_one() {
    let mut damper = Damper::default();
    damper.take(change(State::Ready, State::Syncing), at(0));
    damper.take(change(State::Syncing, State::Ready), at(1_000));
    damper.take(change(State::Ready, State::Syncing), at(2_000));
    assert_eq!(damper.due(at(20_000)), [], "it is as it was reported");
    let reported = damper.take(change(State::Syncing, State::Ready), at(30_000));
    assert_eq!(
        reported,
        Some(Damped {
            change: change(State::Syncing, State::Ready),
            left_out: 2
        })
    );
}

#[test]
fn one_subject_holds_up_no_other() {
    let mut damper = Damper::default();
    assert!(
        damper
            .take(change(State::Ready, State::Syncing), at(0))
            .is_some()
    );
    let peers = Change {
        transition: check(CheckName::Peers, Level::Good, Level::Warning),
        ..change(State::Ready, State::Syncing)
    };
    assert!(damper.take(peers.clone(), at(1)).is_some());
    assert!(
        damper
            .take(
                Change {
                    transition: check(CheckName::Disk, Level::Good, Level::Warning),
                    ..peers
                },
                at(1)
            )
            .is_some()
    );
}

proptest! {
    /// Whatever happens: lines are ten seconds apart, each begins where the last one ended, none is
    /// lost from the count, and at the end the reader knows how things stand.
    #[test]
    fn lines_are_apart_in_sequence_and_complete(steps in proptest::collection::vec((0_usize..6, 0_u64..8_000), 1..60)) {
        let mut standings = Standings::default();
        let mut damper = Damper::default();
        let mut now = 0;
        let mut changed = 0_u32;
        let mut reported = Vec::new();
        let mut last = State::ALL[steps[0].0];
        for (index, later) in steps {
            now += later;
            last = State::ALL[index];
            for change in standings.observe(&verdict(last, &[]), at(now)) {
                changed += 1;
                reported.extend(damper.take(change, at(now)).map(|damped| (now, damped)));
            }
            reported.extend(damper.due(at(now)).into_iter().map(|damped| (now, damped)));
        }
        now += 10_000;
        reported.extend(damper.due(at(now)).into_iter().map(|damped| (now, damped)));
        for pair in reported.windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 >= 10_000, "{:?}", pair);
            prop_assert_eq!(pair[0].1.change.transition.names().1, pair[1].1.change.transition.names().0);
        }
        let counted: u32 = reported.iter().map(|(_, damped)| 1 + damped.left_out).sum();
        prop_assert!(counted <= changed);
        if let Some((_, damped)) = reported.last() {
            prop_assert_eq!(damped.change.transition.names().1, last.as_str());
        } else {
            prop_assert_eq!(changed, 0);
        }
    }
}
