//! Several nodes behind one gateway: who gets a call, who gets it next, and that none gets it twice
//! that must not. The nodes are stubs behind real sockets.

mod broadcast;
mod failures;
mod floor;
mod lacking;
mod logins;
mod long_polls;
mod once;
mod places;
mod stub_node;
mod targets;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::task::Poll;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use self::stub_node::{Act, StubNode};
use super::access::{GatewayUser, MethodList, NodeList};
use super::policy::{GatewayPolicy, RateLimitPolicy};
use super::request::RpcRequest;
use super::upstream::connection::tests::destination;
use super::{Gateway, UpstreamSpec};
use crate::clock;
use crate::config::default_rpc;
use crate::config::schema::{MaxInFlight, Rpc};
use crate::limit::Rate;
use crate::logging::RequestId;
use crate::metrics::Recorder;
use crate::route::{
    FleetPolicy, Needs, NodeFacts, PublishedTip, Rotation, RouteTable, WalletClaims,
};
use crate::values::{ClientAddr, Secret};

/// The second half of the line that bitcoind's share/rpcauth/rpcauth.py prints for the password
/// "secret".
const ALICE_RPCAUTH: &str = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de\
                             88b01b139720c60e410c0540a0937";
/// How long calls wait for a slot here.
const QUEUE_TIMEOUT: Duration = Duration::from_millis(300);
const HASH: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

/// What a client got.
#[derive(Clone, Debug)]
struct Got {
    status: u16,
    /// Which node has answered.
    node: Option<String>,
    /// Who refused what another node took.
    broadcast: Option<String>,
    body: Value,
}

impl Got {
    /// The code of the error; 0 without one.
    fn code(&self) -> i64 {
        self.body["error"]["code"].as_i64().unwrap_or(0)
    }

    #[track_caller]
    fn is_from(&self, node: &str) {
        let is_answer = self.status == 200 && self.node.as_deref() == Some(node);
        assert!(is_answer && self.body["result"] == node, "{self:?}");
    }

    #[track_caller]
    fn is_refused(&self, status: u16, code: i64) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
        assert_eq!(self.node, None, "{self:?}");
    }
}

/// Stub nodes `a`, `b`, `c` and so on, in the order of their priority, behind a gateway.
struct StubFleet {
    gateway: Gateway,
    stubs: Vec<StubNode>,
    facts: Vec<NodeFacts>,
    policy: FleetPolicy,
}

fn name(index: usize) -> String {
    char::from(b'a' + u8::try_from(index).unwrap()).to_string()
}

fn facts(index: usize) -> NodeFacts {
    let priority = u32::try_from(index).unwrap();
    NodeFacts {
        rotation: Rotation::Ready,
        kept_from: Some(0),
        has: Needs::BLOCKS,
        tip: Some(tip(100)),
        ..NodeFacts::unknown(name(index).as_str().into(), priority, wallets(&[]))
    }
}

fn tip(height: u64) -> PublishedTip {
    PublishedTip {
        height,
        hash: HASH.into(),
        chainwork: None,
    }
}

fn wallets(names: &[&str]) -> WalletClaims {
    WalletClaims::Named(names.iter().map(|name| (*name).into()).collect())
}

fn policy() -> GatewayPolicy {
    policy_of(rpc())
}

fn policy_of(rpc: Rpc) -> GatewayPolicy {
    GatewayPolicy {
        users: vec![user(&[])],
        limits: None,
        ..GatewayPolicy::new(rpc).unwrap()
    }
}

fn rpc() -> Rpc {
    Rpc {
        max_in_flight: MaxInFlight::Fixed(NonZeroU32::new(64).unwrap()),
        queue_timeout: QUEUE_TIMEOUT,
        request_timeout: Duration::from_secs(20),
        ..default_rpc()
    }
}

fn user(nodes: &[&str]) -> GatewayUser {
    let globs: Vec<_> = nodes.iter().map(|glob| (*glob).to_owned()).collect();
    GatewayUser {
        name: "alice".into(),
        rpcauth: Secret::new(ALICE_RPCAUTH.to_owned()),
        methods: MethodList::new(&[]).unwrap(),
        nodes: NodeList::new(&globs).unwrap(),
        rate: Rate::new(1e6, NonZeroU32::new(1_000_000).unwrap()),
    }
}

