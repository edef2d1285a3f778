//! Where the body of an answer ends (RFC 9112, 6.3).

use bytes::{Buf, Bytes, BytesMut};

use super::malformed::{MAX_HEAD_BYTES, MAX_HEADERS, MalformedResponse};

/// The part of a body that is still to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Framing {
    /// This many bytes; 0 is the end of any body.
    Length(u64),
    /// Chunks, of which one is being read.
    Chunks(Chunk),
    /// All until the connection ends.
    UntilClose,
}

/// Where in a chunk one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Chunk {
    /// Before its size.
    Size,
    /// In its data, of which this many bytes are left.
    Data(u64),
    /// After its data, before the end of the line.
    End,
    /// After the last one: lines of a head, and an empty one.
    Trailer,
}

impl Framing {
    /// The end of a body.
    pub(in crate::gateway) const END: Self = Self::Length(0);

    /// Whether the body is complete.
    pub(in crate::gateway) fn is_at_end(self) -> bool {
        self == Self::END
    }

    /// The number of bytes left, if it is known.
    pub(in crate::gateway) fn length(self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(left),
            Self::Chunks(_) | Self::UntilClose => None,
        }
    }

    /// The most that can be read at once without parsing.
    pub(in crate::gateway) fn expected(self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunks(Chunk::Data(left)) => left,
            Self::Chunks(_) => 0,
            Self::UntilClose => u64::MAX,
        }
    }

    /// Takes the next part of the body out of `from`; `None` if more data is needed, or the body is
    /// complete.
    pub(in crate::gateway) fn take(
        &mut self,
        from: &mut BytesMut,
    ) -> Result<Option<Bytes>, MalformedResponse> {
        while !from.is_empty() {
            match self {
                Self::Length(0) => break,
                Self::Length(left) => return Ok(Some(part(left, from))),
                Self::UntilClose => return Ok(Some(from.split().freeze())),
                Self::Chunks(Chunk::Size) => {
                    let Some(next) = take_size(from)? else { break };
                    *self = Self::Chunks(next);
                }
                Self::Chunks(Chunk::Data(left)) => {
                    let data = part(left, from);
                    if *left == 0 {
                        *self = Self::Chunks(Chunk::End);
                    }
                    return Ok(Some(data));
                }
                Self::Chunks(Chunk::End) => {
                    let Some(end) = from.get(..2) else { break };
                    if end != b"\r\n" {
                        return Err(MalformedResponse::Chunk);
                    }
                    from.advance(2);
                    *self = Self::Chunks(Chunk::Size);
                }
                Self::Chunks(Chunk::Trailer) => {
                    let Some(length) = trailer_length(from)? else {
                        break;
                    };
                    from.advance(length);
                    *self = Self::END;
                }
            }
        }
        Ok(None)
    }
}

/// Takes the line with the size of a chunk; `None` if more data is needed.
fn take_size(from: &mut BytesMut) -> Result<Option<Chunk>, MalformedResponse> {
    // `httparse` accepts an empty line as a size.
    if !from.first().is_some_and(u8::is_ascii_hexdigit) {
        return Err(MalformedResponse::Chunk);
    }
    match httparse::parse_chunk_size(from) {
        // A reader that ends lines at a line feed would take what follows for data.
        Ok(httparse::Status::Complete((line, _))) if has_line_feed(from.get(..line - 1)) => {
            Err(MalformedResponse::Chunk)
        }
        Ok(httparse::Status::Complete((line, size))) => {
            from.advance(line);
            Ok(Some(match size {
                0 => Chunk::Trailer,
                size => Chunk::Data(size),
            }))
        }
        Ok(httparse::Status::Partial) if from.len() < MAX_HEAD_BYTES => Ok(None),
        _ => Err(MalformedResponse::Chunk),
    }
}

/// The length of the trailer that `from` begins with, if it is complete. Its content is ignored.
#[inline(never)]
fn trailer_length(from: &[u8]) -> Result<Option<usize>, MalformedResponse> {
    match httparse::parse_headers(from, &mut [httparse::EMPTY_HEADER; MAX_HEADERS]) {
        Ok(httparse::Status::Complete((length, _))) => Ok(Some(length)),
        Ok(httparse::Status::Partial) if from.len() < MAX_HEAD_BYTES => Ok(None),
        _ => Err(MalformedResponse::Chunk),
    }
}

fn has_line_feed(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| bytes.contains(&b'\n'))
}

/// As much of `from` as there is of the `left` bytes. A short part is copied, which costs less than
/// to share the buffer that it is in, and leaves that to be filled again.
fn part(left: &mut u64, from: &mut BytesMut) -> Bytes {
    const MAX_COPIED_BYTES: usize = 4096;
    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(from.len());
    *left = left.saturating_sub(u64::try_from(here).unwrap_or(u64::MAX));
    if here > MAX_COPIED_BYTES {
        return from.split_to(here).freeze();
    }
    let part = Bytes::copy_from_slice(from.get(..here).unwrap_or_default());
    from.advance(here);
    part
}
