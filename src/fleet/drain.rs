//! The drain of a node by an operator: it gets no calls, until it is undrained or the drain ends.
//! Survives a restart.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::state::{Batch, NodeStore, StoreError, Table};

const DRAINS: Table = Table::new("drains");
/// A node is drained once.
const KEY: &str = "drain";

/// A drain, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainRecord {
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; `None`: never.
    pub until: Option<Timestamp>,
}

impl DrainRecord {
    /// Whether it still holds.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Why the node gets no calls.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.reason {
            Some(reason) => format!("drained: {reason}"),
            None => "drained by an operator".to_owned(),
        }
    }
}

/// Where the drain of one node is read without waiting.
pub struct NodeDrain {
    records: Arc<NodeStore>,
    current: ArcSwapOption<DrainRecord>,
}

impl NodeDrain {
    /// As the last run left it. Waits for the disk.
    pub(super) fn open(records: Arc<NodeStore>) -> Result<Self, StoreError> {
        let stored = records.load::<DrainRecord>(DRAINS)?;
        let drain = stored.into_iter().find(|(key, _)| key == KEY);
        Ok(Self {
            records,
            current: ArcSwapOption::new(drain.map(|(_, drain)| Arc::new(drain))),
        })
    }

    /// The drain in force.
    #[must_use]
    pub fn read(&self, now: Timestamp) -> Option<Arc<DrainRecord>> {
        let current = self.current.load_full()?;
        current.is_in_force(now).then_some(current)
    }

    /// Puts `drain` in force, once it is on the disk.
    pub(super) async fn put(&self, drain: DrainRecord) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put(DRAINS, KEY, &drain);
        self.write(batch).await?;
        self.current.store(Some(Arc::new(drain)));
        Ok(())
    }

    /// Ends the drain at once, and then on the disk: whether there was one.
    pub(super) async fn end(&self, now: Timestamp) -> Result<bool, StoreError> {
        let had_one = self.read(now).is_some();
        let mut batch = Batch::default();
        batch.remove(DRAINS, KEY);
        self.write(batch).await?;
        self.current.store(None);
        Ok(had_one)
    }

    async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let records = Arc::clone(&self.records);
        let written = tokio::task::spawn_blocking(move || records.write(&batch)).await;
        written.unwrap_or_else(|error| {
            // The write may be on the disk or not; the next one says.
            warn!(%error, "the write of a drain was interrupted");
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StateDir;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_drain_is_there_after_a_restart_until_it_ends_or_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("a").unwrap());
        let open = |name: &str| {
            let records = Arc::new(NodeStore::new(Arc::clone(&store), name));
            NodeDrain::open(records).unwrap()
        };
        let drain = DrainRecord {
            reason: Some("upgrade".to_owned()),
            since: at(100),
            until: Some(at(200)),
        };
        open("a").put(drain.clone()).await.unwrap();
        let again = open("a");
        assert_eq!(again.read(at(199)).as_deref(), Some(&drain));
        assert_eq!(again.read(at(200)), None, "it has ended");
        assert_eq!(open("b").read(at(150)), None, "it is of one node");
        assert!(again.end(at(150)).await.unwrap());
        assert_eq!(again.read(at(150)), None);
        assert_eq!(open("a").read(at(150)), None);
        assert!(!again.end(at(150)).await.unwrap());
    }

    #[test]
    fn a_drain_says_why() {
        let mut drain = DrainRecord {
            reason: None,
            since: at(1),
            until: None,
        };
        assert_eq!(drain.sentence(), "drained by an operator");
        drain.reason = Some("kernel".to_owned());
        assert_eq!(drain.sentence(), "drained: kernel");
        assert!(drain.is_in_force(Timestamp::MAX));
    }
}
