//! A request as the gateway reads it, whichever parser has read it.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};

/// `X-Forwarded-For`, see `client`.
pub(crate) const FORWARDED_FOR: &str = "x-forwarded-for";
/// Which of several nodes has answered.
pub(crate) const NODE_HEADER: &str = "X-Bllvmctl-Node";
/// The trace that a request belongs to (W3C Trace Context).
pub(crate) const TRACEPARENT: &str = "traceparent";
/// What the vendors of tracing systems add to it.
pub(crate) const TRACESTATE: &str = "tracestate";

/// The parts of a request's head that matter here. Of a repeated header it is the first, except for
/// `X-Forwarded-For` and `tracestate`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpcRequest<'a> {
    /// Path and query.
    pub path: &'a str,
    /// `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// `traceparent`.
    pub traceparent: Option<&'a [u8]>,
    /// `tracestate`, line by line.
    pub tracestate: Vec<&'a [u8]>,
    /// `X-Forwarded-For`, line by line.
    pub forwarded_for: Vec<&'a [u8]>,
}

impl<'a> RpcRequest<'a> {
    /// The request to `path` with these headers.
    #[must_use]
    pub fn new(path: &'a str, headers: &'a HeaderMap) -> Self {
        Self {
            path,
            authorization: headers.get(AUTHORIZATION).map(HeaderValue::as_bytes),
            content_type: headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes),
            traceparent: headers.get(TRACEPARENT).map(HeaderValue::as_bytes),
            tracestate: lines(headers, TRACESTATE),
            forwarded_for: lines(headers, FORWARDED_FOR),
        }
    }
}

/// Each line of the header `name`.
fn lines<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines.map(HeaderValue::as_bytes).collect()
}
