//! The state on the disk: which documents it is, and how they are read and written. Waits for the
//! disk.

use serde::Serialize;
use tracing::{error, warn};

use super::state::ReconnectState;
use super::stored::{Changes, StoredQueue};
use crate::clock;
use crate::state::{Batch, NodeStore, StoreError, Table};
use crate::values::PeerAddress;

/// The queue: an entry by its address.
const QUEUE: Table = Table::new("reconnect_queue");
/// What is remembered of peers, by their address.
const PEERS: Table = Table::new("reconnect_peers");
/// What holds for the whole queue.
const WHOLE: Table = Table::new("reconnect");
const WHOLE_KEY: &str = "queue";

/// Fills `state` with what was saved before. What cannot be read is logged, and starts empty: a
/// daemon that does not start helps nobody.
pub(super) fn restore(store: &NodeStore, state: &mut ReconnectState, draw: impl FnMut() -> u64) {
    let whole = or_nothing(store.load::<StoredQueue>(WHOLE))
        .pop()
        .unwrap_or_default()
        .1;
    let queue = addressed(or_nothing(store.load(QUEUE)));
    let peers = addressed(or_nothing(store.load(PEERS)));
    state.restore(queue, peers, &whole, clock::now(), draw);
    if whole.paused {
        warn!("the reconnection queue is paused; `bllvmctl queue resume` lets it go on");
    }
}

fn or_nothing<T>(loaded: Result<Vec<T>, StoreError>) -> Vec<T> {
    loaded.unwrap_or_else(|error| {
        let cause = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(%error, cause,
            "the reconnection queue of the last run cannot be read; starting empty");
        Vec::new()
    })
}

fn addressed<T>(documents: Vec<(String, T)>) -> Vec<(PeerAddress, T)> {
    documents
        .into_iter()
        .filter_map(|(key, document)| Some((key.parse().ok()?, document)))
        .collect()
}

/// Writes `changes`, all of them or none.
pub(super) fn write(store: &NodeStore, changes: &Changes) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    put(&mut batch, QUEUE, &changes.queue);
    put(&mut batch, PEERS, &changes.peers);
    if let Some(whole) = &changes.whole {
        batch.put(WHOLE, WHOLE_KEY, whole);
    }
    store.write(&batch)
}

fn put<T: Serialize>(batch: &mut Batch, table: Table, documents: &[(PeerAddress, Option<T>)]) {
    for (address, document) in documents {
        match document {
            Some(document) => batch.put(table, address.to_string(), document),
            None => batch.remove(table, address.to_string()),
        }
    }
}
