//! Requests that another server may read in another way: nothing of them is passed on.

use hyper::Request;
use hyper::body::Body;
use hyper::header::TRANSFER_ENCODING;

use super::server::connections::RequestBody;

/// Why it is not clear where a call goes: a node takes a whole URL for a path, which it does not
/// know.
pub(super) fn unclear_target(request: &Request<RequestBody>) -> Option<&'static str> {
    let is_whole_url = request.uri().authority().is_some();
    is_whole_url.then_some("the request's target is a whole URL; send its path alone")
}

/// Why it is not clear where the body ends: another server may see its end elsewhere.
pub(super) fn unclear_length(request: &Request<RequestBody>) -> Option<&'static str> {
    if request.body().is_end_stream() {
        return None;
    }
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => None,
        (Some(_), None) if request.body().has_another_length() => {
            Some("Content-Length and Transfer-Encoding contradict each other; send one of them")
        }
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => None,
        _ => Some("the only Transfer-Encoding that is understood is chunked"),
    }
}
