//! The thread that owns the node's state, and the way to hand it a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::chainstate::{Chainstate, ChainstateSettings};
use super::event::NodeEvent;
use super::node_state::{NodeContext, NodeState};
use super::store::StorageError;
use crate::clock;

type NodeJob = Box<dyn FnOnce(&mut NodeState) + Send>;

/// How far the start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartupPhase {
    /// The files are being read.
    Loading,
    /// Blocks that were found on the disk are being connected.
    Verifying,
    /// Everything is there.
    NodeRunner,
}

impl StartupPhase {
    fn read(phase: &AtomicU8) -> Self {
        match phase.load(Ordering::Acquire) {
            0 => Self::Loading,
            1 => Self::Verifying,
            _ => Self::NodeRunner,
        }
    }

    /// The message of bitcoind for error -28.
    pub(crate) fn message(self) -> Option<&'static str> {
        match self {
            Self::Loading => Some("Loading block index…"),
            Self::Verifying => Some("Verifying blocks…"),
            Self::NodeRunner => None,
        }
    }
}

/// The node's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has stopped")]
pub(crate) struct Stopped;

/// A handle to the node's thread: jobs that are sent run there one after another.
#[derive(Clone)]
pub(crate) struct NodeThread {
    jobs: mpsc::Sender<NodeJob>,
    phase: Arc<AtomicU8>,
}

/// Signals of the thread's start and end. The channel of a step that is not reached is closed, and
/// `ended` has the error.
pub(crate) struct StartupSignals {
    /// The data directory is locked.
    pub(crate) locked: oneshot::Receiver<()>,
    /// The files are open.
    pub(crate) opened: oneshot::Receiver<()>,
    /// The blocks that were found on the disk are connected too.
    pub(crate) up: oneshot::Receiver<()>,
    /// The error that ended the thread; `Ok` after a requested stop. Closed if the thread panicked.
    pub(crate) ended: oneshot::Receiver<Result<(), StorageError>>,
}

/// Pending changes are flushed after this time without a job.
const IDLE_FLUSH_DELAY: Duration = Duration::from_secs(1);
/// Pending changes are flushed at least this often.
const FLUSH_INTERVAL: Duration = Duration::from_secs(20);

impl NodeThread {
    /// Starts the thread on the files that `settings` names.
    pub(crate) fn start(
        settings: ChainstateSettings,
        context: NodeContext,
    ) -> std::io::Result<(Self, StartupSignals)> {
        let (jobs, inbox) = mpsc::channel();
        let phase = Arc::new(AtomicU8::new(0));
        let (say_locked, locked) = oneshot::channel();
        let (say_opened, opened) = oneshot::channel();
        let (say_up, up) = oneshot::channel();
        let (say_ended, ended) = oneshot::channel();
        let shared_phase = Arc::clone(&phase);
        let live = move || {
            let database = settings.database()?;
            let _ = say_locked.send(());
            let chain = Chainstate::open(&settings, database)?;
            let _ = say_opened.send(());
            let mut state = NodeState::new(chain, context, clock::now());
            begin(&mut state, &shared_phase);
            let _ = say_up.send(());
            run(state, &inbox)
        };
        let run = move || {
            let _ = say_ended.send(live());
        };
        std::thread::Builder::new()
            .name("node".to_owned())
            .spawn(run)?;
        Ok((
            Self { jobs, phase },
            StartupSignals {
                locked,
                opened,
                up,
                ended,
            },
        ))
    }

    /// How far the start is.
    pub(crate) fn phase(&self) -> StartupPhase {
        StartupPhase::read(&self.phase)
    }

    /// Runs `job` on the thread and waits for its result.
    pub(crate) async fn request<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut NodeState) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(move |state| {
            let _ = answer.send(job(state));
        })?;
        answered.await.map_err(|_| Stopped)
    }

    /// Queues `job` without waiting for it.
    pub(crate) fn send(
        &self,
        job: impl FnOnce(&mut NodeState) + Send + 'static,
    ) -> Result<(), Stopped> {
        self.jobs.send(Box::new(job)).map_err(|_| Stopped)
    }
}

fn begin(state: &mut NodeState, phase: &AtomicU8) {
    phase.store(1, Ordering::Release);
    state.advance();
    state.flush();
    phase.store(2, Ordering::Release);
    let tree = state.validation.chain.tree();
    (state.context.observer)(NodeEvent::Started {
        height: tree.height(),
        tip: tree.get(tree.tip()).hash,
    });
}

fn run(mut state: NodeState, inbox: &mpsc::Receiver<NodeJob>) -> Result<(), StorageError> {
    let mut flushed = clock::mono();
    loop {
        if let Some(error) = state.validation.take_fatal() {
            return Err(error);
        }
        if state.is_stopping {
            state.flush();
            // What is not written is found again at the next start.
            return state.validation.take_failure().map_or(Ok(()), Err);
        }
        let job = inbox.recv_timeout(IDLE_FLUSH_DELAY);
        state.now = clock::now();
        let is_idle = match job {
            Ok(job) => {
                job(&mut state);
                false
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => {
                state.is_stopping = true;
                continue;
            }
        };
        if is_idle || state.now.mono.since(flushed) > FLUSH_INTERVAL {
            state.flush();
            flushed = state.now.mono;
        }
    }
}
