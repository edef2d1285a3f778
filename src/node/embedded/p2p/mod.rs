//! The peer-to-peer network: who is connected, what they said, what they are sent.
//!
//! `peer`, `messages`, `sync`, `serve` and `relay` decide, on the node's thread, and know no
//! socket. `wire`, `connection` and `task` carry bytes. Invariant: every queue has an end, and
//! whoever breaks a rule is disconnected with a reason.

mod connection;
mod messages;
mod outbox;
mod peer;
mod relay;
mod requests;
mod serve;
mod sync;
mod task;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use messages::{connection_type, default_port, services};
pub(crate) use outbox::{Inbox, Outbox, Outgoing};
pub(crate) use peer::{Direction, NewPeer, Peer, PeerId, Peers};
pub(crate) use task::{Dial, Network};

/// What we speak.
pub(crate) const PROTOCOL_VERSION: u32 = 70_016;

/// What we call ourselves.
pub(crate) fn user_agent() -> String {
    format!("/bllvmctl:{}/", env!("CARGO_PKG_VERSION"))
}
