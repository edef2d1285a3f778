//! What happened to peers, as lines of the log.

use tracing::{debug, info, warn};

use super::event::Event;
use super::outage::OutageCause;

/// More of a kind at once are one line: a network that fails loses thousands.
const MAX_SINGLE_LINES: usize = 20;

pub(super) fn log(events: &[Event]) {
    let queued = events
        .iter()
        .filter(|event| matches!(event, Event::Queued { .. }))
        .count();
    let evicted = events
        .iter()
        .filter(|event| matches!(event, Event::Evicted(_)))
        .count();
    if queued > MAX_SINGLE_LINES {
        info!(peers = queued, "peers queued for reconnection");
    }
    if evicted > 0 {
        warn!(
            peers = evicted,
            "the reconnection queue is full: peers of the least quality are given up"
        );
    }
    for event in events {
        log_event(event, queued > MAX_SINGLE_LINES);
    }
}

fn log_event(event: &Event, many: bool) {
    match event {
        Event::Queued { .. } => log_queued(event, many),
        Event::Connected { address, failed } => {
            info!(%address, failed_attempts = failed, "peer reconnected");
        }
        Event::Returned(address) => info!(%address, "a queued peer was connected by the node"),
        Event::Failed {
            address,
            attempts,
            error,
            next: Some(next),
        } => {
            let next_secs = next.as_secs_f64();
            info!(%address, attempts, next_secs, error, "reconnection failed");
        }
        Event::Failed {
            address,
            attempts,
            error,
            next: None,
        } => {
            warn!(%address, attempts, error, "peer abandoned; `bllvmctl queue retry` revives it");
        }
        Event::NotCounted { address, why } => debug!(%address, why, "attempt not counted"),
        Event::Evicted(address) => debug!(%address, "removed from the full reconnection queue"),
        Event::Own(address) => warn!(%address, "this is the node's own address: not dialled"),
        Event::Banned(address) => warn!(%address, "the node has banned this peer: not dialled"),
        Event::Network(cause) => log_outage(cause.as_ref()),
        Event::OutageForgotten => info!(
            "the node was started again: its network is not presumed down any more, and all lost \
             peers are due"
        ),
        Event::LeftOnOtherChain(peers) => info!(
            peers,
            "the node is on another chain: the lost peers of the former one are not dialled any \
             more"
        ),
    }
}

/// Logs a peer that is queued; where there are `many`, only for debugging.
fn log_queued(event: &Event, many: bool) {
    let Event::Queued {
        address,
        quality,
        lost,
        delay,
    } = event
    else {
        return;
    };
    let delay_secs = delay.as_secs_f64();
    let what = if *lost {
        "peer lost"
    } else {
        "peer not connected"
    };
    if many {
        debug!(%address, %quality, delay_secs, "{what}, queued for reconnection");
    } else {
        info!(%address, %quality, delay_secs, "{what}, queued for reconnection");
    }
}

/// Logs the begin of an outage with its cause, or the end of one.
fn log_outage(cause: Option<&OutageCause>) {
    let Some(cause) = cause else {
        info!("the network is up again: all lost peers are due");
        return;
    };
    let reason = cause.text();
    if *cause == OutageCause::SwitchedOff {
        warn!(
            reason,
            "the node's network is off: attempts to reconnect do not count"
        );
    } else {
        warn!(
            reason,
            "the network is presumed down: attempts to reconnect do not count"
        );
    }
}
