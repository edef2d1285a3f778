//! Files of earlier runs that are not what was written: they are named, with a way out, and never
//! believed.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;

use crate::support::config::{attached_to_fake, embedded};
use crate::support::daemon::Daemon;
use crate::support::ready::healthy_node;

/// Flips the bit that makes another digit of a 1, in each place where `text` follows what stands
/// before it.
#[track_caller]
fn falsify(path: &Path, text: &[u8]) {
    let mut bytes = fs::read(path).expect("a store");
    let places: Vec<_> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(text))
        .collect();
    assert!(
        !places.is_empty(),
        "{} is not in it",
        String::from_utf8_lossy(text)
    );
    for place in places {
        bytes[place] ^= 0x08;
    }
    fs::write(path, bytes).expect("a store");
}

/// A start that is refused because of `path`, with this in the hint.
#[track_caller]
fn assert_refused(daemon: &Daemon, path: &Path, way_out: &str) {
    let refused = daemon.cli(&["serve"]);
    assert_eq!(refused.code, Some(70), "{refused:?}");
    let said = format!("{} is damaged", path.display());
    assert!(
        refused.stderr.contains(&said) && refused.stderr.contains(way_out),
        "{refused:?}"
    );
    assert!(!refused.stderr.contains("panicked at"), "{refused:?}");
}

#[test]
fn a_lease_that_says_another_height_than_was_written_is_not_believed() {
    let node = healthy_node();
    let mut daemon = Daemon::start(attached_to_fake(&node));
    for n in 0..20 {
        let added = daemon.cli(&[
            "lease",
            "add",
            &format!("lease-{n}"),
            "--from-height",
            "1003",
            "--ttl",
            "never",
        ]);
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    assert_eq!(daemon.stop(), 0);
    let store = daemon.state_dir().join("state.redb");
    let whole = fs::read(&store).unwrap();
    falsify(&store, b"1003");
    assert_refused(&daemon, &store, "move it away");
    // As a panic of the database is, on a file that has lost its end.
    for part in [1, 2, 3] {
        fs::write(&store, &whole[..whole.len() * part / 4]).unwrap();
        let refused = daemon.cli(&["serve"]);
        assert_eq!(refused.code, Some(70), "{refused:?}");
        assert!(
            refused.stderr.contains("state.redb") && refused.stderr.contains("hint: "),
            "{refused:?}"
        );
    }
    // One that is killed has said nothing wrong.
    fs::write(&store, &whole).unwrap();
    for _ in 0..2 {
        daemon.restart();
        let leases = daemon.cli(&["lease", "list", "-o", "json"]).json();
        assert!(
            leases.as_array().is_some_and(|leases| leases.len() == 20),
            "{leases}"
        );
        daemon.signal(Signal::SIGKILL);
    }
}

const GONE: &str = "the store of an earlier run is gone";

#[test]
fn a_store_that_is_new_where_there_was_one_is_reported() {
    let node = healthy_node();
    let mut daemon = Daemon::start(attached_to_fake(&node));
    assert!(!daemon.log().contains(GONE), "{}", daemon.log());
    daemon.restart();
    assert!(!daemon.log().contains(GONE), "{}", daemon.log());
    assert_eq!(daemon.stop(), 0);
    fs::remove_file(daemon.state_dir().join("state.redb")).unwrap();
    daemon.restart();
    daemon.wait_for_log(GONE);
}

#[test]
fn coins_of_the_embedded_node_that_are_not_what_was_written_are_not_served() {
    let mut daemon = Daemon::start(embedded());
    daemon.wait_for_log("the embedded node is up");
    assert_eq!(daemon.stop(), 0);
    let database = daemon.directory().join("data/chainstate/chain.redb");
    // The genesis block's header, in its record.
    let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
    falsify(&database, genesis.header.merkle_root.as_ref());
    let refused = daemon.cli(&["serve"]);
    assert_eq!(refused.code, Some(70), "{refused:?}");
    assert!(
        refused.stderr.contains("chain.redb") && refused.stderr.contains("serve --reindex"),
        "{refused:?}"
    );
}

#[test]
fn what_is_no_regular_file_in_the_state_directory_is_named_at_once() {
    let node = healthy_node();
    let mut daemon = Daemon::start(attached_to_fake(&node));
    assert_eq!(daemon.stop(), 0);
    for name in ["lock", "state.redb"] {
        let path = daemon.state_dir().join(name);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        // To open it for writing waits for a reader.
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let refused = daemon.cli(&["serve"]);
        assert_eq!(refused.code, Some(70), "{refused:?}");
        let named = refused.stderr.contains(path.to_str().unwrap());
        assert!(
            named && refused.stderr.contains("not a regular file"),
            "{refused:?}"
        );
        fs::remove_file(&path).unwrap();
        fs::write(&path, whole).unwrap();
    }
    daemon.restart();
}
