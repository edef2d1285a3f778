//! Why a response of the node is not valid, and the bounds of its head.

/// Why a response of the node is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::gateway) enum MalformedResponse {
    /// Its head.
    #[error("it is no HTTP/1 answer: {0}")]
    Head(#[from] httparse::Error),
    /// The end of its head is missing.
    #[error("its head is longer than {MAX_HEAD_BYTES} bytes")]
    LongHead,
    /// Its status is no number that a status may be.
    #[error("it has no status")]
    Status,
    /// It does not say how long it is.
    #[error("its length is not clear")]
    Length,
    /// It speaks another protocol from now on.
    #[error("it wants to change the protocol")]
    Upgrade,
    /// A chunk of it is invalid.
    #[error("it has a chunk that is none")]
    Chunk,
}

/// No head, and nothing else that is read before any of an answer is passed on, is longer.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;
/// More headers, or lines behind the last chunk, are no answer.
pub(super) const MAX_HEADERS: usize = 100;
