//! Which events one entry notifies of, when, and when it notifies that they are over. Pure.
//!
//! What is bad enough is pending until it has lasted for the hold time, then it is sent and fires
//! until it is over. Invariants: nothing is sent that was over before the hold time; whatever was
//! sent as begun is sent as over; nothing is sent as over that was not sent as begun, but for what
//! is good and wanted too.

use std::time::Duration;

use super::message::{Message, Occasion};
use crate::events::{EventKind, EventRecord, EventSeverity};
use crate::values::{Mono, Now};

/// Which events an entry notifies of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFilter {
    /// Events of these kinds.
    pub kinds: Vec<EventKind>,
    /// That are at least so bad.
    pub min_severity: EventSeverity,
    /// Once it has lasted for so long.
    pub hold: Duration,
    /// Again after so long, while it lasts; zero: never.
    pub repeat: Duration,
}

impl AlertFilter {
    fn wants(&self, kind: EventKind) -> bool {
        // A fork is a check of several nodes, too.
        let is_of = |wanted: &EventKind| {
            *wanted == kind || (*wanted == EventKind::Check && kind == EventKind::Fork)
        };
        self.kinds.iter().any(is_of)
    }

    /// Whether an event says how things are. That the daemon ends says nothing of the node.
    fn says_how_it_is(event: &EventRecord) -> bool {
        event.draft.kind != EventKind::State || event.draft.to.as_deref() != Some("draining")
    }

    fn is_bad_enough(&self, severity: EventSeverity) -> bool {
        severity >= self.min_severity.max(EventSeverity::Warning)
    }
}

/// How far one thing has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum AlertPhase {
    /// It is sent at this time, if it is still so.
    Pending { due: Mono },
    /// It was sent; again at this time.
    Firing { reminder: Option<Mono> },
}

/// One thing that is not as it should be, or was sent as such.
#[derive(Clone, Debug)]
struct Alert {
    latest: EventRecord,
    phase: AlertPhase,
    /// How it was when it was sent last.
    sent: Option<String>,
}

/// What is pending or firing of one entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Alerts {
    alerts: Vec<Alert>,
}

impl Alerts {
    /// What the `events` of before leave, of each thing the last one. What was bad for the hold
    /// time was sent then, if the entry `was_there`; all else is sent once it has lasted.
    pub(super) fn resume(
        filter: &AlertFilter,
        events: &[EventRecord],
        was_there: bool,
        now: Now,
    ) -> Self {
        let mut alerts = Self::default();
        for event in events {
            let draft = &event.draft;
            let is_lasting = !draft.kind.is_momentary() && AlertFilter::says_how_it_is(event);
            if !filter.wants(draft.kind) || !is_lasting {
                continue;
            }
            alerts
                .alerts
                .retain(|alert| !alert.latest.draft.is_about_same(draft));
            if filter.is_bad_enough(draft.severity) {
                let lasted = Duration::try_from(now.wall.duration_since(event.time));
                let left = filter.hold.saturating_sub(lasted.unwrap_or_default());
                let alert = Alert::pending(event.clone(), now.mono.after(left));
                alerts.alerts.push(if was_there && left.is_zero() {
                    alert.sent_before()
                } else {
                    alert
                });
            }
        }
        alerts
    }

    /// Takes in an event; what is to be sent at once.
    pub(super) fn take(
        &mut self,
        filter: &AlertFilter,
        event: EventRecord,
        now: Mono,
    ) -> Option<Message> {
        let draft = &event.draft;
        if !filter.wants(draft.kind) || !AlertFilter::says_how_it_is(&event) {
            return None;
        }
        if draft.kind.is_momentary() {
            let is_wanted = draft.severity >= filter.min_severity;
            return is_wanted.then(|| Message::of(&event, Occasion::Begin));
        }
        let known = self
            .alerts
            .iter()
            .position(|alert| alert.latest.draft.is_about_same(draft));
        if filter.is_bad_enough(draft.severity) {
            match known.and_then(|at| self.alerts.get_mut(at)) {
                Some(alert) => alert.changed(filter, event, now),
                None => self
                    .alerts
                    .push(Alert::pending(event, now.after(filter.hold))),
            }
        } else {
            let before = known.map(|at| self.alerts.remove(at));
            let was_sent = before.as_ref().is_some_and(|alert| alert.sent.is_some());
            if was_sent {
                return Some(Message::of(&event, Occasion::End));
            }
            // What did not last long enough to be sent is not sent as over.
            if before.is_none() && draft.severity >= filter.min_severity {
                self.alerts
                    .push(Alert::pending(event, now.after(filter.hold)));
            }
        }
        None
    }

    /// What is to be sent now.
    pub(super) fn due(&mut self, filter: &AlertFilter, now: Mono) -> Vec<Message> {
        let mut messages = Vec::new();
        self.alerts.retain_mut(|alert| {
            messages.extend(alert.due(filter, now));
            // What is good is sent once.
            filter.is_bad_enough(alert.latest.draft.severity)
                || matches!(alert.phase, AlertPhase::Pending { .. })
        });
        messages
    }

    /// When there may be something to send.
    pub(super) fn next_due(&self) -> Option<Mono> {
        let due = self.alerts.iter().filter_map(|alert| match alert.phase {
            AlertPhase::Pending { due } => Some(due),
            AlertPhase::Firing { reminder } => reminder,
        });
        due.min()
    }
}

impl Alert {
    fn pending(event: EventRecord, due: Mono) -> Self {
        Self {
            latest: event,
            phase: AlertPhase::Pending { due },
            sent: None,
        }
    }

    /// As this one, sent by an earlier run.
    fn sent_before(self) -> Self {
        Self {
            phase: AlertPhase::Firing { reminder: None },
            sent: Some(self.latest.draft.to.clone().unwrap_or_default()),
            ..self
        }
    }

    /// It is bad in another way. That too must have lasted, and what is as it was sent is no news.
    fn changed(&mut self, filter: &AlertFilter, event: EventRecord, now: Mono) {
        let is_as_sent = self.sent.is_some() && self.sent == event.draft.to;
        self.latest = event;
        self.phase = match self.phase {
            _ if is_as_sent => AlertPhase::Firing {
                reminder: filter.reminder(now),
            },
            AlertPhase::Pending { due } => AlertPhase::Pending { due },
            AlertPhase::Firing { .. } => AlertPhase::Pending {
                due: now.after(filter.hold),
            },
        };
    }

    /// What is to be sent of it now.
    fn due(&mut self, filter: &AlertFilter, now: Mono) -> Option<Message> {
        let occasion = match self.phase {
            AlertPhase::Pending { due } if now >= due => Occasion::Begin,
            AlertPhase::Firing {
                reminder: Some(due),
            } if now >= due => Occasion::Reminder,
            AlertPhase::Pending { .. } | AlertPhase::Firing { .. } => return None,
        };
        self.phase = AlertPhase::Firing {
            reminder: filter.reminder(now),
        };
        self.sent = Some(self.latest.draft.to.clone().unwrap_or_default());
        Some(Message::of(&self.latest, occasion))
    }
}

impl AlertFilter {
    fn reminder(&self, now: Mono) -> Option<Mono> {
        (!self.repeat.is_zero()).then(|| now.after(self.repeat))
    }
}

#[cfg(test)]
#[path = "alerts_tests.rs"]
mod tests;
