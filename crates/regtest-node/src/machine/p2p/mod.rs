//! The peer-to-peer network: who is connected, what they said, what they are sent.
//!
//! `peer`, `messages`, `sync`, `serve` and `relay` decide, on the node's thread, and know no
//! socket: `network` carries the bytes. Invariant: every queue has an end, and
//! whoever breaks a rule is disconnected with a reason.

mod messages;
mod outbox;
mod peer;
mod relay;
mod requests;
mod serve;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use messages::{connection_type, default_port, services};
pub(crate) use outbox::{Full, Inbox, Outbox, Outgoing, outbox};
pub(crate) use peer::{Direction, NewPeer, Peer, PeerId, Peers};

/// What we speak.
pub(crate) const PROTOCOL_VERSION: u32 = 70_016;

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    /// Host, or host and port.
    pub(crate) address: String,
}

impl Dial {
    pub(crate) fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }
}
