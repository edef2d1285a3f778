//! Peers and the network.

use bitcoin::p2p::ServiceFlags;
use serde_json::{Map, Value, json};

use super::error::{MISC, NODE_ALREADY_ADDED, NODE_NOT_ADDED, NODE_NOT_CONNECTED, RpcError};
use super::scripts::btc;
use super::{MethodParams, MethodResult};
use crate::chain::tree::Id;
use crate::mempool::{INCREMENTAL_FEE_RATE, MIN_FEE_RATE};
use crate::node_state::NodeState;
use crate::node_state::p2p::{PROTOCOL_VERSION, PeerId, PeerState, services};
use crate::time::Now;

fn service_names(flags: ServiceFlags) -> Vec<&'static str> {
    let known = [
        (ServiceFlags::NETWORK, "NETWORK"),
        (ServiceFlags::BLOOM, "BLOOM"),
        (ServiceFlags::WITNESS, "WITNESS"),
        (ServiceFlags::COMPACT_FILTERS, "COMPACT_FILTERS"),
        (ServiceFlags::NETWORK_LIMITED, "NETWORK_LIMITED"),
        (ServiceFlags::P2P_V2, "P2P_V2"),
    ];
    known
        .into_iter()
        .filter(|(flag, _)| flags.has(*flag))
        .map(|(_, name)| name)
        .collect()
}

pub(super) fn info(state: &NodeState) -> Value {
    let services = services(&state.validation.chain);
    let outbound = state.peers.iter().filter(|peer| peer.is_outbound()).count();
    let rate = |rate| btc(bitcoin::Amount::from_sat(rate));
    let network = |name: &str, reachable: bool| {
        json!({
            "name": name, "limited": !reachable, "reachable": reachable, "proxy": "",
            "proxy_randomize_credentials": false,
        })
    };
    json!({
        "version": state.context.agent.version_number(),
        "subversion": state.context.agent.user_agent(),
        "protocolversion": PROTOCOL_VERSION,
        "localservices": format!("{:016x}", services.to_u64()),
        "localservicesnames": service_names(services),
        "localrelay": true,
        "timeoffset": 0,
        "networkactive": state.peers.is_network_active,
        "connections": state.peers.len(),
        "connections_in": state.peers.len() - outbound,
        "connections_out": outbound,
        "networks": [network("ipv4", true), network("ipv6", true), network("onion", false)],
        "relayfee": rate(MIN_FEE_RATE),
        "incrementalfee": rate(INCREMENTAL_FEE_RATE),
        "localaddresses": [],
        "warnings": [],
    })
}

/// Seconds since 1970; zero for what has not been.
fn seconds(now: Option<Now>) -> u64 {
    now.map_or(0, Now::unix_seconds)
}

fn height(state: &NodeState, id: Option<Id>) -> i64 {
    id.map_or(-1, |id| {
        i64::from(state.validation.chain.tree().get(id).height)
    })
}

/// The fields of one peer in their order.
#[derive(Default)]
struct PeerFields(Map<String, Value>);

impl PeerFields {
    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn set_address(&mut self, peer: &PeerState) {
        self.set("id", json!(peer.id.0));
        self.set("addr", json!(peer.name));
        if let Some(local) = peer.local {
            self.set("addrbind", local.to_string());
        }
        self.set(
            "network",
            if peer.address.ip().is_loopback() {
                "not_publicly_routable"
            } else if peer.address.is_ipv4() {
                "ipv4"
            } else {
                "ipv6"
            },
        );
    }

    fn set_services(&mut self, peer: &PeerState) {
        let hello = peer.hello.as_ref();
        let flags = hello.map_or(ServiceFlags::NONE, |hello| hello.services);
        self.set("services", format!("{:016x}", flags.to_u64()));
        self.set("servicesnames", json!(service_names(flags)));
        self.set("relaytxes", hello.is_some_and(|hello| hello.relays));
    }

    fn set_traffic(&mut self, peer: &PeerState) {
        self.set("lastsend", seconds(peer.last_sent));
        self.set("lastrecv", seconds(peer.last_received));
        self.set("last_transaction", seconds(peer.last_transaction));
        self.set("last_block", seconds(peer.last_block));
        self.set("bytessent", json!(peer.counters.sent()));
        self.set("bytesrecv", json!(peer.counters.received()));
        self.set("conntime", seconds(Some(peer.connected)));
    }

    fn set_times(&mut self, state: &NodeState, peer: &PeerState) {
        let offset = peer.hello.as_ref().map_or(0, |hello| hello.time_offset);
        self.set("timeoffset", json!(offset));
        if let Some(last) = peer.pings.last {
            self.set("pingtime", last.as_secs_f64());
        }
        if let Some(best) = peer.pings.best {
            self.set("minping", best.as_secs_f64());
        }
        if let Some((_, since)) = peer.pings.open {
            self.set("pingwait", state.now.mono.since(since).as_secs_f64());
        }
    }

    fn set_version(&mut self, peer: &PeerState) {
        let hello = peer.hello.as_ref();
        // As long as the handshake is not over it is none.
        let ready = hello.filter(|_| peer.is_ready);
        self.set("version", json!(ready.map_or(0, |hello| hello.version)));
        let agent = hello.map_or("", |hello| hello.user_agent.as_str());
        self.set("subver", agent);
        self.set("inbound", !peer.is_outbound());
        self.set("bip152_hb_to", false);
        self.set("bip152_hb_from", false);
        let start_height = hello.map_or(-1, |hello| hello.start_height);
        self.set("startingheight", json!(start_height));
    }

