//! What the results about the network mean: the node in it, its peers, its bans. Pure.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::decode::lenient;
use super::envelope::printable;
use crate::node::{
    Ban, ConnectionCounts, Direction, ErrorMeaning, Identity, NetworkInfo, NodeError, NodeResult,
    Peer,
};
use crate::values::PeerAddress;

#[derive(Deserialize)]
pub(super) struct RawNetwork {
    #[serde(default)]
    version: Value,
    subversion: String,
    #[serde(default, deserialize_with = "lenient")]
    networkactive: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    networks: Option<Vec<RawReach>>,
    #[serde(default, deserialize_with = "lenient")]
    localaddresses: Option<Vec<RawLocal>>,
    #[serde(default, deserialize_with = "lenient")]
    protocolversion: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    warnings: Option<RawWarnings>,
    #[serde(default, deserialize_with = "lenient")]
    timeoffset: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    connections: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    connections_in: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    connections_out: Option<u32>,
}

/// A text before Core 28, a list since.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawWarnings {
    Text(String),
    List(Vec<String>),
}

impl RawWarnings {
    fn are_there(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
        }
    }
}

#[derive(Deserialize)]
struct RawReach {
    name: String,
    #[serde(default)]
    proxy: String,
}

#[derive(Deserialize)]
struct RawLocal {
    address: String,
    port: u16,
}

impl RawLocal {
    /// IPv6 is written without brackets here.
    fn read(&self) -> Option<PeerAddress> {
        let ip = self
            .address
            .parse::<IpAddr>()
            .map(|ip| SocketAddr::new(ip, self.port).into());
        ip.ok()
            .or_else(|| format!("{}:{}", self.address, self.port).parse().ok())
    }
}

impl RawNetwork {
    pub(super) fn read(self) -> NetworkInfo {
        let version_text = match &self.version {
            Value::String(text) => printable(text),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let version = self
            .version
            .as_u64()
            .and_then(|version| u32::try_from(version).ok());
        let identity = Identity::of(printable(&self.subversion), version, version_text);
        let clear = |reach: &RawReach| {
            matches!(reach.name.as_str(), "ipv4" | "ipv6") && !reach.proxy.is_empty()
        };
        NetworkInfo {
            identity,
            active: self.networkactive,
            proxied: self.networks.iter().flatten().any(clear),
            own_addresses: self
                .localaddresses
                .iter()
                .flatten()
                .filter_map(RawLocal::read)
                .collect(),
            protocol_version: self.protocolversion,
            has_warning: self.warnings.as_ref().map(RawWarnings::are_there),
            time_offset_secs: self.timeoffset,
            connections: ConnectionCounts {
                total: self.connections,
                inbound: self.connections_in,
                outbound: self.connections_out,
            },
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawPeer {
    addr: String,
    #[serde(default, deserialize_with = "lenient")]
    inbound: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    connection_type: Option<String>,
    // -1 stands for "none yet", which is no height: the conversion refuses it.
    #[serde(default, deserialize_with = "lenient")]
    synced_headers: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    synced_blocks: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    startingheight: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    version: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    bytesrecv_per_msg: Option<RawReceived>,
    #[serde(default, deserialize_with = "lenient")]
    addrbind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    conntime: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pingtime: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    last_block: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    last_transaction: Option<u64>,
}

/// Bytes received by kind of message.
#[derive(Deserialize)]
struct RawReceived {
    version: Option<u64>,
    verack: Option<u64>,
}

impl RawPeer {
    /// The protocol's version is 0 until the peer has sent it, and the handshake is over with its
    /// `verack`.
    fn is_handshaken(&self) -> bool {
        let reported = self.version.is_none_or(|version| version > 0);
        let counts = self
            .bytesrecv_per_msg
            .as_ref()
            .filter(|counts| counts.version.is_some());
        reported && counts.is_none_or(|counts| counts.verack.is_some())
    }

    pub(super) fn read(self) -> Peer {
        let handshaken = self.is_handshaken();
        let direction = self.inbound.map(|inbound| {
            if inbound {
                Direction::Inbound
            } else {
                Direction::Outbound
            }
        });
        Peer {
            address: self.addr,
            direction,
            connection_type: self.connection_type,
            synced_headers: self.synced_headers,
            synced_blocks: self.synced_blocks,
            starting_height: self.startingheight,
            handshaken,
            local_address: self.addrbind,
            connected_at: self.conntime.filter(|seconds| *seconds > 0),
            // No round trip takes no time: a zero is a number that nobody measured.
            ping: self
                .pingtime
                .filter(|s| *s > 0.0)
                .and_then(|s| Duration::try_from_secs_f64(s).ok()),
            last_block_at: self.last_block,
            last_transaction_at: self.last_transaction,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawBan {
    pub(super) address: String,
}

impl RawBan {
    pub(super) fn read(self) -> Ban {
        let network = self.address.parse::<IpNet>().ok();
        let network = network.or_else(|| self.address.parse::<IpAddr>().ok().map(IpNet::from));
        network.map_or(Ban::Host(self.address), Ban::Network)
    }
}

/// What came of `disconnectnode`: of a peer that has gone meanwhile nothing is left to end. Core has
/// a code for it, blvm one that says little, so that the words decide.
pub(super) fn disconnected(answer: NodeResult<()>) -> NodeResult<()> {
    match answer {
        Err(NodeError::Rpc { message, .. })
            if ErrorMeaning::of(&message) == Some(ErrorMeaning::PeerNotConnected) =>
        {
            Ok(())
        }
        answer => answer,
    }
}
