//! From tracing's events and spans to lines.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{self, Form, Record};
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

type Fields = Vec<(&'static str, Value)>;

/// Collects fields; `message` apart.
#[derive(Default)]
struct Collected {
    message: String,
    fields: Fields,
}

impl Visit for Collected {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields.push((field.name(), Value::String(format!("{value:?}"))));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.fields.push((field.name(), Value::String(value.to_owned())));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), json!(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), json!(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), json!(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), json!(value)));
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

thread_local! {
    /// One buffer a thread, so that a line costs no allocation of its own.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LineLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collected = Collected::default();
        attributes.record(&mut collected);
        span.extensions_mut().insert(collected.fields);
    }

    fn on_record(&self, id: &Id, record: &SpanRecord<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collected = Collected::default();
        record.record(&mut collected);
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.append(&mut collected.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        self.counts.of(*metadata.level()).1.fetch_add(1, Ordering::Relaxed);
        let mut collected = Collected::default();
        for span in context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                collected.fields.extend(fields.iter().cloned());
            }
        }
        event.record(&mut collected);
        let record = Record {
            now: clock::now(),
            level: metadata.level().as_str(),
            target: metadata.target(),
            message: &collected.message,
            fields: &collected.fields,
        };
        LINE.with_borrow_mut(|line| {
            line.clear();
            line::write(line, &record, self.form.get());
            // A full queue drops the line and counts it; there is nobody to tell.
            let _ = self.writer.clone().write_all(line.as_bytes());
        });
    }
}
