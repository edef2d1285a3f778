//! What each method's result means, per flavour. Pure.
//!
//! Invariant: a field that a flavour is known to fill with a made-up number is absent; a name is short and one line.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::envelope::printable;
use crate::node::{
    Answer, BackgroundValidation, Ban, ChainInfo, Direction, Extent, Flavour, Identity, Index, Mempool, NetworkInfo,
    NodeError, Peer, PruneLock, Pruned,
};
use crate::values::PeerAddress;

/// A field that may be missing, null, or of another type in a thinner node: then it is not known.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(field: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(field)?).ok())
}

#[derive(Deserialize)]
pub(super) struct RawChain {
    chain: String,
    blocks: u32,
    headers: u32,
    bestblockhash: String,
    #[serde(default, deserialize_with = "lenient")]
    time: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    mediantime: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    difficulty: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    verificationprogress: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    initialblockdownload: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    size_on_disk: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pruned: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pruneheight: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    backgroundvalidation: Option<RawBackground>,
}

/// Core 31 has it in `getblockchaininfo`.
#[derive(Deserialize)]
struct RawBackground {
    snapshotheight: u32,
    blocks: u32,
}

/// `getchainstates` of Core 26 to 30, and of Knots: the most-work chain state is the last.
#[derive(Deserialize)]
pub(super) struct RawChainstates {
    chainstates: Vec<RawChainstate>,
}

#[derive(Deserialize)]
struct RawChainstate {
    blocks: u32,
    #[serde(default)]
    snapshot_blockhash: Option<String>,
    validated: bool,
}

impl RawChainstates {
    /// The hash of the snapshot's block, and up to where the blocks under it are validated; `None` if there is no
    /// snapshot, or all of it is validated.
    pub(super) fn read(self) -> Option<(String, u32)> {
        let snapshot = self.chainstates.iter().filter(|state| !state.validated);
        let hash = snapshot.filter_map(|state| state.snapshot_blockhash.clone()).next_back()?;
        let behind = self.chainstates.iter().filter(|state| state.snapshot_blockhash.is_none());
        Some((hash, behind.map(|state| state.blocks).max().unwrap_or(0)))
    }
}

impl RawChain {
    /// The values of a node of `flavour`. While that is not known, what any flavour makes up is absent.
    pub(super) fn read(self, flavour: Option<Flavour>) -> ChainInfo {
        // blvm says difficulty 1 and progress 1.0 whatever the chain, estimates size_on_disk 20 times too large, and has
        // forgotten after a restart what was pruned.
        let may_be_blvm = flavour.is_none_or(|flavour| flavour == Flavour::Blvm);
        ChainInfo {
            chain: printable(&self.chain),
            blocks: self.blocks,
            headers: self.headers,
            tip_hash: self.bestblockhash,
            tip_time: self.time,
            median_time: self.mediantime,
            difficulty: self.difficulty.filter(|_| !may_be_blvm),
            verification_progress: self.verificationprogress.filter(|_| !may_be_blvm),
            initial_block_download: self.initialblockdownload,
            size_on_disk_bytes: self.size_on_disk.filter(|_| flavour.is_some_and(Flavour::is_core)),
            pruned: self.pruned,
            prune_height: self.pruneheight.filter(|height| *height > 0 || !may_be_blvm),
            background: self.backgroundvalidation.map(|background| BackgroundValidation {
                snapshot_height: background.snapshotheight,
                validated_height: background.blocks,
            }),
        }
    }
}

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
        let ip = self.address.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, self.port).into());
        ip.ok().or_else(|| format!("{}:{}", self.address, self.port).parse().ok())
    }
}

