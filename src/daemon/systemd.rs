//! What the service manager is told, when there is one (`sd_notify(3)`).

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::fleet::{Lifecycle, Member};

/// Tells the service manager. Without one, or if it does not listen, nothing is lost.
fn tell(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}

pub(super) fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("shutting down")]);
}

/// Told with the time, as newer versions want to see (`Type=notify-reload`), until [`ready`] is
/// told again.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(time) => tell(&[NotifyState::Reloading, time]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Shows the node's state in `systemctl status`, and feeds the watchdog as long as the daemon's
/// loops turn.
pub(super) async fn keep_informed(member: Arc<Member>, lifecycle: Arc<Lifecycle>) {
    const STATUS: Duration = Duration::from_secs(2);
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let mut shown = "";
    loop {
        if watchdog.is_some() && lifecycle.loops_turn() {
            tell(&[NotifyState::Watchdog]);
        }
        let state = member.health().state();
        if state != shown {
            tell(&[NotifyState::Status(&format!("node is {state}"))]);
            shown = state;
        }
        tokio::time::sleep(watchdog.map_or(STATUS, |limit| limit.min(STATUS))).await;
    }
}
