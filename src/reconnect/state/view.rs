//! What is shown of the state: the queue, the peers, and both in short.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use super::ReconnectState;
use crate::node::{Direction, Peer};
use crate::reconnect::entry::{EntryState, QueueEntry};
use crate::reconnect::history::PeerHistory;
use crate::reconnect::kept::Kept;
use crate::reconnect::outage::{Outage, OutageCause};
use crate::reconnect::rows::{PeerRow, QueueRow, RowState, Summary};
use crate::values::{Mono, Now, PeerAddress};

/// The state at one moment.
pub struct View<'a> {
    state: &'a ReconnectState,
    now: Now,
}

impl<'a> View<'a> {
    pub(super) fn new(state: &'a ReconnectState, now: Now) -> Self {
        Self { state, now }
    }

    /// The queue, in the order of its states and times.
    #[must_use]
    pub fn queue_rows(&self) -> Vec<QueueRow> {
        let mut entries: Vec<&QueueEntry> = self.state.queue.iter().collect();
        let place = |entry: &QueueEntry| (self.row_state(entry), entry.due, Reverse(entry.quality));
        entries.sort_unstable_by(|one, other| {
            place(one)
                .cmp(&place(other))
                .then_with(|| one.address.cmp(&other.address))
        });
        let probes = self.next_probes();
        let row = |entry: &QueueEntry| {
            let row = self.queue_row(entry);
            let probe = probes
                .get(&entry.address)
                .filter(|_| row.state == RowState::Waiting);
            QueueRow {
                next_attempt_at: probe
                    .map(|at| self.now.wall_of(*at))
                    .or(row.next_attempt_at),
                ..row
            }
        };
        entries.into_iter().map(row).collect()
    }

    /// While the network is presumed down: when each of those who wait is probed, if no other one
    /// comes before.
    fn next_probes(&self) -> HashMap<PeerAddress, Mono> {
        let Some(mut at) = self.state.outage.next_probe() else {
            return HashMap::new();
        };
        let pause = Outage::probe_interval(self.state.terms.backoff.max());
        let mut waiting: Vec<&QueueEntry> = self
            .state
            .queue
            .iter()
            .filter(|entry| entry.state == EntryState::Waiting)
            .collect();
        waiting.sort_by_key(|entry| self.state.probe_rank(entry));
        let probe = |entry: &QueueEntry| {
            let probe = at;
            at = at.after(pause);
            (entry.address.clone(), probe)
        };
        waiting.into_iter().map(probe).collect()
    }

    /// The row of `address`.
    #[must_use]
    pub fn queue_row_of(&self, address: &PeerAddress) -> Option<QueueRow> {
        Some(self.queue_row(self.state.queue.get(address)?))
    }

    fn row_state(&self, entry: &QueueEntry) -> RowState {
        RowState::of(entry.state, self.is_idle())
    }

    fn is_idle(&self) -> bool {
        self.state.paused || !self.state.terms.enabled
    }

    fn queue_row(&self, entry: &QueueEntry) -> QueueRow {
        let state = self.row_state(entry);
        QueueRow {
            address: entry.address.to_string(),
            state,
            quality: entry.quality.value(),
            attempts: entry.attempts,
            max_retries: self.state.terms.max_retries,
            next_attempt_at: (state == RowState::Waiting).then(|| self.now.wall_of(entry.due)),
            last_error: entry.last_error.as_deref().map(str::to_owned),
            lost_at: entry.lost_at,
        }
    }

    /// The peers of the list, and those that are kept but not in it. Without a list, those that are
    /// kept.
    #[must_use]
    pub fn peer_rows(&self, peers: Option<&[Peer]>) -> Vec<PeerRow> {
        let listed = peers.unwrap_or_default().iter();
        let mut rows: Vec<PeerRow> = listed.map(|peer| self.connected_row(peer)).collect();
        let is_there =
            |address: &PeerAddress| peers.is_some() && self.state.list.is_connected(address);
        let missing = self.state.kept.iter();
        let missing = missing.filter(|address| !is_there(address));
        let connected = peers.map(|_| false);
        rows.extend(missing.map(|address| PeerRow {
            connected,
            ..self.missing_row(address)
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
        if self.state.kept.is_kept(address) {
            return address.clone();
        }
        let mut names = self.state.names.names_of(address);
        let kept = names.find(|name| self.state.kept.is_kept(name));
        kept.unwrap_or(address).clone()
    }

    fn connected_row(&self, peer: &Peer) -> PeerRow {
        let address = peer
            .address
            .parse::<PeerAddress>()
            .ok()
            .map(|address| self.kept_as(&address));
        let mut history = address
            .as_ref()
            .map(|address| self.state.histories.of(address))
            .unwrap_or_default();
        history.observe(peer, self.now);
        let row = self.row(address.as_ref(), &history);
        PeerRow {
            address: peer.address.clone(),
            connected: Some(peer.handshaken),
            direction: peer.direction.map(|direction| match direction {
                Direction::Inbound => "inbound",
                Direction::Outbound => "outbound",
            }),
            connection_type: peer.connection_type.clone(),
            connected_secs: history
                .connected_for(self.now.mono)
                .map(|lasted| lasted.as_secs_f64()),
            ..row
        }
    }

    fn missing_row(&self, address: &PeerAddress) -> PeerRow {
        let history = self.state.histories.of(address);
        self.row(Some(address), &history)
    }

    fn row(&self, address: Option<&PeerAddress>, history: &PeerHistory) -> PeerRow {
        let moment = |at: Option<u64>| {
            let seconds = at
                .filter(|at| *at > 0)
                .and_then(|at| i64::try_from(at).ok());
            seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
        };
        let evidence = history.evidence(self.now);
        let entry = address.and_then(|address| self.state.queue.get(address));
        PeerRow {
            address: address.map(ToString::to_string).unwrap_or_default(),
            connected: None,
            kept: address
                .and_then(|address| self.state.kept(address))
                .map(Kept::as_str),
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
    pub fn summary(&self) -> Summary {
        let shown = |state: EntryState| RowState::of(state, self.is_idle());
        let states = RowState::ALL.map(|row| {
            let entries = EntryState::ALL
                .into_iter()
                .filter(|state| shown(*state) == row);
            entries.map(|state| self.state.queue.count(state)).sum()
        });
        let connected = self.state.list.connected();
        let watched =
            connected.filter_map(|address| Some((address, self.state.histories.get(address)?)));
        let mut qualities: Vec<_> = watched
            .map(|(address, history)| (address.to_string(), history.quality(self.now).value()))
            .collect();
        qualities.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let kept = self.state.kept.iter();
        let kept_connected = kept.filter(|address| self.state.list.is_connected(address));
        Summary {
            enabled: self.state.terms.enabled,
            paused: self.state.paused,
            network_down: self.state.outage.cause().map(OutageCause::as_str),
            states,
            next_attempt: self.state.next_wake(),
            kept: (self.state.kept.iter().count(), kept_connected.count()),
            counts: self.state.counts,
            qualities,
        }
    }
}
