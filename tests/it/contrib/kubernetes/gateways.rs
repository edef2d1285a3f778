//! A rolling update of two gateways and of the nodes behind them, as their controllers do it, under
//! the calls of clients that learn of it late.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::kubelet::Probe;
use super::pod::Pod;
use super::{LONG, helm_or_skip, object, objects};
use crate::support::child::Background;
use crate::support::http::{self, Request, basic};
use crate::support::network::in_own_network;
use crate::support::redis::redis_or_skip;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{eventually, wait_until};

const CLIENT: &str = "alice:secret";
const RPCAUTH: &str = "\
rpcauth=alice:00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937
rpcauth=bllvmctl:00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937
";
const NODES: u8 = 4;
const STORE: [u8; 4] = [127, 0, 3, 1];
/// Less than `drain_secs`.
const LATE: Duration = Duration::from_millis(500);

/// A pod of a workload, with its containers running.
struct Running {
    pod: Pod,
    address: [u8; 4],
    process: Background,
}

impl Running {
    fn start(objects: &[Value], workload: &Value, address: [u8; 4]) -> Option<Self> {
        let own = Ipv4Addr::from(address).to_string();
        let store = Ipv4Addr::from(STORE).to_string();
        let mut replaced = vec![("bitcoin-redis:".to_owned(), format!("{store}:"))];
        for before in ["\"", "="] {
            replaced.push((format!("{before}0.0.0.0"), format!("{before}{own}")));
        }
        for index in 0..NODES {
            let name = format!("bitcoin-node-{index}.bitcoin-node:");
            replaced.push((name, format!("{}:", Ipv4Addr::from(node_address(index)))));
        }
        let replaced: Vec<_> = replaced
            .iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .collect();
        let secrets = [("bitcoin.conf", RPCAUTH), ("password", "secret")];
        let pod = Pod::of(objects, workload, &secrets, &replaced)?;
        let process = pod.start(main_container(workload));
        Some(Self {
            pod,
            address,
            process,
        })
    }

    fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.address, port))
    }

    fn is_ready(&self) -> bool {
        let container = self.pod.container("bllvmctl");
        Probe::at(container, "readinessProbe", self.address).succeeds()
    }

    /// As the kubelet ends a pod: `preStop`, SIGTERM, and the grace of the pod.
    #[track_caller]
    fn end(mut self) {
        // The default of Kubernetes is 30 s.
        let grace = &self.pod.spec["terminationGracePeriodSeconds"];
        let grace = Duration::from_secs(grace.as_u64().unwrap_or(30));
        let container = &self.pod.spec["containers"][0];
        if let Some(pause) = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64() {
            thread::sleep(Duration::from_secs(pause));
        }
        self.process.signal(Signal::SIGTERM);
        let ended = self.process.wait(grace);
        assert_eq!(ended.code(), Some(0), "{}", self.process.log());
    }
}

fn main_container(workload: &Value) -> &str {
    let name = &workload["spec"]["template"]["spec"]["containers"][0]["name"];
    name.as_str().expect("a name")
}

fn node_address(index: u8) -> [u8; 4] {
    [127, 0, 1, 1 + index]
}

/// The service: the addresses that clients know.
type Endpoints = Arc<Mutex<Vec<SocketAddr>>>;

