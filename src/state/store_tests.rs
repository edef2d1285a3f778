use std::sync::LazyLock;

use proptest::prelude::*;
use redb::{ReadableDatabase, TableDefinition};
use serde_json::{Value, json};

use super::*;
use crate::state::NodeStore;

const LEASES: Table = Table::new("leases");
const QUEUE: Table = Table::new("queue");
const NODE: &str = "main";

#[test]
fn what_was_written_is_there_after_a_restart_in_the_order_of_its_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), false, NODE).unwrap();
    assert_eq!(store.load::<Value>(NODE, LEASES).unwrap(), []);
    let mut batch = Batch::default();
    batch.put(LEASES, "lnd", &json!({"from": 7}));
    batch.put(LEASES, "electrs", &json!({"from": 9}));
    batch.put(QUEUE, "lnd", &json!(1));
    store.write(NODE, &batch).unwrap();
    let mut batch = Batch::default();
    batch.remove(QUEUE, "lnd");
    batch.remove(QUEUE, "never there");
    batch.put(LEASES, "lnd", &json!({"from": 8}));
    store.write(NODE, &batch).unwrap();
    drop(store);

    let store = Store::open(dir.path(), false, NODE).unwrap();
    let kept = store.load::<Value>(NODE, LEASES).unwrap();
    assert_eq!(
        kept,
        [
            ("electrs".to_owned(), json!({"from": 9})),
            ("lnd".to_owned(), json!({"from": 8}))
        ]
    );
    assert_eq!(store.load::<Value>(NODE, QUEUE).unwrap(), []);
}

#[test]
fn a_document_of_another_shape_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), false, NODE).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "lnd", &json!("no number"));
    store.write(NODE, &batch).unwrap();
    let error = store.load::<u32>(NODE, LEASES).unwrap_err().to_string();
    assert!(
        error.contains("lnd in table leases") && error.contains(Store::FILE),
        "{error}"
    );
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let _store = Store::open(dir.path(), false, NODE).unwrap();
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
    let error = Store::open(dir.path(), false, NODE).err().unwrap();
    assert!(error.to_string().contains(Store::FILE), "{error}");
    assert!(error.hint().contains("move it away"));
}

type Documents = Vec<(String, Value)>;

/// A store with some documents that was closed, and what was in it.
fn closed_store(dir: &Path) -> (Vec<u8>, Documents) {
    let store = Store::open(dir, false, NODE).unwrap();
    for n in 0..40 {
        let mut batch = Batch::default();
        batch.put(
            LEASES,
            format!("lease-{n}"),
            &json!({"from_height": 1003, "owner": n}),
        );
        batch.put(QUEUE, format!("peer-{n}"), &json!(vec![n; 20]));
        store.write(NODE, &batch).unwrap();
    }
    let documents = store.load(NODE, LEASES).unwrap();
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
        let opened =
            Store::open(dir.path(), true, NODE).and_then(|store| store.load::<Value>(NODE, LEASES));
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
    let store = Store::open(dir.path(), true, NODE).unwrap();
    bytes[..].fill(0xff);
    std::fs::write(dir.path().join(Store::FILE), &bytes).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "late", &json!(1));
    // What is in memory may still be answered.
    let _ = (
        store.load::<Value>(NODE, LEASES),
        store.write(NODE, &batch),
        store.load::<Value>(NODE, QUEUE),
    );
    drop(store);
    assert!(Store::open(dir.path(), true, NODE).is_err());
}

#[test]
fn a_file_that_went_after_an_error_of_the_disk_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    closed_store(dir.path());
    let store = Store::open(dir.path(), true, NODE).unwrap();
    // As after an error of the disk.
    store.locked().database = None;
    std::fs::remove_file(dir.path().join(Store::FILE)).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "late", &json!(1));
    assert!(store.write(NODE, &batch).is_err());
    assert!(store.load::<Value>(NODE, LEASES).is_err());
    assert!(store.trouble().is_some() && !dir.path().join(Store::FILE).exists());
}

