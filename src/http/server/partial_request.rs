//! Whether enough of a request has come to be worth the memory that serving it takes. Pure.
//!
//! A client that stops in the middle of a request must cost little more than what it has sent. So
//! the head is waited for here, and so is a short body behind it. Refuses to judge what came: what
//! is wrong, or too long, is enough.

use memchr::memchr_iter;

use crate::values::decimal;

/// What has come of a request.
#[derive(Default)]
pub(super) struct PartialRequest {
    bytes: Vec<u8>,
    /// So much of it was looked at.
    scanned: usize,
    /// Where the request ends, once its head is there.
    end: Option<usize>,
}

/// A longer head is too long, and a longer body is read as it comes.
pub(super) const MAX_PARTIAL_BYTES: usize = 16 * 1024;

impl PartialRequest {
    /// More has come.
    pub(super) fn extend(&mut self, came: &[u8]) {
        self.bytes.extend_from_slice(came);
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity()
    }

    /// Whether nothing has come.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether its head is there, if one has looked whether it is enough.
    pub(super) fn has_head(&self) -> bool {
        self.end.is_some()
    }

    /// What has come.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether it is enough.
    pub(super) fn is_enough(&mut self) -> bool {
        if self.end.is_none() {
            self.end = head_end(&self.bytes, self.scanned.saturating_sub(2)).map(|head| {
                let body = self.bytes.get(..head).and_then(short_body).unwrap_or(0);
                head.saturating_add(body)
            });
            self.scanned = self.bytes.len();
        }
        self.bytes.len() >= self.end.unwrap_or(MAX_PARTIAL_BYTES)
    }
}

/// Whether `bytes` are enough of a request.
pub(super) fn are_enough(bytes: &[u8]) -> bool {
    match head_end(bytes, 0) {
        Some(head) => {
            bytes.len() >= head.saturating_add(bytes.get(..head).and_then(short_body).unwrap_or(0))
        }
        None => bytes.len() >= MAX_PARTIAL_BYTES,
    }
}

/// Where the head that `bytes` begin with ends, if that is at a line end from `from` on. Lines that
/// are empty may stand before it.
fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let begins = bytes
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let from = from.max(begins);
    memchr_iter(b'\n', bytes.get(from..)?).find_map(|at| {
        let next = from + at + 1;
        match bytes.get(next..)? {
            [b'\n', ..] => Some(next + 1),
            [b'\r', b'\n', ..] => Some(next + 2),
            _ => None,
        }
    })
}

/// The length of the body that `head` announces, if it does in the plain way, and the body is
/// short.
fn short_body(head: &[u8]) -> Option<usize> {
    let mut length = None;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        // An answer is due before the body is sent, or the body says itself where it ends.
        if name.eq_ignore_ascii_case(b"expect") || name.eq_ignore_ascii_case(b"transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = decimal(value.get(1..)?.trim_ascii())?;
            if length.replace(value).is_some() {
                return None;
            }
        }
    }
    usize::try_from(length?)
        .ok()
        .filter(|length| *length <= MAX_PARTIAL_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// After how many bytes of `request`, which come one by one, there is enough.
    fn enough_after(request: &[u8]) -> Option<usize> {
        let mut partial = PartialRequest::default();
        (0..request.len()).find_map(|at| {
            partial.extend(&request[at..=at]);
            partial.is_enough().then_some(at + 1)
        })
    }

    #[test]
    fn a_head_is_enough_with_the_short_body_that_it_announces() {
        let get = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
        let post = b"POST / HTTP/1.1\r\ncontent-LENGTH:  5 \r\n\r\n{\"a\"}";
        let bare = b"GET / HTTP/1.1\nHost: x\n\n";
        let led = b"\r\n\r\n\nGET / HTTP/1.1\r\n\r\n";
        for request in [&get[..], post, bare, led] {
            assert_eq!(enough_after(request), Some(request.len()));
            assert!(are_enough(request) && !are_enough(&request[..request.len() - 1]));
        }
    }

    #[test]
    fn a_long_or_unusual_body_is_not_waited_for() {
        for headers in [
            "Content-Length: 16385",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Expect: 100-continue\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5, 5",
            "Content-Length: -1",
        ] {
            let head = format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n");
            assert_eq!(enough_after(head.as_bytes()), Some(head.len()), "{headers}");
        }
    }

    #[test]
    fn what_is_no_head_is_enough_when_it_is_too_long_for_one() {
        assert_eq!(
            enough_after(&vec![b'a'; MAX_PARTIAL_BYTES + 1]),
            Some(MAX_PARTIAL_BYTES)
        );
        assert_eq!(
            enough_after(&vec![b'\n'; MAX_PARTIAL_BYTES + 1]),
            Some(MAX_PARTIAL_BYTES)
        );
        assert_eq!(enough_after(b""), None);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_it_comes(
            text in "[GE:a1\r\n]{0,60}(\r\nContent-Length: \
                [0-9]{1,2}\r\n)?[\r\n]{0,5}[a\r\n]{0,60}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut partial = PartialRequest::default();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                partial.extend(&bytes[pair[0]..pair[1]]);
                prop_assert_eq!(partial.is_enough(), are_enough(&bytes[..pair[1]]));
            }
        }
    }
}
