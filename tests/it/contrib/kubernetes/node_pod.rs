//! The pod of a node, from its start to its end: a bitcoind that syncs, freezes and comes back, a
//! sidecar that dies, and the drain.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::kubelet::Probe;
use super::pod::Pod;
use super::{LONG, documents, helm_or_skip, manifest, object, objects, python};
use crate::support::child::{self, Background};
use crate::support::http::{self, Request, basic};
use crate::support::network::in_own_network;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{eventually, free_port, poll, throughout, wait_until};

const CLIENT: &str = "alice:secret";
/// The line of that client in the secret.
const RPCAUTH: &str = "rpcauth=alice:00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937";

/// The status of a call of a client, and its result.
fn call(port: u16, method: &str, params: &Value) -> Option<(u16, Value)> {
    let body = json!({"id": 1, "method": method, "params": params}).to_string();
    let authorization = basic(CLIENT);
    let headers = [("Authorization", authorization.as_str())];
    let request = Request::post("/", body.as_bytes()).with(&headers);
    let answer = http::send(SocketAddr::from(([127, 0, 0, 1], port)), request).ok()?;
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    Some((answer.status, document["result"].clone()))
}

fn node_answers() -> bool {
    call(8332, "uptime", &json!([])).is_some_and(|(status, _)| status == 200)
}

#[test]
fn a_syncing_node_and_one_whose_sidecar_is_away_live_and_a_frozen_one_is_restarted() {
    let helm = helm_or_skip!();
    bitcoind_or_skip!();
    let values = json!({
        "chain": "regtest",
        "node": {
            "replicas": 1,
            "preStopSeconds": 1,
            "args": ["-listen=0", "-dnsseed=0", "-fixedseeds=0"],
            "env": {"BLLVMCTL_HEALTH__LIVE_TIMEOUT_SECS": 3, "BLLVMCTL_NODE__POLL_INTERVAL_SECS": 0.2},
        },
        "gateway": {"enabled": false},
    });
    let objects = objects(&helm, &values);
    let set = object(&objects, "StatefulSet", "bitcoin-node");
    let secrets = [("bitcoin.conf", RPCAUTH)];
    let pod = or_skip!(
        Pod::of(&objects, set, &secrets, &[]),
        "there is no unshare or setpriv"
    );
    let lived = in_own_network(|| life(&pod));
    or_skip!(
        lived,
        "no network of its own can be made here: that takes root and ip"
    );
}

#[track_caller]
fn wait_ready(probe: &Probe<'_>, bllvmctl: &Background) {
    let look = || (probe.succeeds(), bllvmctl.log());
    eventually("readiness", LONG, look, |seen| seen.0);
}

