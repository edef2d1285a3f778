//! The access log: a line about each request once it has ended, and its metrics.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::parse::{ParsedCall, RpcCalls};
use crate::clock;
use crate::limit::BucketKey;
use crate::logging::{EndedCall, MethodName, RequestId};
use crate::metrics::{CallOutcome, GatewayMetrics, Method};
use crate::values::{ClientAddr, Mono};

/// Where a request came from: the peer of the connection, and behind proxies the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestOrigin {
    pub(super) peer: ClientAddr,
    pub(super) client: IpAddr,
    /// What the client's buckets are found by.
    pub(super) key: BucketKey,
}

impl RequestOrigin {
    fn text(&self) -> Cow<'_, str> {
        if self.client == self.peer.address.ip().to_canonical() {
            return Cow::Borrowed(self.peer.as_str());
        }
        Cow::Owned(self.client.to_string())
    }
}

/// The methods a request calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CalledMethods {
    /// Not known, or not yet.
    Nothing,
    One(Method, Box<str>),
    Many(Vec<Method>),
}

impl CalledMethods {
    pub(super) fn of(calls: &RpcCalls<'_>) -> Self {
        match calls {
            RpcCalls::Single(ParsedCall {
                known: Method::Other,
                method,
                ..
            }) => Self::One(Method::Other, method.as_deref().unwrap_or_default().into()),
            // An empty box is no allocation; the label says it.
            RpcCalls::Single(call) => Self::One(call.known, Box::default()),
            RpcCalls::Batch(calls) => Self::Many(calls.iter().map(|call| call.known).collect()),
        }
    }

    fn method(&self) -> Method {
        match self {
            Self::Nothing => Method::Other,
            Self::One(method, _) => *method,
            Self::Many(_) => Method::Batch,
        }
    }

    fn name(&self) -> Option<MethodName<'_>> {
        match self {
            Self::Nothing => None,
            Self::One(Method::Other, name) => Some(MethodName::Other(name)),
            Self::One(method, _) => Some(MethodName::Known(method.label())),
            Self::Many(_) => Some(MethodName::Known(Method::Batch.label())),
        }
    }
}

/// Where requests are counted and logged when they end.
pub(super) struct AccessLog {
    metrics: Arc<GatewayMetrics>,
    processed: AtomicU64,
}

impl AccessLog {
    pub(super) fn new(metrics: Arc<GatewayMetrics>) -> Self {
        Self {
            metrics,
            processed: AtomicU64::new(0),
        }
    }

    /// Calls that have ended since the start, however they did.
    pub(super) fn processed(&self) -> u64 {
        self.processed.load(Ordering::Relaxed)
    }
}

/// One request, from its arrival to its end. It is logged when this is dropped: before the end it
/// says that the client did not wait, after it there may be more urgent work.
pub(super) struct LogEntry {
    log: Arc<AccessLog>,
    id: RequestId,
    pub(super) arrived: Mono,
    pub(super) origin: RequestOrigin,
    pub(super) called: CalledMethods,
    pub(super) request_size: Option<u64>,
    pub(super) user: Option<Arc<str>>,
    /// The layer whose limit it was over.
    pub(super) limited: Option<&'static str>,
    pub(super) trace: Option<Box<str>>,
    /// Which node has answered, where there are several.
    pub(super) node: Option<Arc<str>>,
    pub(super) status: Option<u16>,
    end: Option<RequestEnd>,
}

/// How a request ended.
struct RequestEnd {
    outcome: CallOutcome,
    /// Of the answer's body.
    bytes: u64,
    /// The error, as a sentence.
    error: Option<String>,
    at: Mono,
}

impl LogEntry {
    /// Boxed: it is moved often.
    pub(super) fn new(
        log: Arc<AccessLog>,
        id: RequestId,
        arrived: Mono,
        origin: RequestOrigin,
    ) -> Box<Self> {
        Box::new(Self {
            log,
            id,
            arrived,
            origin,
            called: CalledMethods::Nothing,
            request_size: None,
            user: None,
            limited: None,
            trace: None,
            node: None,
            status: None,
            end: None,
        })
    }

    /// The body of the answer, `bytes` long, ended with `outcome` at `at`. `error` is a sentence.
    pub(super) fn end(
        &mut self,
        outcome: CallOutcome,
        bytes: u64,
        error: Option<String>,
        at: Mono,
    ) {
        self.end = Some(RequestEnd {
            outcome,
            bytes,
            error,
            at,
        });
    }

    /// When it ended.
    pub(super) fn ended_at(&self) -> Option<Mono> {
        self.end.as_ref().map(|end| end.at)
    }

    #[cold]
    fn write_client_gone(&self) {
        self.write(CallOutcome::ClientGone, None, None, clock::mono());
    }

    fn write(
        &self,
        outcome: CallOutcome,
        response_size: Option<u64>,
        error: Option<&str>,
        now: Mono,
    ) {
        let took = now.since(self.arrived);
        let metrics = &self.log.metrics;
        match &self.called {
            CalledMethods::Nothing => metrics.ended(Method::Other, outcome, 1),
            CalledMethods::One(method, _) => metrics.ended(*method, outcome, 1),
            CalledMethods::Many(methods) if methods.is_empty() => {
                metrics.ended(Method::Other, outcome, 1);
            }
            CalledMethods::Many(methods) => methods
                .iter()
                .for_each(|method| metrics.ended(*method, outcome, 1)),
        }
        let calls = match &self.called {
            CalledMethods::Many(methods) => u64::try_from(methods.len()).unwrap_or(u64::MAX).max(1),
            _ => 1,
        };
        self.log.processed.fetch_add(calls, Ordering::Relaxed);
        metrics.took(self.called.method(), took);
        let calls = match &self.called {
            CalledMethods::Many(methods) => Some(methods.len()),
            _ => None,
        };
        EndedCall {
            id: self.id.as_str(),
            method: self.called.name(),
            calls,
            client: &self.origin.text(),
            request_size: self.request_size,
            status: self.status,
            ended: now,
            took,
            response_size,
            user: self.user.as_deref(),
            limited: self.limited,
            trace: self.trace.as_deref(),
            node: self.node.as_deref(),
            outcome: (outcome != CallOutcome::Answered).then_some(outcome.as_str()),
            error,
        }
        .log();
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        match &self.end {
            Some(end) => self.write(end.outcome, Some(end.bytes), end.error.as_deref(), end.at),
            None => self.write_client_gone(),
        }
    }
}
