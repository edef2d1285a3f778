//! Notifications to the service manager, when there is one (`sd_notify(3)`).

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::fleet::{Lifecycle, Member};

/// Notifies the service manager. Without one, or if it does not listen, this is a no-op.
fn notify(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}

pub(super) fn ready() {
    notify(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

pub(super) fn stopping() {
    notify(&[NotifyState::Stopping, NotifyState::Status("shutting down")]);
}

/// Notifies with the time, as `Type=notify-reload` requires. [`ready`] ends the reload.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(time) => notify(&[NotifyState::Reloading, time]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// Shows the node's state in `systemctl status`, and feeds the watchdog as long as the daemon's
/// loops turn.
pub(super) async fn report_status(member: Arc<Member>, lifecycle: Arc<Lifecycle>) {
    const STATUS_INTERVAL: Duration = Duration::from_secs(2);
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let mut last_state = "";
    loop {
        if watchdog.is_some() && lifecycle.loops_turn() {
            notify(&[NotifyState::Watchdog]);
        }
        let state = member.health().state();
        if state != last_state {
            notify(&[NotifyState::Status(&format!("node is {state}"))]);
            last_state = state;
        }
        tokio::time::sleep(watchdog.map_or(STATUS_INTERVAL, |limit| limit.min(STATUS_INTERVAL)))
            .await;
    }
}