impl RawNetwork {
    pub(super) fn read(self) -> NetworkInfo {
        let version_text = match &self.version {
            Value::String(text) => printable(text),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let flavour = Flavour::of(&self.subversion);
        // blvm puts the protocol's version there; a number that means something else is no version.
        let version = self.version.as_u64().and_then(|version| u32::try_from(version).ok());
        let version = version.filter(|_| flavour != Flavour::Blvm);
        let identity = Identity { flavour, version, version_text, subversion: printable(&self.subversion) };
        let clear = |reach: &RawReach| matches!(reach.name.as_str(), "ipv4" | "ipv6") && !reach.proxy.is_empty();
        NetworkInfo {
            identity,
            active: self.networkactive,
            proxied: self.networks.iter().flatten().any(clear),
            own_addresses: self.localaddresses.iter().flatten().filter_map(RawLocal::read).collect(),
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
    /// The protocol's version is 0 until the peer has told it, and the handshake is over with its `verack`.
    fn is_handshaken(&self) -> bool {
        let told = self.version.is_none_or(|version| version > 0);
        let counts = self.bytesrecv_per_msg.as_ref().filter(|counts| counts.version.is_some());
        told && counts.is_none_or(|counts| counts.verack.is_some())
    }

    pub(super) fn read(self) -> Peer {
        let handshaken = self.is_handshaken();
        let direction = self.inbound.map(|inbound| if inbound { Direction::Inbound } else { Direction::Outbound });
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
            ping: self.pingtime.filter(|s| *s > 0.0).and_then(|s| Duration::try_from_secs_f64(s).ok()),
            last_block_at: self.last_block,
            last_transaction_at: self.last_transaction,
        }
    }
}

/// A block, with the names of its transactions, which nobody looks at.
#[derive(Deserialize)]
pub(super) struct RawBlock {
    pub(super) size: u64,
}

#[derive(Deserialize)]
pub(super) struct RawTimes {
    pub(super) mediantime: u64,
}

/// What came of `pruneblockchain`. Core answers the last height that is gone, -1 if none is; blvm an object; bcoin
/// null. Their refusals have a code that says little, so that the words decide.
pub(super) fn pruned(answer: Answer<Value>) -> Answer<Pruned> {
    let refusal = match answer {
        Ok(result) => {
            let last = result.get("pruned_height").unwrap_or(&result).as_i64();
            return Ok(Pruned::Done(last.map_or(Extent::Unknown, |last| {
                // Core says -1 where no block is gone.
                u32::try_from(last).map_or(Extent::Nothing, Extent::UpTo)
            })));
        }
        Err(error) => error,
    };
    let NodeError::Rpc { message, .. } = &refusal else { return Err(refusal) };
    match message.as_str() {
        // bcoin tells how a call is used by its name and its parameters, of which this one has none.
        "pruneblockchain" => Ok(Pruned::OnlyAll),
        message if message.contains("not in prune mode") => Ok(Pruned::NotInPruneMode),
        message if message.starts_with("Pruning is not enabled") => Ok(Pruned::NotInPruneMode),
        message if message.contains("too short") => Ok(Pruned::ChainTooShort),
        message if message.contains("already pruned") => Ok(Pruned::Done(Extent::Unknown)),
        _ => Err(refusal),
    }
}

#[derive(Deserialize)]
pub(super) struct RawBan {
    address: String,
}

impl RawBan {
    pub(super) fn read(self) -> Ban {
        let network = self.address.parse::<IpNet>().ok();
        let network = network.or_else(|| self.address.parse::<IpAddr>().ok().map(IpNet::from));
        network.map_or(Ban::Host(self.address), Ban::Network)
    }
}

#[derive(Deserialize)]
pub(super) struct RawTraffic {
    pub(super) totalbytessent: u64,
    pub(super) totalbytesrecv: u64,
}

#[derive(Deserialize)]
pub(super) struct RawMempool {
    size: u64,
    bytes: u64,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    mempoolminfee: Option<f64>,
}

impl RawMempool {
    pub(super) fn read(self) -> Mempool {
        // No node holds transactions in no memory: a zero beside them is a number nobody counted.
        let usage_bytes = self.usage.filter(|usage| *usage > 0 || self.size == 0);
        Mempool { transactions: self.size, bytes: self.bytes, usage_bytes, min_fee_btc_per_kvb: self.mempoolminfee }
    }
}

#[derive(Deserialize)]
struct RawIndex {
    synced: bool,
    #[serde(default, deserialize_with = "lenient")]
    best_block_height: Option<u32>,
}

/// Indexes by their names, of which a node has a handful.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct RawIndexes(BTreeMap<String, RawIndex>);

impl RawIndexes {
    pub(super) fn read(self) -> Vec<Index> {
        let index = |(name, raw): (String, RawIndex)| Index {
            name: printable(&name),
            synced: raw.synced,
            height: raw.best_block_height,
        };
        self.0.into_iter().map(index).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct RawPruneLocks {
    prune_locks: Vec<RawPruneLock>,
}

/// One height, or the first and the last; without a last one it has no end.
#[derive(Deserialize)]
struct RawPruneLock {
    id: String,
    height: Vec<u32>,
}

impl RawPruneLocks {
    pub(super) fn read(self) -> Vec<PruneLock> {
        let lock = |raw: RawPruneLock| PruneLock {
            id: printable(&raw.id),
            // One without a height keeps what nobody knows: all.
            from: raw.height.first().copied().unwrap_or(0),
            until: raw.height.get(1).copied(),
        };
        self.prune_locks.into_iter().map(lock).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct RawUtxos {
    pub(super) txouts: u64,
}

#[derive(Deserialize)]
pub(super) struct RawHeader {
    /// -1 when the block is not in the best chain.
    pub(super) confirmations: i64,
}

#[derive(Deserialize)]
pub(super) struct RawHeight {
    pub(super) height: u32,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_node_calls_itself_cannot_flood_a_label() {
        let said = json!({"version": "v\n1", "subversion": "/x/".repeat(1_000_000)});
        let identity = serde_json::from_value::<RawNetwork>(said).unwrap().read().identity;
        assert_eq!(identity.version_text, "v 1");
        assert!(identity.subversion.chars().count() <= 201);
    }

    #[test]
    fn a_field_of_another_type_is_not_known_and_takes_no_other_with_it() {
        let said = json!({
            "chain": "main", "blocks": 7, "headers": 8, "bestblockhash": "00", "time": "noon", "difficulty": null,
            "pruned": 1, "pruneheight": -1, "size_on_disk": 1e30, "mediantime": 5, "warnings": [[[]]]
        });
        let chain = serde_json::from_value::<RawChain>(said).unwrap().read(Some(Flavour::Core));
        assert_eq!((chain.blocks, chain.headers, chain.median_time), (7, 8, Some(5)));
        assert_eq!((chain.tip_time, chain.difficulty, chain.pruned), (None, None, None));
        assert_eq!((chain.prune_height, chain.size_on_disk_bytes), (None, None));
    }

    #[test]
    fn a_snapshot_is_found_in_either_shape_and_one_that_is_validated_is_none() {
        let said = json!({"chain": "main", "blocks": 7, "headers": 8, "bestblockhash": "00",
            "backgroundvalidation": {"snapshotheight": 5, "blocks": 2, "verificationprogress": 0.1}});
        let chain = serde_json::from_value::<RawChain>(said).unwrap().read(Some(Flavour::Core));
        assert_eq!(chain.background, Some(BackgroundValidation { snapshot_height: 5, validated_height: 2 }));

        let found = |states: Value| {
            let said = json!({"headers": 8, "chainstates": states});
            serde_json::from_value::<RawChainstates>(said).unwrap().read()
        };
        let behind = json!({"blocks": 2, "validated": true});
        let mut active = json!({"blocks": 7, "snapshot_blockhash": "ab", "validated": false});
        assert_eq!(found(json!([behind, active])), Some(("ab".to_owned(), 2)));
        assert_eq!(found(json!([behind])), None);
        active["validated"] = json!(true);
        assert_eq!(found(json!([active])), None);
    }

    #[test]
    fn the_handshake_is_over_with_the_peers_verack() {
        let handshaken = |said: Value| serde_json::from_value::<RawPeer>(said).unwrap().read().handshaken;
        assert!(!handshaken(json!({"addr": "a:1", "version": 0, "bytesrecv_per_msg": {}})));
        assert!(!handshaken(json!({"addr": "a:1", "version": 70016, "bytesrecv_per_msg": {"version": 126}})));
        assert!(handshaken(
            json!({"addr": "a:1", "version": 70016, "bytesrecv_per_msg": {"version": 126, "verack": 24}})
        ));
        assert!(handshaken(json!({"addr": "a:1", "version": 70015, "bytesrecv_per_msg": {}})), "blvm counts none");
        assert!(handshaken(json!({"addr": "a:1"})), "nothing is said of it");
    }

    #[test]
    fn a_ping_of_nothing_was_not_measured() {
        for said in [json!(0), json!(0.0), json!(-1), json!("0.1"), json!(null), json!(1e300)] {
            let peer = serde_json::from_value::<RawPeer>(json!({"addr": "a:1", "pingtime": said})).unwrap().read();
            assert_eq!(peer.ping, None, "{said}");
        }
    }

    #[test]
    fn bans_are_networks_and_hosts() {
        let onion = "b".repeat(56) + ".onion";
        let covers = |ban: &str, address: &str| ban_of(ban).covers(&address.parse().unwrap());
        assert_eq!(ban_of("10.0.0.0/8"), Ban::Network("10.0.0.0/8".parse().unwrap()));
        assert!(covers("10.0.0.5/32", "10.0.0.5:1") && covers("10.0.0.0/8", "10.9.9.9:1"));
        assert!(covers("2001:db8::/32", "[2001:db8::1]:1") && !covers("10.0.0.5/32", "10.0.0.6:1"));
        assert!(covers("::1", "[::1]:1") && !covers("::/0", "10.0.0.6:1"));
        assert!(covers(&onion, &(onion.clone() + ":8333")) && !covers(&onion, "example.org:1"));
    }

    fn ban_of(address: &str) -> Ban {
        RawBan { address: address.to_owned() }.read()
    }

    #[test]
    fn own_addresses_and_proxies_are_read_as_the_node_writes_them() {
        let onion = "b".repeat(56) + ".onion";
        let said = json!({
            "subversion": "/Satoshi:29.0.0/",
            "networks": [{"name": "ipv4", "proxy": "127.0.0.1:9050"}, {"name": "onion", "proxy": ""}],
            "localaddresses": [
                {"address": "2001:db8::1", "port": 8333, "score": 1}, {"address": "203.0.113.7", "port": 8333},
                {"address": onion, "port": 8333}
            ]
        });
        let network = serde_json::from_value::<RawNetwork>(said).unwrap().read();
        let own: Vec<_> = network.own_addresses.iter().map(ToString::to_string).collect();
        assert_eq!(own, ["[2001:db8::1]:8333", "203.0.113.7:8333", &format!("{onion}:8333")]);
        assert!(network.proxied);
        let only_onion = json!({"subversion": "", "networks": [{"name": "onion", "proxy": "127.0.0.1:9050"}]});
        assert!(!serde_json::from_value::<RawNetwork>(only_onion).unwrap().read().proxied);
    }
}
