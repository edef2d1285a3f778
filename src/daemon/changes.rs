//! Reports each change of the node's state and of a check: a line of the log, and a count.

use std::sync::Arc;
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

/// Watches the verdict for ever.
pub(super) async fn report(desk: Arc<Desk>, board: Arc<Board>) {
    let (mut standings, mut damper) = (Standings::default(), Damper::default());
    loop {
        let (now, sequence) = (clock::mono(), board.sequence());
        let changes = desk.look(now, |verdict| standings.observe(verdict, now));
        for change in changes {
            if let Transition::State { to, .. } = change.transition {
                desk.state_changed(to);
            }
            damper.take(change, now).iter().for_each(|damped| write(&desk, damped));
        }
        damper.due(now).iter().for_each(|damped| write(&desk, damped));
        sleep(TOGETHER).await;
        tokio::select! {
            () = board.wait_until(|snapshot| snapshot.sequence != sequence) => {}
            () = sleep(TICK) => {}
        }
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
        Transition::State { .. } => line!("state", from, to, lasted_secs = change.lasted.as_secs(), left_out),
        Transition::Check { name, .. } => line!("check", check = name.as_str(), from, to, left_out),
    }
}
