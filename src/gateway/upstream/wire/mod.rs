//! HTTP/1.1 as one speaks it to a node: what a call looks like, and where an answer's head and its
//! body end.
//!
//! Only bytes, no sockets. `httparse` reads the heads; a whole client beside it would cost a third
//! of all that a call costs us. Invariant: an answer whose end is not certain is an error, never a
//! shorter answer.

mod call;
mod framing;
mod head;
mod malformed;

pub(super) use call::write_head;
pub(super) use framing::Framing;
pub(super) use head::HeadParser;
pub(in crate::gateway) use head::ResponseHead;
pub(in crate::gateway) use malformed::MalformedResponse;
