//! From tracing's events and spans to lines.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::line::Fields;
use super::sink::Sink;
use crate::clock;

/// Writes fields as they come; the message apart.
struct FieldVisitor<'a> {
    message: &'a mut String,
    fields: Fields<'a>,
}

impl Visit for FieldVisitor<'_> {
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
        self.fields.plain(field.name(), &to_thousandths(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.plain(field.name(), &value);
    }
}

/// The fields of a span, written when it began: in both forms, since a reload may change that
/// before it ends.
#[derive(Default)]
struct SpanFields {
    text: String,
    json: String,
}

impl SpanFields {
    fn add(&mut self, record: impl Fn(&mut dyn Visit)) {
        let mut unused = String::new();
        for (to, json) in [(&mut self.text, false), (&mut self.json, true)] {
            record(&mut FieldVisitor {
                message: &mut unused,
                fields: Fields { to, json },
            });
        }
    }
}

/// Writes each event as a line, with the fields of the spans around it.
pub(super) struct LineLayer {
    sink: Arc<Sink>,
}

impl LineLayer {
    pub(super) fn new(sink: Arc<Sink>) -> Self {
        Self { sink }
    }
}

#[derive(Default)]
struct FieldBuffers {
    message: String,
    fields: String,
}

thread_local! {
    /// Each thread's own, so that a line costs no allocation.
    static BUFFERS: RefCell<FieldBuffers> = RefCell::default();
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
        let form = self.sink.form();
        BUFFERS.with_borrow_mut(|FieldBuffers { message, fields }| {
            message.clear();
            fields.clear();
            for span in context
                .event_scope(event)
                .into_iter()
                .flat_map(Scope::from_root)
            {
                if let Some(span) = span.extensions().get::<SpanFields>() {
                    fields.push_str(if form.is_json() {
                        &span.json
                    } else {
                        &span.text
                    });
                }
            }
            event.record(&mut FieldVisitor {
                message,
                fields: Fields {
                    to: fields,
                    json: form.is_json(),
                },
            });
            self.sink.write(
                clock::wall_at(clock::mono()),
                form,
                *metadata.level(),
                metadata.target(),
                message,
                |to| {
                    to.to.push_str(fields);
                },
            );
        });
    }
}

/// The number with at most three decimals: what is beyond would only show how floating point
/// counts.
fn to_thousandths(value: f64) -> f64 {
    const LARGEST_EXACT: f64 = 1e12;
    // Adding 0 turns -0 into 0.
    if value.abs() < LARGEST_EXACT {
        (value * 1e3).round() / 1e3 + 0.0
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::to_thousandths;

    #[test]
    fn numbers_have_at_most_three_decimals() {
        let reported = [0.1 + 0.2, 12.345_678, 50.0, -0.000_4, 1e15 + 0.5]
            .map(|value| to_thousandths(value).to_string());
        assert_eq!(reported, ["0.3", "12.346", "50", "0", "1000000000000000.5"]);
        assert!(to_thousandths(f64::NAN).is_nan());
    }
}
