//! The name of a request: the client's or one of ours, in its answer and in the log.

use std::cell::RefCell;

use bytes::BytesMut;
use hyper::Response;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, InvalidHeaderValue};

use super::reply::Reply;
use super::server::header_case::response;
use crate::gateway::Body;
use crate::logging::RequestId;

pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    /// Where the names of requests are written, so that not each of them is an allocation of its
    /// own.
    static NAME_BUFFER: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

fn header_value(id: &RequestId) -> Result<HeaderValue, InvalidHeaderValue> {
    const BUFFER_BYTES: usize = 4096;
    let id = id.as_str().as_bytes();
    let name = NAME_BUFFER.with_borrow_mut(|names| {
        if names.capacity() < id.len() {
            *names = BytesMut::with_capacity(BUFFER_BYTES);
        }
        names.extend_from_slice(id);
        names.split().freeze()
    });
    HeaderValue::from_maybe_shared(name)
}

/// `reply` with the request's name, and the end of the connection if it is the last.
pub(super) fn finished(reply: Reply, id: &RequestId, last: bool) -> Response<Body> {
    let mut reply = response(reply);
    if let Ok(value) = header_value(id) {
        reply.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    if last {
        reply
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    reply
}
