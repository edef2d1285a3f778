//! Which requests are plain, and have come whole. Pure.
//!
//! Refuses to judge the others: what is unusual, incomplete or wrong is none, and `hyper` sees to
//! it. Invariant: what is taken for a plain request means the same to whoever reads it.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::gateway::{FORWARDED_FOR, RpcRequest, TRACEPARENT, TRACESTATE};
use crate::values::decimal;

/// A plain request, at the beginning of what has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlainRequest<'a> {
    pub(super) asked: RequestKind<'a>,
    /// `X-Request-Id`.
    pub(super) id: Option<&'a [u8]>,
    /// Where its body is. Behind it the next request begins.
    pub(super) body: Range<usize>,
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RequestKind<'a> {
    /// A POST to where calls go.
    Call(RpcRequest<'a>),
    /// A GET of this path and query, which are about health.
    Probe(&'a str),
}

/// Who has more to say is no plain client.
const MAX_HEADERS: usize = 32;
/// Headers that change what the request is, or what its connection does; or that speak of another
/// protocol.
const UNSUPPORTED_HEADERS: [&str; 5] = [
    "transfer-encoding",
    "expect",
    "upgrade",
    "origin",
    "http2-settings",
];

/// Reads requests of one client, and knows the head of the last one again: most clients say the
/// same with each call.
#[derive(Default)]
pub(super) struct HeadReader {
    last: Option<KnownHead>,
}

/// A head, and where in it what matters is. Its client's credentials are in it, for as long as the
/// connection lasts: it is never shown.
struct KnownHead {
    bytes: Vec<u8>,
    is_call: bool,
    path: Range<usize>,
    authorization: Option<Range<usize>>,
    content_type: Option<Range<usize>>,
    /// Bytes of the body.
    length: usize,
}

impl HeadReader {
    /// The request that `bytes` begin with, if it is a plain one, and all of it is there.
    pub(super) fn read<'a>(&'a mut self, bytes: &'a [u8]) -> Option<PlainRequest<'a>> {
        if self
            .last
            .as_ref()
            .is_some_and(|known| bytes.starts_with(&known.bytes))
        {
            return self
                .last
                .as_ref()
                .and_then(|known| known.request(bytes.len()));
        }
        self.read_another(bytes)
    }

    #[inline(never)]
    fn read_another<'a>(&mut self, bytes: &'a [u8]) -> Option<PlainRequest<'a>> {
        let request = read(bytes)?;
        let kept = self
            .last
            .take()
            .map(|known| known.bytes)
            .unwrap_or_default();
        self.last = KnownHead::of(&request, bytes, kept);
        Some(request)
    }
}

impl KnownHead {
    /// A longer head is not kept.
    const MAX_CACHED_HEAD_BYTES: usize = 1024;

    /// The head of `request`, which `bytes` begin with, written over what was `kept`; `None` if it
    /// says something that differs from request to request.
    fn of(request: &PlainRequest<'_>, bytes: &[u8], mut kept: Vec<u8>) -> Option<Self> {
        let head = bytes
            .get(..request.body.start)
            .filter(|head| head.len() <= Self::MAX_CACHED_HEAD_BYTES && request.id.is_none())?;
        let (call, path) = match &request.asked {
            RequestKind::Call(call)
                if call.traceparent.is_some()
                    || !call.tracestate.is_empty()
                    || !call.forwarded_for.is_empty() =>
            {
                return None;
            }
            RequestKind::Call(call) => (Some(call), call.path),
            RequestKind::Probe(path) => (None, *path),
        };
        let found =
            |value: Option<&[u8]>| value.map_or(Some(None), |value| place(value, head).map(Some));
        let path = place(path.as_bytes(), head)?;
        let is_call = call.is_some();
        let length = request.body.len();
        let authorization = found(call.and_then(|call| call.authorization))?;
        let content_type = found(call.and_then(|call| call.content_type))?;
        kept.clear();
        kept.extend_from_slice(head);
        Some(Self {
            bytes: kept,
            is_call,
            path,
            authorization,
            content_type,
            length,
        })
    }

