//! From the result of a request to an HTTP answer: the node's, or a refusal of the gateway.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::ext::ReasonPhrase;

use tokio::time::{Instant, sleep_until};

use super::access_log::LogEntry;
use super::body::{Body, NodeBody};
use super::exchange::NodeReply;
use super::lines::HeaderLines;
use super::parse::{MalformedBody, RpcCalls, RpcVersion};
use super::refusal::CallRefusal;
use super::streamed::StreamedAnswers;
use super::upstream::wire::ResponseHead;
use crate::clock;
use crate::limit::network_of;
use crate::metrics::{CallOutcome, GatewayMetrics};
use crate::values::Mono;

/// An answer to an HTTP request, of the node or of the gateway.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// What the node calls it, if others call it otherwise.
    pub reason: Option<ReasonPhrase>,
    /// Its headers. Of those that say where the body ends only the node's `Content-Length` may be
    /// among them.
    pub lines: HeaderLines,
    /// Which node has answered, where there are several: `X-Bllvmctl-Node`.
    pub node: Option<Arc<str>>,
    body: Body,
    /// The access log entry that is written when this is dropped, if the body is complete already.
    log: Option<Box<LogEntry>>,
}

impl Reply {
    /// An answer that is whole already, with these headers.
    #[must_use]
    pub fn new(status: StatusCode, lines: HeaderLines, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            reason: None,
            lines,
            node: None,
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

/// A refusal, and its body with the ids of the caller as far as they are known.
pub(super) struct RefusalReply {
    refusal: CallRefusal,
    body: String,
}

impl RefusalReply {
    /// `refusal` of a request that makes `calls`.
    #[cold]
    pub(super) fn of(refusal: CallRefusal, calls: &RpcCalls<'_>) -> Self {
        let body = refusal.body(Some(calls));
        Self { refusal, body }
    }
}

/// Of a request whose calls are not known.
impl From<CallRefusal> for RefusalReply {
    #[cold]
    fn from(refusal: CallRefusal) -> Self {
        let body = refusal.body(None);
        Self { refusal, body }
    }
}

/// Of a body that is no call.
impl From<MalformedBody> for RefusalReply {
    #[cold]
    fn from(malformed: MalformedBody) -> Self {
        let (refusal, id, version) = match malformed {
            MalformedBody::NotJson(detail) => (CallRefusal::NotJson(detail), None, RpcVersion::One),
            MalformedBody::NotACall {
                detail,
                id,
                version,
            } => (CallRefusal::NotACall(detail), id, version),
            MalformedBody::TooMany { most } => {
                (CallRefusal::BatchTooLarge { most }, None, RpcVersion::One)
            }
        };
        let body = refusal.body_with_id(id.as_deref(), version);
        Self { refusal, body }
    }
}

/// The answer to a request that is refused, whichever step did it.
#[cold]
pub(super) fn refuse(
    metrics: &GatewayMetrics,
    refused: RefusalReply,
    mut log: Box<LogEntry>,
) -> Reply {
    let RefusalReply { refusal, body } = refused;
    metrics.error(i64::from(refusal.code()));
    log.limited = log.limited.or(refusal.limited());
    log.status = Some(refusal.status());
    let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let error = Some(refusal.to_string());
    log.end(refusal.outcome(), size, error, clock::mono());
    let mut lines = HeaderLines::default();
    lines.push("Content-Type", b"application/json");
    if let Some(seconds) = refusal.retry_after_secs() {
        lines.push(
            "Retry-After",
            itoa::Buffer::new().format(seconds).as_bytes(),
        );
    }
    if refusal == CallRefusal::Unauthorized {
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
    metrics: &GatewayMetrics,
    streamed: &Arc<StreamedAnswers>,
    forwarded: NodeReply<'_>,
    mut log: Box<LogEntry>,
    until: Instant,
) -> Reply {
    let NodeReply {
        head,
        answer,
        upstream,
        node,
    } = forwarded;
    log.node.clone_from(&node);
    log.status = Some(head.status.as_u16());
    let outcome = if head.status.is_success() {
        CallOutcome::Answered
    } else {
        CallOutcome::NodeError
    };
    if let Some(code) = error_code(answer.ahead()) {
        metrics.error(code);
    }
    let (body, log) = if answer.is_whole() {
        let (bytes, connection) = answer.into_parts();
        let now = clock::mono();
        upstream.give_back(connection, now);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        log.end(outcome, size, None, now);
        (Body::whole(bytes), Some(log))
    } else {
        let streamed = streamed.begin(network_of(log.origin.client));
        let upstream = Arc::clone(upstream);
        let until = sleep_until(until);
        let body = NodeBody::new(answer, upstream, log, streamed, outcome, until);
        (Body::Node(Box::new(body)), None)
    };
    let ResponseHead {
        status,
        reason,
        lines,
        ..
    } = head;
    Reply {
        status,
        reason,
        lines,
        node,
        body,
        log,
    }
}

/// The JSON-RPC code of an answer that begins as bitcoind writes errors: in version 1 after a null
/// result.
fn error_code(body: &[u8]) -> Option<i64> {
    const ERROR_PREFIXES: [&[u8]; 2] = [
        br#"{"result":null,"error":{"code":"#,
        br#"{"jsonrpc":"2.0","error":{"code":"#,
    ];
    let rest = ERROR_PREFIXES
        .iter()
        .find_map(|prefix| body.strip_prefix(*prefix))?;
    let end = rest
        .iter()
        .position(|byte| !matches!(byte, b'-' | b'0'..=b'9'))?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use tokio_util::sync::CancellationToken;

    use super::super::access_log::{AccessLog, RequestOrigin};
    use super::super::failed_logins::FailedLogins;
    use super::super::upstream::Upstream;
    use super::super::upstream::answer::NodeAnswer;
    use super::super::upstream::connection::tests::{connection, destination};
    use super::*;
    use crate::limit::Limiter;
    use crate::logging::RequestId;
    use crate::metrics::Recorder;
    use crate::values::ClientAddr;

    /// The log, and an entry in it for a request from loopback.
    fn entry(metrics: &Arc<GatewayMetrics>) -> (Arc<AccessLog>, Box<LogEntry>) {
        let log = Arc::new(AccessLog::new(Arc::clone(metrics)));
        let address = Ipv4Addr::LOCALHOST.into();
        let origin = RequestOrigin {
            peer: ClientAddr::from(SocketAddr::new(address, 1)),
            client: address,
            key: Limiter::default().address(address),
        };
        let id = RequestId::from_client(b"an-id").unwrap();
        let entry = LogEntry::new(Arc::clone(&log), id, Mono::START, origin);
        (log, entry)
    }

    fn metrics() -> Arc<GatewayMetrics> {
        Arc::new(Recorder::new().unwrap().gateway().unwrap())
    }

    #[test]
    fn a_reply_that_is_dropped_without_being_sent_is_logged_once() {
        let metrics = metrics();
        for is_taken in [false, true] {
            let (log, entry) = entry(&metrics);
            let reply = refuse(&metrics, CallRefusal::Unauthorized.into(), entry);
            assert_eq!(log.processed(), 0);
            if is_taken {
                let body = reply.into_body();
                assert_eq!(log.processed(), 1);
                drop(body);
            } else {
                drop(reply);
            }
            assert_eq!(log.processed(), 1);
        }
    }

    #[tokio::test]
    async fn a_streamed_reply_that_is_dropped_without_being_sent_is_logged_once() {
        let metrics = metrics();
        let (log, entry) = entry(&metrics);
        let (connection, _far) = connection(1024);
        let upstream = Upstream::new(
            Arc::into_inner(destination(1)).unwrap(),
            Arc::new(FailedLogins::new(Arc::clone(&metrics))),
            CancellationToken::new(),
            metrics,
        );
        let body = NodeBody::new(
            NodeAnswer::new(connection),
            Arc::new(upstream),
            entry,
            Arc::<StreamedAnswers>::default().begin(1),
            CallOutcome::Answered,
            sleep_until(clock::deadline(std::time::Duration::ZERO)),
        );
        let reply = Reply {
            body: Body::Node(Box::new(body)),
            ..Reply::new(StatusCode::OK, HeaderLines::default(), "")
        };
        assert_eq!(log.processed(), 0);
        drop(reply.into_body());
        assert_eq!(log.processed(), 1);
    }

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
