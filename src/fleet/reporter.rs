//! Reports each change of the node's state and of a check: a line of the log, an event, and a
//! count.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::change_event::{event_of, left_bad};
use super::member::Member;
use crate::clock;
use crate::events::EventDraft;
use crate::health::{Change, Damped, Damper, Standings, Transition};

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
    fn new(member: Arc<Member>) -> Self {
        let node = member.settings().name.clone();
        let left = left_bad(&member.events().log().after(0), &node);
        Self {
            member,
            reported: Mutex::new((Standings::after_run(left), Damper::default())),
        }
    }

    /// Reports the changes of `member` in a task of its own, until `stop`.
    pub fn spawn(member: &Arc<Member>, stop: &CancellationToken) -> Arc<Self> {
        let reporter = Arc::new(Self::new(Arc::clone(member)));
        let reporting = Arc::clone(&reporter);
        member.spawn("changes", stop, move || {
            let reporting = Arc::clone(&reporting);
            async move { reporting.run().await }
        });
        reporter
    }

    /// Watches the verdict for ever.
    async fn run(&self) {
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
        let event = self.with_time(event_of(change, Some(&node), clock::now()), change);
        let (from, to) = change.transition.names();
        let left_out = Some(*left_out).filter(|left_out| *left_out > 0);
        let reason = &*change.reason;
        let lasted_secs = event.lasted_secs;
        macro_rules! line {
            ($target:literal, $($field:tt)*) => {
                if change.transition.is_worse() {
                    warn!(target: $target, node, $($field)*);
                } else {
                    info!(target: $target, node, $($field)*);
                }
            };
        }
        match change.transition {
            Transition::State { .. } => {
                line!("state", from, to, lasted_secs, left_out, reason);
            }
            Transition::Check { name, .. } => {
                let check = name.as_str();
                line!("check", check, from, to, left_out, reason, lasted_secs);
            }
        }
        self.member.events().record(event);
    }

    /// With the time for which it was as an earlier run left it, which only the events know.
    fn with_time(&self, event: EventDraft, change: &Change) -> EventDraft {
        if !change.lasted.is_zero() || event.lasted_secs.is_none() {
            return event;
        }
        let before = self.member.events().last_about(&event);
        let since = before.and_then(|before| before.draft.since);
        let lasted = event.since.zip(since);
        let lasted = lasted.map(|(now, since)| now.duration_since(since).as_secs());
        EventDraft {
            lasted_secs: lasted.and_then(|lasted| u64::try_from(lasted).ok()),
            ..event
        }
    }
}
