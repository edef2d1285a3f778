//! Peers by direction, and how those are that are lost.

use jiff::Timestamp;

use super::text::{counted, grouped, known, seconds, since};
use crate::api::{NetworkDown, NodeHealth, OpenedBy, PeerDocument, ReconnectionStatus};

/// Connected peers of one direction, or those that are to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerGroup {
    /// The node opened the connection.
    Outbound,
    /// The peer did.
    Inbound,
    /// Nobody knows who did.
    Connected,
    /// It is kept, and not connected.
    ToBeConnected,
}

impl PeerGroup {
    const ALL: [Self; 4] = [
        Self::Outbound,
        Self::Inbound,
        Self::Connected,
        Self::ToBeConnected,
    ];

    fn of(peer: &PeerDocument) -> Self {
        match (peer.connected, &peer.direction) {
            (Some(true), Some(OpenedBy::Outbound)) => Self::Outbound,
            (Some(true), Some(OpenedBy::Inbound)) => Self::Inbound,
            (Some(true), _) => Self::Connected,
            _ => Self::ToBeConnected,
        }
    }

    /// Its title.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Outbound => "Outbound",
            Self::Inbound => "Inbound",
            Self::Connected => "Connected",
            Self::ToBeConnected => "To be connected",
        }
    }
}

/// The peers by direction, without empty groups.
pub(crate) fn peer_groups(peers: &[PeerDocument]) -> Vec<(PeerGroup, Vec<&PeerDocument>)> {
    let group = |group: PeerGroup| {
        let of = peers.iter().filter(|peer| PeerGroup::of(peer) == group);
        (group, of.collect::<Vec<_>>())
    };
    let groups = PeerGroup::ALL.map(group).into_iter();
    groups.filter(|(_, of)| !of.is_empty()).collect()
}

/// How many are connected, and how many are to be.
pub(crate) fn peers_summary(health: &NodeHealth) -> String {
    let network = &health.network;
    let wanted = health.thresholds.min_peers;
    let summary = [
        Some(known(network.peers_connected, |connected| {
            format!("{} connected", grouped(connected))
        })),
        wanted.map(|wanted| format!("at least {wanted} wanted")),
        network.peers_max.map(|max| format!("at most {max}")),
    ];
    summary.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether lost peers are dialled again, and how many there are: `lost` of them.
pub(crate) fn queue_summary(status: &ReconnectionStatus, lost: usize) -> String {
    match (status.enabled, status.paused, &status.network_down) {
        (Some(false), ..) => "reconnection is off".to_owned(),
        (_, true, _) => "paused by an operator".to_owned(),
        (_, _, Some(NetworkDown::SwitchedOff)) => "the node's network is off".to_owned(),
        (_, _, Some(_)) => "the network is presumed down: every attempt fails".to_owned(),
        _ if lost == 0 => "no peer is lost".to_owned(),
        _ => counted(lost, "lost peer"),
    }
}

/// How many peers are lost by state, and what attempts came to, each with its name.
pub(crate) fn queue_facts(health: &NodeHealth, now: Timestamp) -> Vec<(&'static str, String)> {
    let lost = &health.reconnection;
    let totals = &lost.queue;
    let attempts = &lost.attempts;
    let kept = match lost.kept_connected {
        Some(connected) => format!("{connected} of {} connected", lost.kept),
        None => grouped(lost.kept),
    };
    let ended = format!(
        "{} succeeded, {} failed",
        grouped(attempts.succeeded),
        grouped(attempts.failed)
    );
    let next = lost.next_attempt_at;
    let next = next.map_or_else(|| "none".to_owned(), |at| countdown(at, now));
    vec![
        ("Waiting", grouped(totals.waiting)),
        ("Connecting", grouped(totals.connecting)),
        ("Paused", grouped(totals.paused)),
        ("Abandoned", grouped(totals.abandoned)),
        ("To keep connected", kept),
        ("Attempts", ended),
        ("Next attempt", next),
    ]
}

/// `in 38 s`, `now`
pub(crate) fn countdown(at: Timestamp, now: Timestamp) -> String {
    match since(now, at) {
        0 => "now".to_owned(),
        left => format!("in {}", seconds(left)),
    }
}