    /// The request with this head, if of all that has come, so many bytes, its body is a part.
    fn request(&self, come: usize) -> Option<PlainRequest<'_>> {
        let at = |place: &Option<Range<usize>>| self.bytes.get(place.clone()?);
        let path = std::str::from_utf8(self.bytes.get(self.path.clone())?).ok()?;
        let authorization = at(&self.authorization);
        let content_type = at(&self.content_type);
        let call = || RpcRequest {
            path,
            authorization,
            content_type,
            ..RpcRequest::default()
        };
        let asked = if self.is_call {
            RequestKind::Call(call())
        } else {
            RequestKind::Probe(path)
        };
        let end = self
            .bytes
            .len()
            .checked_add(self.length)
            .filter(|end| *end <= come)?;
        Some(PlainRequest {
            asked,
            id: None,
            body: self.bytes.len()..end,
        })
    }
}

/// Where in `whole` its `part` is, if it is one.
fn place(part: &[u8], whole: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start
        .checked_add(part.len())
        .filter(|end| *end <= whole.len())?;
    Some(start..end)
}

/// The same as [`HeadReader::read`], of a client that has said nothing before.
fn read(bytes: &[u8]) -> Option<PlainRequest<'_>> {
    let mut lines = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut []);
    let parsed = head.parse_with_uninit_headers(bytes, &mut lines).ok()?;
    let httparse::Status::Complete(start) = parsed else {
        return None;
    };
    let path = head.path.filter(|_| head.version == Some(1))?;
    let is_call = match head.method {
        Some("POST") if is_for_calls(path) => true,
        Some("GET") if is_about_health(path) => false,
        _ => return None,
    };
    let mut call = RpcRequest {
        path,
        ..RpcRequest::default()
    };
    let mut id = None;
    let mut length = None;
    let mut host = None;
    for line in &*head.headers {
        let is = |name: &str| line.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            once(&mut length, line.value)?;
        } else if is("authorization") {
            once(&mut call.authorization, line.value)?;
        } else if is("content-type") {
            once(&mut call.content_type, line.value)?;
        } else if is("x-request-id") {
            once(&mut id, line.value)?;
        } else if is(TRACEPARENT) {
            once(&mut call.traceparent, line.value)?;
        } else if is(TRACESTATE) {
            call.tracestate.push(line.value);
        } else if is(FORWARDED_FOR) {
            call.forwarded_for.push(line.value);
        } else if is("host") {
            once(&mut host, line.value)?;
        } else if is("connection") {
            if !line.value.eq_ignore_ascii_case(b"keep-alive") {
                return None;
            }
        } else if UNSUPPORTED_HEADERS.into_iter().any(is) {
            return None;
        }
    }
    let length = length
        .map_or(Some(0), decimal)
        .filter(|length| is_call || *length == 0)?;
    let end = start
        .checked_add(usize::try_from(length).ok()?)
        .filter(|end| *end <= bytes.len())?;
    let asked = if is_call {
        RequestKind::Call(call)
    } else {
        RequestKind::Probe(path)
    };
    Some(PlainRequest {
        asked,
        id,
        body: start..end,
    })
}

/// A header of which there is one, or none.
fn once<'a>(known: &mut Option<&'a [u8]>, value: &'a [u8]) -> Option<()> {
    known.replace(value).is_none().then_some(())
}

/// `/`, or the way to a wallet or to a node in letters that stand for themselves.
fn is_for_calls(path: &str) -> bool {
    let is_plain = |name: &str| name.bytes().all(stands_for_itself);
    let is_wallet = |path: &str| path.strip_prefix("/wallet/").is_some_and(is_plain);
    path == "/"
        || is_wallet(path)
        || path.strip_prefix("/node/").is_some_and(|rest| {
            let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            is_plain(name) && (path.is_empty() || path == "/" || is_wallet(path))
        })
}

/// The same for probes, with a query.
fn is_about_health(path: &str) -> bool {
    let is_plain =
        |byte: u8| stands_for_itself(byte) || matches!(byte, b'/' | b'?' | b'=' | b'&' | b',');
    path.strip_prefix("/health")
        .is_some_and(|rest| rest.bytes().all(is_plain))
}

/// RFC 3986, 2.3.
fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
