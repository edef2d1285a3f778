//! HTTP/1.1 over TCP: accepting, reading and writing, within bounds.
//!
//! | what | file |
//! |---|---|
//! | connections come, and end with the daemon | `listener`, `accepting` |
//! | which are open, and which make room | `connections` |
//! | one of them, from its first byte to its last | `serve` |
//! | a request that has not come whole | `partial_request` |
//! | plain requests, without `hyper` | `fast_path` |
//! | requests that two servers would read in two ways | `smuggling_guard` |
//! | how long a connection may be silent or linger | `timeouts` |
//! | how the names of headers are written | `header_case` |
//!
//! Refuses to know what is asked: `Service` answers.

mod accepting;
pub(super) mod connections;
mod fast_path;
pub(super) mod header_case;
mod listener;
mod partial_request;
mod serve;
mod smuggling_guard;
mod timeouts;

pub use connections::Connections;
pub use listener::{Listener, Shutdown};
