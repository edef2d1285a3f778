//! An event in words.

use super::level::OverviewLevel;
use super::text::seconds;
use crate::api::{EventDocument, EventKindWord, EventSeverityWord};

/// How bad it is since the event.
pub(crate) fn event_level(event: &EventDocument) -> OverviewLevel {
    match event.severity {
        EventSeverityWord::Critical => OverviewLevel::Bad,
        EventSeverityWord::Warning => OverviewLevel::Warning,
        EventSeverityWord::Info | EventSeverityWord::Other(_) => OverviewLevel::Good,
    }
}

/// `check disk of node a`
pub(crate) fn event_subject(event: &EventDocument) -> String {
    // Which nodes these are is said as from and to.
    if event.kind == EventKindWord::Failover {
        return event.kind.to_string();
    }
    let check = event.check.as_ref().map(|check| format!(" {check}"));
    let node = event.node.as_ref().map(|node| format!(" of node {node}"));
    format!(
        "{}{}{}",
        event.kind,
        check.unwrap_or_default(),
        node.unwrap_or_default()
    )
}

/// `good → warning after 3 h: 9.1 GB free`; who wanted it and the address of the peer it is about
/// only `with_names`.
pub(crate) fn event_text(event: &EventDocument, with_names: bool) -> String {
    let mut parts = Vec::new();
    if let (Some(from), Some(to)) = (&event.from, &event.to) {
        parts.push(format!("{from} → {to}"));
    }
    parts.extend(
        event
            .lasted_secs
            .map(|lasted| format!("after {}", seconds(lasted))),
    );
    let mut text = parts.join(" ");
    let separator = if text.is_empty() || event.reason.is_empty() {
        ""
    } else {
        ": "
    };
    text = format!("{text}{separator}{}", event.reason);
    if with_names {
        for (name, value) in [
            ("peer", &event.peer),
            ("by", &event.by),
            ("asked", &event.request),
        ] {
            if let Some(value) = value {
                text = format!("{text} · {name} {value}");
            }
        }
    }
    text
}
