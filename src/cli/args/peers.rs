//! Lost peers and kept ones.

use clap::{Args, Subcommand};

use super::common::{List, WatchArg};
use crate::values::{InvalidPeer, PeerName};

const PEER_HELP: &str =
    "host, host:port, [v6]:port or an onion name; without a port, the chain's default";

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
    /// List the lost peers; so does the command alone
    List(List),
    /// Queue a peer for one episode, as if it had just been lost
    Add(OnePeer),
    /// Make a peer due at once, with all its retries; also an abandoned one
    Retry(Retry),
    /// Take a peer out of the queue
    Drop(OnePeer),
    /// Begin no attempts until resumed, also after a restart
    Pause,
    /// Begin attempts again
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
    /// List the peers that are connected or kept; so does the command alone
    List(List),
    /// Keep a peer connected from now on, also after a restart
    Add(OnePeer),
    /// Keep a peer no more, and disconnect it
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
    /// Retry all peers in the queue
    #[arg(long, group = "which")]
    pub(in crate::cli) all: bool,
}
