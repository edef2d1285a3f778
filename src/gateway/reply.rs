//! From what came of a call to an HTTP answer: the node's, or our own refusal.

use std::sync::Arc;

use hyper::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    WWW_AUTHENTICATE,
};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Response, StatusCode};
use tokio::time::{Instant, sleep_until};

use super::Gateway;
use super::body::{Answer, Body, NodeBody};
use super::parse::{Calls, Malformed, Version};
use super::record::Record;
use super::refusal::Refusal;
use crate::clock;
use crate::metrics::{Front, Outcome};

/// A request that is not answered by the node.
pub(super) struct Refused {
    refusal: Refusal,
    body: String,
    record: Record,
}

impl Refused {
    /// `refusal` of a request that makes `calls`, if that is known.
    pub(super) fn new(refusal: Refusal, calls: Option<&Calls<'_>>, record: Record) -> Box<Self> {
        let body = refusal.body(calls);
        Box::new(Self { refusal, body, record })
    }

    /// A body that is no call.
    pub(super) fn malformed(malformed: Malformed, record: Record) -> Box<Self> {
        let (refusal, id, version) = match malformed {
            Malformed::NotJson(detail) => (Refusal::NotJson(detail), None, Version::One),
            Malformed::NotACall { detail, id, version } => (Refusal::NotACall(detail), id, version),
            Malformed::TooMany { most } => (Refusal::BatchTooLarge { most }, None, Version::One),
        };
        let body = refusal.body_with_id(id.as_deref(), version);
        Box::new(Self { refusal, body, record })
    }

    /// The answer.
    pub(super) fn response(self, front: &Front) -> Response<Body> {
        let Self { refusal, body, mut record } = self;
        front.error(i64::from(refusal.code()));
        record.limited = record.limited.or(refusal.limited());
        record.status = Some(refusal.status());
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        record.finish(refusal.outcome(), size, Some(&refusal.to_string()));
        let mut response = Response::new(Body::whole(body));
        *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = refusal.retry_after_secs() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if refusal == Refusal::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"jsonrpc\""));
        }
        response
    }
}

impl Gateway {
    /// Passes the node's answer on: whole if all of it was read ahead, else as it comes.
    pub(super) fn pass_on(
        self: &Arc<Self>,
        head: Response<()>,
        answer: Answer,
        mut record: Record,
        until: Instant,
    ) -> Response<Body> {
        let (mut head, ()) = head.into_parts();
        record.status = Some(head.status.as_u16());
        let outcome = if head.status.is_success() { Outcome::Answered } else { Outcome::NodeError };
        drop_hop_by_hop(&mut head);
        // Ours, not the node's (RFC 9110, 2.5).
        head.version = hyper::Version::HTTP_11;
        if let Some(code) = error_code(answer.ahead()) {
            self.front.error(code);
        }
        let body = if answer.is_whole() {
            let (bytes, connection) = answer.into_parts();
            self.pool.give_back(connection, clock::mono());
            record.finish(outcome, u64::try_from(bytes.len()).unwrap_or(u64::MAX), None);
            Body::whole(bytes)
        } else {
            let until = sleep_until(until);
            Body::Node(Box::new(NodeBody::new(answer, Arc::clone(self), record, outcome, until)))
        };
        Response::from_parts(head, body)
    }
}

/// Headers that are about one connection and not about the answer (RFC 9110, 7.6.1), but for those `Connection` names.
static HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

fn drop_hop_by_hop(head: &mut Parts) {
    let headers = &mut head.headers;
    // A look at the few that there are costs less than a search for each that there is not.
    while let Some(name) = headers.keys().find_map(|name| HOP_BY_HOP.iter().find(|hop| *hop == name)) {
        if name == CONNECTION {
            let named: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
            for named in &named {
                drop_named(headers, named);
            }
        }
        headers.remove(name);
    }
}

fn drop_named(headers: &mut HeaderMap, named: &HeaderValue) {
    // What nearly all say, and names no header that is not dropped anyway.
    if ["keep-alive", "close"].iter().any(|usual| named.as_bytes().eq_ignore_ascii_case(usual.as_bytes())) {
        return;
    }
    for name in named.to_str().unwrap_or_default().split(',') {
        headers.remove(name.trim());
    }
}

/// The JSON-RPC code of an answer that begins as bitcoind writes errors: in version 1 after a null result.
fn error_code(body: &[u8]) -> Option<i64> {
    const BEGINNINGS: [&[u8]; 2] = [br#"{"result":null,"error":{"code":"#, br#"{"jsonrpc":"2.0","error":{"code":"#];
    let rest = BEGINNINGS.iter().find_map(|beginning| body.strip_prefix(*beginning))?;
    let end = rest.iter().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'))?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_error_is_found_in_both_versions() {
        assert_eq!(error_code(br#"{"result":null,"error":{"code":-8,"message":"x"},"id":1}"#), Some(-8));
        assert_eq!(error_code(br#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"x"},"id":1}"#), Some(-32601));
        assert_eq!(error_code(br#"{"result":null,"error":null,"id":1}"#), None);
        assert_eq!(error_code(b""), None);
    }

    #[test]
    fn headers_of_the_connection_are_not_passed_on() {
        let mut head = Response::new(()).into_parts().0;
        for (name, value) in
            [("connection", "close, x-hop"), ("connection", "x-leap"), ("x-hop", "1"), ("x-leap", "2"), ("te", "gzip")]
        {
            head.headers.append(name, HeaderValue::from_static(value));
        }
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        drop_hop_by_hop(&mut head);
        assert_eq!(head.headers.len(), 1);
    }
}
