//! Peers by direction, and those that are lost. Addresses are an operator's. Pure.

use jiff::Timestamp;

use super::chart::{ChartSeries, Scale, chart};
use super::facts::NodePageFacts;
use super::text::{counted, grouped, known, lasted, latency, seconds, since};
use super::view::{FactView, PeerGroupView, PeerView, PeersView, QueueRowView, QueueView};
use crate::api::{NetworkDown, OpenedBy, PeerDocument, QueuedPeer, QueuedPeerState};
use crate::http::audience::Audience;

/// At most so many rows of each kind: the rest is for the command line.
const MAX_ROWS: usize = 40;
const HIDDEN: &str = "Addresses are shown to loopback, or with the control token.";

pub(super) fn peers(node: &NodePageFacts, audience: Audience, interval_secs: u64) -> PeersView {
    let hour = &node.hour;
    let charts = vec![chart(
        format!("peers-of-{}", node.health.name),
        "Connected",
        &[
            ChartSeries::new("outbound", &hour.peers_outbound),
            ChartSeries::new("inbound", &hour.peers_inbound),
        ],
        (Scale::Zero(1), interval_secs),
        grouped_number,
    )];
    PeersView {
        who: who_title(audience),
        summary: summary(node),
        note: if audience == Audience::Anybody {
            HIDDEN
        } else {
            ""
        },
        charts,
        groups: groups(node, audience),
    }
}

/// The groups of peers that are not empty.
fn groups(node: &NodePageFacts, audience: Audience) -> Vec<PeerGroupView> {
    let name = &node.health.name;
    let is = |peer: &PeerDocument, direction: Option<&OpenedBy>| {
        peer.connected == Some(true) && peer.direction.as_ref() == direction
    };
    let group = |title: &'static str, belongs: &dyn Fn(&PeerDocument) -> bool| {
        let of: Vec<&PeerDocument> = node.peers.iter().filter(|peer| belongs(peer)).collect();
        (!of.is_empty()).then(|| PeerGroupView {
            name: title,
            label: format!("{title} peers of {name}"),
            count: of.len(),
            more: more(of.len(), "bllvmctl peers"),
            rows: of
                .iter()
                .zip(1..)
                .take(MAX_ROWS)
                .map(|(peer, number)| row(peer, number, audience))
                .collect(),
        })
    };
    let groups = [
        group("Outbound", &|peer| is(peer, Some(&OpenedBy::Outbound))),
        group("Inbound", &|peer| is(peer, Some(&OpenedBy::Inbound))),
        group("Connected", &|peer| {
            peer.connected == Some(true)
                && !matches!(peer.direction, Some(OpenedBy::Outbound | OpenedBy::Inbound))
        }),
        group("To be connected", &|peer| peer.connected != Some(true)),
    ];
    groups.into_iter().flatten().collect()
}

/// How many peers are connected, and how many are wanted.
fn summary(node: &NodePageFacts) -> String {
    let network = &node.health.network;
    let wanted = node.health.thresholds.min_peers;
    let parts = [
        Some(known(network.peers_connected, |connected| {
            format!("{} connected", grouped(connected))
        })),
        wanted.map(|wanted| format!("at least {wanted} wanted")),
        network.peers_max.map(|max| format!("at most {max}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A whole number.
pub(super) fn grouped_number(value: f64) -> String {
    grouped(value.round())
}

fn who_title(audience: Audience) -> &'static str {
    match audience {
        Audience::Operator => "Address",
        Audience::Anybody => "Peer",
    }
}

fn who(address: &str, number: usize, audience: Audience) -> String {
    match audience {
        Audience::Operator => address.to_owned(),
        Audience::Anybody => format!("peer {number}"),
    }
}

fn more(number: usize, command: &str) -> String {
    match number.saturating_sub(MAX_ROWS) {
        0 => String::new(),
        rest => format!("and {} more: {command}", grouped(rest)),
    }
}

fn row(peer: &PeerDocument, number: usize, audience: Audience) -> PeerView {
    let kept = peer.kept.as_ref().map(|_| "kept");
    let kind = [peer.connection_type.as_deref(), kept]
        .into_iter()
        .flatten();
    PeerView {
        who: who(&peer.address, number, audience),
        quality: known(peer.quality, |quality| format!("{quality:.2}")),
        quality_fill: hundredths(peer.quality.unwrap_or(0.0)),
        ping: known(peer.ping_secs, latency),
        connected: known(peer.connected_secs, lasted),
        kind: kind.collect::<Vec<_>>().join(", "),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 100"
)]
fn hundredths(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

pub(super) fn queue(node: &NodePageFacts, audience: Audience, now: Timestamp) -> QueueView {
    let lost = &node.health.reconnection;
    let totals = &lost.queue;
    let (name, rows) = (&node.health.name, &node.queue);
    let summary = match (lost.enabled, lost.paused, &lost.network_down) {
        (Some(false), ..) => "reconnection is off".to_owned(),
        (_, true, _) => "paused by an operator".to_owned(),
        (_, _, Some(NetworkDown::SwitchedOff)) => "the node's network is off".to_owned(),
        (_, _, Some(_)) => "the network is presumed down: every attempt fails".to_owned(),
        _ if rows.is_empty() => "no peer is lost".to_owned(),
        _ => counted(rows.len(), "lost peer"),
    };
    let kept = match lost.kept_connected {
        Some(connected) => format!("{connected} of {} connected", lost.kept),
        None => grouped(lost.kept),
    };
    let attempts = &lost.attempts;
    QueueView {
        summary,
        states: vec![
            FactView::new("Waiting", grouped(totals.waiting)),
            FactView::new("Connecting", grouped(totals.connecting)),
            FactView::new("Paused", grouped(totals.paused)),
            FactView::new("Abandoned", grouped(totals.abandoned)),
            FactView::new("To keep connected", kept),
            FactView::new(
                "Attempts",
                format!(
                    "{} succeeded, {} failed",
                    grouped(attempts.succeeded),
                    grouped(attempts.failed)
                ),
            ),
            FactView::new(
                "Next attempt",
                known(lost.next_attempt_at, |at| countdown(at, now)),
            ),
        ],
        has_rows: !rows.is_empty(),
        label: format!("Lost peers of {name}"),
        caption: "Lost peers, the next first".to_owned(),
        note: more(rows.len(), "bllvmctl queue"),
        rows: rows
            .iter()
            .zip(1..)
            .take(MAX_ROWS)
            .map(|(row, number)| queued(row, number, audience, now))
            .collect(),
    }
}

fn queued(row: &QueuedPeer, number: usize, audience: Audience, now: Timestamp) -> QueueRowView {
    let attempt = match row.max_retries {
        0 => row.attempts.to_string(),
        max => format!("{}/{max}", row.attempts),
    };
    // An error may name the peer.
    let error = row
        .last_error
        .clone()
        .filter(|_| audience == Audience::Operator);
    QueueRowView {
        who: who(&row.address, number, audience),
        state: row.state.to_string(),
        level: match row.state {
            QueuedPeerState::Abandoned => "bad",
            QueuedPeerState::Paused => "warning",
            _ => "unknown",
        },
        next: known(row.next_attempt_at, |at| countdown(at, now)),
        attempt,
        quality: known(row.quality, |quality| format!("{quality:.2}")),
        lost: known(row.lost_at, |at| format!("{} ago", seconds(since(at, now)))),
        error: error.unwrap_or_default(),
    }
}

fn countdown(at: Timestamp, now: Timestamp) -> String {
    match since(now, at) {
        0 => "now".to_owned(),
        left => format!("in {}", seconds(left)),
    }
}
