//! The request smuggling guard: whether a request says twice how long its body is: by a number, and
//! by chunks.
//!
//! Whoever passed the request on may have believed the one, and we the other: what then stands
//! where the next request begins is what a stranger wrote into a body (RFC 9112, 11.2). `hyper`
//! believes the chunks and leaves no trace of the number, so the lines of each head are looked at
//! as they come. And whether its target has a fragment, which `hyper` cuts off without a trace:
//! what is left may name another wallet. Refuses to know whether a head is right otherwise: `hyper`
//! sees to that. Invariant: what is in a body is never taken for a head.

use memchr::memchr;

use crate::values::decimal;

/// Looks at what a client sends, in the pieces in which it comes.
pub(super) struct SmugglingGuard {
    at: Position,
    /// The beginning of a line whose end has not come. Most heads come whole, and it takes no
    /// memory.
    line: Vec<u8>,
    longest_line: usize,
}

/// What stands for the beginning of a fragment once it was seen: no target may have it, so that
/// `hyper` refuses the request.
const INVALID_TARGET_BYTE: u8 = 0x7f;

enum Position {
    HeadState(HeadState),
    Body {
        left: u64,
    },
    /// Chunks follow: this request is the last of its connection. Or it is no request.
    End,
}

#[derive(Default)]
struct HeadState {
    has_begun: bool,
    in_chunks: bool,
    length: Option<u64>,
}

/// What a line makes of a head.
enum LineEffect {
    More,
    Ends,
    Wrong,
}

impl SmugglingGuard {
    /// At the beginning of a connection, where no line of a head may be longer than `longest_line`.
    pub(super) fn new(longest_line: usize) -> Self {
        Self {
            at: Position::HeadState(HeadState::default()),
            line: Vec::new(),
            longest_line,
        }
    }

    /// Looks at the next bytes, and makes those wrong that are no request's target. Whether the
    /// head of a request ended in them that has a length and chunks; it is the last one that is
    /// looked at.
    pub(super) fn conflict_in(&mut self, mut bytes: &mut [u8]) -> bool {
        while !bytes.is_empty() {
            match &mut self.at {
                Position::Body { left } => {
                    let here = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(bytes.len());
                    *left -= u64::try_from(here).unwrap_or(*left);
                    if *left == 0 {
                        self.at = Position::HeadState(HeadState::default());
                    }
                    bytes = bytes.get_mut(here..).unwrap_or_default();
                }
                Position::HeadState(head) => {
                    let end = memchr(b'\n', bytes);
                    let (line, rest) = bytes.split_at_mut(end.unwrap_or(bytes.len()));
                    if !head.has_begun {
                        refuse_fragments(line);
                    }
                    if end.is_none() {
                        self.keep(line);
                        return false;
                    }
                    bytes = rest.get_mut(1..).unwrap_or_default();
                    let step = if self.line.is_empty() {
                        head.take(line)
                    } else {
                        self.line.extend_from_slice(line);
                        head.take(&std::mem::take(&mut self.line))
                    };
                    match step {
                        LineEffect::More => {}
                        LineEffect::Wrong => self.at = Position::End,
                        LineEffect::Ends if head.in_chunks => {
                            let conflict = head.length.is_some();
                            self.at = Position::End;
                            return conflict;
                        }
                        LineEffect::Ends => {
                            self.at = Position::Body {
                                left: head.length.unwrap_or(0),
                            }
                        }
                    }
                    if let Position::Body { left: 0 } = self.at {
                        self.at = Position::HeadState(HeadState::default());
                    }
                }
                Position::End => return false,
            }
        }
        false
    }

    fn keep(&mut self, beginning: &[u8]) {
        if self.line.len() + beginning.len() > self.longest_line {
            self.at = Position::End;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(beginning);
        }
    }
}

impl HeadState {
    /// Takes the next line, without the byte that ends it.
    fn take(&mut self, line: &[u8]) -> LineEffect {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            // Empty lines before a request mean nothing.
            return if self.has_begun {
                LineEffect::Ends
            } else {
                LineEffect::More
            };
        }
        if !self.has_begun {
            self.has_begun = true;
        } else if let Some(value) = value_of(line, b"content-length") {
            let Some(length) = decimal(value.trim_ascii()) else {
                return LineEffect::Wrong;
            };
            self.length = Some(length);
        } else if value_of(line, b"transfer-encoding").is_some() {
            self.in_chunks = true;
        }
        LineEffect::More
    }
}

