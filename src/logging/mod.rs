//! Log lines on stderr, as text or JSON, written by a thread of their own.
//!
//! Decides the form of a line. Refuses to know what happened. Invariant: a record is one line
//! whatever its values hold, and writing it never makes the caller wait: what cannot be kept is
//! counted.

mod journal;
mod layer;
mod line;
mod recent;
mod request;
mod request_id;
mod sink;
mod writer;

pub use request::{EndedCall, MethodName, recent_lines};
pub use request_id::{RequestId, RequestIds, traceparent};

use std::fmt::Display;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

use self::layer::LineLayer;
use self::line::Form;
use self::sink::Sink;
use self::writer::{LogQueue, Writer};
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
    /// It has been set up already, its lock is poisoned, or its thread cannot be started.
    #[error("cannot install the log: {0}")]
    Install(String),
}

/// The running log.
pub struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    sink: Arc<Sink>,
    queue: Arc<LogQueue>,
    with_time: bool,
    _writer: Writer,
}

fn filter(level: &str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::try_new(level).map_err(|error| LoggingError::Level {
        level: level.to_owned(),
        reason: error.to_string(),
    })
}

fn not_installed(error: impl Display) -> LoggingError {
    LoggingError::Install(error.to_string())
}

impl Log {
    /// Starts the log of this process. Once.
    pub fn start(level: &str, json: bool, env: &Env) -> Result<Self, LoggingError> {
        let queue = Arc::new(LogQueue::default());
        let writer = Writer::start(Arc::clone(&queue), std::io::stderr()).map_err(not_installed)?;
        let with_time = !journal::reads_stderr(env);
        let sink = Arc::new(Sink::new(Arc::clone(&queue), Form::of(json, with_time)));
        let (filter, handle) = reload::Layer::new(filter(level)?);
        tracing_subscriber::registry()
            .with(filter)
            .with(LineLayer::new(Arc::clone(&sink)))
            .try_init()
            .map_err(not_installed)?;
        request::send_to(Arc::clone(&sink));
        Ok(Self {
            filter: handle,
            sink,
            queue,
            with_time,
            _writer: writer,
        })
    }

    /// Changes level and form from the next line on.
    pub fn change(&self, level: &str, json: bool) -> Result<(), LoggingError> {
        self.filter.reload(filter(level)?).map_err(not_installed)?;
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
        self.queue.lost()
    }
}