/// So many calls in all, and no more.
fn allowance(calls: u32) -> RateLimitPolicy {
    RateLimitPolicy {
        enforce: true,
        default: Rate::new(1e-6, NonZeroU32::new(calls).unwrap()),
        methods: Vec::new(),
        exempt: Vec::new(),
    }
}

fn call(method: &str) -> String {
    call_with(method, &json!([]))
}

fn call_with(method: &str, params: &Value) -> String {
    json!({"id": "me", "method": method, "params": params}).to_string()
}

impl StubFleet {
    async fn start(nodes: usize) -> Self {
        Self::start_with(nodes, policy()).await
    }

    async fn start_with(nodes: usize, policy: GatewayPolicy) -> Self {
        let mut stubs = Vec::new();
        for index in 0..nodes {
            stubs.push(StubNode::start(&name(index)).await);
        }
        let spec = |(index, stub): (usize, &StubNode)| UpstreamSpec {
            name: name(index).as_str().into(),
            destination: std::sync::Arc::into_inner(destination(stub.port)).unwrap(),
            is_archive: index == 2,
        };
        let specs = stubs.iter().enumerate().map(spec).collect();
        let metrics = Recorder::new().unwrap().gateway().unwrap();
        let fleet = Self {
            gateway: Gateway::new(policy, specs, metrics),
            stubs,
            facts: (0..nodes).map(facts).collect(),
            policy: FleetPolicy::default(),
        };
        for index in 0..nodes {
            fleet.gateway.resize(&name(index), None, true);
        }
        fleet.publish();
        fleet
    }

    fn publish(&self) {
        self.publish_only(&self.facts);
    }

    /// Publishes `facts`, while calls are on their way.
    fn publish_only(&self, facts: &[NodeFacts]) {
        let table = RouteTable {
            nodes: facts.to_vec(),
            policy: self.policy,
        };
        self.gateway.publish(table, clock::mono());
    }

    /// Changes what is known of a node, and publishes that.
    fn change(&mut self, index: usize, change: impl FnOnce(&mut NodeFacts)) {
        change(&mut self.facts[index]);
        self.publish();
    }

    async fn call(&self, method: &str) -> Got {
        self.post("/", &call(method)).await
    }

    async fn post(&self, path: &str, body: &str) -> Got {
        let login = format!("Basic {}", BASE64_STANDARD.encode("alice:secret"));
        self.post_as(path, body, &login).await
    }

    async fn post_as(&self, path: &str, body: &str, authorization: &str) -> Got {
        let request = RpcRequest {
            path,
            authorization: Some(authorization.as_bytes()),
            ..RpcRequest::default()
        };
        let from = ClientAddr::from(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 1));
        let mut client = self.gateway.client(from);
        let mut body = Full::new(Bytes::from(body.to_owned()));
        let id = RequestId::from_client(b"an-id").unwrap();
        let now = clock::mono();
        let reply = self
            .gateway
            .answer(&request, &mut body, &mut client, &id, now, None)
            .await;
        let status = reply.status.as_u16();
        let node = reply.node.clone();
        let lines = String::from_utf8(reply.lines.as_bytes().to_vec()).unwrap();
        let broadcast = lines
            .lines()
            .find_map(|line| line.strip_prefix("X-Bllvmctl-Broadcast: "))
            .map(str::to_owned);
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        Got {
            status,
            node: node.map(|node| node.to_string()),
            broadcast,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// How often each node was called.
    fn counts(&self) -> Vec<usize> {
        self.stubs.iter().map(StubNode::count).collect()
    }
}

/// Does `first` and `then` at once.
async fn while_doing<T>(first: impl Future<Output = T>, then: impl Future<Output = ()>) -> T {
    let first = Box::pin(first);
    let then = Box::pin(then);
    tokio::join!(first, then).0
}

/// Does all of `futures` at once.
async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
