//! Notifications to the service manager, when there is one (`sd_notify(3)`).

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::clock;
use crate::fleet::{Lifecycle, Router, in_rotation};

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

/// Shows the state of the only node, or how many are in rotation, in `systemctl status`, and feeds
/// the watchdog as long as the daemon's loops turn.
pub(super) async fn report_status(router: Arc<Router>, lifecycle: Arc<Lifecycle>) {
    const STATUS_INTERVAL: Duration = Duration::from_secs(2);
    let watchdog = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let mut last_status = String::new();
    loop {
        if watchdog.is_some() && lifecycle.loops_turn() {
            notify(&[NotifyState::Watchdog]);
        }
        let status = status(&router);
        if status != last_status {
            notify(&[NotifyState::Status(&status)]);
            last_status = status;
        }
        tokio::time::sleep(watchdog.map_or(STATUS_INTERVAL, |limit| limit.min(STATUS_INTERVAL)))
            .await;
    }
}

fn status(router: &Router) -> String {
    if let Some(only) = router.roster().only() {
        return format!("node is {}", only.health().state());
    }
    let fleet = router.read(clock::mono());
    let nodes = &fleet.table.nodes;
    format!(
        "{} of {} nodes in rotation",
        in_rotation(nodes),
        nodes.len()
    )
}
