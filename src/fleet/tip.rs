//! Saves when the tip was first observed, so that a restart does not reset the time since the last
//! block.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::debug;

use crate::clock;
use crate::state::{Batch, NodeStore, Table};
use crate::watch::{Board, Tip, TipRecord};

const TIPS: Table = Table::new("tips");
/// One node: the hash of its tip says whether it is the same one.
const KEY: &str = "last";

/// Puts the last observed tip of the previous run on `board`. Waits for the disk.
pub(super) fn restore(store: &NodeStore, board: &Board) {
    match store.load::<TipRecord>(TIPS) {
        Ok(records) => {
            let record = records.into_iter().find(|(key, _)| key == KEY);
            let tip = record.map(|(_, record)| Tip::restored(record, clock::now()));
            board.update(|snapshot| snapshot.last_tip.clone_from(&tip));
        }
        Err(error) => debug!(%error, "cannot load when the tip was observed"),
    }
}

/// Saves each new tip, for ever, at most one in an interval.
pub(super) async fn keep(store: Arc<NodeStore>, board: Arc<Board>) {
    const SAVE_INTERVAL: Duration = Duration::from_secs(10);
    let mut saved = board.read().last_tip.clone();
    loop {
        board
            .wait_until(|snapshot| snapshot.tip.is_some() && snapshot.last_tip != saved)
            .await;
        saved = write(&store, &board).await;
        sleep(SAVE_INTERVAL).await;
    }
}

/// Saves the tip, and returns it.
pub(super) async fn write(store: &Arc<NodeStore>, board: &Board) -> Option<Tip> {
    let store = Arc::clone(store);
    let tip = board.read().last_tip.clone()?;
    let mut batch = Batch::default();
    batch.put(TIPS, KEY, &tip.record(clock::now()));
    let written = tokio::task::spawn_blocking(move || store.write(&batch)).await;
    if let Ok(Err(error)) = written {
        // The next tip retries; other parts report the disk.
        debug!(%error, "cannot save the tip");
    }
    Some(tip)
}
