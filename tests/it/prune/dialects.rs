//! Nodes that are not Core: what they call by the same name is something else.

use super::*;
use crate::support::config::attached_to_fake;
use crate::support::fake_node::{Behaviour, FakeNode};

/// A recorded node, grown to a thousand blocks.
fn grown(folder: &str, pruned: bool, first_kept: u32) -> FakeNode {
    let node = FakeNode::from_fixtures(folder);
    set_chain(&node, folder, pruned, first_kept);
    node
}

fn set_chain(node: &FakeNode, folder: &str, pruned: bool, first_kept: u32) {
    let fixture = crate::support::fixture::Fixture::load(&format!("{folder}/getblockchaininfo"));
    let mut chain = serde_json::from_str::<Value>(&fixture.body).unwrap()["result"].take();
    (chain["blocks"], chain["headers"]) = (json!(1000), json!(1000));
    (chain["pruned"], chain["pruneheight"]) = (json!(pruned), json!(first_kept));
    node.set("getblockchaininfo", Behaviour::Result(chain));
}

fn daemon_of(node: &FakeNode) -> Daemon {
    let daemon = Daemon::start(attached_to_fake(node).with(QUICK));
    wait_until("the chain", SOON, || {
        daemon.get("/health/detailed").json()["chain"]["height"] == 1000
    });
    daemon
}

/// The parameters of each call to prune.
fn asked(node: &FakeNode) -> Vec<Value> {
    let calls = node
        .calls()
        .into_iter()
        .filter(|call| call.method == "pruneblockchain");
    calls.map(|call| call.params).collect()
}

#[test]
fn blvm_answers_an_object_and_what_it_says_of_its_size_counts_for_nothing() {
    let folder = "blvm-0.1.83/pruned";
    let node = grown(folder, true, 30);
    let pruned = json!({"pruned_height": 500, "blocks_pruned": 470, "blocks_kept": 500, "headers_kept": 1000,
        "storage_freed_bytes": 29_696_000});
    node.set("pruneblockchain", Behaviour::Result(pruned));
    let daemon = daemon_of(&node);
    let plan = daemon.cli(&["prune", "--to-height", "500", "--dry-run"]);
    assert_exit(&plan, 0);
    let expected = "the node prunes below the height that it is given, so block 500 stays";
    assert!(
        plan.stdout.contains("up to height 499\n") && plan.stdout.contains(expected),
        "{plan:?}"
    );
    let output = daemon.cli(&["prune", "--to-height", "500", "-o", "json"]);
    assert_exit(&output, 0);
    assert_eq!(
        (&output.json()["state"], asked(&node)),
        (&json!("reached"), vec![json!([500])])
    );
    assert_eq!(output.json()["plan"]["to_height"], 499);
    let words = daemon.cli(&["prune", "--to-height", "501"]).stdout;
    assert!(
        !words.contains("whole files"),
        "it has no files of blocks: {words}"
    );
    assert_eq!(
        output.json()["plan"]["usage_bytes"],
        json!(null),
        "{output:?}"
    );

    let output = daemon.cli(&["prune", "--to", "1G"]);
    assert_exit(&output, 1);
    assert!(
        output.stderr.contains("the usage is not known") && output.stderr.contains("data_dir"),
        "{output:?}"
    );

    let message = "Pruning is not enabled. Configure pruning in node configuration.".to_owned();
    node.set(
        "pruneblockchain",
        Behaviour::Error {
            http_status: 200,
            code: -32603,
            message,
        },
    );
    let output = daemon.cli(&["prune", "--to-height", "600"]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("not in prune mode"), "{output:?}");
    let calls = asked(&node).len();
    assert_exit(&daemon.cli(&["prune", "--to-height", "600"]), 1);
    assert_eq!(asked(&node).len(), calls, "it has said so once");
}

#[test]
fn bcoin_knows_no_height_and_is_asked_for_all_only_if_all_may_go() {
    let node = grown("bcoin-1.0.2/synced", false, 0);
    let usage = Behaviour::Error {
        http_status: 200,
        code: -1,
        message: "pruneblockchain".to_owned(),
    };
    node.set("pruneblockchain", usage);
    let daemon = daemon_of(&node);
    let plan = daemon.cli(&["prune", "--to-height", "500", "--dry-run"]);
    assert_exit(&plan, 1);
    assert!(
        plan.stdout.contains("plan    prune nothing") && plan.stdout.contains("knows no height"),
        "{plan:?}"
    );
    let output = daemon.cli(&["prune", "--to-height", "500"]);
    assert_exit(&output, 1);
    assert!(output.stderr.contains("knows no height"), "{output:?}");

    assert_exit(&daemon.cli(&["lease", "add", "lnd", "--last", "400"]), 0);
    let held = daemon.cli(&["prune", "--keep-blocks", "288"]);
    assert_exit(&held, 1);
    assert!(held.stderr.contains("lease lnd keeps more"), "{held:?}");
    assert_exit(&daemon.cli(&["lease", "release", "lnd"]), 0);
    assert_eq!(
        asked(&node),
        [json!(null); 0],
        "it is not asked for what it cannot do"
    );

    node.set("pruneblockchain []", Behaviour::Result(Value::Null));
    let plan = daemon
        .cli(&["prune", "--keep-blocks", "288", "--dry-run", "-o", "json"])
        .json();
    assert_eq!(
        (&plan["action"], &plan["to_height"]),
        (&json!("prune"), &json!(null)),
        "how much it keeps it does not say"
    );
    let output = daemon.cli(&["prune", "--keep-blocks", "288", "-o", "json"]);
    assert_exit(&output, 0);
    assert_eq!(
        (&output.json()["state"], asked(&node).last()),
        (&json!("reached"), Some(&json!([])))
    );
}
