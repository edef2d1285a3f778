//! The head of an answer: the part that is passed on, and what it says about the body and the
//! connection.

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};
use hyper::StatusCode;
use hyper::ext::ReasonPhrase;

use super::framing::{Chunk, Framing};
use super::malformed::{MAX_HEAD_BYTES, MAX_HEADERS, MalformedResponse};
use crate::gateway::lines::HeaderLines;
use crate::values::decimal;

/// What the head of an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) struct ResponseHead {
    pub(in crate::gateway) status: StatusCode,
    /// The reason phrase, if it is not the usual one.
    pub(in crate::gateway) reason: Option<ReasonPhrase>,
    /// The headers that are passed on.
    pub(in crate::gateway) lines: HeaderLines,
    /// Where the body ends.
    pub(in crate::gateway) framing: Framing,
    /// Whether the connection can be used again after it.
    pub(in crate::gateway) stays_open: bool,
}

/// Reads heads, one after another, and knows the last one again: those of answers of one length are
/// the same for as long as a second lasts, and to read one takes ten times as long as to compare
/// it.
#[derive(Default)]
pub(in crate::gateway) struct HeadParser {
    last: Vec<u8>,
    /// What that says.
    meaning: Option<ResponseHead>,
}

impl HeadParser {
    /// A longer one is not kept.
    const MAX_CACHED_HEAD_BYTES: usize = 1024;

    /// Takes the head of an answer out of `from`; `None` if more data is needed. Interim responses
    /// (1xx) are skipped.
    pub(in crate::gateway) fn take(
        &mut self,
        from: &mut BytesMut,
    ) -> Result<Option<ResponseHead>, MalformedResponse> {
        if let Some(head) = self
            .meaning
            .as_ref()
            .filter(|_| from.starts_with(&self.last))
        {
            from.advance(self.last.len());
            return Ok(Some(head.clone()));
        }
        self.take_another(from)
    }

    #[inline(never)]
    fn take_another(
        &mut self,
        from: &mut BytesMut,
    ) -> Result<Option<ResponseHead>, MalformedResponse> {
        let Some((head, length)) = find(from)? else {
            return Ok(None);
        };
        self.meaning = None;
        if let Some(bytes) = from
            .get(..length)
            .filter(|bytes| bytes.len() <= Self::MAX_CACHED_HEAD_BYTES)
        {
            self.last.clear();
            self.last.extend_from_slice(bytes);
            self.meaning = Some(head.clone());
        }
        from.advance(length);
        Ok(Some(head))
    }
}

/// The head that `from` begins with, and its length, behind those that are passed over, which are
/// taken out.
fn find(from: &mut BytesMut) -> Result<Option<(ResponseHead, usize)>, MalformedResponse> {
    loop {
        let mut lines = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let end = match config.parse_response_with_uninit_headers(&mut parsed, from, &mut lines)? {
            httparse::Status::Complete(end) if end <= MAX_HEAD_BYTES => end,
            httparse::Status::Partial if from.len() < MAX_HEAD_BYTES => return Ok(None),
            _ => return Err(MalformedResponse::LongHead),
        };
        let status = parsed
            .code
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or(MalformedResponse::Status)?;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(MalformedResponse::Upgrade);
        }
        if !status.is_informational() {
            return Ok(Some((read(status, &parsed, end)?, end)));
        }
        from.advance(end);
        if from.is_empty() {
            return Ok(None);
        }
    }
}

fn read(
    status: StatusCode,
    parsed: &httparse::Response<'_, '_>,
    length: usize,
) -> Result<ResponseHead, MalformedResponse> {
    let mut said = FramingHeaders {
        is_new: parsed.version == Some(1),
        ..FramingHeaders::default()
    };
    for line in &*parsed.headers {
        said.take(line.name, line.value)?;
    }
    let framing = said.framing(status)?;
    let is_plain = !has_no_body(status)
        && framing
            .length()
            .is_some_and(|length| said.says_plainly(length));
    let mut lines = HeaderLines::with_room(length);
    for line in &*parsed.headers {
        // `Content-Length` is passed on where the node has it, if it is there once and valid.
        let is_plain_length = is_plain && line.name.eq_ignore_ascii_case(CONTENT_LENGTH);
        if (is_plain_length || !is_not_forwarded(line.name)) && !said.has_named(line.name) {
            lines.push(line.name, line.value);
        }
    }
    let usual = status.canonical_reason();
    let reason = parsed.reason.filter(|reason| Some(*reason) != usual);
    Ok(ResponseHead {
        status,
        reason: reason.and_then(|reason| ReasonPhrase::try_from(reason.as_bytes()).ok()),
        lines,
        framing,
        // What ends with its connection is the last on it.
        stays_open: said.stays_open() && framing != Framing::UntilClose,
    })
}

/// What an answer's headers say about its body and its connection.
#[derive(Default)]
struct FramingHeaders<'a> {
    /// HTTP/1.1, not 1.0.
    is_new: bool,
    closes: bool,
    keeps: bool,
    /// Headers that are of this connection only.
    named: Vec<&'a [u8]>,
    codings: Option<Codings>,
    length: Option<u64>,
    /// The lines that say it.
    length_lines: Vec<&'a [u8]>,
}

const CONTENT_LENGTH: &str = "content-length";

