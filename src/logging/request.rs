//! The line about a call, which is written more often than all others together: field by field into
//! its place, where an event would cost several times as much.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::{Level, event_enabled};

use super::line::{Fields, name};
use super::sink::{REQUEST_TARGET, Sink};
use crate::clock;
use crate::values::Mono;

/// That of this process.
static SINK: OnceLock<Arc<Sink>> = OnceLock::new();

/// Sends the lines about calls there from now on.
pub(super) fn send_to(sink: Arc<Sink>) {
    // A process has one log.
    let _ = SINK.set(sink);
}

/// The last lines of the log of this process but those about calls, the oldest first.
#[must_use]
pub fn recent_lines() -> Vec<String> {
    SINK.get().map(|sink| sink.recent()).unwrap_or_default()
}

/// The name of a method.
#[derive(Clone, Copy, Debug)]
pub enum MethodName<'a> {
    /// One of ours, of letters.
    Known(&'static str),
    /// Whatever the client has written.
    Other(&'a str),
}

/// A call that has ended, as the log has it.
#[derive(Clone, Copy, Debug)]
pub struct EndedCall<'a> {
    /// `request_id`; checked, as is `traceparent`.
    pub id: &'a str,
    /// `method`, if there is one.
    pub method: Option<MethodName<'a>>,
    /// `calls`, of a batch.
    pub calls: Option<usize>,
    /// `client_addr`: an address, perhaps with a port.
    pub client: &'a str,
    /// `request_size`, bytes of the body.
    pub request_size: Option<u64>,
    /// `status`, if there was an answer.
    pub status: Option<u16>,
    /// When it ended, which was but a moment ago.
    pub ended: Mono,
    /// `duration_ms`
    pub took: Duration,
    /// `response_size`, bytes of the body.
    pub response_size: Option<u64>,
    /// `user`
    pub user: Option<&'a str>,
    /// `limited`, the layer whose limit it was over.
    pub limited: Option<&'static str>,
    /// `traceparent`
    pub trace: Option<&'a str>,
    /// `node`, which has answered, where there are several.
    pub node: Option<&'a str>,
    /// `outcome`, if it is not the usual one.
    pub outcome: Option<&'static str>,
    /// `error`, in a sentence.
    pub error: Option<&'a str>,
}

