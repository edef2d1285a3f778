//! The control API: its documents are the types of the library, and each node has its paths.

use bllvmctl::api::{
    DetailedHealth, LeaseDocument, LimitsDocument, LimitsExplained, NodeSummary, PeerDocument,
    PlainHealth, ProblemDetails, PruneDocument, PruneJob, PrunePlan, QueuedPeer, StatusDocument,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::support::child::Output;
use crate::support::daemon::{Daemon, run};
use crate::support::fake_node::FakeNode;
use crate::support::http::{Request, Response};
use crate::support::ready::ready;

/// A daemon whose node has a name that is not one segment of a path as it stands.
const NAME: &str = "Main 1/b";
const ENCODED: &str = "Main%201%2Fb";
/// Of a user who never calls.
const RPCAUTH: &str =
    "5a17f00d5a17f00d$feedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0defeedc0de";

fn named() -> (FakeNode, Daemon) {
    ready(&format!(
        "[node]\nname = \"{NAME}\"\n[network]\npeers = \
         [\"127.0.0.1:1\"]\n[[rpc.auth.users]]\nname = \"lnd\"\nrpcauth = \"{RPCAUTH}\"\n"
    ))
}

/// An answer of the control API.
#[track_caller]
fn get(daemon: &Daemon, path: &str) -> Response {
    daemon.control_get(path)
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.code, Some(code), "{output:?}");
}

/// The answer is a `T`, with nothing beside it, in its order.
#[track_caller]
fn assert_is<T: Serialize + DeserializeOwned>(daemon: &Daemon, path: &str, status: u16) {
    let answer = get(daemon, path);
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    let document: T = serde_json::from_str(answer.text())
        .unwrap_or_else(|error| panic!("{path}: {error}: {}", answer.text()));
    assert_eq!(
        serde_json::to_string(&document).unwrap(),
        answer.text().trim_end(),
        "{path}"
    );
}

#[test]
fn each_document_of_a_daemon_is_its_type_byte_for_byte() {
    let (_node, daemon) = named();
    assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "7"]), 0);
    assert_exit(&daemon.cli(&["peers", "add", "127.0.0.1:2"]), 0);
    for path in ["/health", "/health/live", "/health/ready?exclude=x"] {
        assert_is::<PlainHealth>(&daemon, path, 200);
    }
    assert_is::<DetailedHealth>(&daemon, "/health/detailed", 200);
    assert_is::<DetailedHealth>(&daemon, "/health/detailed?exclude=x", 200);
    assert_is::<StatusDocument>(&daemon, "/api/v1/status", 200);
    assert_is::<Vec<NodeSummary>>(&daemon, "/api/v1/nodes", 200);
    assert_is::<Vec<QueuedPeer>>(&daemon, "/api/v1/queue", 200);
    assert_is::<Vec<PeerDocument>>(&daemon, "/api/v1/peers", 200);
    assert_is::<Vec<LeaseDocument>>(&daemon, "/api/v1/leases", 200);
    assert_is::<PruneDocument>(&daemon, "/api/v1/prune", 200);
    assert_is::<PrunePlan>(&daemon, "/api/v1/prune/plan", 200);
    assert_is::<Vec<PruneJob>>(&daemon, "/api/v1/prune/jobs", 200);
    assert_is::<LimitsDocument>(&daemon, "/api/v1/limits", 200);
    let explain = "/api/v1/limits/explain?user=lnd&address=10.1.2.3&method=getblock";
    assert_is::<LimitsExplained>(&daemon, explain, 200);
    assert_is::<ProblemDetails>(&daemon, "/api/v1/nothing", 404);
}

#[test]
fn a_path_with_the_name_of_the_node_is_that_of_the_only_one() {
    let (_node, daemon) = named();
    assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "7"]), 0);
    for resource in [
        "leases",
        "prune/jobs",
        "prune/plan",
        "prune/jobs/7",
        "queue/x",
    ] {
        let only = get(&daemon, &format!("/api/v1/{resource}"));
        let named = get(&daemon, &format!("/api/v1/nodes/{ENCODED}/{resource}"));
        assert_eq!(named.status, only.status, "{resource}");
        assert_eq!(named.text(), only.text(), "{resource}");
    }
    for resource in ["", "/queue", "/peers", "/prune"] {
        let named = get(&daemon, &format!("/api/v1/nodes/{ENCODED}{resource}"));
        assert_eq!(named.status, 200, "{resource}: {}", named.text());
    }
    assert_is::<StatusDocument>(&daemon, &format!("/api/v1/nodes/{ENCODED}"), 200);
    // What is the daemon's is no node's.
    for resource in ["limits", "config/reload", "status", "nodes", ""] {
        let none = get(&daemon, &format!("/api/v1/nodes/{ENCODED}/{resource}"));
        assert_eq!(none.status, 404, "{resource}");
    }
}

#[test]
fn a_name_that_no_node_has_is_404_with_the_names_there_are() {
    let (_node, daemon) = named();
    let others = ["main%201%2Fb", "Main%201", "Main+1%2Fb", "", "%FF"];
    for other in others {
        for resource in ["", "/queue", "/nothing"] {
            let path = format!("/api/v1/nodes/{other}{resource}");
            let answer = get(&daemon, &path);
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{path}"
            );
            assert_eq!(answer.json()["nodes"], json!([NAME]), "{path}");
        }
    }
    // The token is asked before the path is looked at.
    assert_eq!(daemon.get("/api/v1/nodes/x").status, 401);
}

