//! Keeps over restarts since when the tip has been seen: a gap between blocks does not begin anew
//! with the daemon.

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

/// Tells `board` which tip was seen last before this process began. Waits for the disk.
pub(super) fn restore(store: &NodeStore, board: &Board) {
    match store.load::<TipRecord>(TIPS) {
        Ok(records) => {
            let record = records.into_iter().find(|(key, _)| key == KEY);
            let tip = record.map(|(_, record)| Tip::restored(record, clock::now()));
            board.update(|snapshot| snapshot.last_tip.clone_from(&tip));
        }
        Err(error) => debug!(%error, "since when the tip was seen before is not known"),
    }
}

/// Writes down each new tip, for ever. One that is followed by another at once is not worth a
/// write.
pub(super) async fn keep(store: Arc<NodeStore>, board: Arc<Board>) {
    const BETWEEN: Duration = Duration::from_secs(10);
    let mut kept = board.read().last_tip.clone();
    loop {
        board
            .wait_until(|snapshot| snapshot.tip.is_some() && snapshot.last_tip != kept)
            .await;
        kept = write(&store, &board).await;
        sleep(BETWEEN).await;
    }
}

/// Writes down the tip; which one that was.
pub(super) async fn write(store: &Arc<NodeStore>, board: &Board) -> Option<Tip> {
    let (store, tip) = (Arc::clone(store), board.read().last_tip.clone()?);
    let mut batch = Batch::default();
    batch.put(TIPS, KEY, &tip.record(clock::now()));
    let written = tokio::task::spawn_blocking(move || store.write(&batch)).await;
    if let Ok(Err(error)) = written {
        // The next tip is tried again; the disk is told of by others.
        debug!(%error, "the tip is not written down");
    }
    Some(tip)
}