impl EndedCall<'_> {
    /// Writes its line, if the log is to have such.
    pub fn log(&self) {
        // What a filter may name is what the line may have.
        let is_wanted = event_enabled!(
            target: REQUEST_TARGET,
            Level::INFO,
            request_id,
            method,
            calls,
            client_addr,
            request_size,
            status,
            duration_ms,
            response_size,
            user,
            limited,
            traceparent,
            node,
            outcome,
            error
        );
        if is_wanted && let Some(sink) = SINK.get() {
            let now = clock::wall_at(self.ended);
            sink.write(
                now,
                sink.form(),
                Level::INFO,
                REQUEST_TARGET,
                "",
                |fields| {
                    self.put(fields);
                },
            );
        }
    }

    fn put(&self, fields: &mut Fields<'_>) {
        fields.put_word(name!("request_id"), self.id);
        match self.method {
            Some(MethodName::Known(method)) => fields.put_word(name!("method"), method),
            Some(MethodName::Other(method)) => fields.put_text(name!("method"), method),
            None => {}
        }
        if let Some(calls) = self.calls {
            fields.put_integer(name!("calls"), calls);
        }
        fields.put_word(name!("client_addr"), self.client);
        if let Some(bytes) = self.request_size {
            fields.put_integer(name!("request_size"), bytes);
        }
        if let Some(status) = self.status {
            fields.put_integer(name!("status"), status);
        }
        fields.put_milliseconds(name!("duration_ms"), self.took);
        if let Some(bytes) = self.response_size {
            fields.put_integer(name!("response_size"), bytes);
        }
        if let Some(user) = self.user {
            fields.put_text(name!("user"), user);
        }
        if let Some(layer) = self.limited {
            fields.put_word(name!("limited"), layer);
        }
        if let Some(trace) = self.trace {
            fields.put_word(name!("traceparent"), trace);
        }
        if let Some(node) = self.node {
            fields.put_word(name!("node"), node);
        }
        if let Some(outcome) = self.outcome {
            fields.put_word(name!("outcome"), outcome);
        }
        if let Some(error) = self.error {
            fields.put_text(name!("error"), error);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::line::{Form, Head, Stamp, write};
    use super::*;

    fn line(ended: &EndedCall<'_>, form: Form) -> String {
        let now = "2025-01-01T00:00:00.9Z".parse().unwrap();
        let mut line = String::new();
        let head = Head {
            now,
            level: "INFO",
            target: REQUEST_TARGET,
        };
        write(&mut line, &mut Stamp::default(), head, "", form, |fields| {
            ended.put(fields);
        });
        line
    }

    const SHORT: EndedCall<'_> = EndedCall {
        id: "abc12345",
        method: Some(MethodName::Known("getblockhash")),
        calls: None,
        client: "127.0.0.1:12345",
        request_size: Some(123),
        status: Some(200),
        ended: Mono::START,
        took: Duration::from_micros(2_500),
        response_size: Some(45),
        user: None,
        limited: None,
        trace: None,
        node: None,
        outcome: None,
        error: None,
    };

    #[test]
    fn a_call_reads_as_the_contract_shows_it() {
        assert_eq!(
            line(&SHORT, Form::Text),
            "[2025-01-01T00:00:00Z INFO rpc_request] request_id=abc12345 method=getblockhash \
             client_addr=127.0.0.1:12345 request_size=123 status=200 duration_ms=2.5 \
             response_size=45\n"
        );
    }

    #[test]
    fn json_has_the_same_names_and_no_value_can_forge_one() {
        let evil = "a\n\"b\\\u{1}é status=200";
        let ended = EndedCall {
            method: Some(MethodName::Other(evil)),
            calls: Some(3),
            client: "[2001:db8::1]:80",
            user: Some(evil),
            limited: Some("address"),
            trace: Some("00-ab-cd-01"),
            node: Some("b"),
            outcome: Some("limited"),
            error: Some(evil),
            ..SHORT
        };
        let text = line(&ended, Form::Json);
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({
                "timestamp": "2025-01-01T00:00:00.900Z", "level": "INFO", "target": "rpc_request",
                "request_id": "abc12345", "method": evil, "calls": 3, "client_addr": "[2001:db8::1]:80",
                "request_size": 123, "status": 200, "duration_ms": 2.5, "response_size": 45, "user": evil,
                "limited": "address", "traceparent": "00-ab-cd-01", "node": "b", "outcome": "limited", "error": evil,
            })
        );
        let text = line(&ended, Form::Text);
        assert_eq!(
            (
                text.matches('\n').count(),
                text.matches(" status=200 ").count()
            ),
            (1, 1),
            "{text}"
        );
        assert!(
            text.contains(r#" method="a\n\"b\\\u{1}é status=200" calls=3 "#),
            "{text}"
        );
    }

    #[test]
    fn times_are_reported_to_the_microsecond_as_numbers_of_one_kind() {
        for (nanos, text) in [
            (0, "0.0"),
            (499, "0.0"),
            (500, "0.001"),
            (120_000, "0.12"),
            (3_000_000, "3.0"),
        ] {
            let ended = EndedCall {
                took: Duration::from_nanos(nanos),
                ..SHORT
            };
            assert!(
                line(&ended, Form::Text).contains(&format!(" duration_ms={text} ")),
                "{nanos}"
            );
        }
        let ended = EndedCall {
            took: Duration::from_nanos(86_400_000_000_999),
            ..SHORT
        };
        let value: Value = serde_json::from_str(&line(&ended, Form::Json)).unwrap();
        assert_eq!(value["duration_ms"].to_string(), "86400000.001");
    }
}
