//! Which requests are ordinary calls that have come whole. Pure.
//!
//! Refuses to judge the others: what is unusual, incomplete or wrong is none, and `hyper` sees to it. Invariant: what is
//! taken for an ordinary call means the same to whoever reads it.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::gateway::{FORWARDED_FOR, Request as Asked, TRACEPARENT};

/// An ordinary call, at the beginning of what has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) asked: Asked<'a>,
    /// `X-Request-Id`.
    pub(super) request_id: Option<&'a [u8]>,
    /// Where its body is. Behind it the next request begins.
    pub(super) body: Range<usize>,
}

/// Who has more to say is no ordinary client.
const MOST_HEADERS: usize = 32;
/// Headers that change what the request is, or what its connection does.
const UNUSUAL: [&str; 5] = ["transfer-encoding", "expect", "upgrade", "origin", "http2-settings"];

/// The call that `bytes` begin with, if it is an ordinary one, and all of it is there.
pub(super) fn read(bytes: &[u8]) -> Option<Call<'_>> {
    let mut lines = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut []);
    let parsed = head.parse_with_uninit_headers(bytes, &mut lines).ok()?;
    let httparse::Status::Complete(start) = parsed else { return None };
    let path = head.path.filter(|path| is_plain(path))?;
    if head.method != Some("POST") || head.version != Some(1) {
        return None;
    }
    let (mut asked, mut request_id, mut length) = (Asked { path, ..Asked::default() }, None, None);
    for line in &*head.headers {
        let is = |name: &str| line.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            once(&mut length, line.value)?;
        } else if is("authorization") {
            once(&mut asked.authorization, line.value)?;
        } else if is("content-type") {
            once(&mut asked.content_type, line.value)?;
        } else if is("x-request-id") {
            once(&mut request_id, line.value)?;
        } else if is(TRACEPARENT) {
            once(&mut asked.traceparent, line.value)?;
        } else if is(FORWARDED_FOR) {
            asked.forwarded_for.push(line.value);
        } else if is("connection") {
            if !line.value.eq_ignore_ascii_case(b"keep-alive") {
                return None;
            }
        } else if UNUSUAL.into_iter().any(is) {
            return None;
        }
    }
    let end = start.checked_add(length.map_or(Some(0), number)?)?;
    (end <= bytes.len()).then_some(Call { asked, request_id, body: start..end })
}

/// A header of which there is one, or none.
fn once<'a>(known: &mut Option<&'a [u8]>, value: &'a [u8]) -> Option<()> {
    known.replace(value).is_none().then_some(())
}

/// `/`, or the way to a wallet in letters that stand for themselves.
fn is_plain(path: &str) -> bool {
    let stands_for_itself = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    path == "/" || path.strip_prefix("/wallet/").is_some_and(|name| name.bytes().all(stands_for_itself))
}

/// A number as everybody writes it.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
