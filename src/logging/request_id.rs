//! Names for requests: eight hexadecimal digits, or what the client calls them.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// A request's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(IdText);

#[derive(Clone, Debug, PartialEq, Eq)]
enum IdText {
    Ours([u8; 8]),
    Theirs(Box<str>),
}

impl RequestId {
    /// The client's own name for it, if that is 1 to 64 of `[A-Za-z0-9._-]`.
    #[must_use]
    pub fn from_client(header: &[u8]) -> Option<Self> {
        const MAX_LENGTH: usize = 64;
        Some(Self(IdText::Theirs(harmless(header, MAX_LENGTH)?.into())))
    }

    /// The name as it stands in a header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            IdText::Ours(digits) => digits,
            IdText::Theirs(text) => text.as_bytes(),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Hexadecimal digits are UTF-8.
            IdText::Ours(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            IdText::Theirs(text) => text,
        }
    }
}

/// A `traceparent` (W3C Trace Context) as it may stand in a log: those of version 00 have 55
/// characters, later ones may have more.
#[must_use]
pub fn traceparent(header: &[u8]) -> Option<&str> {
    const MAX_LENGTH: usize = 128;
    harmless(header, MAX_LENGTH)
}

fn harmless(text: &[u8], longest: usize) -> Option<&str> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let valid = (1..=longest).contains(&text.len()) && text.iter().all(allowed);
    std::str::from_utf8(text).ok().filter(|_| valid)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes names that do not repeat within 2^32 requests.
#[derive(Debug)]
pub struct RequestIds {
    next: AtomicU32,
}

impl RequestIds {
    /// Begins anywhere, so that two runs rarely name alike.
    #[must_use]
    pub fn new(start: u32) -> Self {
        Self {
            next: AtomicU32::new(start),
        }
    }

    /// The next name: a permutation of a counter, so that none repeats and neighbours look unlike.
    pub fn next(&self) -> RequestId {
        let mut digits = [0; 8];
        let number = scramble(self.next.fetch_add(1, Ordering::Relaxed));
        for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 0xf]) {
                *digit = if nibble < 10 {
                    b'0' + nibble
                } else {
                    b'a' + (nibble - 10)
                };
            }
        }
        RequestId(IdText::Ours(digits))
    }
}

/// A bijection on 32 bits: shifts and odd multiplications, each of which can be undone.
fn scramble(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_eight_hexadecimal_digits_and_do_not_repeat() {
        let ids = RequestIds::new(u32::MAX - 5);
        let names: HashSet<String> = (0..100_000).map(|_| ids.next().to_string()).collect();
        assert_eq!(names.len(), 100_000);
        assert!(
            names
                .iter()
                .all(|name| name.len() == 8 && name.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }

    #[test]
    fn a_clients_name_is_taken_only_if_it_cannot_do_harm() {
        assert_eq!(
            RequestId::from_client(b"abc-1.2_X").unwrap().as_str(),
            "abc-1.2_X"
        );
        for bad in [&b""[..], b"a b", b"a\nb", b"\xff", &[b'a'; 65]] {
            assert_eq!(RequestId::from_client(bad), None);
        }
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(traceparent(trace.as_bytes()), Some(trace));
        assert_eq!(traceparent(&[b'a'; 16_000]), None);
    }
}
