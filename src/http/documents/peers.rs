//! Peers, and those of them that are in the queue.

use crate::api::{KeptBy, OpenedBy, PeerDocument, PeerQuality, QueuedPeer, QueuedPeerState};
use crate::reconnect::{PeerRow, QualityParts, QueueRow};

impl From<QueueRow> for QueuedPeer {
    fn from(row: QueueRow) -> Self {
        Self {
            address: row.address,
            state: row.state.as_str().into(),
            quality: Some(row.quality),
            attempts: row.attempts,
            max_retries: row.max_retries,
            next_attempt_at: row.next_attempt_at,
            last_error: row.last_error,
            lost_at: Some(row.lost_at),
        }
    }
}

impl From<PeerRow> for PeerDocument {
    fn from(row: PeerRow) -> Self {
        Self {
            address: row.address,
            connected: row.connected,
            kept: row.kept.map(KeptBy::from),
            queue: row.queue.map(|state| QueuedPeerState::from(state.as_str())),
            direction: row.direction.map(OpenedBy::from),
            connection_type: row.connection_type,
            quality: Some(row.quality),
            quality_parts: row.quality_parts.into(),
            connected_secs: row.connected_secs,
            ping_secs: row.ping_secs,
            last_block_at: row.last_block_at,
            last_transaction_at: row.last_transaction_at,
            attempts_succeeded: row.attempts_succeeded,
            attempts_failed: row.attempts_failed,
        }
    }
}

impl From<QualityParts> for PeerQuality {
    fn from(parts: QualityParts) -> Self {
        Self {
            time: Some(parts.time),
            ping: parts.ping,
            blocks: parts.blocks,
            transactions: parts.transactions,
            record: Some(parts.record),
        }
    }
}
