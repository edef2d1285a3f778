//! Reports each change of the node's state and of a check: a line of the log, and a count.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};

use crate::clock;
use crate::health::{Damped, Damper, Standings, Transition};
use crate::http::Desk;
use crate::watch::Board;

/// What time alone changes, such as a gap between blocks, is noticed so soon.
const TICK: Duration = Duration::from_secs(1);
/// Many answers of the node that come together are looked at once.
const TOGETHER: Duration = Duration::from_millis(50);

/// Who reports.
pub(super) struct Reporter {
    desk: Arc<Desk>,
    board: Arc<Board>,
    seen: Mutex<(Standings, Damper)>,
}

impl Reporter {
    pub(super) fn new(desk: Arc<Desk>, board: Arc<Board>) -> Self {
        Self {
            desk,
            board,
            seen: Mutex::default(),
        }
    }

    /// Watches the verdict for ever.
    pub(super) async fn run(&self) {
        loop {
            let sequence = self.board.sequence();
            self.look();
            sleep(TOGETHER).await;
            tokio::select! {
                () = self.board.wait_until(|snapshot| snapshot.sequence != sequence) => {}
                () = sleep(TICK) => {}
            }
        }
    }

    /// Reports what has changed since the last look.
    pub(super) fn look(&self) {
        let (now, desk) = (clock::mono(), &self.desk);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (standings, damper) = &mut *seen;
        for change in desk.look(now, |verdict| standings.observe(verdict, now)) {
            if let Transition::State { to, .. } = change.transition {
                desk.state_changed(to);
            }
            damper
                .take(change, now)
                .iter()
                .for_each(|damped| write(desk, damped));
        }
        damper
            .due(now)
            .iter()
            .for_each(|damped| write(desk, damped));
    }
}

fn write(desk: &Desk, Damped { change, left_out }: &Damped) {
    let node = desk.settings().node_name.clone();
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
        Transition::Check { name, .. } => line!("check", check = name.as_str(), from, to, left_out),
    }
}
