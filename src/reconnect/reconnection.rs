//! The state of reconnection: read by whoever shows it, changed by the task and by operators.
//!
//! The state is behind a lock that nobody holds while waiting for the node or the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::journal;
use super::kept::Kept;
use super::rows::{PeerRow, QueueRow, Summary};
use super::state::{ReconnectState, RequestError};
use super::terms::Terms;
use crate::clock;
use crate::events::NodeEvents;
use crate::node::Peer;
use crate::state::NodeStore;
use crate::values::{PeerAddress, PeerName};
use crate::watch::{Board, Link, Snapshot};

/// Why a request was not fulfilled, or not for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such peer.
    #[error("{0}")]
    NotFound(String),
    /// A rule is against it.
    #[error("{0}")]
    Conflict(String),
    /// It is done, but may be forgotten with the next restart.
    #[error("done, but not saved: {0}")]
    NotWritten(String),
    /// The node did not do its part.
    #[error("{0}")]
    Node(String),
}

impl From<RequestError> for Refused {
    fn from(refusal: RequestError) -> Self {
        match refusal {
            RequestError::NotFound(text) => Self::NotFound(text),
            RequestError::Conflict(text) => Self::Conflict(text),
        }
    }
}

/// How far changes have been written down.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) sequence: u64,
    pub(super) error: Option<String>,
}

/// A connection that is to be ended.
pub(super) struct DisconnectRequest {
    pub(super) address: PeerAddress,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// The lost peers of one node.
pub struct Reconnection {
    pub(super) board: Arc<Board>,
    pub(super) store: Arc<NodeStore>,
    pub(super) events: Arc<NodeEvents>,
    state: Mutex<ReconnectState>,
    summary: ArcSwap<Summary>,
    pub(super) wake: Notify,
    /// Counts what operators changed.
    requests: AtomicU64,
    pub(super) written: watch::Sender<Written>,
    disconnects: Mutex<Vec<DisconnectRequest>>,
}

/// A random number, all equally likely.
pub(super) fn draw() -> u64 {
    // Without random bytes the jitter is that of the clock, which is no worse than none.
    getrandom::u64().unwrap_or_else(|_| {
        clock::mono()
            .since_start()
            .as_nanos()
            .to_le_bytes()
            .map(u64::from)
            .iter()
            .sum()
    })
}

impl Reconnection {
    /// The state in `store`, with `terms`; `events` gets what happens. Waits for the disk.
    #[must_use]
    pub fn open(
        terms: Terms,
        board: Arc<Board>,
        store: Arc<NodeStore>,
        events: Arc<NodeEvents>,
    ) -> Self {
        let mut state = ReconnectState::new(terms);
        journal::restore(&store, &mut state, draw);
        let summary = ArcSwap::from_pointee(state.view(clock::now()).summary());
        Self {
            board,
            store,
            events,
            state: Mutex::new(state),
            summary,
            wake: Notify::new(),
            requests: AtomicU64::new(0),
            written: watch::Sender::new(Written::default()),
            disconnects: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ReconnectState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Acquire)
    }

    pub(super) fn publish(&self) {
        let summary = self.state().view(clock::now()).summary();
        self.summary.store(Arc::new(summary));
    }

