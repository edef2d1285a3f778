//! HTTP/1.1 over TCP, TLS and Unix sockets, and over the control socket: accepting, reading and
//! writing, within bounds.
//!
//! | what | file |
//! |---|---|
//! | connections come, and end with the daemon | `listener`, `listen_socket`, `accepting` |
//! | which are open, and which make room | `connections` |
//! | how one begins: with a PROXY header, with TLS | `proxy_header`, `handshakes` |
//! | one of them, from its first request to its last | `serve` |
//! | its stream: TCP, TLS, a Unix socket | `socket` |
//! | a request that has not come whole | `partial_request` |
//! | plain requests, without `hyper` | `fast_path` |
//! | what is not spoken: HTTP/2, plain HTTP where TLS is | `unspoken` |
//! | requests that two servers would read in two ways | `smuggling_guard` |
//! | how long a connection may be silent or linger | `timeouts` |
//! | how the names of headers are written | `header_case` |
//! | commands of this machine, and whose they are | `control_socket`, `local_user` |
//!
//! Refuses to know what is asked: `Service` answers.

mod accepting;
pub(super) mod connections;
pub(super) mod control_socket;
mod fast_path;
mod handshakes;
pub(super) mod header_case;
mod listen_socket;
mod listener;
mod local_user;
mod partial_request;
mod proxy_header;
mod serve;
mod smuggling_guard;
mod socket;
mod timeouts;
mod unspoken;

pub use connections::Connections;
pub use control_socket::{BoundSocket, ControlSocket};
pub(super) use handshakes::Handshakes;
pub use listen_socket::ListenSocket;
pub use listener::{Listener, Shutdown};
pub(super) use local_user::LocalUser;
