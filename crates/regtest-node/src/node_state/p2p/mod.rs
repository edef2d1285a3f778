//! The peer-to-peer network: who is connected, what they said, what they are sent.
//!
//! Each part has its own state: the connections (`peers`), blocks and transactions on their way
//! here (`download`, `relay`), announcements and answers to peers (`announce`, `serve`), whom we
//! connect to (`dialler`); `messages` hands each message to its part. All of it runs on the node's
//! thread and knows no socket: `network` carries the bytes. Invariant: every queue has an end, and
//! whoever breaks a rule is disconnected with a reason.

mod announce;
mod dialler;
mod download;
mod messages;
mod outbox;
mod peer;
mod peers;
mod relay;
mod requests;
mod serve;
#[cfg(test)]
mod tests;

pub(crate) use announce::{AnnouncedTip, announce_transaction};
pub(crate) use dialler::{DialRequest, PeerDialler};
pub(crate) use download::BlockDownload;
pub(crate) use outbox::{Inbox, Outbox, OutboxFull, OutboxItem, outbox};
pub(crate) use peer::{ConnectionDirection, NewPeer, PeerId, PeerState};
pub(crate) use peers::PeerSet;
pub(crate) use relay::TransactionRelay;
pub(crate) use serve::serve;

use bitcoin::Network;
use bitcoin::p2p::ServiceFlags;

use crate::chainstate::Chainstate;

/// What a peer broke, if it broke a rule.
type ProtocolResult = Result<(), String>;

/// What we speak.
pub(crate) const PROTOCOL_VERSION: u32 = 70_016;

/// What we offer.
pub(crate) fn services(chain: &Chainstate) -> ServiceFlags {
    let old = if chain.is_pruned() {
        ServiceFlags::NONE
    } else {
        ServiceFlags::NETWORK
    };
    old | ServiceFlags::NETWORK_LIMITED | ServiceFlags::WITNESS
}

/// Where peers of `network` listen unless they say otherwise.
pub(crate) fn default_port(network: Network) -> u16 {
    match network {
        Network::Bitcoin => 8_333,
        Network::Testnet => 18_333,
        Network::Testnet4 => 48_333,
        Network::Signet => 38_333,
        Network::Regtest => 18_444,
    }
}
