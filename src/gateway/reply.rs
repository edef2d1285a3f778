//! From what came of a call to an HTTP answer: the node's, or our own refusal.

use std::sync::Arc;

use hyper::ext::ReasonPhrase;
use hyper::{Response, StatusCode};
use tokio::time::{Instant, sleep_until};

use super::Gateway;
use super::body::{Answer, Body, NodeBody};
use super::lines::Lines;
use super::parse::{Calls, Malformed, Version};
use super::record::{Record, Untold};
use super::refusal::Refusal;
use super::wire::Head;
use crate::clock;
use crate::metrics::{Front, Outcome};

/// An answer.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// What the node calls it, if others call it otherwise.
    pub reason: Option<ReasonPhrase>,
    /// Its headers. Of those that say where the body ends only the node's `Content-Length` may be
    /// among them.
    pub lines: Lines,
    /// Its body.
    pub body: Body,
    /// Whether the node gave it.
    pub of_node: bool,
    /// What the log and the metrics are told of it when this is dropped, if all of it was there
    /// before it was handed over.
    pub untold: Option<Untold>,
}

impl From<Reply> for Response<Body> {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.lines.to_map();
        if let Some(reason) = reply.reason {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

/// A request that is not answered by the node.
pub(super) struct Refused {
    refusal: Refusal,
    body: String,
    record: Box<Record>,
}

impl Refused {
    /// `refusal` of a request that makes `calls`, if that is known.
    #[cold]
    pub(super) fn new(refusal: Refusal, calls: Option<&Calls<'_>>, record: Box<Record>) -> Self {
        let body = refusal.body(calls);
        Self {
            refusal,
            body,
            record,
        }
    }

    /// A body that is no call.
    #[cold]
    pub(super) fn malformed(malformed: Malformed, record: Box<Record>) -> Self {
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
        Self {
            refusal,
            body,
            record,
        }
    }

    /// The answer.
    #[cold]
    pub(super) fn reply(self, front: &Front) -> Reply {
        let Self {
            refusal,
            body,
            mut record,
        } = self;
        front.error(i64::from(refusal.code()));
        record.limited = record.limited.or(refusal.limited());
        record.status = Some(refusal.status());
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let untold = record.end(
            refusal.outcome(),
            size,
            Some(refusal.to_string()),
            clock::mono(),
        );
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
            status,
            reason: None,
            lines,
            body: Body::whole(body),
            of_node: false,
            untold: Some(untold),
        }
    }
}

impl Gateway {
    /// Passes the node's answer on: whole if all of it was read ahead, else as it comes.
    pub(super) fn pass_on(
        self: &Arc<Self>,
        head: Head,
        answer: Answer,
        mut record: Box<Record>,
        until: Instant,
    ) -> Reply {
        record.status = Some(head.status.as_u16());
        let outcome = if head.status.is_success() {
            Outcome::Answered
        } else {
            Outcome::NodeError
        };
        if let Some(code) = error_code(answer.ahead()) {
            self.front.error(code);
        }
        let (body, untold) = if answer.is_whole() {
            let (bytes, connection) = answer.into_parts();
            let now = clock::mono();
            self.pool.give_back(connection, now);
            let untold = record.end(
                outcome,
                u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                None,
                now,
            );
            (Body::whole(bytes), Some(untold))
        } else {
            let until = sleep_until(until);
            (
                Body::Node(Box::new(NodeBody::new(
                    answer,
                    Arc::clone(self),
                    record,
                    outcome,
                    until,
                ))),
                None,
            )
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
            of_node: true,
            untold,
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