#[test]
fn nothing_is_written_to_a_file_that_was_replaced_or_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(Store::FILE);
    let (whole, documents) = closed_store(dir.path());
    let store = Store::open(dir.path(), true, NODE).unwrap();
    let mut batch = Batch::default();
    batch.put(LEASES, "late", &json!(1));
    std::fs::write(dir.path().join("copy"), whole).unwrap();
    for replace in [true, false] {
        if replace {
            std::fs::rename(dir.path().join("copy"), &path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let error = store.write(NODE, &batch).unwrap_err();
        assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
        assert!(store.trouble().is_some());
        // What was in it can still be read.
        assert_eq!(store.load::<Value>(NODE, LEASES).unwrap(), documents);
    }
}

/// A file as version 1 wrote it.
fn of_version_1(dir: &Path) -> Documents {
    let path = dir.join(Store::FILE);
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let documents = [("electrs", json!({"from": 9})), ("lnd", json!({"from": 7}))];
    for (key, document) in &documents {
        let table = TableDefinition::<&str, &[u8]>::new("leases");
        let mut table = transaction.open_table(table).unwrap();
        table.insert(*key, document.to_string().as_bytes()).unwrap();
    }
    transaction.commit().unwrap();
    documents
        .into_iter()
        .map(|(key, document)| (key.to_owned(), document))
        .collect()
}

#[test]
fn what_version_1_wrote_is_taken_over_by_the_only_node_once() {
    let dir = tempfile::tempdir().unwrap();
    let documents = of_version_1(dir.path());
    let store = Store::open(dir.path(), true, "main").unwrap();
    assert_eq!(store.load::<Value>("main", LEASES).unwrap(), documents);
    assert_eq!(store.load::<Value>("other", LEASES).unwrap(), []);
    drop(store);
    let store = Store::open(dir.path(), true, "other").unwrap();
    assert_eq!(store.load::<Value>("main", LEASES).unwrap(), documents);
    assert_eq!(store.load::<Value>("other", LEASES).unwrap(), []);
}

#[test]
fn a_crash_while_version_1_is_taken_over_leaves_the_one_or_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let documents = of_version_1(dir.path());
    {
        let database = Database::create(dir.path().join(Store::FILE)).unwrap();
        let transaction = database.begin_write().unwrap();
        layout::upgrade(&transaction, "main").unwrap();
        // The process ends before the commit.
    }
    let store = Store::open(dir.path(), true, "main").unwrap();
    assert_eq!(store.load::<Value>("main", LEASES).unwrap(), documents);
}

#[test]
fn a_program_of_version_1_refuses_the_file_even_if_there_was_never_a_lease() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), false, NODE).unwrap());
    let database = Database::create(dir.path().join(Store::FILE)).unwrap();
    let table = TableDefinition::<&str, &[u8]>::new("leases");
    let error = database
        .begin_read()
        .unwrap()
        .open_table(table)
        .err()
        .unwrap();
    assert!(
        matches!(error, redb::TableError::TableTypeMismatch { .. }),
        "{error}"
    );
}

#[test]
fn a_newer_version_is_refused_with_a_way_out_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(Store::FILE);
    drop(Store::open(dir.path(), false, NODE).unwrap());
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let schema = TableDefinition::<&str, u64>::new("schema");
    transaction
        .open_table(schema)
        .unwrap()
        .insert("version", 3)
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Store::open(dir.path(), true, NODE).err().unwrap();
    assert!(
        error
            .to_string()
            .contains("is of version 3, and this program knows 2"),
        "{error}"
    );
    assert!(error.hint().contains("start the newer version again"));
}

#[test]
fn nodes_do_not_see_each_other_and_a_renamed_one_keeps_its_documents() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path(), false, NODE).unwrap());
    let put = |node: &str, key: &str| {
        let mut batch = Batch::default();
        batch.put(LEASES, key, &json!(node));
        store.write(node, &batch).unwrap();
    };
    put("a", "lnd");
    put("ab", "lnd");
    put("a", "electrs");
    let leases = |node: &str| store.load::<Value>(node, LEASES).unwrap();
    assert_eq!(leases("ab"), [("lnd".to_owned(), json!("ab"))]);
    let of_a = [
        ("electrs".to_owned(), json!("a")),
        ("lnd".to_owned(), json!("a")),
    ];
    assert_eq!(leases("a"), of_a);

    let node = NodeStore::new(Arc::clone(&store), "a");
    node.rename("b").unwrap();
    assert_eq!(node.load::<Value>(LEASES).unwrap(), of_a);
    assert_eq!((leases("a"), leases("b")), (Vec::new(), of_a.to_vec()));
    let names: Vec<_> = store.nodes().unwrap().into_keys().collect();
    assert_eq!(names, ["ab", "b"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn a_flipped_bit_is_found_or_changes_nothing(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        anywhere in 0..4_u8,
    ) {
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
        match Store::open(dir.path(), true, NODE) {
            Ok(store) => prop_assert_eq!(store.load::<Value>(NODE, LEASES).unwrap(), documents),
            Err(error) => prop_assert!(error.to_string().contains(Store::FILE), "{}", error),
        }
    }
}
