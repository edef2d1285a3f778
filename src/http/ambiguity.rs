//! Requests that another server may read in another way, or that a browser sent for somebody else:
//! nothing of them is passed on.

use hyper::Request;
use hyper::body::Body;
use hyper::header::{ORIGIN, TRANSFER_ENCODING};

use super::host;
use super::server::connections::RequestBody;
use crate::gateway::Objection;

/// Why a call is refused before the gateway reads it. `names_itself`: it calls this server by a
/// name of its own, or need not.
pub(super) fn objection(request: &Request<RequestBody>, names_itself: bool) -> Option<Objection> {
    let headers = request.headers();
    let unclear = unclear_target(request)
        .or_else(|| unclear_length(request))
        .or_else(|| host::contradiction(headers));
    if let Some(why) = unclear {
        return Some(Objection::Unclear(why));
    }
    if host::is_foreign(headers) {
        return Some(Objection::ForeignOrigin);
    }
    (headers.contains_key(ORIGIN) && !names_itself).then_some(Objection::ForeignHost)
}

/// Why it is not clear where a call goes: a node takes a whole URL for a path, which it does not
/// know.
fn unclear_target(request: &Request<RequestBody>) -> Option<&'static str> {
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
