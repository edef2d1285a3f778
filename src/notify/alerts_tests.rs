use proptest::prelude::*;

use super::*;
use crate::events::EventDraft;
use crate::values::Placeholder;

const LEVELS: [(&str, EventSeverity); 3] = [
    ("good", EventSeverity::Info),
    ("warning", EventSeverity::Warning),
    ("bad", EventSeverity::Critical),
];

fn at(seconds: u64) -> Mono {
    Mono::from_start(Duration::from_secs(seconds))
}

fn filter(min_severity: EventSeverity, hold: u64, repeat: u64) -> AlertFilter {
    AlertFilter {
        kinds: vec![EventKind::State, EventKind::Check],
        min_severity,
        hold: Duration::from_secs(hold),
        repeat: Duration::from_secs(repeat),
    }
}

/// The check `disk` goes to one of the levels.
fn event(to: usize) -> EventRecord {
    let (word, severity) = LEVELS[to];
    EventRecord {
        id: 1,
        time: jiff::Timestamp::UNIX_EPOCH,
        draft: EventDraft {
            node: Some("a".to_owned()),
            check: Some("disk".to_owned()),
            ..EventDraft::new(EventKind::Check, severity, word).change("x", word)
        },
    }
}

/// What is sent of levels at seconds, looked at each second: when, why and of what.
fn sent(filter: &AlertFilter, events: &[(u64, usize)], until: u64) -> Vec<(u64, Occasion, String)> {
    let mut alerts = Alerts::default();
    let mut sent = Vec::new();
    for second in 0..=until {
        let mut messages = Vec::new();
        for (_, to) in events.iter().filter(|(time, _)| *time == second) {
            messages.extend(alerts.take(filter, event(*to), at(second)));
        }
        messages.extend(alerts.due(filter, at(second)));
        sent.extend(messages.into_iter().map(|message| {
            let to = message.value(Placeholder::To);
            (second, message.occasion, to)
        }));
        assert!(alerts.next_due().is_none_or(|due| due > at(second)));
    }
    sent
}

fn row(second: u64, occasion: Occasion, to: &str) -> (u64, Occasion, String) {
    (second, occasion, to.to_owned())
}