    pub(super) fn take_disconnects(&self) -> Vec<DisconnectRequest> {
        std::mem::take(
            &mut self
                .disconnects
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The state in short.
    #[must_use]
    pub fn summary(&self) -> Guard<Arc<Summary>> {
        self.summary.load()
    }

    /// Other terms are in force.
    pub fn change_terms(&self, terms: Terms) {
        self.state().change_terms(terms, clock::mono());
        self.wake.notify_one();
    }

    /// The node is another one: its peers are compared with nobody's.
    pub fn change_node(&self) {
        self.state().change_node(clock::now());
    }

    /// Writes down what has not been yet, before the end. Waits for the disk.
    pub fn flush(&self) {
        let mut state = self.state();
        state.save_growth();
        let changes = state.take_changes(clock::now());
        drop(state);
        if let Err(error) = journal::write(&self.store, &changes) {
            tracing::error!(%error, "the reconnection queue cannot be saved");
        }
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> Vec<QueueRow> {
        self.state().view(clock::now()).queue_rows()
    }

    /// The peers of `list`, the node's last one if that is not too old, and those that are kept.
    #[must_use]
    pub fn peers(&self, list: Option<&[Peer]>) -> Vec<PeerRow> {
        self.state().view(clock::now()).peer_rows(list)
    }

    /// Where `name` is. Its port may hang on the chain, which a node that has just begun to answer
    /// reports in a moment.
    async fn address(&self, name: &PeerName) -> Result<PeerAddress, Refused> {
        const LONGEST: Duration = Duration::from_secs(3);
        let is_up = |snapshot: &Snapshot| snapshot.link(Duration::MAX, clock::mono()) == Link::Up;
        self.observe_chain();
        let is_known = self.state().address_of(name).is_ok();
        // What a former process reported decides nothing while this one has only begun to answer.
        let is_former = is_up(&self.board.read()) && self.board.read().chain.is_none();
        if name.complete().is_none() && (!is_known || is_former) {
            // Whether it was reported is seen right after.
            let reported = self.board.wait_until(|snapshot| snapshot.chain.is_some());
            let _ = timeout(LONGEST, reported).await;
            self.observe_chain();
        }
        Ok(self.state().address_of(name)?)
    }

    /// Takes in the chain that the node reports, which no list of peers may have come with yet.
    fn observe_chain(&self) {
        if let Some(chain) = self.board.read().chain() {
            self.state().set_chain(chain, clock::now());
        }
    }

    /// Queues `name` for one episode.
    pub async fn queue_add(&self, name: &PeerName) -> Result<QueueRow, Refused> {
        let address = self.address(name).await?;
        let row = {
            let mut state = self.state();
            let now = clock::now();
            state.operator().queue_add(&address, now, draw())?;
            state.view(now).queue_row_of(&address)
        };
        self.saved().await?;
        row.ok_or_else(|| Refused::NotFound(format!("{name} is not in the queue any more")))
    }

    /// Makes `name` due at once, with all its retries.
    pub async fn queue_retry(&self, name: &PeerName) -> Result<QueueRow, Refused> {
        let address = self.address(name).await?;
        let row = {
            let mut state = self.state();
            let now = clock::now();
            state.operator().queue_retry(&address, now.mono)?;
            state.view(now).queue_row_of(&address)
        };
        self.saved().await?;
        row.ok_or_else(|| Refused::NotFound(format!("{name} is not in the queue any more")))
    }

    /// Makes all due at once. How many there are.
    pub async fn queue_retry_all(&self) -> Result<usize, Refused> {
        let retried = self.state().operator().queue_retry_all(clock::mono())?;
        self.saved().await.map(|()| retried)
    }

    /// Takes `name` out of the queue.
    pub async fn queue_drop(&self, name: &PeerName) -> Result<PeerAddress, Refused> {
        let address = self.address(name).await?;
        self.state().operator().queue_drop(&address)?;
        self.saved().await.map(|()| address)
    }

    /// Pauses the queue, or resumes it.
    pub async fn set_paused(&self, paused: bool) -> Result<(), Refused> {
        self.state().operator().set_paused(paused)?;
        self.saved().await
    }

    /// Keeps `name` connected from now on. Where it is, and whether that is new.
    pub async fn keep(
        &self,
        name: &PeerName,
    ) -> Result<(PeerAddress, bool, Option<Kept>), Refused> {
        let address = self.address(name).await?;
        let kept = {
            let mut state = self.state();
            let is_new = state.operator().keep(&address, clock::now(), draw())?;
            let kept = state.kept(&address);
            (address, is_new, kept)
        };
        self.saved().await.map(|()| kept)
    }

    /// Does not keep `name` any more, and ends its connection. Where it is, and whether it was
    /// connected.
    pub async fn release(&self, name: &PeerName) -> Result<(PeerAddress, bool), Refused> {
        const LONGEST: Duration = Duration::from_secs(5);
        let address = self.address(name).await?;
        let listed = self.state().operator().release(&address)?;
        let Some(listed) = listed else {
            return self.saved().await.map(|()| (address, false));
        };
        let (done, ended) = oneshot::channel();
        self.disconnects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(DisconnectRequest {
                address: listed,
                done,
            });
        self.saved().await?;
        match timeout(LONGEST, ended).await {
            Ok(Ok(Ok(()))) => Ok((address, true)),
            Ok(Ok(Err(error))) => Err(Refused::Node(format!(
                "{address} is not kept any more, but not disconnected: {error}"
            ))),
            Ok(Err(_)) | Err(_) => Err(Refused::Node(format!(
                "{address} is not kept any more, but the node has not disconnected it yet"
            ))),
        }
    }

    /// Waits until what an operator changed is written down.
    async fn saved(&self) -> Result<(), Refused> {
        const LONGEST: Duration = Duration::from_secs(5);
        let request = self.requests.fetch_add(1, Ordering::AcqRel) + 1;
        self.wake.notify_one();
        let mut written = self.written.subscribe();
        let outcome = match timeout(
            LONGEST,
            written.wait_for(|written| written.sequence >= request),
        )
        .await
        {
            Ok(Ok(written)) => written.error.clone(),
            Ok(Err(_)) => Some("the daemon is shutting down".to_owned()),
            Err(_) => Some("the disk has not taken it yet".to_owned()),
        };
        outcome.map_or(Ok(()), |error| Err(Refused::NotWritten(error)))
    }
}
