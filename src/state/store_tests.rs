use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LEASES: Table = Table::new("leases");
const QUEUE: Table = Table::new("queue");

#[test]
fn what_was_written_is_there_after_a_restart_in_the_order_of_its_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), false).unwrap();
    assert_eq!(store.load::<Value>(LEASES).unwrap(), []);
    let mut batch = Batch::default();
    batch.put(LEASES, "lnd", &json!({"from": 7}));
    batch.put(LEASES, "electrs", &json!({"from": 9}));
    batch.put(QUEUE, "lnd", &json!(1));
    store.write(&batch).unwrap();
    let mut batch = Batch::default();
    batch.remove(QUEUE, "lnd");
    batch.remove(QUEUE, "never there");
    batch.put(LEASES, "lnd", &json!({"from": 8}));
    store.write(&batch).unwrap();
    drop(store);

    let store = Store::open(dir.path(), false).unwrap();
    let kept = store.load::<Value>(LEASES).unwrap();
    assert_eq!(
        kept,
        [
            ("electrs".to_owned(), json!({"from": 9})),
            ("lnd".to_owned(), json!({"from": 8}))
        ]
    );
    assert_eq!(store.load::<Value>(QUEUE).unwrap(), []);
}

#[test]
fn a_document_of_another_shape_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), false).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "lnd", &json!("no number"));
    store.write(&batch).unwrap();
    let error = store.load::<u32>(LEASES).unwrap_err().to_string();
    assert!(
        error.contains("lnd in table leases") && error.contains(Store::FILE),
        "{error}"
    );
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let _store = Store::open(dir.path(), false).unwrap();
    let mode = std::fs::metadata(dir.path().join(Store::FILE))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_store_is_named_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(Store::FILE), vec![7; 8192]).unwrap();
    let error = Store::open(dir.path(), false).err().unwrap();
    assert!(error.to_string().contains(Store::FILE), "{error}");
    assert!(error.hint().contains("move it away"));
}

type Documents = Vec<(String, Value)>;

/// A store with some documents that was closed, and what was in it.
fn closed_store(dir: &Path) -> (Vec<u8>, Documents) {
    let store = Store::open(dir, false).unwrap();
    for n in 0..40 {
        let mut batch = Batch::default();
        batch.put(
            LEASES,
            format!("lease-{n}"),
            &json!({"from_height": 1003, "owner": n}),
        );
        batch.put(QUEUE, format!("peer-{n}"), &json!(vec![n; 20]));
        store.write(&batch).unwrap();
    }
    let documents = store.load(LEASES).unwrap();
    drop(store);
    (std::fs::read(dir.join(Store::FILE)).unwrap(), documents)
}

#[test]
fn a_file_that_has_lost_its_end_is_damaged_wherever_it_was_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, documents) = closed_store(dir.path());
    for part in 1..20 {
        std::fs::write(
            dir.path().join(Store::FILE),
            &whole[..whole.len() * part / 20],
        )
        .unwrap();
        let opened = Store::open(dir.path(), true).and_then(|store| store.load::<Value>(LEASES));
        assert!(
            opened.as_ref().is_ok_and(|found| *found == documents) || opened.is_err(),
            "{part}: {opened:?}"
        );
    }
}

#[test]
fn what_is_damaged_while_it_is_open_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let (mut bytes, _) = closed_store(dir.path());
    let store = Store::open(dir.path(), true).unwrap();
    bytes[..].fill(0xff);
    std::fs::write(dir.path().join(Store::FILE), &bytes).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "late", &json!(1));
    // What is in memory may still be answered.
    let _ = (
        store.load::<Value>(LEASES),
        store.write(&batch),
        store.load::<Value>(QUEUE),
    );
    drop(store);
    assert!(Store::open(dir.path(), true).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn a_flipped_bit_is_found_or_changes_nothing(at in any::<prop::sample::Index>(), bit in 0..8_u8, anywhere in 0..4_u8) {
        static WHOLE: LazyLock<(Vec<u8>, Documents)> = LazyLock::new(|| {
            let dir = tempfile::tempdir().unwrap();
            closed_store(dir.path())
        });
        let dir = tempfile::tempdir().unwrap();
        let (mut bytes, documents) = WHOLE.clone();
        // Most of the file is empty, and may say what it likes.
        let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || anywhere == 0).collect();
        bytes[written[at.index(written.len())]] ^= 1_u8 << bit;
        std::fs::write(dir.path().join(Store::FILE), bytes).unwrap();
        match Store::open(dir.path(), true) {
            Ok(store) => prop_assert_eq!(store.load::<Value>(LEASES).unwrap(), documents),
            Err(error) => prop_assert!(error.to_string().contains(Store::FILE), "{}", error),
        }
    }
}
