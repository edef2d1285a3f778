//! Two nodes behind one daemon, as an operator and a balancer see them.

use std::time::Duration;
use std::{fs, thread};

use bllvmctl::api::{DetailedHealth, NodeDrained, NodeSummary, RouteExplained, StatusDocument};
use nix::sys::signal::Signal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::child::{Background, Output};
use crate::support::config::{Config, DIR};
use crate::support::daemon::{Daemon, bllvmctl, write_private};
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::http::Response;
use crate::support::ready::healthy_node;
use crate::support::surroundings::{free_port, wait_until};

const SOON: Duration = Duration::from_mins(1);

struct TwoNodes {
    _nodes: [FakeNode; 2],
    daemon: Daemon,
}

/// A daemon before the nodes `a`, the primary, and `b`, which has the wallet `hot`.
#[track_caller]
fn two_nodes() -> TwoNodes {
    two_nodes_with("")
}

/// The same with `more` configuration.
#[track_caller]
fn two_nodes_with(more: &str) -> TwoNodes {
    let nodes = [healthy_node(), healthy_node()];
    let mut text = format!(
        "state_dir = \"{DIR}/state\"\n[node]\npoll_interval_secs = 1\n[fleet]\n\
         pass_through = true\n\
         [rpc]\nlisten = \"127.0.0.1:{}\"\n",
        free_port()
    );
    for (index, node) in nodes.iter().enumerate() {
        let name = ["a", "b"][index];
        let entry = format!(
            "[[nodes]]\nname = \"{name}\"\nrpc_url = \"http://127.0.0.1:{}\"\n\
             rpc_cookie_file = \"{DIR}/{name}.cookie\"\npriority = {}\nwallets = [{}]\n",
            node.port(),
            (index + 1) * 10,
            ["", "\"hot\""][index]
        );
        text.push_str(&entry);
    }
    let daemon = Daemon::start(Config::of(&text).with(more));
    wait_until("both nodes in rotation", SOON, || {
        let page = daemon.get("/metrics");
        let is_in = |name| {
            page.text()
                .contains(&format!("bllvm_node_in_rotation{{node=\"{name}\"}} 1\n"))
        };
        is_in("a") && is_in("b")
    });
    TwoNodes {
        _nodes: nodes,
        daemon,
    }
}

#[track_caller]
fn control(daemon: &Daemon, path: &str) -> Response {
    daemon.control_get(path)
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
}

/// The answer is a `T`, with nothing beside it, in its order.
#[track_caller]
fn document<T: Serialize + DeserializeOwned>(answer: &Response) -> T {
    let document: T = serde_json::from_str(answer.text()).unwrap();
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(text, answer.text().trim_end());
    document
}

#[test]
fn what_means_the_only_node_is_refused_with_the_names_of_several() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    for resource in ["queue", "peers", "prune", "leases", "drain", "prune/jobs/7"] {
        let answer = control(&daemon, &format!("/api/v1/{resource}"));
        assert_eq!(answer.status, 400, "{resource}");
        let problem = answer.json();
        assert_eq!(problem["nodes"], json!(["a", "b"]), "{resource}");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("name a node")
        );
    }
    for path in ["queue/add", "nodes/a/queue/add", "nodes/nobody/queue/add"] {
        let wrong_method = control(&daemon, &format!("/api/v1/{path}"));
        assert_eq!(wrong_method.status, 405, "{path}");
        assert_eq!(wrong_method.header("allow"), Some("POST"), "{path}");
    }
    assert_eq!(control(&daemon, "/api/v1/nothing").status, 404);
    for change in [
        &["queue", "pause"][..],
        &["peers", "add", "10.0.0.5:8333"],
        &["lease", "add", "lnd", "--last", "7"],
        &["lease", "release", "lnd"],
        &["prune", "cancel"],
        &["prune", "--yes"],
    ] {
        let refused = daemon.cli(change);
        assert_exit(&refused, 2);
        assert!(refused.stderr.contains("a, b"), "{refused:?}");
        assert!(refused.stderr.contains("--node"), "{refused:?}");
    }
    assert_exit(
        &daemon.cli(&["lease", "add", "lnd", "--last", "7", "--node", "b"]),
        0,
    );
}

