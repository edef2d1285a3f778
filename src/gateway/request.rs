//! A request as the gateway looks at it, whoever has read it.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};

/// `X-Forwarded-For`, see `client`.
pub(crate) const FORWARDED_FOR: &str = "x-forwarded-for";
/// The trace that a request belongs to (W3C Trace Context).
pub(crate) const TRACEPARENT: &str = "traceparent";

/// What of a request's head matters here. Of a header that is there several times it is the first,
/// but for `X-Forwarded-For`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpcRequest<'a> {
    /// Where it goes: path and query.
    pub path: &'a str,
    /// `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// `traceparent`.
    pub traceparent: Option<&'a [u8]>,
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
            forwarded_for: headers
                .get_all(FORWARDED_FOR)
                .iter()
                .map(HeaderValue::as_bytes)
                .collect(),
        }
    }
}
