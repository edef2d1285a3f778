//! Reports each change of the rotation, and of the checks of the fleet as a whole, in the log; the
//! latter also as events.

use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use super::assessment::FleetAssessment;
use super::change_event::event_of;
use crate::clock;
use crate::events::EventLog;
use crate::health::{Change, Damper, Standings, Transition, Verdict};
use crate::route::{NodeFacts, Rotation};
use crate::values::Mono;

/// What was reported of one node.
struct ReportedRotation {
    name: Arc<str>,
    word: &'static str,
    /// When, if it was since it was first seen.
    at: Option<Mono>,
}

/// Reports what changes.
pub(super) struct FleetReporter {
    events: Arc<EventLog>,
    nodes: Vec<ReportedRotation>,
    standings: Standings,
    damper: Damper,
}

impl FleetReporter {
    /// At most one line for each node in this time: the last change wins.
    const INTERVAL: Duration = Duration::from_secs(10);

    /// Nothing is reported yet; `events` gets what is.
    pub(super) fn new(events: Arc<EventLog>) -> Self {
        Self {
            events,
            nodes: Vec::new(),
            standings: Standings::default(),
            damper: Damper::default(),
        }
    }

    /// Reports what has changed since the last time.
    pub(super) fn report(&mut self, fleet: &FleetAssessment, now: Mono) {
        for node in &fleet.table.nodes {
            self.report_node(node, now);
        }
        let verdict = &fleet.assessment.verdict;
        // The other checks are those of a node, and reported as its own.
        let checks = verdict.checks.iter();
        let of_several = checks.filter(|check| check.name.is_of_several_nodes());
        let of_fleet = Verdict {
            checks: of_several.cloned().collect(),
            ..verdict.clone()
        };
        for change in self.standings.observe(&of_fleet, now) {
            if let Some(damped) = self.damper.take(change, now) {
                self.write_check(&damped.change);
            }
        }
        for damped in self.damper.due(now) {
            self.write_check(&damped.change);
        }
    }

    fn write_check(&self, change: &Change) {
        let Transition::Check { name, .. } = change.transition else {
            return;
        };
        let event = event_of(change, None, clock::now());
        let (from, to) = change.transition.names();
        let check = name.as_str();
        let reason = &*change.reason;
        let lasted_secs = event.lasted_secs;
        if change.transition.is_worse() {
            warn!(target: "check", check, from, to, reason, lasted_secs);
        } else {
            info!(target: "check", check, from, to, reason, lasted_secs);
        }
        self.events.record(event);
    }

    fn report_node(&mut self, node: &NodeFacts, now: Mono) {
        let word = node.rotation_word();
        let name = &*node.name;
        let known = self.nodes.iter_mut().find(|known| &*known.name == name);
        let Some(known) = known else {
            if node.rotation != Rotation::Unknown {
                self.nodes.push(ReportedRotation {
                    name: Arc::clone(&node.name),
                    word,
                    at: None,
                });
                if word != "in" {
                    write(node, "unknown", word);
                }
            }
            return;
        };
        let is_soon = known.at.is_some_and(|at| now.since(at) < Self::INTERVAL);
        if known.word == word || is_soon {
            return;
        }
        let from = std::mem::replace(&mut known.word, word);
        known.at = Some(now);
        write(node, from, word);
    }
}

fn write(node: &NodeFacts, from: &'static str, to: &'static str) {
    let name = &*node.name;
    let reason = node.reason.as_deref();
    if rank(to) > rank(from) {
        warn!(target: "rotation", node = name, from, to, reason);
    } else {
        info!(target: "rotation", node = name, from, to, reason);
    }
}

fn rank(word: &str) -> u8 {
    match word {
        "in" | "unknown" => 0,
        "standby" => 1,
        "busy" => 2,
        _ => 3,
    }
}
