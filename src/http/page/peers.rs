//! Peers by direction, and those that are lost. Addresses are an operator's. Pure.

use jiff::Timestamp;

use super::chart::{ChartSeries, Scale, chart};
use super::view::{PeerGroupView, PeerView, PeersView, QueueRowView, QueueView, facts_of};
use crate::api::{PeerDocument, QueuedPeer, QueuedPeerState};
use crate::http::audience::Audience;
use crate::overview::text::{grouped, known, lasted, latency, seconds, since};
use crate::overview::{
    NodeOverview, PeerGroup, countdown, peer_groups, peers_summary, queue_facts, queue_summary,
};

/// At most so many rows of each kind: the rest is for the command line.
const MAX_ROWS: usize = 40;
const HIDDEN: &str = "Addresses are shown to loopback, or with the control token.";

pub(super) fn peers(node: &NodeOverview, audience: Audience, interval_secs: u64) -> PeersView {
    let name = &node.health.name;
    let group = |(group, of): (PeerGroup, Vec<&PeerDocument>)| PeerGroupView {
        name: group.as_str(),
        label: format!("{} peers of {name}", group.as_str()),
        count: of.len(),
        more: more(of.len(), "bllvmctl peers"),
        rows: of
            .iter()
            .zip(1..)
            .take(MAX_ROWS)
            .map(|(peer, number)| row(peer, number, audience))
            .collect(),
    };
    let hour = &node.hour;
    let charts = vec![chart(
        format!("peers-of-{name}"),
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
        summary: peers_summary(&node.health),
        note: if audience == Audience::Anybody {
            HIDDEN
        } else {
            ""
        },
        charts,
        groups: peer_groups(&node.peers).into_iter().map(group).collect(),
    }
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

pub(super) fn queue(node: &NodeOverview, audience: Audience, now: Timestamp) -> QueueView {
    let lost = &node.health.reconnection;
    let name = &node.health.name;
    let rows = &node.queue;
    QueueView {
        summary: queue_summary(lost, rows.len()),
        states: facts_of(queue_facts(&node.health, now)),
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
