//! From tracing's events and spans to lines.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::line::{self, Fields, Form, Head, Stamp};
use crate::clock;

/// The form in use; changed by a reload.
pub(super) struct FormCell(AtomicU8);

impl FormCell {
    pub(super) fn new(form: Form) -> Self {
        let cell = Self(AtomicU8::new(0));
        cell.set(form);
        cell
    }

    pub(super) fn set(&self, form: Form) {
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
pub struct Counts {
    error: AtomicU64,
    warn: AtomicU64,
    info: AtomicU64,
    debug: AtomicU64,
    trace: AtomicU64,
}

impl Counts {
    fn of(&self, level: Level) -> (&'static str, &AtomicU64) {
        match level {
            Level::ERROR => ("error", &self.error),
            Level::WARN => ("warn", &self.warn),
            Level::INFO => ("info", &self.info),
            Level::DEBUG => ("debug", &self.debug),
            Level::TRACE => ("trace", &self.trace),
        }
    }

    pub(super) fn read(&self) -> Vec<(&'static str, u64)> {
        let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
        let count = |level| {
            let (name, count) = self.of(level);
            (name, count.load(Ordering::Relaxed))
        };
        levels.map(count).to_vec()
    }
}

/// Writes fields as they come; the message apart.
struct Written<'a> {
    message: &'a mut String,
    fields: Fields<'a>,
}

impl Visit for Written<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            self.fields.debug(field.name(), value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.fields.text(field.name(), value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.integer(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.integer(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.plain(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.plain(field.name(), &value);
    }
}

/// The fields of a span, written when it began: in both forms, since a reload may change that before it ends.
#[derive(Default)]
struct SpanFields {
    text: String,
    json: String,
}

impl SpanFields {
    fn add(&mut self, record: impl Fn(&mut dyn Visit)) {
        let mut unused = String::new();
        for (to, json) in [(&mut self.text, false), (&mut self.json, true)] {
            record(&mut Written { message: &mut unused, fields: Fields { to, json } });
        }
    }
}

/// Writes each event as a line, with the fields of the spans around it.
pub(super) struct LineLayer {
    writer: NonBlocking,
    form: Arc<FormCell>,
    counts: Arc<Counts>,
}

impl LineLayer {
    pub(super) fn new(writer: NonBlocking, form: Arc<FormCell>, counts: Arc<Counts>) -> Self {
        Self { writer, form, counts }
    }
}

#[derive(Default)]
struct Buffers {
    /// A way to the log's thread that nobody shares.
    writer: Option<NonBlocking>,
    message: String,
    fields: String,
    line: String,
    stamp: Stamp,
}

thread_local! {
    /// Each thread's own, so that a line costs no allocation.
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LineLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = SpanFields::default();
        fields.add(|visit| attributes.record(visit));
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, record: &SpanRecord<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            fields.add(|visit| record.record(visit));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        self.counts.of(*metadata.level()).1.fetch_add(1, Ordering::Relaxed);
        let form = self.form.get();
        BUFFERS.with_borrow_mut(|Buffers { writer, message, fields, line, stamp }| {
            for buffer in [&mut *message, &mut *fields, &mut *line] {
                buffer.clear();
            }
            for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
                if let Some(span) = span.extensions().get::<SpanFields>() {
                    fields.push_str(if form.is_json() { &span.json } else { &span.text });
                }
            }
            event.record(&mut Written { message, fields: Fields { to: fields, json: form.is_json() } });
            let head = Head { now: clock::wall(), level: metadata.level().as_str(), target: metadata.target() };
            line::write(line, stamp, head, message, fields, form);
            // A full queue drops the line and counts it; there is nobody to tell.
            let _ = writer.get_or_insert_with(|| self.writer.clone()).write_all(line.as_bytes());
        });
    }
}
