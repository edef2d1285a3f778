//! The log of requests that are not calls: a line when one came, one when it is answered.

use std::fmt;

use hyper::body::Body;
use hyper::{Method, Request};
use tracing::{debug, info};

use super::reply::Reply;
use super::route::Route;
use super::server::LocalUser;
use super::server::connections::RequestBody;
use crate::clock;
use crate::gateway::TRACEPARENT;
use crate::logging::{RequestId, traceparent};
use crate::values::{ClientAddr, Mono};

/// Who sent a request.
#[derive(Clone, Copy)]
pub(super) enum Requester<'a> {
    /// Over TCP.
    Remote(&'a ClientAddr),
    /// Over the control socket.
    Local(LocalUser),
}

impl<'a> Requester<'a> {
    fn client_addr(self) -> Option<&'a str> {
        match self {
            Self::Remote(address) => Some(address.as_str()),
            Self::Local(_) => None,
        }
    }
}

/// A local user is the message of the line: `by uid=1000`.
impl fmt::Display for Requester<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remote(_) => Ok(()),
            Self::Local(user) => write!(f, "by {user}"),
        }
    }
}

/// A request that is logged, until it is answered.
pub(super) struct RequestEntry<'a> {
    arrived: Mono,
    request_id: String,
    requester: Requester<'a>,
    method: String,
    path: String,
    /// Reads are logged at debug.
    quiet: bool,
    /// Probes are, whatever came of them.
    is_probe: bool,
}

macro_rules! line {
    ($quiet:expr, $($field:tt)*) => {
        if $quiet {
            debug!(target: "http_request", $($field)*)
        } else {
            info!(target: "http_request", $($field)*)
        }
    };
}

impl<'a> RequestEntry<'a> {
    /// Logs that `request` came.
    pub(super) fn arrived(
        request: &Request<RequestBody>,
        requester: Requester<'a>,
        route: &Route,
        id: &RequestId,
    ) -> Self {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let entry = Self {
            arrived: clock::mono(),
            request_id: id.as_str().to_owned(),
            requester,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            quiet: route.is_quiet() || (is_read && matches!(route, Route::Control | Route::Page)),
            is_probe: route.is_quiet(),
        };
        let trace = request
            .headers()
            .get(TRACEPARENT)
            .and_then(|trace| traceparent(trace.as_bytes()))
            .map(str::to_owned);
        line!(
            entry.quiet,
            request_id = entry.request_id,
            method = entry.method,
            path = entry.path,
            client_addr = requester.client_addr(),
            request_size = request.body().size_hint().exact(),
            traceparent = trace,
            "{requester}"
        );
        entry
    }

    /// Logs that it was answered with `reply`.
    pub(super) fn answered(self, reply: &Reply) {
        // To the microsecond; what is beyond would only show how floating point counts.
        let duration_ms = (clock::mono().since(self.arrived).as_secs_f64() * 1e6).round() / 1e3;
        let status = reply.status.as_u16();
        // An attempt to read without permission is logged at info.
        let quiet = self.quiet && (self.is_probe || !matches!(status, 401 | 403 | 429));
        line!(
            quiet,
            request_id = self.request_id,
            method = self.method,
            path = self.path,
            status,
            duration_ms,
            response_size = reply.body().size_hint().exact(),
            client_addr = self.requester.client_addr(),
            "{}",
            self.requester
        );
    }
}
