//! From what came of a request to an HTTP answer: the node's, or our own refusal.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::ext::ReasonPhrase;

use tokio::time::{Instant, sleep_until};

use super::Gateway;
use super::access_log::LogEntry;
use super::body::{Body, NodeBody};
use super::lines::Lines;
use super::parse::{Calls, Malformed, Version};
use super::refusal::Refusal;
use super::upstream::{Head, NodeAnswer, Upstream};
use crate::clock;
use crate::limit::network_of;
use crate::metrics::Outcome;
use crate::values::Mono;

/// An answer to an HTTP request, whoever gives it.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// What the node calls it, if others call it otherwise.
    pub reason: Option<ReasonPhrase>,
    /// Its headers. Of those that say where the body ends only the node's `Content-Length` may be
    /// among them.
    pub lines: Lines,
    body: Body,
    /// What is written to the access log when this is dropped, if all of the body was there before
    /// it was handed over.
    log: Option<Box<LogEntry>>,
}

impl Reply {
    /// An answer that is whole already, with these headers.
    #[must_use]
    pub fn new(status: StatusCode, lines: Lines, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            reason: None,
            lines,
            body: Body::whole(body),
            log: None,
        }
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Its body alone: the log entry is written.
    #[must_use]
    pub fn into_body(self) -> Body {
        self.body
    }

    /// When all of it was there, if it is one of the gateway that is whole.
    #[must_use]
    pub fn ended_at(&self) -> Option<Mono> {
        self.log.as_ref().and_then(|log| log.ended_at())
    }
}

/// A refusal, and its body with what is known of the caller's ids.
pub(super) struct Refused {
    refusal: Refusal,
    body: String,
}

impl Refused {
    /// `refusal` of a request that makes `calls`.
    #[cold]
    pub(super) fn of(refusal: Refusal, calls: &Calls<'_>) -> Self {
        let body = refusal.body(Some(calls));
        Self { refusal, body }
    }
}

/// Of a request whose calls are not known.
impl From<Refusal> for Refused {
    #[cold]
    fn from(refusal: Refusal) -> Self {
        let body = refusal.body(None);
        Self { refusal, body }
    }
}

/// Of a body that is no call.
impl From<Malformed> for Refused {
    #[cold]
    fn from(malformed: Malformed) -> Self {
        let (refusal, id, version) = match malformed {
            Malformed::NotJson(detail) => (Refusal::NotJson(detail), None, Version::One),
            Malformed::NotACall {
                detail,
                id,
                version,
            } => (Refusal::NotACall(detail), id, version),
            Malformed::TooMany { most } => (Refusal::BatchTooLarge { most }, None, Version::One),
        };
        let body = refusal.body_with_id(id.as_deref(), version);
        Self { refusal, body }
    }
}

impl Gateway {
    /// The answer to a request that is refused, whichever step did it.
    #[cold]
    pub(super) fn refuse(&self, refused: Refused, mut log: Box<LogEntry>) -> Reply {
        let Refused { refusal, body } = refused;
        self.metrics.error(i64::from(refusal.code()));
        log.limited = log.limited.or(refusal.limited());
        log.status = Some(refusal.status());
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let error = Some(refusal.to_string());
        log.end(refusal.outcome(), size, error, clock::mono());
        let mut lines = Lines::default();
        lines.push("Content-Type", b"application/json");
        if let Some(seconds) = refusal.retry_after_secs() {
            lines.push(
                "Retry-After",
                itoa::Buffer::new().format(seconds).as_bytes(),
            );
        }
        if refusal == Refusal::Unauthorized {
            lines.push("WWW-Authenticate", b"Basic realm=\"jsonrpc\"");
        }
        let status =
            StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Reply {
            log: Some(log),
            ..Reply::new(status, lines, body)
        }
    }

    /// Passes the node's answer on: whole if all of it was read ahead, else as it comes.
    pub(super) fn pass_on(
        &self,
        head: Head,
        answer: NodeAnswer,
        upstream: &Arc<Upstream>,
        mut log: Box<LogEntry>,
        until: Instant,
    ) -> Reply {
        log.status = Some(head.status.as_u16());
        let outcome = if head.status.is_success() {
            Outcome::Answered
        } else {
            Outcome::NodeError
        };
        if let Some(code) = error_code(answer.ahead()) {
            self.metrics.error(code);
        }
        let (body, log) = if answer.is_whole() {
            let (bytes, connection) = answer.into_parts();
            let now = clock::mono();
            upstream.give_back(connection, now);
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            log.end(outcome, size, None, now);
            (Body::whole(bytes), Some(log))
        } else {
            let streamed = self.streamed.begin(network_of(log.origin.client));
            let (upstream, until) = (Arc::clone(upstream), sleep_until(until));
            let body = NodeBody::new(answer, upstream, log, streamed, outcome, until);
            (Body::Node(Box::new(body)), None)
        };
        let Head {
            status,
            reason,
            lines,
            ..
        } = head;
        Reply {
            status,
            reason,
            lines,
            body,
            log,
        }
    }
}

/// The JSON-RPC code of an answer that begins as bitcoind writes errors: in version 1 after a null
/// result.
fn error_code(body: &[u8]) -> Option<i64> {
    const BEGINNINGS: [&[u8]; 2] = [
        br#"{"result":null,"error":{"code":"#,
        br#"{"jsonrpc":"2.0","error":{"code":"#,
    ];
    let rest = BEGINNINGS
        .iter()
        .find_map(|beginning| body.strip_prefix(*beginning))?;
    let end = rest
        .iter()
        .position(|byte| !matches!(byte, b'-' | b'0'..=b'9'))?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_error_is_found_in_both_versions() {
        assert_eq!(
            error_code(br#"{"result":null,"error":{"code":-8,"message":"x"},"id":1}"#),
            Some(-8)
        );
        assert_eq!(
            error_code(br#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"x"},"id":1}"#),
            Some(-32601)
        );
        assert_eq!(error_code(br#"{"result":null,"error":null,"id":1}"#), None);
        assert_eq!(error_code(b""), None);
    }
}
