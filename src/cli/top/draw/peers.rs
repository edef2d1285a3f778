//! Peers by direction with their quality, and those that are lost, with a countdown.

use ratatui::style::Style;
use ratatui::text::Line;

use super::chain::of_node;
use super::facts::facts;
use super::section::TopSection;
use super::table::{TableCell, TableColumn, table};
use crate::api::{PeerDocument, QueuedPeer, QueuedPeerState};
use crate::cli::screen::Theme;
use crate::cli::top::view::{AccessLevel, TopView};
use crate::overview::text::{grouped, known, lasted, latency, seconds, since};
use crate::overview::{
    NodeOverview, OverviewLevel, PeerGroup, countdown, peer_groups, peers_summary, queue_facts,
    queue_summary,
};

/// At most so many rows: the rest is for the command that lists them.
const MAX_ROWS: usize = 200;
const HIDDEN: &str = "addresses need the control token (--token-file)";

const PEERS: [TableColumn; 6] = [
    TableColumn::text("ADDRESS", 0),
    TableColumn::text("DIRECTION", 50),
    TableColumn::number("QUALITY", 0),
    TableColumn::number("PING", 0),
    TableColumn::number("CONNECTED", 60),
    TableColumn::text("KIND", 50),
];

const QUEUE: [TableColumn; 7] = [
    TableColumn::text("ADDRESS", 0),
    TableColumn::text("STATE", 0),
    TableColumn::number("NEXT", 0),
    TableColumn::number("ATTEMPT", 56),
    TableColumn::number("QUALITY", 70),
    TableColumn::number("LOST", 56),
    TableColumn::text("LAST ERROR", 64),
];

pub(super) fn peers(view: &TopView, node: &NodeOverview, width: usize, theme: Theme) -> TopSection {
    let mut rows = Vec::new();
    for (group, mut peers) in peer_groups(&node.peers) {
        view.order.sort(&mut peers);
        rows.extend(peers.into_iter().map(|peer| peer_row(group, peer, theme)));
    }
    let all = rows.len();
    let order = view.order.as_str();
    rows.truncate(MAX_ROWS);
    let mut lines = match (all, view.access) {
        (_, AccessLevel::Public) => vec![Line::styled(HIDDEN, theme.dim())],
        (0, _) => Vec::new(),
        _ => table(&PEERS, rows, width, theme),
    };
    lines.extend(more(all, "bllvmctl peers", theme));
    let summary = format!("{}; sorted by {order}", peers_summary(&node.health));
    TopSection::new(of_node("Peers", &view.overview, node), summary, lines)
}

fn more(all: usize, command: &str, theme: Theme) -> Option<Line<'static>> {
    let rest = all.checked_sub(MAX_ROWS).filter(|rest| *rest > 0)?;
    let text = format!("and {} more: {command}", grouped(rest));
    Some(Line::styled(text, theme.dim()))
}

fn peer_row(group: PeerGroup, peer: &PeerDocument, theme: Theme) -> [TableCell; 6] {
    let kept = peer.kept.as_ref().map(|_| "kept");
    let kind = [peer.connection_type.as_deref(), kept];
    let kind: Vec<&str> = kind.into_iter().flatten().collect();
    let is_missing = group == PeerGroup::ToBeConnected;
    let style = if is_missing {
        theme.level(OverviewLevel::Warning)
    } else {
        Style::new()
    };
    [
        TableCell::new(&peer.address),
        TableCell::styled(direction(group), style),
        TableCell::new(known(peer.quality, |quality| format!("{quality:.2}"))),
        TableCell::new(known(peer.ping_secs, latency)),
        TableCell::new(known(peer.connected_secs, lasted)),
        TableCell::new(kind.join(", ")),
    ]
}

fn direction(group: PeerGroup) -> &'static str {
    match group {
        PeerGroup::Outbound => "outbound",
        PeerGroup::Inbound => "inbound",
        PeerGroup::Connected => "connected",
        PeerGroup::ToBeConnected => "missing",
    }
}

pub(super) fn queue(view: &TopView, node: &NodeOverview, width: usize, theme: Theme) -> TopSection {
    let now = view.overview.now;
    let lost = &node.health.reconnection;
    let all = node.queue.len();
    let totals = &lost.queue;
    let number = totals.abandoned + totals.connecting + totals.paused + totals.waiting;
    let mut lines = Vec::new();
    if all > 0 {
        let shown = node.queue.iter().take(MAX_ROWS);
        let rows = shown.map(|peer| queue_row(peer, view, theme)).collect();
        lines.extend(table(&QUEUE, rows, width, theme));
        lines.extend(more(all, "bllvmctl queue", theme));
    }
    if lost.enabled != Some(false) {
        lines.extend(facts(queue_facts(&node.health, now), width, theme));
    }
    let title = of_node("Reconnection queue", &view.overview, node);
    TopSection::new(title, queue_summary(lost, number), lines)
}

fn queue_row(peer: &QueuedPeer, view: &TopView, theme: Theme) -> [TableCell; 7] {
    let now = view.overview.now;
    let attempt = match peer.max_retries {
        0 => peer.attempts.to_string(),
        max => format!("{}/{max}", peer.attempts),
    };
    let style = match peer.state {
        QueuedPeerState::Abandoned => theme.level(OverviewLevel::Bad),
        QueuedPeerState::Paused => theme.level(OverviewLevel::Warning),
        _ => Style::new(),
    };
    [
        TableCell::new(&peer.address),
        TableCell::styled(peer.state.as_str(), style),
        TableCell::new(known(peer.next_attempt_at, |at| countdown(at, now))),
        TableCell::new(attempt),
        TableCell::new(known(peer.quality, |quality| format!("{quality:.2}"))),
        TableCell::new(known(peer.lost_at, |at| {
            format!("{} ago", seconds(since(at, now)))
        })),
        TableCell::new(peer.last_error.as_deref().unwrap_or_default()),
    ]
}
