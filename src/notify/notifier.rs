//! What the daemon wants of notifications: other entries, a test, and that they are sent.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{Mutex, mpsc, oneshot, watch};

use super::command::CommandEnv;
use super::entry::NotifyEntry;
use super::sender::Sender;
use crate::events::EventLog;
use crate::metrics::Recorder;
use crate::values::Mono;

/// The entries in force.
pub(super) type Entries = Arc<Vec<Arc<NotifyEntry>>>;

/// What a notifier is made of.
pub struct NotifierParts {
    /// The entries.
    pub entries: Vec<NotifyEntry>,
    /// Where events come from.
    pub events: Arc<EventLog>,
    /// What is counted.
    pub recorder: Arc<Recorder>,
    /// What commands find in their environment.
    pub env: CommandEnv,
    /// Whether all is well, for signs of life.
    pub is_healthy: Box<dyn Fn(Mono) -> bool + Send + Sync>,
}

/// How a test of one entry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyTested {
    /// The entry.
    pub name: String,
    /// Where it went, as it may be shown.
    pub target: String,
    /// Why it was not sent.
    pub error: Option<String>,
}

/// A test, and who waits for its result.
pub(super) struct TestRequest {
    /// The entries.
    pub(super) entries: Vec<Arc<NotifyEntry>>,
    pub(super) done: oneshot::Sender<Vec<NotifyTested>>,
}

/// Sends events to whom the configuration says.
pub struct Notifier {
    pub(super) entries: watch::Sender<Entries>,
    pub(super) events: Arc<EventLog>,
    /// The number of the last event that was taken in; first the last one of the run before.
    pub(super) seen: AtomicU64,
    pub(super) recorder: Arc<Recorder>,
    pub(super) sender: Arc<Sender>,
    pub(super) is_healthy: Box<dyn Fn(Mono) -> bool + Send + Sync>,
    tests: mpsc::Sender<TestRequest>,
    pub(super) requested: Mutex<mpsc::Receiver<TestRequest>>,
}

impl Notifier {
    /// So many tests may wait at once.
    const MAX_TESTS: usize = 4;

    /// Nothing is sent yet.
    #[must_use]
    pub fn new(parts: NotifierParts) -> Self {
        let (tests, requested) = mpsc::channel(Self::MAX_TESTS);
        Self {
            entries: watch::Sender::new(shared(parts.entries)),
            seen: AtomicU64::new(parts.events.restored()),
            events: parts.events,
            recorder: parts.recorder,
            sender: Arc::new(Sender::new(parts.env)),
            is_healthy: parts.is_healthy,
            tests,
            requested: Mutex::new(requested),
        }
    }

    /// Puts other entries in force. One that stays as it is goes on as if nothing had been.
    pub fn change(&self, entries: Vec<NotifyEntry>) {
        self.entries.send_replace(shared(entries));
    }

    /// The names of the entries.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = self.entries.borrow();
        entries.iter().map(|entry| entry.name.clone()).collect()
    }

    /// Sends a test through the entry called `name`, or through each, and waits for the end of one
    /// attempt. Empty: there is no such entry. `None`: the daemon is shutting down.
    pub async fn test(&self, name: Option<&str>) -> Option<Vec<NotifyTested>> {
        let entries: Vec<_> = {
            let all = self.entries.borrow();
            let is_meant = |entry: &&Arc<NotifyEntry>| name.is_none_or(|name| entry.name == name);
            all.iter().filter(is_meant).cloned().collect()
        };
        let (done, tested) = oneshot::channel();
        self.tests.send(TestRequest { entries, done }).await.ok()?;
        tested.await.ok()
    }
}

fn shared(entries: Vec<NotifyEntry>) -> Entries {
    Arc::new(entries.into_iter().map(Arc::new).collect())
}