/// Hop-by-hop headers, and those that are written anew.
const NOT_FORWARDED: [&str; 9] = [
    "connection",
    CONTENT_LENGTH,
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// What only a gateway says, and no node.
const GATEWAY_HEADER_PREFIX: &[u8] = b"x-bllvmctl-";

/// Whether the header `name` is hop-by-hop, about this connection and not the answer (RFC 9110,
/// 7.6.1), or where the body ends, or is the request's name, which is said anew, or what only a
/// gateway says.
fn is_not_forwarded(name: &str) -> bool {
    let prefix = name.as_bytes().get(..GATEWAY_HEADER_PREFIX.len());
    NOT_FORWARDED
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        || prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(GATEWAY_HEADER_PREFIX))
}

fn has_no_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

#[derive(Clone, Copy)]
enum Codings {
    /// The last of them is.
    Chunked,
    Other,
}

impl<'a> FramingHeaders<'a> {
    /// Takes the next header.
    fn take(&mut self, name: &str, value: &'a [u8]) -> Result<(), MalformedResponse> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is(CONTENT_LENGTH) {
            self.length_lines.push(value);
            // Several that say the same are one (RFC 9110, 8.6).
            for text in value.split(|byte| *byte == b',') {
                let length = decimal(text.trim_ascii()).ok_or(MalformedResponse::Length)?;
                if self
                    .length
                    .replace(length)
                    .is_some_and(|before| before != length)
                {
                    return Err(MalformedResponse::Length);
                }
            }
        } else if is("connection") {
            self.take_options(value);
        } else if is("transfer-encoding") {
            let last = value
                .rsplit(|byte| *byte == b',')
                .next()
                .unwrap_or_default();
            let is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
            self.codings = Some(if is_chunked {
                Codings::Chunked
            } else {
                Codings::Other
            });
        }
        Ok(())
    }

    /// Whether the `length` is said once, and as one writes it.
    fn says_plainly(&self, length: u64) -> bool {
        *self.length_lines == [itoa::Buffer::new().format(length).as_bytes()]
    }

    /// Whether `Connection` names the header `name`.
    fn has_named(&self, name: &str) -> bool {
        self.named
            .iter()
            .any(|named| name.as_bytes().eq_ignore_ascii_case(named))
    }

    fn take_options(&mut self, value: &'a [u8]) {
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if option.eq_ignore_ascii_case(b"close") {
                self.closes = true;
            } else if option.eq_ignore_ascii_case(b"keep-alive") {
                self.keeps = true;
            } else {
                self.named.push(option);
            }
        }
    }

    /// RFC 9112, 9.3.
    fn stays_open(&self) -> bool {
        !self.closes && (self.is_new || self.keeps)
    }

    /// RFC 9112, 6.3: codings prevail over a length, and without either the body ends with the
    /// connection.
    fn framing(&self, status: StatusCode) -> Result<Framing, MalformedResponse> {
        if has_no_body(status) {
            return Ok(Framing::END);
        }
        match (self.codings, self.length) {
            // HTTP/1.0 does not know them: the two sides could read the message differently.
            (Some(_), _) if !self.is_new => Err(MalformedResponse::Length),
            (Some(Codings::Chunked), _) => Ok(Framing::Chunks(Chunk::Size)),
            (Some(Codings::Other), _) | (None, None) => Ok(Framing::UntilClose),
            (None, Some(length)) => Ok(Framing::Length(length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_are_not_passed_on() {
        let answer = "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Leap, content-length\r\n\
                      Keep-Alive: 1\r\nTE: gzip\r\n\
                      Proxy-Connection: x\r\nTrailer: x\r\nUpgrade: x\r\nX-Leap: 1\r\nx-bllvmctl-Node: b\r\n\
                      Content-Type: a/b\r\n\
                      Content-Length: 1\r\n\r\na";
        let mut inbox = BytesMut::from(answer);
        let head = HeadParser::default().take(&mut inbox).unwrap().unwrap();
        assert_eq!(head.framing, Framing::Length(1));
        assert_eq!(head.lines.as_bytes(), b"Content-Type: a/b\r\n");
        assert!(!head.lines.has_length());
    }

    #[test]
    fn the_length_stays_where_it_is_if_it_is_said_once_and_plainly() {
        let lines = |start: &str, lines: &str| {
            let mut inbox = BytesMut::from(&*format!("HTTP/1.1 {start}\r\n{lines}\r\n"));
            let head = HeadParser::default().take(&mut inbox).unwrap().unwrap();
            let text = String::from_utf8(head.lines.as_bytes().to_vec()).unwrap();
            assert_eq!(
                head.lines.has_length(),
                text.to_lowercase().contains("content-length")
            );
            text
        };
        for plain in [
            "A: b\r\nContent-Length: 7\r\nC: d\r\n",
            "content-LENGTH: 0\r\nC: d\r\n",
        ] {
            assert_eq!(lines("200 OK", plain), plain);
        }
        for length in [
            "Content-Length: 7\r\nContent-Length: 7\r\n",
            "Content-Length: 7, 7\r\n",
            "Content-Length: 07\r\n",
            "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
        ] {
            assert_eq!(
                lines("200 OK", &format!("{length}C: d\r\n")),
                "C: d\r\n",
                "{length}"
            );
        }
        for status in ["204 No Content", "304 Not Modified"] {
            assert_eq!(lines(status, "Content-Length: 0\r\nC: d\r\n"), "C: d\r\n");
        }
    }
}
