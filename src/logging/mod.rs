//! Log lines on stderr, as text or JSON, written by a thread of their own.
//!
//! Decides the form of a line. Refuses to know what happened. Invariant: a record is one line whatever its
//! values hold, and writing it never makes the caller wait: what cannot be kept is counted.

mod gather;
mod journal;
mod layer;
mod line;
mod request;
mod request_id;
mod sink;

pub use request::{Ended, MethodName};
pub use request_id::{RequestId, RequestIds, traceparent};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

use self::gather::Gathered;
use self::layer::LineLayer;
use self::line::Form;
use self::sink::Sink;
use crate::env::Env;

/// Why logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The level is no filter.
    #[error("`{level}` is not a log level or filter: {reason}")]
    Level {
        /// As configured.
        level: String,
        /// What the parser said.
        reason: String,
    },
    /// It has been set up already, or its lock is poisoned.
    #[error("cannot install the log: {0}")]
    Install(String),
}

/// The running log.
pub struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    sink: Arc<Sink>,
    dropped: ErrorCounter,
    unwritten: Arc<AtomicU64>,
    with_time: bool,
    _writer: WorkerGuard,
}

fn filter(level: &str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::try_new(level)
        .map_err(|error| LoggingError::Level { level: level.to_owned(), reason: error.to_string() })
}

impl Log {
    /// Lines held while whatever reads stderr is slow; more are dropped and counted.
    const LINES_HELD: usize = 8192;

    /// Starts the log of this process. Once.
    pub fn start(level: &str, json: bool, env: &Env) -> Result<Self, LoggingError> {
        let unwritten = Arc::new(AtomicU64::new(0));
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(Self::LINES_HELD)
            .thread_name("log")
            .finish(Gathered::new(std::io::stderr(), Arc::clone(&unwritten)));
        let dropped = writer.error_counter();
        let with_time = !journal::reads_stderr(env);
        let sink = Arc::new(Sink::new(writer, Form::of(json, with_time)));
        let (filter, handle) = reload::Layer::new(filter(level)?);
        tracing_subscriber::registry()
            .with(filter)
            .with(LineLayer::new(Arc::clone(&sink)))
            .try_init()
            .map_err(|error| LoggingError::Install(error.to_string()))?;
        request::send_to(Arc::clone(&sink));
        Ok(Self { filter: handle, sink, dropped, unwritten, with_time, _writer: guard })
    }

    /// Changes level and form from the next line on.
    pub fn change(&self, level: &str, json: bool) -> Result<(), LoggingError> {
        self.filter.reload(filter(level)?).map_err(|error| LoggingError::Install(error.to_string()))?;
        self.sink.change_form(Form::of(json, self.with_time));
        Ok(())
    }

    /// Lines written so far, by level.
    #[must_use]
    pub fn events(&self) -> Vec<(&'static str, u64)> {
        self.sink.counts()
    }

    /// Lines dropped so far, since nothing took them fast enough or they could not be written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let dropped = u64::try_from(self.dropped.dropped_lines()).unwrap_or(u64::MAX);
        dropped.saturating_add(self.unwritten.load(Ordering::Relaxed))
    }
}