#[test]
fn what_only_shows_shows_each_node_under_its_name() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    for reader in [
        &["queue"][..],
        &["peers"],
        &["lease", "list"],
        &["prune", "status"],
    ] {
        let table = daemon.cli(reader);
        assert_exit(&table, 0);
        assert!(
            table.stdout.contains("node a\n") && table.stdout.contains("node b\n"),
            "{table:?}"
        );
        let both = daemon.cli(&[reader, &["-o", "json"]].concat()).json();
        let names: Vec<&String> = both.as_object().unwrap().keys().collect();
        assert_eq!(names, ["a", "b"], "{both}");
        // Times of connections and the room on the disk go on between two answers.
        wait_until("node b alone has what it has beside a", SOON, || {
            let both = daemon.cli(&[reader, &["-o", "json"]].concat()).json();
            let one = daemon.cli(&[reader, &["-o", "json", "--node", "b"]].concat());
            one.json() == both["b"]
        });
    }
    for reader in [&["status"][..], &["health", "--detailed"]] {
        let text = daemon.cli(reader);
        assert_exit(&text, 0);
        for part in ["node a: rotation in, reads go to it", "node b: rotation in"] {
            assert!(text.stdout.contains(part), "{text:?}");
        }
        let nodes = daemon.cli(&[reader, &["-o", "json"]].concat()).json()["nodes"].clone();
        assert_eq!(
            (&nodes[0]["name"], &nodes[1]["name"]),
            (&json!("a"), &json!("b"))
        );
        let one = daemon
            .cli(&[reader, &["-o", "json", "--node", "b"]].concat())
            .json();
        assert_eq!(
            (&one["node"]["name"], &one["nodes"]),
            (&json!("b"), &Value::Null)
        );
    }
    document::<StatusDocument>(&control(&daemon, "/api/v1/status"));
    document::<StatusDocument>(&control(&daemon, "/api/v1/nodes/b"));
    let detailed: DetailedHealth = document(&daemon.get("/health/detailed"));
    let nodes = detailed.nodes.unwrap();
    assert!(nodes[0].reads && !nodes[1].reads, "{nodes:?}");
    assert_eq!(detailed.node.name, "a");
}

#[test]
fn a_drained_node_is_not_ready_and_the_last_one_is_not_drained() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    let drained = daemon.cli(&["nodes", "drain", "a", "--reason", "disk", "--for", "1h"]);
    assert_exit(&drained, 0);
    let drain: NodeDrained = document(&control(&daemon, "/api/v1/nodes/a/drain"));
    assert!(drain.drained.unwrap().until.is_some());
    let of_a = daemon.get("/health/ready?node=a");
    assert_eq!(of_a.status, 503);
    assert_eq!(of_a.json()["reasons"], json!(["node: drained: disk"]));
    assert_eq!(daemon.get("/health/live?node=a").status, 200);
    assert_eq!(daemon.get("/health/ready?node=b").status, 200);
    assert_eq!(daemon.get("/health/ready?node=c").status, 404);
    let verbose = daemon.get("/health/ready?verbose");
    assert_eq!(verbose.status, 200);
    assert!(
        verbose.text().contains("[!] redundancy: 1 of 2"),
        "{}",
        verbose.text()
    );
    let page = daemon.get("/metrics");
    for series in [
        "bllvm_node_drained{node=\"a\"} 1\n",
        "bllvm_node_in_rotation{node=\"a\"} 0\n",
        "bllvm_health_check{check=\"redundancy\"} 0.5\n",
    ] {
        assert!(page.text().contains(series), "{series}");
    }
    let nodes: Vec<NodeSummary> = document(&control(&daemon, "/api/v1/nodes"));
    assert_eq!(nodes[0].reason.as_deref(), Some("drained: disk"));
    assert!(
        nodes[0].ready && !nodes[0].reads && nodes[1].reads,
        "{nodes:?}"
    );
    let refused = daemon.cli(&["nodes", "drain", "b"]);
    assert_exit(&refused, 1);
    assert!(refused.stderr.contains("fleet.min_ready"), "{refused:?}");
    assert_exit(&daemon.cli(&["nodes", "drain", "c"]), 1);
    let url = daemon.url();
    let twice = daemon.cli(&["nodes", "undrain", "a", "--url", &url, "--url", &url]);
    assert_exit(&twice, 0);
    assert_eq!(twice.stdout, "a is undrained\na was not drained\n");
    assert_exit(&daemon.cli(&["queue", "--url", &url, "--url", &url]), 2);
}

#[test]
fn a_call_is_explained_as_it_would_be_routed() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    let explained: RouteExplained =
        document(&control(&daemon, "/api/v1/route?method=getblockcount"));
    assert_eq!(
        (explained.node.as_deref(), &*explained.class),
        (Some("a"), "view")
    );
    let of_wallet = daemon.cli(&["nodes", "explain", "getbalance", "--wallet", "hot"]);
    assert_exit(&of_wallet, 0);
    assert!(of_wallet.stdout.contains("goes to b"), "{of_wallet:?}");
    let stop = daemon.cli(&["nodes", "explain", "stop"]);
    assert_exit(&stop, 1);
    assert!(stop.stdout.contains("POST /node/NAME"), "{stop:?}");
    assert_exit(
        &daemon.cli(&["nodes", "explain", "stop", "--user", "nobody"]),
        1,
    );
    assert_eq!(control(&daemon, "/api/v1/route").status, 400);
}

