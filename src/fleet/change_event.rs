//! From a change of a verdict to the event that is recorded of it. Pure.

use crate::events::{EventDraft, EventKind, EventRecord, EventSeverity};
use crate::health::{Change, CheckName, Level, State, Transition};
use crate::values::Now;

/// The event of `change`, which is about `node`, or about several together.
pub(super) fn event_of(change: &Change, node: Option<&str>, now: Now) -> EventDraft {
    let (from, to) = change.transition.names();
    let (kind, severity, check, is_first) = match change.transition {
        Transition::State { to, .. } => (EventKind::State, severity_of_state(to), None, false),
        Transition::Check { name, from, to } => {
            let kind = if name == CheckName::Fork {
                EventKind::Fork
            } else {
                EventKind::Check
            };
            let is_first = from == Level::Unknown;
            (
                kind,
                severity_of_level(to),
                Some(name.as_str().to_owned()),
                is_first,
            )
        }
    };
    EventDraft {
        node: node.map(str::to_owned),
        check,
        since: Some(now.wall_of(change.at)),
        // How long it was unknown says nothing.
        lasted_secs: (!is_first).then_some(change.lasted.as_secs()),
        ..EventDraft::new(kind, severity, change.reason.clone()).change(from, to)
    }
}

/// The checks of the node called `node` that the last events about them left not good.
pub(super) fn left_bad(events: &[EventRecord], node: &str) -> Vec<(CheckName, Level)> {
    let mut left: Vec<(CheckName, Level)> = Vec::new();
    for event in events {
        let draft = &event.draft;
        let name = draft.check.as_deref();
        let check: Option<CheckName> = name.and_then(|name| name.parse().ok());
        let Some(name) = check.filter(|_| draft.node.as_deref() == Some(node)) else {
            continue;
        };
        left.retain(|(known, _)| *known != name);
        let levels = [Level::Warning, Level::Bad];
        let level = levels
            .into_iter()
            .find(|level| draft.to.as_deref() == Some(level.as_str()));
        left.extend(level.map(|level| (name, level)));
    }
    left
}

fn severity_of_state(state: State) -> EventSeverity {
    match state {
        State::Ready | State::Draining => EventSeverity::Info,
        State::Starting | State::Syncing => EventSeverity::Warning,
        State::Stalled | State::Unreachable => EventSeverity::Critical,
    }
}

fn severity_of_level(level: Level) -> EventSeverity {
    match level {
        Level::Good | Level::Unknown => EventSeverity::Info,
        Level::Warning => EventSeverity::Warning,
        Level::Bad => EventSeverity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fleet::sample::at;

    fn now(seconds: u64) -> Now {
        Now {
            mono: at(seconds),
            wall: jiff::Timestamp::from_second(1_000_000 + i64::try_from(seconds).unwrap())
                .unwrap(),
        }
    }

    fn change(transition: Transition) -> Change {
        Change {
            transition,
            lasted: Duration::from_secs(90),
            at: at(95),
            reason: "because".to_owned(),
        }
    }

    #[test]
    fn an_event_says_since_when_it_is_so_and_how_long_it_was_otherwise() {
        let from = State::Ready;
        let to = State::Unreachable;
        let state = event_of(&change(Transition::State { from, to }), Some("a"), now(100));
        assert_eq!(state.kind, EventKind::State);
        assert_eq!(state.severity, EventSeverity::Critical);
        assert_eq!(state.subject(), "a/state");
        assert_eq!(state.from.as_deref(), Some("ready"));
        assert_eq!(state.to.as_deref(), Some("unreachable"));
        assert_eq!(state.since.unwrap().as_second(), 1_000_095);
        assert_eq!(state.lasted_secs, Some(90));
        assert_eq!(state.reason, "because");
    }

    #[test]
    fn what_the_last_events_of_a_node_left_bad_is_known() {
        let event = |id: u64, node: &str, check: &str, to: &str| EventRecord {
            id,
            time: jiff::Timestamp::UNIX_EPOCH,
            draft: EventDraft {
                node: Some(node.to_owned()),
                check: Some(check.to_owned()),
                ..EventDraft::new(EventKind::Check, EventSeverity::Info, "").change("x", to)
            },
        };
        let events = [
            event(1, "a", "disk", "warning"),
            event(2, "a", "node", "bad"),
            event(3, "b", "peers", "warning"),
            event(4, "a", "node", "good"),
            event(5, "a", "disk", "bad"),
            event(6, "a", "nosuch", "bad"),
        ];
        assert_eq!(left_bad(&events, "a"), [(CheckName::Disk, Level::Bad)]);
    }

    #[test]
    fn a_check_that_was_never_good_has_not_lasted_as_anything() {
        let name = CheckName::Chain;
        let to = Level::Bad;
        let from = Level::Unknown;
        let check = event_of(
            &change(Transition::Check { name, from, to }),
            Some("a"),
            now(100),
        );
        assert_eq!(check.subject(), "a/check/chain");
        assert_eq!(check.severity, EventSeverity::Critical);
        assert_eq!(check.lasted_secs, None);
        let name = CheckName::Fork;
        let from = Level::Warning;
        let to = Level::Good;
        let fork = event_of(
            &change(Transition::Check { name, from, to }),
            None,
            now(100),
        );
        assert_eq!(
            (fork.kind, fork.subject()),
            (EventKind::Fork, "fork/fork".to_owned())
        );
        assert_eq!(fork.severity, EventSeverity::Info);
        assert_eq!(fork.lasted_secs, Some(90));
    }
}
