//! The thread that owns the node's state, and the way to hand it a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::chainstate::{Chainstate, Settings};
use super::event::Event;
use super::machine::{Machine, Wiring};
use super::store::StoreError;
use crate::clock;

type Job = Box<dyn FnOnce(&mut Machine) + Send>;

/// How far the start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The files are being read.
    Loading,
    /// Blocks that were found on the disk are being connected.
    Verifying,
    /// Everything is there.
    Running,
}

impl Phase {
    fn read(phase: &AtomicU8) -> Self {
        match phase.load(Ordering::Acquire) {
            0 => Self::Loading,
            1 => Self::Verifying,
            _ => Self::Running,
        }
    }

    /// As bitcoind says it, with -28.
    pub(crate) fn message(self) -> Option<&'static str> {
        match self {
            Self::Loading => Some("Loading block index…"),
            Self::Verifying => Some("Verifying blocks…"),
            Self::Running => None,
        }
    }
}

/// The node's thread is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has stopped")]
pub(crate) struct Stopped;

/// The way to the node's thread.
#[derive(Clone)]
pub(crate) struct Engine {
    jobs: mpsc::Sender<Job>,
    phase: Arc<AtomicU8>,
}

/// How the thread begins and ends. A step that is not reached is closed without a word; `ended`
/// says why.
pub(crate) struct Life {
    /// The data directory is ours alone.
    pub(crate) locked: oneshot::Receiver<()>,
    /// The files are open.
    pub(crate) opened: oneshot::Receiver<()>,
    /// The blocks that were found on the disk are connected too.
    pub(crate) up: oneshot::Receiver<()>,
    /// Why the thread ended, if not because it was told to. Closed without a word if it panicked.
    pub(crate) ended: oneshot::Receiver<Result<(), StoreError>>,
}

/// Without a job for so long, what is not written is written.
const IDLE: Duration = Duration::from_secs(1);
/// And at least so often.
const FLUSH: Duration = Duration::from_secs(20);

impl Engine {
    /// Starts the thread on the files that `settings` names.
    pub(crate) fn start(settings: Settings, wiring: Wiring) -> std::io::Result<(Self, Life)> {
        let (jobs, inbox) = mpsc::channel();
        let phase = Arc::new(AtomicU8::new(0));
        let (say_locked, locked) = oneshot::channel();
        let (say_opened, opened) = oneshot::channel();
        let (say_up, up) = oneshot::channel();
        let (say_ended, ended) = oneshot::channel();
        let shown = Arc::clone(&phase);
        let live = move || {
            let database = settings.database()?;
            let _ = say_locked.send(());
            let chain = Chainstate::open(&settings, database)?;
            let _ = say_opened.send(());
            let mut machine = Machine::new(chain, wiring, clock::now());
            begin(&mut machine, &shown);
            let _ = say_up.send(());
            run(machine, &inbox)
        };
        let run = move || {
            let _ = say_ended.send(live());
        };
        std::thread::Builder::new()
            .name("node".to_owned())
            .spawn(run)?;
        Ok((
            Self { jobs, phase },
            Life {
                locked,
                opened,
                up,
                ended,
            },
        ))
    }

    /// How far the start is.
    pub(crate) fn phase(&self) -> Phase {
        Phase::read(&self.phase)
    }

    /// Has `job` done, and waits for what comes of it.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Machine) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.tell(move |machine| {
            let _ = answer.send(job(machine));
        })?;
        answered.await.map_err(|_| Stopped)
    }

    /// Has `job` done some time.
    pub(crate) fn tell(
        &self,
        job: impl FnOnce(&mut Machine) + Send + 'static,
    ) -> Result<(), Stopped> {
        self.jobs.send(Box::new(job)).map_err(|_| Stopped)
    }
}

fn begin(machine: &mut Machine, phase: &AtomicU8) {
    phase.store(1, Ordering::Release);
    machine.advance();
    machine.flush();
    phase.store(2, Ordering::Release);
    let tree = machine.validation.chain.tree();
    (machine.wiring.observer)(Event::Started {
        height: tree.height(),
        tip: tree.get(tree.tip()).hash,
    });
}

fn run(mut machine: Machine, inbox: &mpsc::Receiver<Job>) -> Result<(), StoreError> {
    let mut flushed = clock::mono();
    loop {
        if let Some(error) = machine.validation.take_fatal() {
            return Err(error);
        }
        if machine.is_stopping {
            machine.flush();
            // What is not written is found again at the next start.
            return machine.validation.take_failure().map_or(Ok(()), Err);
        }
        let job = inbox.recv_timeout(IDLE);
        machine.now = clock::now();
        let is_idle = match job {
            Ok(job) => {
                job(&mut machine);
                false
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => {
                machine.is_stopping = true;
                continue;
            }
        };
        if is_idle || machine.now.mono.since(flushed) > FLUSH {
            machine.flush();
            flushed = machine.now.mono;
        }
    }
}