#[test]
fn what_lasts_for_the_hold_time_is_told_and_so_is_its_end_at_once() {
    let filter = filter(EventSeverity::Warning, 60, 0);
    let sent = sent(&filter, &[(5, 2), (100, 0)], 300);
    let expected = [
        row(65, Occasion::Begin, "bad"),
        row(100, Occasion::End, "good"),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn what_is_over_before_the_hold_time_is_never_told() {
    let filter = filter(EventSeverity::Warning, 60, 0);
    assert_eq!(sent(&filter, &[(5, 2), (64, 0)], 300), []);
    // That it was bad in two ways changes nothing of how long it was.
    let both = sent(&filter, &[(5, 1), (50, 2)], 300);
    assert_eq!(both, [row(65, Occasion::Begin, "bad")]);
}

#[test]
fn it_is_told_again_while_it_lasts_if_that_is_wanted() {
    let filter = filter(EventSeverity::Warning, 0, 100);
    let sent = sent(&filter, &[(5, 2), (250, 0)], 500);
    let expected = [
        row(5, Occasion::Begin, "bad"),
        row(105, Occasion::Reminder, "bad"),
        row(205, Occasion::Reminder, "bad"),
        row(250, Occasion::End, "good"),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn a_firing_thing_that_is_bad_in_another_way_for_long_enough_is_told_as_that() {
    let filter = filter(EventSeverity::Warning, 10, 0);
    let sent = sent(&filter, &[(0, 1), (20, 2), (25, 1), (40, 2), (90, 0)], 200);
    let expected = [
        row(10, Occasion::Begin, "warning"),
        row(50, Occasion::Begin, "bad"),
        row(90, Occasion::End, "good"),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn what_is_less_bad_than_wanted_is_the_end() {
    let filter = filter(EventSeverity::Critical, 0, 0);
    let sent = sent(&filter, &[(0, 1), (5, 2), (20, 1), (30, 0)], 60);
    let expected = [
        row(5, Occasion::Begin, "bad"),
        row(20, Occasion::End, "warning"),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn what_is_good_is_told_once_if_all_is_wanted() {
    let filter = filter(EventSeverity::Info, 10, 5);
    let sent = sent(&filter, &[(0, 0)], 60);
    assert_eq!(sent, [row(10, Occasion::Begin, "good")]);
}

#[test]
fn only_kinds_that_are_wanted_are_told_and_what_is_over_at_once_needs_no_hold_time() {
    let mut alerts = Alerts::default();
    let mut filter = filter(EventSeverity::Warning, 60, 0);
    let prune = EventRecord {
        draft: EventDraft::new(EventKind::Prune, EventSeverity::Warning, "held"),
        ..event(0)
    };
    assert_eq!(alerts.take(&filter, prune.clone(), at(0)), None);
    filter.kinds = vec![EventKind::Prune];
    let sent = alerts.take(&filter, prune.clone(), at(0)).unwrap();
    assert_eq!(sent.occasion, Occasion::Begin);
    let reached = EventRecord {
        draft: EventDraft::new(EventKind::Prune, EventSeverity::Info, "reached"),
        ..prune
    };
    assert_eq!(alerts.take(&filter, reached, at(1)), None);
    assert_eq!(alerts.next_due(), None);
}

/// So many seconds after the events, which are of 1970, and at the start of the process.
fn later(seconds: i64) -> Now {
    Now {
        mono: at(0),
        wall: jiff::Timestamp::from_second(seconds).unwrap(),
    }
}

#[test]
fn what_was_told_before_a_restart_is_told_as_over_after_it() {
    let filter = filter(EventSeverity::Warning, 60, 0);
    let resume = |events: &[usize], seconds| {
        let events: Vec<EventRecord> = events.iter().map(|to| event(*to)).collect();
        Alerts::resume(&filter, &events, true, later(seconds))
    };
    let mut sent = resume(&[0, 2], 1000);
    assert_eq!(sent.due(&filter, at(500)), []);
    let end = sent.take(&filter, event(0), at(500)).unwrap();
    assert_eq!(end.occasion, Occasion::End);
    let mut mended = resume(&[2, 0], 1000);
    assert_eq!(mended.take(&filter, event(0), at(5)), None);
    // It had not lasted for long enough.
    let mut young = resume(&[2], 40);
    assert_eq!(young.next_due(), Some(at(20)));
    assert_eq!(young.due(&filter, at(20)).len(), 1);
}

#[test]
fn an_entry_that_is_new_is_told_what_is_bad_already() {
    let filter = filter(EventSeverity::Warning, 60, 0);
    let mut new = Alerts::resume(&filter, &[event(2)], false, later(1000));
    let sent = new.due(&filter, at(0));
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].occasion, Occasion::Begin);
}

#[test]
fn the_end_of_the_daemon_is_not_the_end_of_what_was_told() {
    let filter = filter(EventSeverity::Info, 0, 0);
    let state = |to: &str, severity| EventRecord {
        draft: EventDraft::new(EventKind::State, severity, "x").change("ready", to),
        ..event(0)
    };
    let gone = state("unreachable", EventSeverity::Critical);
    let draining = state("draining", EventSeverity::Info);
    let mut alerts = Alerts::default();
    alerts.take(&filter, gone.clone(), at(0));
    assert_eq!(alerts.due(&filter, at(0)).len(), 1);
    assert_eq!(alerts.take(&filter, draining.clone(), at(1)), None);
    let mut after = Alerts::resume(&filter, &[gone, draining], true, later(10));
    let ready = state("ready", EventSeverity::Info);
    let end = after.take(&filter, ready, at(2)).unwrap();
    assert_eq!(end.occasion, Occasion::End);
}

proptest! {
    /// Against a naive model: at each second it is looked up how things were.
    #[test]
    fn it_is_told_what_a_look_back_says(
        steps in prop::collection::vec((1_u64..40, 0_usize..3), 1..20),
        hold in 0_u64..30,
        min in 1_usize..3,
    ) {
        let min = LEVELS[min].1;
        let filter = filter(min, hold, 0);
        let mut events = Vec::new();
        let mut time = 0;
        for (later, to) in &steps {
            time += later;
            // Two events of one thing that follow each other are never the same.
            if events.last().map(|(_, last)| last) != Some(to) {
                events.push((time, *to));
            }
        }
        let end = time + hold + 1;
        let sent = sent(&filter, &events, end);
        let level_at = |second: u64| {
            let before = events.iter().rev().find(|(time, _)| *time <= second);
            before.map_or(0, |(_, to)| *to)
        };
        let is_bad = |second: u64| LEVELS[level_at(second)].1 >= min;
        // Whatever is sent as begun had lasted for the hold time.
        let mut open = false;
        for (second, occasion, to) in &sent {
            match occasion {
                Occasion::Begin => {
                    let from = second.saturating_sub(hold);
                    prop_assert!((from..=*second).all(is_bad), "{} {:?}", second, sent);
                    prop_assert_eq!(to.as_str(), LEVELS[level_at(*second)].0);
                    open = true;
                }
                Occasion::End => {
                    prop_assert!(open && !is_bad(*second), "{:?}", sent);
                    open = false;
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        // And nothing that lasted is left out: in the end the reader knows how it is.
        prop_assert_eq!(open, is_bad(end), "{:?} {:?}", events, sent);
        for second in hold..=end {
            let lasted = (second - hold..=second).all(is_bad);
            let known = sent.iter().rev().find(|(time, ..)| *time <= second);
            let is_open = known.is_some_and(|(_, occasion, _)| *occasion == Occasion::Begin);
            prop_assert!(!lasted || is_open, "{}: {:?} {:?}", second, events, sent);
        }
    }
}
