//! Whether a node has private broadcast, as it said when it was last asked. Survives a restart, so
//! that no other node gets a transaction while that one is away.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::state::{Batch, NodeStore, StoreError, Table};
use crate::watch::Board;

const FINDINGS: Table = Table::new("private_broadcast");
/// A node has one answer.
const KEY: &str = "found";

/// What was found of one node.
pub(super) struct PrivateBroadcastRecord {
    records: Arc<NodeStore>,
    found: ArcSwapOption<bool>,
}

impl PrivateBroadcastRecord {
    /// As the last run left it. Waits for the disk.
    pub(super) fn open(records: Arc<NodeStore>) -> Result<Self, StoreError> {
        let stored = records.load::<bool>(FINDINGS)?;
        let found = stored.into_iter().find(|(key, _)| key == KEY);
        Ok(Self {
            records,
            found: ArcSwapOption::new(found.map(|(_, found)| Arc::new(found))),
        })
    }

    /// What was found last; `None`: the node was never asked.
    pub(super) fn read(&self) -> Option<bool> {
        self.found.load().as_deref().copied()
    }

    /// Keeps what is published on `board`, for ever.
    pub(super) async fn keep(&self, board: &Board) {
        const RETRY_INTERVAL: Duration = Duration::from_secs(10);
        let mut stored = self.read();
        loop {
            let is_news = |found: Option<bool>| found.is_some() && found != stored;
            board
                .wait_until(|snapshot| is_news(snapshot.private_broadcast))
                .await;
            let Some(found) = board.read().private_broadcast else {
                continue;
            };
            // It is in force before it is on the disk: a transaction may come at once.
            if self.found.swap(Some(Arc::new(found))).as_deref() != Some(&found) {
                info!(target: "private_broadcast", private = found);
            }
            match self.write(found).await {
                Ok(()) => stored = Some(found),
                Err(error) => {
                    warn!(%error, "cannot save whether the node has private broadcast");
                    sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    async fn write(&self, found: bool) -> Result<(), StoreError> {
        let records = Arc::clone(&self.records);
        let mut batch = Batch::default();
        batch.put(FINDINGS, KEY, &found);
        let written = tokio::task::spawn_blocking(move || records.write(&batch)).await;
        // One that was cut off by the end of the daemon is found again by the next one.
        written.unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StateDir;
    use crate::values::Mono;
    use crate::watch::{PollResult, Snapshot};

    #[tokio::test]
    async fn what_was_found_is_there_after_a_restart_and_until_the_node_says_otherwise() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("a").unwrap());
        let open = |name: &str| {
            let records = Arc::new(NodeStore::new(Arc::clone(&store), name));
            PrivateBroadcastRecord::open(records).unwrap()
        };
        let record = open("a");
        assert_eq!(record.read(), None, "it was never asked");
        let board = Board::default();
        for found in [true, false, true] {
            let reading = PollResult::PrivateBroadcast(found);
            board.update(|snapshot| snapshot.answered(reading.clone(), Mono::START));
            let kept = async {
                while open("a").read() != Some(found) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                () = record.keep(&board) => {}
                () = kept => {}
            }
            assert_eq!(record.read(), Some(found));
        }
        // Another process of the node has not been asked yet.
        board.update(Snapshot::process_replaced);
        assert_eq!(board.read().private_broadcast, None);
        assert_eq!((record.read(), open("b").read()), (Some(true), None));
    }
}