/// Makes the first line of a request wrong where a fragment begins. No method that is answered has
/// that byte.
fn refuse_fragments(line: &mut [u8]) {
    while let Some(fragment) = memchr(b'#', line).and_then(|at| line.get_mut(at)) {
        *fragment = INVALID_TARGET_BYTE;
    }
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    // Few lines have their colon just there.
    if line.get(name.len()) != Some(&b':') {
        return None;
    }
    let (found, value) = line.split_at_checked(name.len())?;
    found
        .eq_ignore_ascii_case(name)
        .then(|| value.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: &str =
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    fn with_length(body: &str) -> String {
        format!(
            "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn conflict(text: &str) -> bool {
        SmugglingGuard::new(100).conflict_in(&mut text.as_bytes().to_vec())
    }

    #[test]
    fn a_target_with_a_fragment_is_made_wrong_and_nothing_else_is_touched() {
        let all = [
            "POST /wallet/pay#2 HTTP/1.1\r\nX: #\r\nContent-Length: 3\r\n\r\n#{}",
            "\r\nGET /## HTTP/1.1\r\nX-#: #\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nPOST /# HTTP/1.1\r\n\r\n",
        ];
        let wanted =
            all.concat()
                .replacen("pay#2", "pay\u{7f}2", 1)
                .replacen("/##", "/\u{7f}\u{7f}", 1);
        for pieces in [1, 2, 3, 7, 1000] {
            let mut text = all.concat().into_bytes();
            let mut lengths = SmugglingGuard::new(1000);
            for piece in text.chunks_mut(pieces) {
                assert!(!lengths.conflict_in(piece));
            }
            assert_eq!(String::from_utf8(text).unwrap(), wanted, "{pieces}");
        }
    }

    #[test]
    fn a_number_and_chunks_are_a_conflict_in_either_order_and_spelling() {
        let other = "POST / HTTP/1.1\ntransfer-encoding:chunked\ncontent-LENGTH:0\n\n";
        for head in [
            BOTH,
            other,
            &format!("\r\n{BOTH}"),
            &BOTH.replace("chunked", "gzip"),
        ] {
            assert!(conflict(head), "{head}");
            assert!(
                !conflict(&head[..head.len() - 2]),
                "not before its end: {head}"
            );
        }
        for head in [
            CHUNKED,
            GET,
            &with_length("abc"),
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        ] {
            assert!(!conflict(head), "{head}");
        }
    }

    #[test]
    fn what_stands_in_a_body_is_no_head() {
        assert!(!conflict(&with_length(BOTH)));
        assert!(
            !conflict(&[CHUNKED, BOTH].concat()),
            "one in chunks is the last of its connection"
        );
        assert!(conflict(&[&with_length(BOTH), BOTH].concat()));
    }

    #[test]
    fn what_hyper_refuses_is_not_looked_at_any_further() {
        let wrong = "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n";
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(200));
        for wrong in [
            wrong,
            &wrong.replace('+', "18446744073709551616"),
            &wrong.replace('+', "1, "),
        ] {
            assert!(!conflict(&[wrong, BOTH].concat()), "{wrong}");
        }
        let mut lengths = SmugglingGuard::new(100);
        let mut long = long.into_bytes();
        let mut both = BOTH.as_bytes().to_vec();
        assert!(!lengths.conflict_in(&mut long[..150]) && !lengths.conflict_in(&mut both));
        assert!(lengths.line.is_empty());
    }

    fn any_request() -> impl Strategy<Value = String> {
        let with_body = "[a-z\r\n:]{0,20}".prop_map(|body| with_length(&body));
        prop_oneof![Just(GET.to_owned()), with_body]
    }

    proptest! {
        #[test]
        fn it_is_found_wherever_the_pieces_end(
            before in prop::collection::vec(any_request(), 0..4),
            conflicts in any::<bool>(),
            pieces in prop::collection::vec(1_usize..30, 1..200),
        ) {
            let text = [&*before.concat(), if conflicts { BOTH } else { CHUNKED }].concat();
            let mut lengths = SmugglingGuard::new(100);
            let mut rest = text.as_bytes();
            let mut found = 0;
            for length in pieces.iter().cycle() {
                let (piece, left) = rest.split_at((*length).min(rest.len()));
                found += u32::from(lengths.conflict_in(&mut piece.to_vec()));
                rest = left;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(found, u32::from(conflicts));
        }
    }
}
