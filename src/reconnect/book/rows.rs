//! What is shown of the book: the queue, the peers, and both in short.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{BOUND, Book, Counts, EntryState};
use crate::node::{Direction, Peer};
use crate::reconnect::entry::Entry;
use crate::reconnect::history::History;
use crate::reconnect::outage::{Cause, Outage};
use crate::reconnect::quality::Parts;
use crate::values::{Mono, Now, PeerAddress};

/// What a row of the queue is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// An attempt is under way.
    Connecting,
    /// For its time.
    Waiting,
    /// The queue stands still, or the node has banned the peer.
    Paused,
    /// Too many attempts have failed.
    Abandoned,
}

impl RowState {
    /// All, in the order of the list.
    pub const ALL: [Self; 4] = [
        Self::Connecting,
        Self::Waiting,
        Self::Paused,
        Self::Abandoned,
    ];

    /// The word in JSON and on metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Abandoned => "abandoned",
        }
    }

    fn of(state: EntryState, paused: bool) -> Self {
        match state {
            EntryState::Connecting => Self::Connecting,
            EntryState::Waiting if paused => Self::Paused,
            EntryState::Waiting => Self::Waiting,
            EntryState::Abandoned => Self::Abandoned,
            EntryState::Held => Self::Paused,
        }
    }
}

/// One peer of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueRow {
    /// Where it is.
    pub address: String,
    /// What it is in.
    pub state: RowState,
    /// What it is worth, from 0 to 1.
    pub quality: f64,
    /// Failed attempts in a row.
    pub attempts: u32,
    /// After so many it is abandoned; 0: never.
    pub max_retries: u32,
    /// When the next attempt is due; `None` if none is to come.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it entered the queue.
    pub lost_at: Timestamp,
}

/// One peer that is connected, kept, or both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeerRow {
    /// Where it is.
    pub address: String,
    /// It is connected, handshake included; `None` where the node does not tell its peers.
    pub connected: Option<bool>,
    /// `configured`, `added`, or `None`: it is not kept.
    pub kept: Option<&'static str>,
    /// Where it stands in the queue, if it is there.
    pub queue: Option<RowState>,
    /// Who opened the connection.
    pub direction: Option<&'static str>,
    /// The kind of connection, in the node's words.
    pub connection_type: Option<String>,
    /// What it is worth, from 0 to 1.
    pub quality: f64,
    /// What that is made of.
    pub quality_parts: QualityParts,
    /// How long this connection has lasted.
    pub connected_secs: Option<f64>,
    /// The last round trip.
    pub ping_secs: Option<f64>,
    /// When it last gave a block.
    pub last_block_at: Option<Timestamp>,
    /// When it last gave a transaction.
    pub last_transaction_at: Option<Timestamp>,
    /// Recent attempts that succeeded.
    pub attempts_succeeded: u32,
    /// Recent attempts that failed.
    pub attempts_failed: u32,
}

/// The parts of a quality, each from 0 to 1; `None` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QualityParts {
    /// From the time connected.
    pub time: f64,
    /// From the round trip.
    pub ping: Option<f64>,
    /// From the age of the last block.
    pub blocks: Option<f64>,
    /// From the age of the last transaction.
    pub transactions: Option<f64>,
    /// From the record of attempts.
    pub record: f64,
}

/// The book in short, for metrics and health.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Reconnection is on.
    pub enabled: bool,
    /// An operator has paused the queue.
    pub paused: bool,
    /// Why the network is presumed down, as a word.
    pub network_down: Option<&'static str>,
    /// How many are in each state, in the order of `RowState::ALL`.
    pub states: [usize; 4],
    /// When the next attempt may begin.
    pub next_attempt: Option<Mono>,
    /// Peers to keep connected, and how many of them are.
    pub kept: (usize, usize),
    /// How attempts ended.
    pub counts: Counts,
    /// The watched peers that are connected, with what they are worth, the best first.
    pub qualities: Vec<(String, f64)>,
}

impl Summary {
    /// The queue holds at most so many.
    pub const BOUND: usize = BOUND;
}

impl Book {
    /// The queue, in the order of its states and times.
    #[must_use]
    pub fn queue_rows(&self, now: Now) -> Vec<QueueRow> {
        let mut entries: Vec<&Entry> = self.queue.iter().collect();
        let place = |entry: &Entry| (self.row_state(entry), entry.due, Reverse(entry.quality));
        entries.sort_unstable_by(|one, other| {
            place(one)
                .cmp(&place(other))
                .then_with(|| one.address.cmp(&other.address))
        });
        let turns = self.turns();
        let row = |entry: &Entry| {
            let row = self.queue_row(entry, now);
            let turn = turns
                .get(&entry.address)
                .filter(|_| row.state == RowState::Waiting);
            QueueRow {
                next_attempt_at: turn.map(|at| now.wall_of(*at)).or(row.next_attempt_at),
                ..row
            }
        };
        entries.into_iter().map(row).collect()
    }