#[test]
fn a_health_path_may_ask_about_a_node() {
    let (_node, daemon) = ready("");
    for path in [
        "/health",
        "/health/live",
        "/health/ready",
        "/health/detailed",
    ] {
        for query in ["node=main", "verbose&node=main", "exclude=x&node=main"] {
            let answer = daemon.get(&format!("{path}?{query}"));
            assert_eq!(answer.status, 200, "{path}?{query}");
        }
        for query in ["node=other", "node=", "node=Main", "verbose&node=other"] {
            let answer = daemon.get(&format!("{path}?{query}"));
            assert_eq!(answer.status, 404, "{path}?{query}");
        }
    }
}

#[test]
fn the_command_line_names_a_node_before_or_after_the_command() {
    let (_node, daemon) = named();
    for command in [
        &["queue"][..],
        &["peers", "list"],
        &["lease", "list"],
        &["lease", "add", "lnd", "--last", "7"],
        &["prune", "status"],
        &["queue", "pause"],
        &["status"],
        &["health"],
        &["health", "--detailed", "-o", "json"],
        &["nodes"],
        &["nodes", "list", "-o", "json"],
    ] {
        assert_exit(&daemon.cli(&[command, &["--node", NAME]].concat()), 0);
        assert_exit(&daemon.cli(&[&["--node", NAME], command].concat()), 0);
        let refused = daemon.cli(&[command, &["--node", "other"]].concat());
        assert_exit(&refused, 1);
        assert!(
            refused.stderr.contains("there is no node other")
                && refused.stderr.contains("hint: `bllvmctl nodes`"),
            "{command:?}: {refused:?}"
        );
    }
}

#[test]
fn metrics_of_a_node_are_its_own_series() {
    let (_node, daemon) = named();
    for raw in [
        &["metrics", "*_height", "process_threads"][..],
        &["metrics", "--raw"],
    ] {
        let own = daemon.cli(&[raw, &["--node", NAME]].concat());
        assert_exit(&own, 0);
        assert!(
            own.stdout.contains("bllvm_chain_height") && !own.stdout.contains("process_threads"),
            "{own:?}"
        );
        assert_exit(&daemon.cli(&[raw, &["--node", "other"]].concat()), 1);
    }
}

#[test]
fn nodes_are_listed_with_their_state() {
    let (_node, daemon) = named();
    let table = daemon.cli(&["nodes"]);
    assert_exit(&table, 0);
    let mut lines = table.stdout.lines();
    assert!(lines.next().unwrap().starts_with("NAME "), "{table:?}");
    let row = lines.next().unwrap();
    assert!(row.starts_with("Main 1/b  ready "), "{table:?}");
    assert_eq!(lines.next(), None);

    let document = daemon.cli(&["nodes", "list", "-o", "json"]).json();
    let expected = json!({"name": NAME, "state": "ready", "reason": null, "blocks_behind": 0});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&document[0][member], value, "{document}");
    }
    assert_exit(&run(&["nodes", "--url", "http://127.0.0.1:9"], &[]), 69);
}

#[test]
fn no_path_that_is_described_answers_without_the_token() {
    let (_node, daemon) = ready("");
    let described = daemon.control_get("/api/v1/openapi.json");
    assert_eq!(described.header("content-type"), Some("application/json"));
    assert_eq!(described.text(), bllvmctl::http::openapi_document());
    let mut refused = Vec::new();
    for (path, item) in described.json()["paths"].as_object().unwrap() {
        if path.starts_with("/health") {
            assert_eq!(daemon.get(path).status, 200, "{path}");
            continue;
        }
        let path = path.replace("{node}", "main");
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let request = Request {
                method: &method,
                ..Request::get(&path)
            };
            refused.push((daemon.send(request).status, path.clone()));
        }
    }
    // After so many failures an address has to wait.
    assert_eq!(refused.first().map(|(status, _)| *status), Some(401));
    let is_open = |(status, _): &&(u16, String)| !matches!(status, 401 | 429);
    assert_eq!(refused.iter().find(is_open), None);
    assert!(refused.len() > 50, "{}", refused.len());
}

#[test]
fn a_number_with_a_fraction_of_zero_is_a_whole_number() {
    let (_node, daemon) = ready("");
    let token = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let authorization = format!("Bearer {}", token.trim());
    let headers = [("Authorization", authorization.as_str())];
    let lease = br#"{"name":"lnd","last":7.0,"ttl_secs":60.0}"#;
    let granted = daemon.post("/api/v1/leases", &headers, lease);
    assert_eq!(granted.status, 201, "{}", granted.text());
    assert_eq!(granted.json()["last"], 7);
    let half = br#"{"name":"lnd","last":7.5}"#;
    assert_eq!(daemon.post("/api/v1/leases", &headers, half).status, 400);
}

#[test]
fn an_array_is_not_taken_for_the_members_of_a_document() {
    let (_node, daemon) = ready("");
    let token = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let authorization = format!("Bearer {}", token.trim());
    let headers = [("Authorization", authorization.as_str())];
    for body in ["[]", "[null,null,7]", "null", " [1]"] {
        for path in ["prune/plan", "prune/jobs", "leases", "peers/add", "drain"] {
            let path = format!("/api/v1/{path}");
            let answer = daemon.post(&path, &headers, body.as_bytes());
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
        }
    }
    assert_eq!(daemon.control_get("/api/v1/prune/jobs").json(), json!([]));
}
