//! What is shown of reconnection: rows of the queue and of peers, and both in short. Pure.

use jiff::Timestamp;

use super::entry::EntryState;
use super::event::AttemptCounts;
use super::quality::Parts;
use super::queue::MAX_QUEUED_PEERS;
use crate::values::Mono;

/// What a row of the queue is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowState {
    /// An attempt is under way.
    Connecting,
    /// For its time.
    Waiting,
    /// The queue is idle, or the node has banned the peer.
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

    pub(super) fn of(state: EntryState, paused: bool) -> Self {
        match state {
            EntryState::Connecting => Self::Connecting,
            EntryState::Waiting if paused => Self::Paused,
            EntryState::Waiting => Self::Waiting,
            EntryState::Abandoned => Self::Abandoned,
            EntryState::Banned => Self::Paused,
        }
    }
}

/// One peer of the queue.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRow {
    /// Where it is.
    pub address: String,
    /// It is connected, handshake included; `None` where the node does not list its peers.
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
#[derive(Clone, Copy, Debug, PartialEq)]
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

/// The state in short, for metrics and health.
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
    pub counts: AttemptCounts,
    /// The watched peers that are connected, with what they are worth, the best first.
    pub qualities: Vec<(String, f64)>,
}

impl Summary {
    /// The queue holds at most so many.
    pub const BOUND: usize = MAX_QUEUED_PEERS;
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
