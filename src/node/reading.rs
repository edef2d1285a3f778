//! What a node says, in one vocabulary for every kind of node.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::dialect::Identity;
use crate::values::PeerAddress;

/// `getblockchaininfo`
#[derive(Clone, Debug, PartialEq)]
pub struct ChainInfo {
    /// The chain's name, as the node says it.
    pub chain: String,
    /// Height of the tip.
    pub blocks: u32,
    /// Height of the best header.
    pub headers: u32,
    /// Hash of the tip, hexadecimal.
    pub tip_hash: String,
    /// Time in the tip's header, seconds since 1970.
    pub tip_time: Option<u64>,
    /// Median time of the last eleven blocks, seconds since 1970.
    pub median_time: Option<u64>,
    /// Difficulty of the tip.
    pub difficulty: Option<f64>,
    /// Part of the chain that is verified, an estimate in [0, 1].
    pub verification_progress: Option<f64>,
    /// The node's own view.
    pub initial_block_download: Option<bool>,
    /// Bytes of block and undo files, where the node counts them exactly.
    pub size_on_disk_bytes: Option<u64>,
    /// The node is in prune mode.
    pub pruned: Option<bool>,
    /// Lowest block that is whole, in prune mode.
    pub prune_height: Option<u32>,
    /// The work in the chain, where the node reports it: 64 hexadecimal digits.
    pub chainwork: Option<Arc<str>>,
    /// On a signet: its challenge, hexadecimal.
    pub signet_challenge: Option<String>,
    /// The chain stands on an assumeutxo snapshot, and the blocks under it are being validated.
    pub background: Option<BackgroundValidation>,
}

/// How far the blocks under an assumeutxo snapshot are validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackgroundValidation {
    /// Height of the snapshot's block.
    pub snapshot_height: u32,
    /// All blocks up to here are validated.
    pub validated_height: u32,
}

#[cfg(test)]
impl ChainInfo {
    /// What a node that reports little says, out of its initial download.
    pub(crate) fn bare(chain: &str, blocks: u32, headers: u32) -> Self {
        Self {
            chain: chain.to_owned(),
            blocks,
            headers,
            tip_hash: format!("{blocks:064x}"),
            tip_time: None,
            median_time: None,
            difficulty: None,
            verification_progress: None,
            initial_block_download: Some(false),
            size_on_disk_bytes: None,
            pruned: None,
            prune_height: None,
            chainwork: None,
            signet_challenge: None,
            background: None,
        }
    }
}

/// One entry of `getchaintips`: the end of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTip {
    /// Its height.
    pub height: u32,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// Blocks from it down to the best chain.
    pub branch_length: u32,
}

/// `getnetworkinfo`
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkInfo {
    /// Who the node is.
    pub identity: Identity,
    /// P2P networking is on.
    pub active: Option<bool>,
    /// A proxy takes the node's connections to hosts, and looks up their names.
    pub proxied: bool,
    /// Addresses at which the node believes others reach it.
    pub own_addresses: Vec<PeerAddress>,
    /// The newest P2P protocol that it speaks.
    pub protocol_version: Option<u32>,
    /// It has a warning for its operator.
    pub has_warning: Option<bool>,
    /// By how much the clocks of its peers are ahead of its own, in the middle, seconds.
    pub time_offset_secs: Option<i64>,
    /// The connections that it counts, also those whose handshake is not over.
    pub connections: ConnectionCounts,
}

/// Connections as `getnetworkinfo` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// All of them.
    pub total: Option<u32>,
    /// Those that the peer opened.
    pub inbound: Option<u32>,
    /// Those that the node opened.
    pub outbound: Option<u32>,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The peer.
    Inbound,
    /// Our node.
    Outbound,
}

/// One entry of `getpeerinfo`.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Address and port, as the node writes them.
    pub address: String,
    /// Who opened the connection; `None` where the node does not say.
    pub direction: Option<Direction>,
    /// `manual`, `outbound-full-relay`, `block-relay-only`, `feeler`, …
    pub connection_type: Option<String>,
    /// Best header we have in common.
    pub synced_headers: Option<u32>,
    /// Best block we have in common.
    pub synced_blocks: Option<u32>,
    /// The height the peer claimed when it connected.
    pub starting_height: Option<u32>,
    /// The version handshake is over, or the node does not say.
    pub handshaken: bool,
    /// Our node's end of the connection.
    pub local_address: Option<String>,
    /// When it connected, seconds since 1970 on the node's clock.
    pub connected_at: Option<u64>,
    /// The last measured round trip.
    pub ping: Option<Duration>,
    /// When it last gave a block that was new, seconds since 1970; 0: never in this connection.
    pub last_block_at: Option<u64>,
    /// When it last gave a transaction that was new, seconds since 1970; 0: never in this
    /// connection.
    pub last_transaction_at: Option<u64>,
}