fn life(pod: &Pod) {
    let node = pod.container("bitcoind");
    let sidecar = pod.container("bllvmctl");
    let node_lives = Probe::of(node, "livenessProbe");
    let node_has_started = Probe::of(node, "startupProbe");
    let sidecar_lives = Probe::of(sidecar, "livenessProbe");
    let is_ready = Probe::of(sidecar, "readinessProbe");

    // The sidecar is there first, and says nothing bad of a node that is not there yet.
    let mut bllvmctl = pod.start("bllvmctl");
    wait_until("the sidecar", LONG, || sidecar_lives.succeeds());
    assert!(node_has_started.succeeds() && !is_ready.succeeds());
    let mut bitcoind = pod.start("bitcoind");
    let started = poll(LONG, || node_answers().then_some(()));
    assert!(started.is_some(), "{}", bitcoind.log());

    // It has its genesis block only: it syncs.
    let sound = || (node_lives.succeeds(), sidecar_lives.succeeds());
    throughout("alive", Duration::from_secs(4), sound, |seen| {
        *seen == (true, true)
    });
    assert!(!is_ready.succeeds(), "{}", bllvmctl.log());

    call(8332, "generatetodescriptor", &json!([1, "raw(51)"])).expect("a block");
    wait_ready(&is_ready, &bllvmctl);
    let height = call(18332, "getblockcount", &json!([]));
    assert_eq!(height, Some((200, json!(1))));

    // The sidecar is away: nobody touches the node, and no traffic comes.
    bllvmctl.kill();
    assert!(sidecar_lives.fails() && is_ready.fails());
    assert!(node_lives.succeeds() && node_has_started.succeeds());
    bllvmctl = pod.start("bllvmctl");
    wait_ready(&is_ready, &bllvmctl);
    assert!(bitcoind.ended().is_none());

    // A frozen node is restarted, and its sidecar is not. It has its block on the disk.
    call(8332, "gettxoutsetinfo", &json!([])).expect("an answer");
    bitcoind.freeze();
    wait_until("a dead node", LONG, || node_lives.fails());
    assert!(sidecar_lives.succeeds() && !is_ready.succeeds());
    bitcoind.kill();
    // Until it answers it has the time of its startup probe: its liveness is not asked before.
    assert!(node_has_started.fails(), "{}", bllvmctl.log());
    assert!(node_has_started.patience() >= Duration::from_hours(1));
    bitcoind = pod.start("bitcoind");
    wait_until("a start", LONG, || node_has_started.succeeds());
    assert!(node_lives.succeeds());
    wait_ready(&is_ready, &bllvmctl);

    // The end: the pod serves while everybody learns that it is no endpoint, the sidecar ends last.
    let pause = node["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
    let serves = || call(18332, "getblockcount", &json!([])).map(|(status, _)| status);
    let pause = Duration::from_secs(pause.expect("a pause"));
    throughout("served", pause, serves, |status| *status == Some(200));
    bitcoind.signal(Signal::SIGTERM);
    assert_eq!(bitcoind.wait(LONG).code(), Some(0), "{}", bitcoind.log());
    assert!(sidecar_lives.succeeds());
    bllvmctl.signal(Signal::SIGTERM);
    assert_eq!(bllvmctl.wait(LONG).code(), Some(0), "{}", bllvmctl.log());
    assert!(fs::read_dir(pod.path("data/bllvmctl")).is_ok_and(|mut files| files.next().is_some()));
}

/// The exit code of bitcoind's probe if bllvmctl is at `port`.
fn probe(container: &Value, port: u16) -> Option<i32> {
    let script = container["livenessProbe"]["exec"]["command"][2].as_str();
    let script = script.expect("a script");
    assert!(script.contains("18332"), "{script}");
    let mut command = Command::new("bash");
    command.args(["-c", &script.replace("18332", &port.to_string())]);
    child::run(command, b"", LONG).code
}

/// A port at which one request is answered with `answer`; with nothing, the connection stays open
/// and silent.
fn answering(answer: &'static str) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 256];
        let read = connection.read(&mut request).unwrap();
        assert!(request[..read].starts_with(b"GET /health/live HTTP/1.0\r\n"));
        connection.write_all(answer.as_bytes()).unwrap();
        if answer.is_empty() {
            // Until the probe has given up.
            while connection.read(&mut request).is_ok_and(|read| read > 0) {}
        }
    };
    (port, thread::spawn(serve))
}

#[test]
fn bitcoind_is_killed_only_if_bllvmctl_says_that_it_is_dead() {
    let python = or_skip!(
        python(),
        "there is no Python with YAML: KUBERNETES_VALIDATE is not set"
    );
    let objects = documents(&python, &manifest("bitcoind.yaml"));
    let set = object(&objects, "StatefulSet", "bitcoin-node");
    let bitcoind = &set["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(probe(bitcoind, free_port()), Some(0), "no bllvmctl there");
    let answers = [
        ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"alive\"}", 0),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", 1),
        ("HTTP/1.1 404 Not Found\r\n\r\n", 0),
        ("", 0),
    ];
    for (answer, code) in answers {
        let (port, served) = answering(answer);
        assert_eq!(probe(bitcoind, port), Some(code), "{answer}");
        served.join().unwrap();
    }
}
