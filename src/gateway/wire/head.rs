//! The head of an answer: what of it is passed on, and what it says about the body and the connection.

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};
use hyper::ext::ReasonPhrase;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Response, StatusCode};

use super::framing::{Chunk, Framing};
use super::{LONGEST_HEAD, MOST_HEADERS, Malformed};

/// What the head of an answer says.
pub(in crate::gateway) struct Head {
    /// What is passed on of it.
    pub(in crate::gateway) response: Response<()>,
    /// Where the body ends.
    pub(in crate::gateway) framing: Framing,
    /// Whether the connection can be used again after it.
    pub(in crate::gateway) stays_open: bool,
}

/// Takes the head of an answer out of what has come; `None` if more has to come first. Those that only say that the
/// answer is still to come are passed over.
pub(in crate::gateway) fn take_head(from: &mut BytesMut) -> Result<Option<Head>, Malformed> {
    loop {
        let mut lines = [const { MaybeUninit::uninit() }; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let end = match config.parse_response_with_uninit_headers(&mut parsed, from, &mut lines)? {
            httparse::Status::Complete(end) if end <= LONGEST_HEAD => end,
            httparse::Status::Partial if from.len() < LONGEST_HEAD => return Ok(None),
            _ => return Err(Malformed::LongHead),
        };
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Malformed::Status)?;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Malformed::Upgrade);
        }
        let head = (!status.is_informational()).then(|| read(status, &parsed)).transpose()?;
        from.advance(end);
        if head.is_some() {
            return Ok(head);
        }
        if from.is_empty() {
            return Ok(None);
        }
    }
}

fn read(status: StatusCode, parsed: &httparse::Response<'_, '_>) -> Result<Head, Malformed> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    if let Some(reason) = parsed.reason.filter(|reason| Some(*reason) != status.canonical_reason())
        && let Ok(reason) = ReasonPhrase::try_from(reason.as_bytes())
    {
        response.extensions_mut().insert(reason);
    }
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    let mut said = Said { is_new: parsed.version == Some(1), ..Said::default() };
    for line in &*parsed.headers {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Malformed::Header)?;
        if said.is_passed_on(&name, line.value)? {
            headers.append(name, HeaderValue::from_bytes(line.value).map_err(|_| Malformed::Header)?);
        }
    }
    let framing = said.framing(status)?;
    match (said.lengths, said.codings) {
        (_, Some(_)) => drop(headers.remove(CONTENT_LENGTH)),
        (2.., None) => drop(said.length.map(|length| headers.insert(CONTENT_LENGTH, length.into()))),
        _ => {}
    }
    for name in &said.named {
        headers.remove(name);
    }
    *response.headers_mut() = headers;
    // What ends with its connection is the last on it.
    Ok(Head { response, framing, stays_open: said.stays_open() && framing != Framing::UntilClose })
}

/// What an answer's headers say about its body and its connection.
#[derive(Default)]
struct Said {
    /// HTTP/1.1, not 1.0.
    is_new: bool,
    closes: bool,
    keeps: bool,
    /// Headers that are of this connection only.
    named: Vec<HeaderName>,
    codings: Option<Codings>,
    length: Option<u64>,
    /// How many times.
    lengths: usize,
}

#[derive(Clone, Copy)]
enum Codings {
    /// The last of them is.
    Chunked,
    Other,
}

impl Said {
    /// Takes the next header. Whether it is about the answer, and not about this connection (RFC 9110, 7.6.1).
    fn is_passed_on(&mut self, name: &HeaderName, value: &[u8]) -> Result<bool, Malformed> {
        match *name {
            CONTENT_LENGTH => {
                // Several that say the same are one (RFC 9110, 8.6).
                for text in value.split(|byte| *byte == b',') {
                    let length = number(text.trim_ascii()).ok_or(Malformed::Length)?;
                    if self.length.replace(length).is_some_and(|before| before != length) {
                        return Err(Malformed::Length);
                    }
                    self.lengths += 1;
                }
            }
            CONNECTION => self.take_options(value),
            TRANSFER_ENCODING => {
                let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
                let is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
                self.codings = Some(if is_chunked { Codings::Chunked } else { Codings::Other });
            }
            TE | TRAILER | UPGRADE => {}
            _ => return Ok(!matches!(name.as_str(), "keep-alive" | "proxy-connection")),
        }
        Ok(*name == CONTENT_LENGTH)
    }

    fn take_options(&mut self, value: &[u8]) {
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if option.eq_ignore_ascii_case(b"close") {
                self.closes = true;
            } else if option.eq_ignore_ascii_case(b"keep-alive") {
                self.keeps = true;
            } else if let Ok(name) = HeaderName::from_bytes(option) {
                self.named.push(name);
            }
        }
    }

    /// RFC 9112, 9.3.
    fn stays_open(&self) -> bool {
        !self.closes && (self.is_new || self.keeps)
    }

    /// RFC 9112, 6.3: codings prevail over a length, and without either the body ends with the connection.
    fn framing(&self, status: StatusCode) -> Result<Framing, Malformed> {
        if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Framing::END);
        }
        match (self.codings, self.length) {
            // Nobody who speaks 1.0 knows them: it would be understood in two ways.
            (Some(_), _) if !self.is_new => Err(Malformed::Length),
            (Some(Codings::Chunked), _) => Ok(Framing::Chunks(Chunk::Size)),
            (Some(Codings::Other), _) | (None, None) => Ok(Framing::UntilClose),
            (None, Some(length)) => Ok(Framing::Length(length)),
        }
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