impl Peer {
    /// Those of a list that count as connected. A peer that took the connection and has said
    /// nothing yet, or never will, does not.
    pub fn connected(list: &[Self]) -> impl Iterator<Item = &Self> {
        list.iter().filter(|peer| peer.handshaken)
    }
}

#[cfg(test)]
impl Peer {
    /// A handshaken peer of a node that reports little.
    pub(crate) fn bare(address: &str, direction: Option<Direction>) -> Self {
        Self {
            address: address.to_owned(),
            direction,
            connection_type: None,
            synced_headers: None,
            synced_blocks: None,
            starting_height: None,
            handshaken: true,
            local_address: None,
            connected_at: None,
            ping: None,
            last_block_at: None,
            last_transaction_at: None,
        }
    }
}

/// One entry of `listbanned`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ban {
    /// Every address in it.
    Network(IpNet),
    /// A host of another network, such as an onion name.
    Host(String),
}

impl Ban {
    /// Whether `address` may not be dialled because of it.
    #[must_use]
    pub fn covers(&self, address: &PeerAddress) -> bool {
        match self {
            Self::Network(network) => address
                .socket()
                .is_some_and(|socket| network.contains(&socket.ip())),
            Self::Host(host) => address.socket().is_none() && address.host() == *host,
        }
    }
}

/// `getnettotals`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes sent since the node's start.
    pub sent_bytes: u64,
    /// Bytes received since the node's start.
    pub received_bytes: u64,
}

/// `getmempoolinfo`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MempoolInfo {
    /// Number of transactions.
    pub transactions: u64,
    /// Sum of their virtual sizes.
    pub bytes: u64,
    /// Memory in use.
    pub usage_bytes: Option<u64>,
    /// Lowest fee rate that is let in, BTC per 1000 virtual bytes.
    pub min_fee_btc_per_kvb: Option<f64>,
    /// Transactions of the node itself that no peer has asked for yet.
    pub unbroadcast: Option<u64>,
}

/// The part of the node's memory that is never swapped out, where it keeps keys: `getmemoryinfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedMemory {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Bytes that the system did lock.
    pub locked_bytes: u64,
    /// Allocations.
    pub chunks_used: u64,
    /// Free pieces between them.
    pub chunks_free: u64,
}

/// One block: `getblockstats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockStats {
    /// Its height.
    pub height: u64,
    /// Size of its transactions but the coinbase, bytes.
    pub size_bytes: u64,
    /// Weight of its transactions but the coinbase.
    pub weight: u64,
    /// Transactions, with the coinbase.
    pub transactions: u64,
    /// Inputs, without that of the coinbase.
    pub inputs: u64,
    /// Outputs, with those of the coinbase.
    pub outputs: u64,
    /// Value of all outputs but the coinbase's, satoshis.
    pub output_sats: u64,
    /// Fees, satoshis.
    pub fee_sats: u64,
}

/// `gettxoutsetinfo`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtxoSet {
    /// Number of unspent outputs.
    pub outputs: u64,
}

/// The volume that holds the node's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Bytes that an unprivileged writer may still use.
    pub free_bytes: u64,
    /// Bytes in all.
    pub size_bytes: u64,
    /// What the volume of the rest of the node's data has free, if that is another one.
    pub rest_free_bytes: Option<u64>,
    /// Why writes to it fail; `None` if they succeed, or nobody knows because another program
    /// writes.
    pub write_failure: Option<std::io::ErrorKind>,
}

impl Volume {
    /// Free on the fuller one of the volumes that the node needs.
    #[must_use]
    pub fn least_free_bytes(&self) -> u64 {
        self.rest_free_bytes
            .map_or(self.free_bytes, |rest| rest.min(self.free_bytes))
    }
}

/// What the node's files take, in allocated bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The whole data directory, and the blocks directory where that is elsewhere.
    pub total_bytes: u64,
    /// `blk*.dat` and `rev*.dat`; 0: none was found.
    pub blocks_bytes: u64,
    /// Chain state and indexes; 0: none was found.
    pub database_bytes: u64,
    /// Length of the longest block file; `None` while there are not two of them: the last one is
    /// not full yet.
    pub block_file_bytes: Option<u64>,
}

impl Usage {
    /// What `blk*.dat` and `rev*.dat` take, of a node that keeps its blocks in such files.
    #[must_use]
    pub fn block_files(&self) -> Option<u64> {
        Some(self.blocks_bytes).filter(|bytes| *bytes > 0)
    }

    /// What chain state and indexes take, of a node that keeps them where Core does.
    #[must_use]
    pub fn databases(&self) -> Option<u64> {
        Some(self.database_bytes).filter(|bytes| *bytes > 0)
    }
}
