//! What happened to peers, as events of the node: those that an operator wants to know of after a
//! bad night. A peer that is lost and comes back is none.

use super::event::Event;
use super::outage::OutageCause;
use crate::events::{EventDraft, EventKind, EventSeverity, NodeEvents};
use crate::values::PeerAddress;

/// The words of a peer's event.
const ABANDONED: &str = "abandoned";
const CONNECTED: &str = "connected";
/// The words of the network's.
const UP: &str = "up";
const DOWN: &str = "down";
/// More peers at once are one event: the list is short, and a network that fails loses thousands.
const MAX_SINGLE_EVENTS: usize = 10;

pub(super) fn record(events: &[Event], node: &NodeEvents) {
    let is_abandoned = |event: &&Event| matches!(event, Event::Failed { next: None, .. });
    let abandoned = events.iter().filter(is_abandoned).count();
    if abandoned > MAX_SINGLE_EVENTS {
        let reason = format!("{abandoned} peers were abandoned; `bllvmctl queue` lists them");
        node.record(EventDraft::new(
            EventKind::Reconnect,
            EventSeverity::Warning,
            reason,
        ));
    }
    for event in events {
        let draft = match event {
            Event::Failed {
                address,
                attempts,
                error,
                next: None,
            } if abandoned <= MAX_SINGLE_EVENTS => abandoned_peer(address, *attempts, error),
            Event::Connected { address, .. } | Event::Returned(address) => {
                match returned_peer(address, node) {
                    Some(draft) => draft,
                    None => continue,
                }
            }
            Event::Network(cause) => network(cause.as_ref()),
            Event::OutageForgotten => {
                let reason =
                    "the node was started again: its network is not presumed down any more";
                EventDraft::new(EventKind::Reconnect, EventSeverity::Info, reason).change(DOWN, UP)
            }
            Event::Queued { .. }
            | Event::Failed { .. }
            | Event::NotCounted { .. }
            | Event::Evicted(_)
            | Event::Own(_)
            | Event::Banned(_)
            | Event::LeftOnOtherChain(_) => continue,
        };
        node.record(with_time(draft, node));
    }
}

fn of_peer(address: &PeerAddress, severity: EventSeverity, reason: String) -> EventDraft {
    EventDraft {
        peer: Some(address.to_string()),
        ..EventDraft::new(EventKind::Reconnect, severity, reason)
    }
}

fn abandoned_peer(address: &PeerAddress, attempts: u32, error: &str) -> EventDraft {
    // The address is shown to fewer people than the reason is.
    let error = error.replace(&address.to_string(), "the peer");
    let reason = format!(
        "a peer was abandoned after {attempts} attempts: {error}; `bllvmctl queue retry` revives it"
    );
    of_peer(address, EventSeverity::Warning, reason).change("waiting", ABANDONED)
}

/// A peer that had been abandoned is back; one that had not is no event.
fn returned_peer(address: &PeerAddress, node: &NodeEvents) -> Option<EventDraft> {
    let reason = "a peer that had been abandoned is connected again".to_owned();
    let draft = of_peer(address, EventSeverity::Info, reason).change(ABANDONED, CONNECTED);
    let before = node.last_about(&draft)?;
    (before.draft.to.as_deref() == Some(ABANDONED)).then_some(draft)
}

fn network(cause: Option<&OutageCause>) -> EventDraft {
    let Some(cause) = cause else {
        let reason = "the network is up again: all lost peers are due";
        return EventDraft::new(EventKind::Reconnect, EventSeverity::Info, reason).change(DOWN, UP);
    };
    let reason = format!("the network is presumed down: {}", cause.text());
    EventDraft::new(EventKind::Reconnect, EventSeverity::Warning, reason).change(UP, DOWN)
}

/// With the time for which it was as the event before says.
fn with_time(draft: EventDraft, node: &NodeEvents) -> EventDraft {
    let now = crate::clock::now().wall;
    let before = node.last_about(&draft);
    let before = before.filter(|before| before.draft.to == draft.from);
    let lasted = before.map(|before| now.duration_since(before.draft.since.unwrap_or(before.time)));
    EventDraft {
        since: Some(now),
        lasted_secs: lasted.and_then(|lasted| u64::try_from(lasted.as_secs()).ok()),
        ..draft
    }
}
