//! What survives a restart survives another version of the program and another name of the node.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::{Value, json};

use crate::support::config::{Config, attached_to_fake};
use crate::support::daemon::Daemon;
use crate::support::ready::healthy_node;

type Documents = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// The state of a daemon of version 0.1.0 before records were kept by node, as it wrote it.
fn version_1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state-version-1/state.redb")
}

/// A daemon beside a node that is away, on that state.
fn on_version_1(config: Config) -> Daemon {
    let mut daemon = Daemon::start(config);
    assert_eq!(daemon.stop(), 0);
    fs::copy(version_1(), store(&daemon)).unwrap();
    daemon.restart();
    daemon
}

fn away() -> Config {
    attached_to_fake(&healthy_node())
}

fn store(daemon: &Daemon) -> PathBuf {
    daemon.state_dir().join("state.redb")
}

/// What stands in the store of a daemon that was stopped.
fn document(path: &Path, table: &'static str, node: &str, key: &str) -> Option<Value> {
    let database = Database::create(path).unwrap();
    let table = database
        .begin_read()
        .unwrap()
        .open_table(Documents::new(table))
        .unwrap();
    let document = table.get((node, key)).unwrap()?;
    Some(serde_json::from_slice(document.value()).unwrap())
}

fn asked(daemon: &Daemon, line: &[&str]) -> Value {
    daemon.cli(&[line, &["-o", "json"]].concat()).json()
}

#[track_caller]
fn assert_all_is_there(daemon: &Daemon) {
    let leases = asked(daemon, &["lease", "list"]);
    assert_eq!(leases.as_array().map(Vec::len), Some(2), "{leases}");
    assert_eq!(
        (&leases[0]["name"], &leases[0]["last"]),
        (&json!("electrs"), &json!(300))
    );
    assert_eq!(
        (&leases[1]["name"], &leases[1]["from_height"]),
        (&json!("lnd"), &json!(400))
    );
    let last = asked(daemon, &["prune", "status"])["last"].clone();
    assert_eq!(
        (&last["id"], &last["state"], &last["pruned_height"]),
        (&json!(1), &json!("reached"), &json!(275)),
        "{last}"
    );
    let queue = asked(daemon, &["queue", "list"]);
    let mut entries: Vec<_> = queue
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["address"].as_str().unwrap(),
                entry["state"].as_str().unwrap(),
            )
        })
        .collect();
    // Overdue ones are spread anew at each start.
    entries.sort_unstable();
    assert_eq!(
        entries,
        [("192.0.2.7:8333", "paused"), ("192.0.2.8:18444", "paused")]
    );
    let peers = asked(daemon, &["peers", "list"]);
    assert_eq!(peers[0]["address"], "192.0.2.8:18444", "{peers}");
}

#[test]
fn the_state_of_an_earlier_version_is_taken_over_whole() {
    let mut daemon = on_version_1(away());
    daemon.wait_for_log("the state of an earlier version is taken over");
    assert_all_is_there(&daemon);
    assert_eq!(daemon.stop(), 0);
    let tip = document(&store(&daemon), "tips", "main", "last").unwrap();
    assert_eq!(
        tip["hash"],
        "6c8cacea0715c5d18a290adb179428a8a4b17f838e47376986ecf1ec62b1b2e1"
    );
    daemon.restart();
    assert_all_is_there(&daemon);
    let taken_over = daemon.log().matches("is taken over").count();
    assert_eq!(taken_over, 1, "{}", daemon.log());
}

#[test]
fn a_node_with_another_name_keeps_its_leases_queue_and_jobs() {
    let mut daemon = on_version_1(away());
    assert_eq!(daemon.stop(), 0);
    daemon.rewrite_config(away().with(&format!(
        "[node]\nname = \"alpha\"\n[rpc]\nlisten = \"{}\"",
        daemon.addr()
    )));
    daemon.restart();
    daemon.wait_for_log(
        "the node has another name; its leases, queue and jobs go with it from=main to=alpha",
    );
    assert_all_is_there(&daemon);

    // While it runs, too.
    daemon.rewrite_config(away().with(&format!(
        "[node]\nname = \"beta\"\n[rpc]\nlisten = \"{}\"",
        daemon.addr()
    )));
    let reloaded = daemon.cli(&["config", "reload"]);
    assert_eq!(reloaded.code, Some(0), "{reloaded:?}");
    let added = daemon.cli(&["lease", "add", "late", "--last", "300", "--ttl", "never"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    assert_eq!(daemon.stop(), 0);
    for lease in ["electrs", "late", "lnd"] {
        let found = document(&store(&daemon), "leases", "beta", lease);
        assert!(found.is_some(), "{lease}");
        assert_eq!(document(&store(&daemon), "leases", "alpha", lease), None);
    }
    daemon.restart();
    let leases = asked(&daemon, &["lease", "list"]);
    assert_eq!(leases.as_array().map(Vec::len), Some(3), "{leases}");
}

#[test]
fn records_of_a_node_that_is_gone_are_named_and_kept() {
    let mut daemon = on_version_1(away());
    assert_eq!(daemon.stop(), 0);
    {
        let database = Database::create(store(&daemon)).unwrap();
        let transaction = database.begin_write().unwrap();
        for (table, key) in [("leases", "old-lnd"), ("reconnect_queue", "192.0.2.9:8333")] {
            let mut table = transaction.open_table(Documents::new(table)).unwrap();
            table.insert(("gone", key), b"{}".as_slice()).unwrap();
        }
        transaction.commit().unwrap();
    }
    daemon.restart();
    daemon.wait_for_log("gone (leases: old-lnd, reconnect_queue: 1)");
    assert_all_is_there(&daemon);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(
        document(&store(&daemon), "leases", "gone", "old-lnd"),
        Some(json!({}))
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_a_way_out() {
    let mut daemon = Daemon::start(away());
    assert_eq!(daemon.stop(), 0);
    {
        let database = Database::create(store(&daemon)).unwrap();
        let transaction = database.begin_write().unwrap();
        let schema = TableDefinition::<&str, u64>::new("schema");
        transaction
            .open_table(schema)
            .unwrap()
            .insert("version", 7)
            .unwrap();
        transaction.commit().unwrap();
    }
    let refused = daemon.cli(&["serve"]);
    assert_eq!(refused.code, Some(70), "{refused:?}");
    for said in [
        "state.redb was written by a newer bllvmctl",
        "version 7",
        "hint: start the newer version again",
    ] {
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
}
