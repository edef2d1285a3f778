//! Where the current snapshot hangs: written by the collectors, read by anyone without waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, watch};

use super::collector::Topic;
use super::snapshot::Snapshot;
use crate::values::Mono;

/// The current snapshot, and a bell that rings when there is a new one.
pub struct Board {
    current: ArcSwap<Snapshot>,
    sequence: AtomicU64,
    bell: watch::Sender<()>,
    /// Rings for every node of the daemon.
    fleet_bell: Arc<Notify>,
    /// By topic: somebody cannot wait for the next poll.
    hurries: [Notify; Topic::ALL.len()],
}

impl Default for Board {
    fn default() -> Self {
        Self {
            current: ArcSwap::from_pointee(Snapshot::default()),
            sequence: AtomicU64::new(0),
            bell: watch::Sender::new(()),
            fleet_bell: Arc::default(),
            hurries: Topic::ALL.map(|_| Notify::new()),
        }
    }
}

impl Board {
    /// A board that also rings `fleet_bell`.
    #[must_use]
    pub fn ringing(fleet_bell: Arc<Notify>) -> Self {
        Self {
            fleet_bell,
            ..Self::default()
        }
    }

    /// The current snapshot, without a lock.
    #[must_use]
    pub fn read(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Counts the changes; cheaper than a look at the snapshot.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Publishes the snapshot that `change` makes of the current one.
    pub fn update(&self, change: impl Fn(&mut Snapshot)) {
        self.current.rcu(|current| {
            let mut next = Snapshot::clone(current);
            change(&mut next);
            next
        });
        self.sequence
            .store(self.current.load().sequence, Ordering::Release);
        self.bell.send_replace(());
        self.fleet_bell.notify_one();
    }

    /// Begins anew: the node that is asked is another one.
    pub fn clear(&self, now: Mono) {
        self.update(|snapshot| *snapshot = snapshot.cleared(now));
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "there is one per topic"
    )]
    fn hurry_of(&self, topic: Topic) -> &Notify {
        &self.hurries[topic as usize]
    }

    /// Asks for an answer to a question that is sent from now on. An open one is waited for first;
    /// no second is sent beside it.
    pub fn hurry(&self, topic: Topic) {
        self.hurry_of(topic).notify_one();
    }

    /// Waits until somebody is in a hurry; at once if somebody has been since the last time.
    pub(super) async fn hurried(&self, topic: Topic) {
        self.hurry_of(topic).notified().await;
    }

    /// Waits until a snapshot fulfils `condition`; at once if the current one does.
    pub async fn wait_until(&self, condition: impl Fn(&Snapshot) -> bool) {
        let mut bell = self.bell.subscribe();
        while !condition(&self.read()) {
            if bell.changed().await.is_err() {
                return;
            }
        }
    }
}
