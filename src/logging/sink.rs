//! Where lines go.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use jiff::Timestamp;
use tracing::Level;

use super::line::{self, Fields, Form, Head, Stamp};
use super::recent::RecentLines;
use super::writer::LogQueue;

/// The target of lines about requests.
pub(super) const REQUEST_TARGET: &str = "rpc_request";

/// The form in use; changed by a reload.
struct FormCell(AtomicU8);

impl FormCell {
    fn new(form: Form) -> Self {
        let cell = Self(AtomicU8::new(0));
        cell.set(form);
        cell
    }

    fn set(&self, form: Form) {
        let code = match form {
            Form::Text => 0,
            Form::TextWithoutTime => 1,
            Form::Json => 2,
        };
        self.0.store(code, Ordering::Relaxed);
    }

    fn get(&self) -> Form {
        match self.0.load(Ordering::Relaxed) {
            0 => Form::Text,
            1 => Form::TextWithoutTime,
            _ => Form::Json,
        }
    }
}

/// Lines written, by level.
#[derive(Default)]
struct LineCounts {
    error: AtomicU64,
    warn: AtomicU64,
    info: AtomicU64,
    debug: AtomicU64,
    trace: AtomicU64,
}

impl LineCounts {
    fn of(&self, level: Level) -> (&'static str, &AtomicU64) {
        match level {
            Level::ERROR => ("error", &self.error),
            Level::WARN => ("warn", &self.warn),
            Level::INFO => ("info", &self.info),
            Level::DEBUG => ("debug", &self.debug),
            Level::TRACE => ("trace", &self.trace),
        }
    }

    fn read(&self) -> Vec<(&'static str, u64)> {
        let levels = [
            Level::ERROR,
            Level::WARN,
            Level::INFO,
            Level::DEBUG,
            Level::TRACE,
        ];
        let count = |level| {
            let (name, count) = self.of(level);
            (name, count.load(Ordering::Relaxed))
        };
        levels.map(count).to_vec()
    }
}

/// The lines that are to be written, and the form that they have.
pub(super) struct Sink {
    queue: Arc<LogQueue>,
    form: FormCell,
    counts: LineCounts,
    recent: RecentLines,
}

#[derive(Default)]
struct LineBuffers {
    line: String,
    stamp: Stamp,
}

thread_local! {
    /// Each thread's own, so that a line costs no allocation.
    static BUFFERS: RefCell<LineBuffers> = RefCell::default();
}

impl Sink {
    pub(super) fn new(queue: Arc<LogQueue>, form: Form) -> Self {
        Self {
            queue,
            form: FormCell::new(form),
            counts: LineCounts::default(),
            recent: RecentLines::default(),
        }
    }

    /// The form of the next line.
    pub(super) fn form(&self) -> Form {
        self.form.get()
    }

    /// Changes the form of the lines to come.
    pub(super) fn change_form(&self, form: Form) {
        self.form.set(form);
    }

    /// Lines written so far, by level.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        self.counts.read()
    }

    /// The last lines but those about calls, the oldest first.
    pub(super) fn recent(&self) -> Vec<String> {
        self.recent.all()
    }

    /// Writes the line of what is `now` in this `form`: what `put` adds are its fields.
    pub(super) fn write(
        &self,
        now: Timestamp,
        form: Form,
        level: Level,
        target: &str,
        message: &str,
        put: impl FnOnce(&mut Fields<'_>),
    ) {
        self.counts.of(level).1.fetch_add(1, Ordering::Relaxed);
        BUFFERS.with_borrow_mut(|LineBuffers { line, stamp }| {
            line.clear();
            line::write(
                line,
                stamp,
                Head {
                    now,
                    level: level.as_str(),
                    target,
                },
                message,
                form,
                put,
            );
            self.queue.add(line.as_bytes());
            if target != REQUEST_TARGET {
                self.recent.add(level, line);
            }
        });
    }
}
