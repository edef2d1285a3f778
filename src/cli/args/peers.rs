//! Lost peers, and peers to keep connected.

use clap::{Args, Subcommand};

use super::common::{List, WatchArg};
use crate::values::{InvalidPeer, PeerName};

const PEER_HELP: &str =
    "A host, host:port, [IPv6]:port or an onion name; without a port, the default of the chain";

fn peer_name(text: &str) -> Result<PeerName, String> {
    text.parse()
        .map_err(|wrong: InvalidPeer| match &wrong.suggestion {
            Some(suggestion) => format!("{wrong}; {suggestion}"),
            None => wrong.to_string(),
        })
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Queue {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<QueueCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum QueueCommand {
    /// List the lost peers (the default)
    List(List),
    /// Queue a peer as if it had just been lost
    Add(OnePeer),
    /// Dial a peer at once, with all its retries; abandoned ones too
    Retry(Retry),
    /// Remove a peer from the queue
    Drop(OnePeer),
    /// Stop dialling until resumed, also over restarts
    Pause,
    /// Resume dialling
    Resume,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Peers {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<PeersCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PeersCommand {
    /// List the connected peers and those to keep connected (the default)
    List(List),
    /// Keep a peer connected from now on, also over restarts
    Add(OnePeer),
    /// Stop keeping a peer connected, and disconnect it
    Remove(OnePeer),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct OnePeer {
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name)]
    pub(in crate::cli) address: PeerName,
}

#[derive(Args, Debug)]
#[group(id = "which", required = true)]
pub(in crate::cli) struct Retry {
    #[arg(value_name = "ADDR", help = PEER_HELP, value_parser = peer_name, group = "which")]
    pub(in crate::cli) address: Option<PeerName>,
    /// Dial all peers of the queue
    #[arg(long, group = "which")]
    pub(in crate::cli) all: bool,
}
