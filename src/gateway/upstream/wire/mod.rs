//! HTTP/1.1 as one speaks it to a node: what a call looks like, and where an answer's head and its
//! body end.
//!
//! Only bytes, no sockets. `httparse` reads the heads; a whole client beside it would cost a third
//! of all that a call costs us. Invariant: an answer whose end is not certain is an error, never a
//! shorter answer.

mod call;
mod framing;
mod head;

pub(super) use call::write_head;
pub(super) use framing::Framing;
pub(in crate::gateway) use head::Head;
pub(super) use head::Heads;

/// What the node says is no answer, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::gateway) enum Malformed {
    /// Its head.
    #[error("it is no HTTP/1 answer: {0}")]
    Head(#[from] httparse::Error),
    /// The end of its head does not come.
    #[error("its head is longer than {LONGEST_HEAD} bytes")]
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
    /// It comes in chunks, and one is none.
    #[error("it has a chunk that is none")]
    Chunk,
}

/// No head, and nothing else that is read before any of an answer is passed on, is longer.
const LONGEST_HEAD: usize = 64 * 1024;
/// More headers, or lines behind the last chunk, are no answer.
const MOST_HEADERS: usize = 100;