    fn set_chain(&mut self, state: &NodeState, peer: &PeerState) {
        self.set("presynced_headers", -1);
        self.set("synced_headers", height(state, peer.best_known));
        self.set("synced_blocks", height(state, state.common_block(peer)));
        let heights: Vec<u32> = peer
            .in_flight
            .iter()
            .map(|open| state.validation.chain.tree().get(open.id).height)
            .collect();
        self.set("inflight", json!(heights));
    }
}

fn describe(state: &NodeState, peer: &PeerState) -> Value {
    let mut fields = PeerFields::default();
    fields.set_address(peer);
    fields.set_services(peer);
    fields.set_traffic(peer);
    fields.set_times(state, peer);
    fields.set_version(peer);
    fields.set_chain(state, peer);
    fields.set("addr_relay_enabled", false);
    fields.set("addr_processed", 0);
    fields.set("addr_rate_limited", 0);
    fields.set("permissions", json!([]));
    fields.set(
        "minfeefilter",
        btc(bitcoin::Amount::from_sat(peer.fee_filter)),
    );
    fields.set("connection_type", json!(peer.connection_type()));
    fields.set("transport_protocol_type", "v1");
    fields.set("session_id", "");
    Value::Object(fields.0)
}

pub(super) fn peer_info(state: &NodeState) -> Value {
    state
        .peers
        .iter()
        .map(|peer| describe(state, peer))
        .collect()
}

pub(super) fn connection_count(state: &NodeState) -> Value {
    json!(state.peers.len())
}

pub(super) fn totals(state: &NodeState) -> Value {
    let counters = &state.context.counters;
    json!({
        "totalbytesrecv": counters.received(),
        "totalbytessent": counters.sent(),
        "timemillis": state.now.unix_millis,
        "uploadtarget": {
            "timeframe": 86_400, "target": 0, "target_reached": false, "serve_historical_blocks": true,
            "bytes_left_in_cycle": 0, "time_left_in_cycle": 0,
        },
    })
}

pub(super) fn add_node(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let node = params.text("node").unwrap_or_default().to_owned();
    match params.text("command").unwrap_or_default() {
        "onetry" => state.dialler.dial(node),
        "add" if state.dialler.added.contains_key(&node) => {
            return Err(RpcError::new(
                NODE_ALREADY_ADDED,
                "Error: Node already added",
            ));
        }
        "add" => {
            let now = state.now.mono;
            state.dialler.keep_connected(node, &state.peers, now);
        }
        "remove" => {
            let not_added = || {
                RpcError::new(
                    NODE_NOT_ADDED,
                    "Error: Node could not be removed. It has not been added previously.",
                )
            };
            state.dialler.added.remove(&node).ok_or_else(not_added)?;
        }
        _ => {
            let usage = "addnode \"node\" \"command\" ( v2transport )\n\nThe command is add, \
                remove or onetry.\n";
            return Err(RpcError::new(MISC, usage));
        }
    }
    Ok(Value::Null)
}

pub(super) fn disconnect_node(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let address = params.text("address");
    let has_address = address.is_some_and(|address| !address.is_empty());
    let id = match (address, params.get("nodeid").is_some()) {
        (Some(address), false) => state.peers.find(address).map(|peer| peer.id),
        (_, true) if !has_address => {
            let id: i64 = params.integer("nodeid")?.unwrap_or(-1);
            let id = u64::try_from(id).ok().map(PeerId);
            id.and_then(|id| state.peers.get(id)).map(|peer| peer.id)
        }
        _ => {
            return Err(RpcError::new(
                -32_602,
                "Only one of address and nodeid should be provided.",
            ));
        }
    };
    let id =
        id.ok_or_else(|| RpcError::new(NODE_NOT_CONNECTED, "Node not found in connected nodes"))?;
    state.peers.disconnect(id, "an operator asked for it");
    Ok(Value::Null)
}

pub(super) fn added_node_info(state: &mut NodeState, params: &MethodParams) -> MethodResult {
    let wanted = params.text("node");
    if wanted.is_some_and(|wanted| !state.dialler.added.contains_key(wanted)) {
        return Err(RpcError::new(
            NODE_NOT_ADDED,
            "Error: Node has not been added.",
        ));
    }
    let names = state
        .dialler
        .added
        .keys()
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name));
    let one = |name: &String| {
        let peer = state.peers.find(name);
        let addresses = peer.map(|peer| {
            let direction = if peer.is_outbound() {
                "outbound"
            } else {
                "inbound"
            };
            json!({ "address": peer.address.to_string(), "connected": direction })
        });
        let addresses: Vec<_> = addresses.into_iter().collect();
        json!({ "addednode": name, "connected": peer.is_some(), "addresses": addresses })
    };
    Ok(names.map(one).collect())
}

pub(super) fn set_active(state: &mut NodeState, params: &MethodParams) -> Value {
    let active = params.flag("state").unwrap_or(true);
    state.peers.set_network_active(active);
    json!(active)
}

pub(super) fn ping(state: &mut NodeState, _: &MethodParams) -> Value {
    state.peers.ping_all(state.now);
    Value::Null
}