/// A client that opens a connection for each call, to one endpoint after the other.
fn client(
    endpoints: &Endpoints,
    stopping: &Arc<AtomicBool>,
    answered: &Arc<AtomicUsize>,
) -> JoinHandle<Vec<String>> {
    let endpoints = Arc::clone(endpoints);
    let stopping = Arc::clone(stopping);
    let answered = Arc::clone(answered);
    thread::spawn(move || {
        let mut failures = Vec::new();
        for turn in 0.. {
            if stopping.load(Ordering::Relaxed) || failures.len() > 10 {
                break;
            }
            let endpoint = {
                let known = endpoints.lock().expect("the endpoints");
                known[turn % known.len()]
            };
            match call(endpoint, "getblockcount", &json!([])) {
                Ok((200, _)) => {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                other => failures.push(format!("{endpoint}: {other:?}")),
            }
        }
        failures
    })
}

fn call(addr: SocketAddr, method: &str, params: &Value) -> Result<(u16, String), String> {
    let body = json!({"id": 1, "method": method, "params": params}).to_string();
    let authorization = basic(CLIENT);
    let headers = [("Authorization", authorization.as_str())];
    let request = Request::post("/", body.as_bytes()).with(&headers);
    let answer = http::send(addr, request).map_err(|error| error.to_string())?;
    Ok((answer.status, answer.text().to_owned()))
}

#[test]
fn a_rolling_update_of_gateways_and_nodes_fails_no_call() {
    let helm = helm_or_skip!();
    bitcoind_or_skip!();
    redis_or_skip!();
    let values = json!({
        "chain": "regtest",
        "node": {
            "replicas": NODES,
            "preStopSeconds": 1,
            "args": ["-listen=0", "-dnsseed=0", "-fixedseeds=0"],
        },
        "gateway": {
            "drainSeconds": 1,
            "rateLimit": {"rate": 100_000, "burst": 100_000},
            "env": {"BLLVMCTL_NODE__POLL_INTERVAL_SECS": 0.2},
        },
        "monitoring": {"enabled": false},
    });
    let objects = objects(&helm, &values);
    let done = in_own_network(|| roll(&objects));
    or_skip!(
        done.flatten(),
        "no network of its own can be made here: that takes root, ip, unshare and setpriv"
    );
}

fn roll(objects: &[Value]) -> Option<()> {
    let set = object(objects, "StatefulSet", "bitcoin-node");
    let deployment = object(objects, "Deployment", "bitcoin-gateway");
    let strategy = &deployment["spec"]["strategy"]["rollingUpdate"];
    assert_eq!(*strategy, json!({"maxUnavailable": 0, "maxSurge": 1}));

    let mut nodes = Vec::new();
    for index in 0..NODES {
        nodes.push(start_node(objects, set, index)?);
    }
    let store = object(objects, "Deployment", "bitcoin-redis");
    let store = Running::start(objects, store, STORE)?;
    let mut next_address = 1;
    let mut start_gateway = || {
        let gateway = Running::start(objects, deployment, [127, 0, 2, next_address])?;
        next_address += 1;
        let look = || (gateway.is_ready(), gateway.process.log());
        eventually("a gateway that is ready", LONG, look, |seen| seen.0);
        Some(gateway)
    };
    let mut gateways = vec![start_gateway()?, start_gateway()?];
    let known = |gateways: &[Running]| gateways.iter().map(|one| one.at(18332)).collect();
    let endpoints: Endpoints = Arc::new(Mutex::new(known(&gateways)));
    let stopping = Arc::default();
    let answered = Arc::default();
    let clients: Vec<_> = (0..3)
        .map(|_| client(&endpoints, &stopping, &answered))
        .collect();
    let more = || {
        let goal = answered.load(Ordering::Relaxed) + 50;
        wait_until("answers", LONG, || answered.load(Ordering::Relaxed) >= goal);
    };

    for _ in 0..2 {
        more();
        gateways.push(start_gateway()?);
        let old = gateways.remove(0);
        // The old one gets SIGTERM at once, and clients learn of it later.
        thread::scope(|scope| {
            let ending = scope.spawn(|| old.end());
            thread::sleep(LATE);
            *endpoints.lock().expect("the endpoints") = known(&gateways);
            ending.join().expect("an end in order");
        });
    }
    // From the last to the first, each once the one before is there again.
    for index in (0..NODES).rev() {
        more();
        nodes.remove(usize::from(index)).end();
        more();
        let node = start_node(objects, set, index)?;
        nodes.insert(usize::from(index), node);
        let line = format!("bllvm_node_in_rotation{{node=\"node-{index}\"}} 1");
        wait_until("the node in rotation", LONG, || {
            metrics(&gateways[0]).contains(&line)
        });
    }
    more();
    stopping.store(true, Ordering::Relaxed);
    for client in clients {
        let failures = client.join().expect("a client");
        assert!(
            failures.is_empty(),
            "{failures:#?}\n{}",
            gateways[0].process.log()
        );
    }
    let page = metrics(&gateways[0]);
    assert!(page.contains("bllvm_limits_store_up 1"), "{page}");
    gateways.into_iter().for_each(Running::end);
    nodes.into_iter().for_each(Running::end);
    store.end();
    Some(())
}

fn metrics(gateway: &Running) -> String {
    let page = http::send(gateway.at(9332), Request::get("/metrics")).expect("metrics");
    page.text().to_owned()
}

/// A node with the block that all have.
fn start_node(objects: &[Value], set: &Value, index: u8) -> Option<Running> {
    let node = Running::start(objects, set, node_address(index))?;
    let result = |method: &str, params: &Value| {
        let (status, text) = call(node.at(8332), method, params).ok()?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        (status == 200).then(|| answer["result"].clone())
    };
    let answers = || {
        (
            call(node.at(8332), "uptime", &json!([])),
            node.process.log(),
        )
    };
    let seen = eventually("a node", LONG, answers, |seen| {
        matches!(seen.0, Ok((200, _)))
    });
    assert!(seen.0.is_ok());
    // The same clock makes the same block at each node.
    result("setmocktime", &json!([2_000_000_000]))?;
    result("generatetodescriptor", &json!([1, "raw(51)"]))?;
    Some(node)
}
