//! The address of a peer.

use clap::Args;

use crate::values::{InvalidPeer, PeerName};

pub(in crate::cli) const PEER_HELP: &str =
    "A host, host:port, [IPv6]:port or an onion name; without a port, the default of the chain";

#[derive(Args, Debug)]
pub(in crate::cli) struct OnePeer {
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name)]
    pub(in crate::cli) address: PeerName,
}

pub(in crate::cli) fn peer_name(text: &str) -> Result<PeerName, String> {
    text.parse()
        .map_err(|wrong: InvalidPeer| match &wrong.suggestion {
            Some(suggestion) => format!("{wrong}; {suggestion}"),
            None => wrong.to_string(),
        })
}