    /// While the network is presumed down: when each of those who wait is probed, if no other one
    /// comes before.
    fn turns(&self) -> HashMap<PeerAddress, Mono> {
        let Some(mut at) = self.outage.next_probe() else {
            return HashMap::new();
        };
        let pause = Outage::pause(self.terms.backoff.max());
        let mut waiting: Vec<&Entry> = self
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Waiting)
            .collect();
        waiting.sort_by_key(|entry| self.turn(entry));
        let turn = |entry: &Entry| {
            let turn = at;
            at = at.after(pause);
            (entry.address.clone(), turn)
        };
        waiting.into_iter().map(turn).collect()
    }

    /// The row of `address`.
    #[must_use]
    pub fn row_of(&self, address: &PeerAddress, now: Now) -> Option<QueueRow> {
        Some(self.queue_row(self.queue.get(address)?, now))
    }

    fn row_state(&self, entry: &Entry) -> RowState {
        RowState::of(entry.state, self.stands_still())
    }

    fn stands_still(&self) -> bool {
        self.paused || !self.terms.enabled
    }

    fn queue_row(&self, entry: &Entry, now: Now) -> QueueRow {
        let state = self.row_state(entry);
        QueueRow {
            address: entry.address.to_string(),
            state,
            quality: entry.quality.value(),
            attempts: entry.attempts,
            max_retries: self.terms.max_retries,
            next_attempt_at: (state == RowState::Waiting).then(|| now.wall_of(entry.due)),
            last_error: entry.last_error.as_deref().map(str::to_owned),
            lost_at: entry.lost_at,
        }
    }

    /// The peers of the list, and those that are kept but not in it. Without a list, those that are
    /// kept.
    #[must_use]
    pub fn peer_rows(&self, peers: Option<&[Peer]>, now: Now) -> Vec<PeerRow> {
        let listed = peers.unwrap_or_default().iter();
        let mut rows: Vec<PeerRow> = listed.map(|peer| self.connected_row(peer, now)).collect();
        let is_there =
            |address: &PeerAddress| peers.is_some() && self.node.connected.contains(address);
        let missing = self
            .configured
            .union(&self.added)
            .filter(|address| !is_there(address));
        let connected = peers.map(|_| false);
        rows.extend(missing.map(|address| PeerRow {
            connected,
            ..self.missing_row(address, now)
        }));
        rows.sort_by(|one, other| {
            let key = |row: &PeerRow| (row.connected != Some(true), row.kept.is_none());
            key(one)
                .cmp(&key(other))
                .then(other.quality.total_cmp(&one.quality))
                .then(one.address.cmp(&other.address))
        });
        rows
    }

    /// The name under which a listed peer is kept, if it is listed under another one.
    fn kept_as(&self, address: &PeerAddress) -> PeerAddress {
        if self.is_kept(address) {
            return address.clone();
        }
        let names = self
            .aliases
            .iter()
            .filter(|(name, aliases)| self.is_kept(name) && aliases.contains(address));
        names
            .map(|(name, _)| name.clone())
            .next()
            .unwrap_or_else(|| address.clone())
    }

    fn connected_row(&self, peer: &Peer, now: Now) -> PeerRow {
        let address = peer
            .address
            .parse::<PeerAddress>()
            .ok()
            .map(|address| self.kept_as(&address));
        let known = address
            .as_ref()
            .and_then(|address| self.histories.get(address))
            .cloned();
        let mut history = known.unwrap_or_default();
        history.seen(peer, now);
        let row = self.row(address.as_ref(), &history, now);
        PeerRow {
            address: peer.address.clone(),
            connected: Some(peer.handshaken),
            direction: peer.direction.map(|direction| match direction {
                Direction::Inbound => "inbound",
                Direction::Outbound => "outbound",
            }),
            connection_type: peer.connection_type.clone(),
            connected_secs: history.lasted(now.mono).map(|lasted| lasted.as_secs_f64()),
            ..row
        }
    }

    fn missing_row(&self, address: &PeerAddress, now: Now) -> PeerRow {
        let history = self.histories.get(address).cloned().unwrap_or_default();
        self.row(Some(address), &history, now)
    }

    fn row(&self, address: Option<&PeerAddress>, history: &History, now: Now) -> PeerRow {
        let moment = |at: Option<u64>| {
            let seconds = at
                .filter(|at| *at > 0)
                .and_then(|at| i64::try_from(at).ok());
            seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
        };
        let evidence = history.evidence(now);
        let entry = address.and_then(|address| self.queue.get(address));
        PeerRow {
            address: address.map(ToString::to_string).unwrap_or_default(),
            connected: None,
            kept: address
                .and_then(|address| self.kept(address))
                .map(super::Kept::as_str),
            queue: entry.map(|entry| self.row_state(entry)),
            direction: None,
            connection_type: None,
            quality: evidence.quality().value(),
            quality_parts: evidence.parts().into(),
            connected_secs: None,
            ping_secs: history.ping.map(|ping| ping.as_secs_f64()),
            last_block_at: moment(history.last_block_at),
            last_transaction_at: moment(history.last_transaction_at),
            attempts_succeeded: history.successes,
            attempts_failed: history.failures,
        }
    }

    /// All of it in short.
    #[must_use]
    pub fn summary(&self, now: Now) -> Summary {
        let shown = |state: EntryState| RowState::of(state, self.stands_still());
        let states = RowState::ALL.map(|row| {
            let entries = EntryState::ALL
                .into_iter()
                .filter(|state| shown(*state) == row);
            entries.map(|state| self.queue.count(state)).sum()
        });
        let watched = self
            .node
            .connected
            .iter()
            .filter_map(|address| Some((address, self.histories.get(address)?)));
        let mut qualities: Vec<_> = watched
            .map(|(address, history)| (address.to_string(), history.quality(now).value()))
            .collect();
        qualities.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let kept = || self.configured.union(&self.added);
        Summary {
            enabled: self.terms.enabled,
            paused: self.paused,
            network_down: self.outage.cause().map(Cause::as_str),
            states,
            next_attempt: self.next_wake(),
            kept: (
                kept().count(),
                kept()
                    .filter(|address| self.node.connected.contains(*address))
                    .count(),
            ),
            counts: self.counts,
            qualities,
        }
    }
}

impl From<Parts> for QualityParts {
    fn from(parts: Parts) -> Self {
        let Parts {
            time,
            ping,
            blocks,
            transactions,
            record,
        } = parts;
        Self {
            time,
            ping,
            blocks,
            transactions,
            record,
        }
    }
}
