//! The bytes of an answer to a call. Pure.

use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::ext::ReasonPhrase;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::gateway::{NODE_HEADER, Reply, write_line};
use crate::logging::RequestId;

/// How a body shows where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFraming {
    /// There is none.
    None,
    Length(u64),
    Chunks,
}

impl BodyFraming {
    /// That of the body of `reply`.
    pub(super) fn of(reply: &Reply) -> Self {
        match reply.body().size_hint().exact() {
            _ if matches!(
                reply.status,
                StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            ) =>
            {
                Self::None
            }
            Some(length) => Self::Length(length),
            None => Self::Chunks,
        }
    }

    /// Writes what stands before a part of `length` bytes.
    pub(super) fn begin_part(self, to: &mut Vec<u8>, length: usize) {
        if self == Self::Chunks {
            begin_chunk(to, length);
        }
    }

    /// Writes what stands behind a part.
    pub(super) fn end_part(self, to: &mut Vec<u8>) {
        if self == Self::Chunks {
            to.extend_from_slice(b"\r\n");
        }
    }

    /// Writes the end.
    pub(super) fn end(self, to: &mut Vec<u8>) {
        if self == Self::Chunks {
            to.extend_from_slice(b"0\r\n\r\n");
        }
    }
}

/// Writes the head of `reply` to the request called `id`, which may be the `last` on its
/// connection. What the node has not dated is dated `now`.
pub(super) fn write_head(
    to: &mut Vec<u8>,
    reply: &Reply,
    framing: BodyFraming,
    id: &RequestId,
    last: bool,
    now: impl FnOnce() -> Timestamp,
) {
    let usual = || {
        reply
            .status
            .canonical_reason()
            .unwrap_or_default()
            .as_bytes()
    };
    let reason = reply
        .reason
        .as_ref()
        .map_or_else(usual, ReasonPhrase::as_bytes);
    for part in [
        b"HTTP/1.1 ",
        reply.status.as_str().as_bytes(),
        b" ",
        reason,
        b"\r\n",
        reply.lines.as_bytes(),
    ] {
        to.extend_from_slice(part);
    }
    if !reply.lines.is_dated() {
        write_date(to, now());
    }
    match framing {
        BodyFraming::Length(length) if !reply.lines.has_length() => {
            write_line(
                to,
                "Content-Length",
                itoa::Buffer::new().format(length).as_bytes(),
            );
        }
        BodyFraming::None | BodyFraming::Length(_) => {}
        BodyFraming::Chunks => write_line(to, "Transfer-Encoding", b"chunked"),
    }
    write_line(to, "X-Request-Id", id.as_bytes());
    if let Some(node) = &reply.node {
        write_line(to, NODE_HEADER, node.as_bytes());
    }
    if last {
        write_line(to, "Connection", b"close");
    }
    to.extend_from_slice(b"\r\n");
}

#[cold]
fn begin_chunk(to: &mut Vec<u8>, length: usize) {
    to.extend_from_slice(format!("{length:x}\r\n").as_bytes());
}

#[cold]
fn write_date(to: &mut Vec<u8>, now: Timestamp) {
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        write_line(to, "Date", date.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::HeaderLines;

    fn written(status: u16, framing: BodyFraming, last: bool, lines: HeaderLines) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        let reply = Reply::new(status, lines, "ab");
        let id = RequestId::from_client(b"an-id").unwrap();
        let mut to = Vec::new();
        write_head(&mut to, &reply, framing, &id, last, || {
            "2025-01-01T00:00:00.9Z".parse().unwrap()
        });
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn a_head_says_what_it_has_to_and_what_the_node_has_not() {
        let mut lines = HeaderLines::default();
        assert_eq!(
            written(500, BodyFraming::Chunks, true, lines.clone()),
            "HTTP/1.1 500 Internal Server Error\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n\
             Transfer-Encoding: chunked\r\nX-Request-Id: an-id\r\nConnection: close\r\n\r\n"
        );
        lines.push("Date", b"yesterday");
        assert_eq!(
            written(200, BodyFraming::Length(2), false, lines.clone()),
            "HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 2\r\nX-Request-Id: an-id\r\n\r\n"
        );
        assert_eq!(
            written(204, BodyFraming::None, false, lines),
            "HTTP/1.1 204 No Content\r\nDate: yesterday\r\nX-Request-Id: an-id\r\n\r\n"
        );
        let mut lines = HeaderLines::default();
        lines.push("Date", b"today");
        lines.push("content-Length", b"2");
        assert_eq!(
            written(200, BodyFraming::Length(2), false, lines),
            "HTTP/1.1 200 OK\r\nDate: today\r\ncontent-Length: 2\r\nX-Request-Id: an-id\r\n\r\n"
        );
    }

    #[test]
    fn a_head_says_which_of_several_nodes_has_answered() {
        let mut reply = Reply::new(StatusCode::OK, HeaderLines::default(), "");
        reply.node = Some("b".into());
        let id = RequestId::from_client(b"an-id").unwrap();
        let mut to = Vec::new();
        let now = || "2025-01-01T00:00:00Z".parse().unwrap();
        write_head(&mut to, &reply, BodyFraming::Length(0), &id, false, now);
        let head = String::from_utf8(to).unwrap();
        assert!(head.ends_with("X-Request-Id: an-id\r\nX-Bllvmctl-Node: b\r\n\r\n"));
    }

    #[test]
    fn parts_are_chunks_only_where_the_length_is_not_known() {
        for (framing, text) in [
            (BodyFraming::Length(20), "a".repeat(20)),
            (
                BodyFraming::Chunks,
                format!("14\r\n{}\r\n0\r\n\r\n", "a".repeat(20)),
            ),
        ] {
            let mut to = Vec::new();
            framing.begin_part(&mut to, 20);
            to.extend_from_slice(&[b'a'; 20]);
            framing.end_part(&mut to);
            framing.end(&mut to);
            assert_eq!(String::from_utf8(to).unwrap(), text);
        }
    }
}
