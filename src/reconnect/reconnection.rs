//! The one place of the book: read by whoever shows it, changed by the task and by operators.
//!
//! The book is behind a lock that nobody holds while waiting for the node or the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::book::{Book, Kept, PeerRow, QueueRow, Refusal, Summary, Terms};
use super::journal;
use crate::clock;
use crate::node::Peer;
use crate::state::Store;
use crate::values::{PeerAddress, PeerName};
use crate::watch::Board;

/// Why a wish was not fulfilled, or not for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such peer.
    #[error("{0}")]
    NotFound(String),
    /// A rule is against it.
    #[error("{0}")]
    Conflict(String),
    /// It is done, but may be forgotten with the next restart.
    #[error("done, but not written down: {0}")]
    NotWritten(String),
    /// The node did not do its part.
    #[error("{0}")]
    Node(String),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(text) => Self::NotFound(text),
            Refusal::Conflict(text) => Self::Conflict(text),
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
pub(super) struct Farewell {
    pub(super) address: PeerAddress,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// The lost peers of one node.
pub struct Reconnection {
    pub(super) board: Arc<Board>,
    pub(super) store: Arc<Store>,
    book: Mutex<Book>,
    summary: ArcSwap<Summary>,
    pub(super) bell: Notify,
    /// Counts what operators changed.
    wishes: AtomicU64,
    pub(super) written: watch::Sender<Written>,
    farewells: Mutex<Vec<Farewell>>,
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
    /// The book of `store`, with `terms`. Waits for the disk.
    #[must_use]
    pub fn open(terms: Terms, board: Arc<Board>, store: Arc<Store>) -> Self {
        let mut book = Book::new(terms);
        journal::restore(&store, &mut book, draw);
        let summary = ArcSwap::from_pointee(book.summary(clock::now()));
        Self {
            board,
            store,
            book: Mutex::new(book),
            summary,
            bell: Notify::new(),
            wishes: AtomicU64::new(0),
            written: watch::Sender::new(Written::default()),
            farewells: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wishes(&self) -> u64 {
        self.wishes.load(Ordering::Acquire)
    }

    pub(super) fn publish(&self) {
        let summary = self.book().summary(clock::now());
        self.summary.store(Arc::new(summary));
    }

    pub(super) fn take_farewells(&self) -> Vec<Farewell> {
        std::mem::take(
            &mut self
                .farewells
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The book in short.
    #[must_use]
    pub fn summary(&self) -> Guard<Arc<Summary>> {
        self.summary.load()
    }

    /// Other terms are in force.
    pub fn change_terms(&self, terms: Terms) {
        self.book().change_terms(terms, clock::mono());
        self.bell.notify_one();
    }

    /// The node is another one: its peers are compared with nobody's.
    pub fn change_node(&self) {
        self.book().change_node(clock::now());
    }

    /// Writes down what has not been yet, before the end. Waits for the disk.
    pub fn flush(&self) {
        let mut book = self.book();
        book.note_growth();
        let changes = book.take_changes(clock::now());
        drop(book);
        if let Err(error) = journal::write(&self.store, &changes) {
            tracing::error!(%error, "the reconnection queue is not written down");
        }
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> Vec<QueueRow> {
        self.book().queue_rows(clock::now())
    }

    /// The peers of `list`, the node's last one if that is not too old, and those that are kept.
    #[must_use]
    pub fn peers(&self, list: Option<&[Peer]>) -> Vec<PeerRow> {
        self.book().peer_rows(list, clock::now())
    }

    /// Where `name` is. Its port may hang on the chain, which a node that has just begun to answer
    /// tells in a moment.
    async fn address(&self, name: &PeerName) -> Result<PeerAddress, Refused> {
        const LONGEST: Duration = Duration::from_secs(3);
        if let Ok(address) = self.book().address_of(name) {
            return Ok(address);
        }
        // Whether it came is seen right after.
        let _ = timeout(
            LONGEST,
            self.board.wait_until(|snapshot| snapshot.chain.is_some()),
        )
        .await;
        let chain = self
            .board
            .read()
            .chain
            .as_ref()
            .and_then(|chain| chain.chain.parse().ok());
        let mut book = self.book();
        if let Some(chain) = chain {
            book.set_chain(chain);
        }
        Ok(book.address_of(name)?)
    }

    /// Queues `name` for one episode.
    pub async fn queue_add(&self, name: &PeerName) -> Result<QueueRow, Refused> {
        let address = self.address(name).await?;
        let row = {
            let mut book = self.book();
            book.queue_add(&address, clock::now(), draw())?;
            book.row_of(&address, clock::now())
        };
        self.settled().await?;
        row.ok_or_else(|| Refused::NotFound(format!("{name} is not in the queue any more")))
    }

    /// Makes `name` due at once, with all its retries.
    pub async fn queue_retry(&self, name: &PeerName) -> Result<QueueRow, Refused> {
        let address = self.address(name).await?;
        let row = {
            let mut book = self.book();
            book.queue_retry(&address, clock::mono())?;
            book.row_of(&address, clock::now())
        };
        self.settled().await?;
        row.ok_or_else(|| Refused::NotFound(format!("{name} is not in the queue any more")))
    }

    /// Makes all due at once. How many there are.
    pub async fn queue_retry_all(&self) -> Result<usize, Refused> {
        let retried = self.book().queue_retry_all(clock::mono())?;
        self.settled().await.map(|()| retried)
    }

    /// Takes `name` out of the queue.
    pub async fn queue_drop(&self, name: &PeerName) -> Result<PeerAddress, Refused> {
        let address = self.address(name).await?;
        self.book().queue_drop(&address)?;
        self.settled().await.map(|()| address)
    }

    /// Lets the queue stand still, or go on.
    pub async fn set_paused(&self, paused: bool) -> Result<(), Refused> {
        self.book().set_paused(paused)?;
        self.settled().await
    }

    /// Keeps `name` connected from now on. Where it is, and whether that is new.
    pub async fn keep(
        &self,
        name: &PeerName,
    ) -> Result<(PeerAddress, bool, Option<Kept>), Refused> {
        let address = self.address(name).await?;
        let kept = {
            let mut book = self.book();
            let new = book.keep(&address, clock::now(), draw())?;
            let kept = book.kept(&address);
            (address, new, kept)
        };
        self.settled().await.map(|()| kept)
    }

    /// Does not keep `name` any more, and ends its connection. Where it is, and whether it was
    /// connected.
    pub async fn release(&self, name: &PeerName) -> Result<(PeerAddress, bool), Refused> {
        const LONGEST: Duration = Duration::from_secs(5);
        let address = self.address(name).await?;
        let listed = self.book().release(&address)?;
        let Some(listed) = listed else {
            return self.settled().await.map(|()| (address, false));
        };
        let (done, ended) = oneshot::channel();
        self.farewells
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Farewell {
                address: listed,
                done,
            });
        self.settled().await?;
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
    async fn settled(&self) -> Result<(), Refused> {
        const LONGEST: Duration = Duration::from_secs(5);
        let wish = self.wishes.fetch_add(1, Ordering::AcqRel) + 1;
        self.bell.notify_one();
        let mut written = self.written.subscribe();
        let outcome = match timeout(
            LONGEST,
            written.wait_for(|written| written.sequence >= wish),
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