#[test]
fn a_balancer_asks_a_node_for_what_it_needs_of_it() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    let status = |query: &str| daemon.get(&format!("/health/ready?{query}")).status;
    assert_eq!(status("node=b&max_lag=0"), 200);
    assert_eq!(
        status("node=b&have=coinstatsindex,txospenderindex,nothing"),
        400
    );
    assert_eq!(status("node=b&max_lag=x"), 400);
    assert_eq!(status("max_lag=2"), 400, "of which node?");
    let kept = daemon.get("/health/ready?node=b&keeps_from=4000000000");
    assert_eq!(kept.status, 200, "{}", kept.text());
}

#[test]
fn a_maintenance_at_two_daemons_drains_at_both_before_it_runs_and_undrains_at_both() {
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("token");
    write_private(&token, "0123456789abcdef0123456789abcdef");
    let more = format!("[rpc]\ncontrol_token_file = {token:?}");
    let first = two_nodes_with(&more);
    let second = two_nodes_with(&more);
    let one = &first.daemon;
    let other = &second.daemon;
    let is_drained = |daemon: &Daemon| {
        let nodes = daemon.cli(&["nodes", "-o", "json"]).json();
        !nodes[0]["drained"].is_null()
    };
    let [under_way, end] = ["under-way", "end"].map(|name| directory.path().join(name));
    let script = format!(
        "touch {}; while [ ! -e {} ]; do sleep 0.1; done",
        under_way.display(),
        end.display()
    );
    let urls = [one.url(), other.url()];
    let token = token.display().to_string();
    let arguments = [
        "nodes",
        "maintain",
        "a",
        "--wait",
        "30s",
        "--url",
        &urls[0],
        "--url",
        &urls[1],
        "--token-file",
        &token,
    ];
    let maintained = thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("the command", SOON, || under_way.exists());
            assert!(is_drained(one) && is_drained(other));
            fs::write(&end, "").expect("a file");
        });
        one.cli_before(&arguments, &["sh", "-c", &script])
    });
    assert_exit(&maintained, 0);
    assert!(!is_drained(one) && !is_drained(other));
    // Both stay drained if the command fails.
    assert_exit(&one.cli_before(&arguments, &["false"]), 1);
    assert!(is_drained(one) && is_drained(other));
}

#[test]
fn an_interrupt_before_the_command_runs_undrains_the_node() {
    let TwoNodes {
        _nodes: nodes,
        daemon,
    } = two_nodes();
    nodes[0].set("getblockcount", Behaviour::Hang);
    thread::scope(|scope| {
        scope.spawn(|| daemon.post("/", &[], br#"{"id":1,"method":"getblockcount"}"#));
        wait_until("a call in flight", SOON, || {
            nodes[0].count("getblockcount") > 0
        });
        let ran = daemon.directory().join("ran");
        let mut command = bllvmctl(daemon.directory());
        command
            .args(["nodes", "maintain", "a", "--wait", "60s", "--config"])
            .arg(daemon.config_file())
            .arg("--")
            .arg("touch")
            .arg(&ran);
        let mut maintain = Background::start(command, &daemon.directory().join("maintain.log"));
        wait_until("it waits", SOON, || maintain.log().contains("in flight"));
        maintain.signal(Signal::SIGINT);
        let ended = maintain.wait(SOON);
        assert_ne!(ended.code(), Some(0), "{}", maintain.log());
        assert!(!ran.exists(), "{}", maintain.log());
        let drain = control(&daemon, "/api/v1/nodes/a/drain").json();
        assert!(drain["drained"].is_null(), "{drain}");
        nodes[0].set("getblockcount", Behaviour::Result(json!(1)));
    });
}

#[test]
fn a_node_is_put_back_after_its_maintenance_and_stays_drained_if_the_command_fails() {
    let TwoNodes { _nodes, daemon } = two_nodes();
    let maintain = |command: &[&str]| {
        let arguments = ["nodes", "maintain", "a", "--wait", "30s", "--"];
        daemon.cli(&[&arguments, command].concat())
    };
    let drained = || !control(&daemon, "/api/v1/nodes/a/drain").json()["drained"].is_null();
    let done = maintain(&["echo", "hello"]);
    assert_exit(&done, 0);
    assert_eq!(
        done.stdout, "hello\n",
        "the standard output is the command's"
    );
    assert!(!drained());
    let failed = maintain(&["false"]);
    assert_exit(&failed, 1);
    assert!(
        drained() && failed.stderr.contains("stays drained"),
        "{failed:?}"
    );
    // The drain of a maintenance is ended by the next one.
    assert_exit(&maintain(&["true"]), 0);
    assert!(!drained());
    assert_exit(&daemon.cli(&["nodes", "drain", "a", "--reason", "disk"]), 0);
    assert_exit(&maintain(&["true"]), 0);
    assert!(drained(), "somebody else's drain stays");
    assert_exit(&daemon.cli(&["nodes", "maintain", "c", "--", "true"]), 1);
    assert_exit(&daemon.cli(&["nodes", "maintain", "a"]), 2);
}
