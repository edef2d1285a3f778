//! What has happened, the newest first. Who wanted it, and the peer it is about, are an operator's.
//! Pure.

use jiff::Timestamp;

use super::view::{EventView, EventsView};
use crate::api::{EventDocument, EventSeverityWord};
use crate::http::audience::Audience;
use crate::overview::text::{clock, counted, seconds, since};
use crate::overview::{event_level, event_subject, event_text};

/// At most so many are shown.
const MAX_ROWS: usize = 15;

pub(super) fn events(all: &[EventDocument], audience: Audience, now: Timestamp) -> EventsView {
    let shown = all.iter().take(MAX_ROWS);
    EventsView {
        summary: match all.len() {
            0 => "none yet".to_owned(),
            number if number > MAX_ROWS => format!("the last {MAX_ROWS} of {number}"),
            number => counted(number, "event"),
        },
        has_rows: !all.is_empty(),
        rows: shown.map(|event| row(event, audience, now)).collect(),
    }
}

fn row(event: &EventDocument, audience: Audience, now: Timestamp) -> EventView {
    let level = event_level(event);
    EventView {
        level: level.as_str(),
        mark: level.mark(),
        word: match event.severity {
            EventSeverityWord::Critical => "critical",
            EventSeverityWord::Warning => "warning",
            EventSeverityWord::Info | EventSeverityWord::Other(_) => "info",
        },
        time: clock(event.time, now),
        ago: format!("{} ago", seconds(since(event.time, now))),
        what: event_subject(event),
        text: event_text(event, audience == Audience::Operator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> EventDocument {
        EventDocument {
            id: 1,
            time: "2026-11-30T19:04:16Z".parse().unwrap(),
            severity: EventSeverityWord::Warning,
            kind: "check".into(),
            node: Some("a".to_owned()),
            check: Some("disk".to_owned()),
            from: Some("good".to_owned()),
            to: Some("warning".to_owned()),
            reason: "9.1 GB free".to_owned(),
            since: None,
            lasted_secs: Some(7_200),
            peer: Some("203.0.113.7:8333".to_owned()),
            by: Some("the control token".to_owned()),
            request: None,
        }
    }

    #[test]
    fn an_event_is_a_sentence_and_who_it_is_about_is_an_operators() {
        let now = "2026-11-30T19:05:16Z".parse().unwrap();
        let of = |audience| events(&[event()], audience, now).rows.remove(0);
        let row = of(Audience::Anybody);
        assert_eq!(
            (row.mark, &*row.time, &*row.ago),
            ("[!]", "19:04:16 UTC", "60 s ago")
        );
        assert_eq!(row.what, "check disk of node a");
        assert_eq!(row.text, "good → warning after 2 h: 9.1 GB free");
        let row = of(Audience::Operator);
        assert!(
            row.text
                .ends_with("9.1 GB free · peer 203.0.113.7:8333 · by the control token")
        );
    }

    #[test]
    fn of_many_events_the_newest_are_shown() {
        let now = "2026-11-30T19:05:16Z".parse().unwrap();
        let view = events(&vec![event(); 60], Audience::Anybody, now);
        assert_eq!((view.rows.len(), &*view.summary), (15, "the last 15 of 60"));
        let none = events(&[], Audience::Anybody, now);
        assert_eq!((none.has_rows, &*none.summary), (false, "none yet"));
    }
}
