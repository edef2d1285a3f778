//! The list of events: recorded at once, written to the disk a moment later, read by whoever shows
//! or sends them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{error, info};

use super::list::EventList;
use super::record::{EventDraft, EventRecord};
use crate::clock;
use crate::state::{Batch, NodeStore, ReadableDocuments, StoreError, Table};

/// Events by their numbers.
const EVENTS: Table = Table::new("events");

/// The events of the daemon and of all its nodes.
pub struct EventLog {
    list: Mutex<EventList>,
    /// The number of the newest one.
    newest: watch::Sender<u64>,
    /// The number of the newest one of the run before.
    restored: u64,
    store: Arc<NodeStore>,
    written: Mutex<WrittenEvents>,
}

/// What is on the disk.
struct WrittenEvents {
    /// Of the list all from here on,
    first: u64,
    /// up to here.
    last: u64,
    /// The keys of what is no event of this version.
    unreadable: Vec<String>,
}

impl EventLog {
    /// Events that come together are written together.
    const COALESCE_INTERVAL: Duration = Duration::from_millis(200);
    /// After a write that failed.
    const RETRY_DELAY: Duration = Duration::from_secs(30);

    /// The events in `store`. What cannot be read is logged, and left out: a daemon that does not
    /// start helps nobody. Waits for the disk.
    #[must_use]
    pub fn open(store: Arc<NodeStore>) -> Self {
        let stored = store.load_readable::<EventRecord>(EVENTS);
        let ReadableDocuments {
            documents,
            unreadable,
        } = stored.unwrap_or_else(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            error!(%error, cause, "the events of the last run cannot be read; starting empty");
            ReadableDocuments {
                documents: Vec::new(),
                unreadable: Vec::new(),
            }
        });
        let first = documents.first().map_or(0, |(_, event)| event.id);
        let events = documents.into_iter().map(|(_, event)| event).collect();
        let numbers = unreadable.iter().filter_map(|key| key.parse().ok());
        let list = EventList::restore(events, numbers.max().unwrap_or_default());
        if !unreadable.is_empty() {
            let count = unreadable.len();
            error!(
                count,
                "some events of the last run cannot be read; they are removed"
            );
        }
        Self {
            newest: watch::Sender::new(list.newest()),
            written: Mutex::new(WrittenEvents {
                first,
                last: list.newest(),
                unreadable,
            }),
            restored: list.newest(),
            list: Mutex::new(list),
            store,
        }
    }

    fn list(&self) -> MutexGuard<'_, EventList> {
        lock(&self.list)
    }

    /// Records what happened, now.
    pub fn record(&self, draft: EventDraft) {
        let newest = self.list().add(draft, clock::now().wall);
        // A later one may have been announced meanwhile.
        self.newest.send_if_modified(|announced| {
            let is_later = newest > *announced;
            *announced = newest.max(*announced);
            is_later
        });
    }

    /// Those after the one with the number `id`, the oldest first.
    #[must_use]
    pub fn after(&self, id: u64) -> Vec<EventRecord> {
        self.list().after(id)
    }

    /// The number of the newest; 0: there has been none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.list().newest()
    }

    /// The number of the newest that an earlier run recorded; 0: none did.
    #[must_use]
    pub fn restored(&self) -> u64 {
        self.restored
    }

    /// Reports each time that there is a newer one.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The last event about the same as `draft`, if it is still in the list.
    #[must_use]
    pub fn last_about(&self, draft: &EventDraft) -> Option<EventRecord> {
        self.list().last_about(draft).cloned()
    }

    /// Keeps the list on the disk for ever.
    pub async fn keep(self: Arc<Self>) {
        let mut newest = self.subscribe();
        let mut has_failed = false;
        loop {
            let log = Arc::clone(&self);
            let written = tokio::task::spawn_blocking(move || log.write()).await;
            match written {
                Ok(Err(error)) => {
                    if !has_failed {
                        error!(%error, "the events are not written to the disk; it is tried again");
                    }
                    has_failed = true;
                    sleep(Self::RETRY_DELAY).await;
                    continue;
                }
                Ok(Ok(())) if has_failed => info!("the events are written to the disk again"),
                Ok(Ok(())) | Err(_) => {}
            }
            has_failed = false;
            // The sender is ours, so that there is one.
            let _ = newest.changed().await;
            sleep(Self::COALESCE_INTERVAL).await;
        }
    }

    /// Writes what is not yet on the disk, and removes from it what is no longer in the list. Waits
    /// for the disk.
    pub fn write(&self) -> Result<(), StoreError> {
        // Held over the write: two at once would each remove what the other does not know.
        let mut written = lock(&self.written);
        let first = written.first;
        let last = written.last;
        let (events, oldest, newest) = {
            let kept = self.list();
            (kept.after(last), kept.oldest(), kept.newest())
        };
        let mut batch = Batch::default();
        for event in &events {
            batch.put(EVENTS, key(event.id), event);
        }
        for gone in first..oldest.min(last.saturating_add(1)) {
            batch.remove(EVENTS, key(gone));
        }
        for key in &written.unreadable {
            batch.remove(EVENTS, key.clone());
        }
        self.store.write(&batch)?;
        *written = WrittenEvents {
            first: oldest,
            last: newest,
            unreadable: Vec::new(),
        };
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers of the same length, so that the store has them in their order.
fn key(id: u64) -> String {
    format!("{id:020}")
}

#[cfg(test)]
mod tests {
    use super::super::record::{EventKind, EventSeverity};
    use super::*;
    use crate::state::{StateDir, Store};

    fn draft(reason: String) -> EventDraft {
        EventDraft::new(EventKind::Reload, EventSeverity::Info, reason)
    }

    fn open(store: &Arc<Store>) -> EventLog {
        EventLog::open(Arc::new(NodeStore::of_daemon(Arc::clone(store))))
    }

    #[test]
    fn the_last_ones_are_there_after_a_restart_and_no_others_are_on_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("main").unwrap());
        let log = open(&store);
        let mut expected = Vec::new();
        for number in 0..500 {
            log.record(draft(format!("event {number}")));
            expected.push(format!("event {number}"));
            if number % 70 == 0 {
                log.write().unwrap();
            }
        }
        log.write().unwrap();
        let expected = expected.split_off(300);
        let reasons = |log: &EventLog| -> Vec<String> {
            let events = log.after(0).into_iter();
            events.map(|event| event.draft.reason).collect()
        };
        let again = open(&store);
        assert_eq!(reasons(&again), expected);
        let stored = again.store.load::<EventRecord>(EVENTS).unwrap();
        assert_eq!(stored.len(), EventList::BOUND);
        again.record(draft("later".to_owned()));
        assert_eq!(again.newest(), 501);
        assert_eq!(again.last_about(&draft(String::new())).unwrap().id, 501);
        assert!(store.nodes().unwrap().is_empty(), "the daemon is no node");
    }

    #[test]
    fn one_event_that_cannot_be_read_costs_no_other_and_its_number_is_not_used_again() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("main").unwrap());
        let log = open(&store);
        for number in 1..=3 {
            log.record(draft(format!("event {number}")));
        }
        log.write().unwrap();
        let mut damage = Batch::default();
        damage.put(EVENTS, key(2), &"no event");
        damage.put(
            EVENTS,
            key(9),
            &serde_json::json!({"id": 9, "severity": "fatal"}),
        );
        log.store.write(&damage).unwrap();
        for _ in 0..2 {
            let again = open(&store);
            let ids: Vec<u64> = again.after(0).iter().map(|event| event.id).collect();
            assert_eq!(ids, [1, 3]);
            assert_eq!(again.newest(), 9);
        }
        let again = open(&store);
        again.record(draft("later".to_owned()));
        again.write().unwrap();
        let ids: Vec<u64> = open(&store).after(0).iter().map(|event| event.id).collect();
        assert_eq!(ids, [1, 3, 10]);
        let stored = again.store.load::<EventRecord>(EVENTS).unwrap();
        assert_eq!(stored.len(), 3, "what cannot be read is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_written_a_moment_after_it_was_recorded() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let store = Arc::new(state.store("main").unwrap());
        let log = Arc::new(open(&store));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Arc::clone(&log).keep());
        log.record(draft("one".to_owned()));
        let mut seen = log.subscribe();
        assert_eq!(*seen.borrow_and_update(), 1);
        while open(&store).newest() < 1 {
            sleep(Duration::from_millis(50)).await;
        }
    }
}
