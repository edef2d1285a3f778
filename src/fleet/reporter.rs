//! Reports each change of the node's state and of a check: a line of the log, and a count.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};

use super::member::Member;
use crate::clock;
use crate::health::{Damped, Damper, Standings, Transition};

/// How soon a change by time alone, such as a gap between blocks, is noticed.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Answers of the node within this time are evaluated once.
const COALESCE_INTERVAL: Duration = Duration::from_millis(50);

/// Reports the changes of one node.
pub struct Reporter {
    member: Arc<Member>,
    reported: Mutex<(Standings, Damper)>,
}

impl Reporter {
    pub(super) fn new(member: Arc<Member>) -> Self {
        Self {
            member,
            reported: Mutex::default(),
        }
    }

    /// Watches the verdict for ever.
    pub(super) async fn run(&self) {
        let board = self.member.board();
        loop {
            let sequence = board.sequence();
            self.report();
            sleep(COALESCE_INTERVAL).await;
            tokio::select! {
                () = board.wait_until(|snapshot| snapshot.sequence != sequence) => {}
                () = sleep(REPORT_INTERVAL) => {}
            }
        }
    }

    /// Reports what has changed since the last time.
    pub fn report(&self) {
        let now = clock::mono();
        let health = self.member.health();
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let (standings, damper) = &mut *reported;
        for change in standings.observe(&health.read(now).verdict, now) {
            if let Transition::State { to, .. } = change.transition {
                health.count_change(to);
            }
            if let Some(damped) = damper.take(change, now) {
                self.write(&damped);
            }
        }
        for damped in damper.due(now) {
            self.write(&damped);
        }
    }

    fn write(&self, Damped { change, left_out }: &Damped) {
        let node = self.member.settings().name.clone();
        let (from, to) = change.transition.names();
        let left_out = Some(*left_out).filter(|left_out| *left_out > 0);
        let reason = &*change.reason;
        macro_rules! line {
        ($target:literal, $($field:tt)*) => {
            if change.transition.is_worse() {
                warn!(target: $target, node, $($field)*, reason);
            } else {
                info!(target: $target, node, $($field)*, reason);
            }
        };
    }
        match change.transition {
            Transition::State { .. } => line!(
                "state",
                from,
                to,
                lasted_secs = change.lasted.as_secs(),
                left_out
            ),
            Transition::Check { name, .. } => {
                line!("check", check = name.as_str(), from, to, left_out);
            }
        }
    }
}
