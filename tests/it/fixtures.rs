//! The recordings in `tests/fixtures`: each is what it says, and none is unknown.

use std::fs;

use crate::support::fixture::{Fixture, folder};

/// Every folder of recordings. A new one is added here, and told of in `tests/fixtures/README.md`.
const FOLDERS: [&str; 9] = [
    "bcoin-1.0.2/synced",
    "blvm-0.1.83/pruned",
    "blvm-0.1.83/starting",
    "blvm-0.1.83/synced",
    "core-31.99/genesis",
    "core-31.99/pruned",
    "core-31.99/synced-archive-indexed",
    "core-31.99/synced-prunable",
    "core-31.99/warmup",
];

#[test]
fn every_folder_of_recordings_is_listed() {
    let subfolders = |path: &std::path::Path| -> Vec<_> {
        let entries = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let mut found: Vec<_> = subfolders(&folder())
        .iter()
        .flat_map(|node| subfolders(node))
        .map(|state| {
            state
                .strip_prefix(folder())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    found.sort();
    assert_eq!(found, FOLDERS);

    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for name in FOLDERS {
        let (node, state) = name.split_once('/').unwrap();
        assert!(
            readme.contains(node) && readme.contains(&format!("`{state}`")),
            "{name} is not in the README"
        );
    }
}

#[test]
fn every_recording_is_a_request_and_its_answer() {
    for name in FOLDERS {
        let recordings = Fixture::all_in(name);
        assert!(!recordings.is_empty(), "{name} is empty");
        for recording in recordings {
            let what = format!("{name}/{}", recording.name);
            assert!(
                (200..600).contains(&recording.status),
                "{what}: status {}",
                recording.status
            );
            assert!(
                ["GET", "POST"].contains(&recording.http_method.as_str()),
                "{what}"
            );
            assert!(
                recording.path.starts_with('/'),
                "{what}: path {}",
                recording.path
            );
            assert_eq!(
                recording.http_method == "GET",
                recording.request.is_empty(),
                "{what}"
            );
            // A recording named after a method is of a plain call of that method.
            if let Some((method, _)) = recording.call().filter(|_| !recording.name.contains('_')) {
                assert_eq!(method, recording.name, "{what}");
            }
        }
    }
}

#[test]
fn a_recording_made_without_credentials_is_a_refusal_where_the_node_asks_for_them() {
    for node in [
        "core-31.99/genesis",
        "core-31.99/synced-prunable",
        "core-31.99/pruned",
    ] {
        for name in ["unauthorized_none", "unauthorized_wrong"] {
            let recording = Fixture::load(&format!("{node}/{name}"));
            assert_eq!(
                (recording.authorized, recording.status),
                (false, 401),
                "{node}/{name}"
            );
        }
    }
}
