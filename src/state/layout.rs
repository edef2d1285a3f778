//! How documents lie in the file: keyed by their node and their own key, with the version of that
//! layout beside them; and what an earlier version left there.
//!
//! Invariant: the version in the file is that of everything in it.

use std::collections::BTreeMap;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    TableHandle, WriteTransaction,
};

/// The version of the layout that this program writes. In version 1 a document's key was its own
/// alone, and no version was written.
pub(super) const VERSION: u64 = 2;
const SCHEMA: TableDefinition<'static, &'static str, u64> = TableDefinition::new("schema");
const VERSION_KEY: &str = "version";
/// A program of version 1 reads this table at each start and refuses a file in which its keys are
/// other ones. So it is always there, and no such program begins without the leases.
const REFUSED_BY_VERSION_1: &str = "leases";

type KeyedByNode<'a> = TableDefinition<'a, (&'static str, &'static str), &'static [u8]>;
type KeyedAlone<'a> = TableDefinition<'a, &'static str, &'static [u8]>;

/// A document's key, and the document.
pub(super) type Document = (String, Vec<u8>);

/// Of one node: the keys of its documents, by table.
pub type Keys = BTreeMap<String, Vec<String>>;

pub(super) fn table(name: &str) -> KeyedByNode<'_> {
    TableDefinition::new(name)
}

/// The version of the layout.
pub(super) fn version(database: &Database) -> Result<u64, redb::Error> {
    let transaction = database.begin_read()?;
    let schema = match transaction.open_table(SCHEMA) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(1),
        schema => schema?,
    };
    Ok(schema
        .get(VERSION_KEY)?
        .map_or(1, |version| version.value()))
}

/// Turns version 1 into this one: all its documents are those of `node`.
pub(super) fn upgrade(transaction: &WriteTransaction, node: &str) -> Result<(), redb::Error> {
    for name in names(transaction)? {
        let before: KeyedAlone<'_> = TableDefinition::new(&name);
        let documents = {
            let before = transaction.open_table(before)?;
            all(&before)?
        };
        transaction.delete_table(before)?;
        let mut after = transaction.open_table(table(&name))?;
        for (key, document) in &documents {
            after.insert((node, key.as_str()), document.as_slice())?;
        }
    }
    drop(transaction.open_table(table(REFUSED_BY_VERSION_1))?);
    let mut schema = transaction.open_table(SCHEMA)?;
    schema.insert(VERSION_KEY, VERSION)?;
    Ok(())
}

/// The documents of `node` in the table `name`, in the order of their keys.
pub(super) fn read(
    database: &Database,
    name: &str,
    node: &str,
) -> Result<Vec<Document>, redb::Error> {
    let transaction = database.begin_read()?;
    match transaction.open_table(table(name)) {
        Err(TableError::TableDoesNotExist(_)) => Ok(Vec::new()),
        found => of_node(&found?, node),
    }
}

/// As [`read`] where the file is of version 1.
pub(super) fn read_version_1(
    database: &Database,
    name: &str,
) -> Result<Vec<Document>, redb::Error> {
    let transaction = database.begin_read()?;
    let before: KeyedAlone<'_> = TableDefinition::new(name);
    match transaction.open_table(before) {
        Err(TableError::TableDoesNotExist(_)) => Ok(Vec::new()),
        found => all(&found?),
    }
}

/// Gives all documents of the node `before` to the node `after`, in place of those with the same
/// keys.
pub(super) fn rename(
    transaction: &WriteTransaction,
    before: &str,
    after: &str,
) -> Result<(), redb::Error> {
    for name in names(transaction)? {
        let mut table = transaction.open_table(table(&name))?;
        for (key, document) in of_node(&table, before)? {
            table.remove((before, key.as_str()))?;
            table.insert((after, key.as_str()), document.as_slice())?;
        }
    }
    Ok(())
}

/// The nodes that have documents, and which.
pub(super) fn nodes(database: &Database) -> Result<BTreeMap<String, Keys>, redb::Error> {
    let transaction = database.begin_read()?;
    let mut nodes: BTreeMap<String, Keys> = BTreeMap::new();
    for name in read_names(&transaction)? {
        let found = transaction.open_table(table(&name))?;
        for entry in found.iter()? {
            let key = entry?.0;
            let place = key.value();
            let tables = nodes.entry(place.0.to_owned()).or_default();
            let keys = tables.entry(name.clone()).or_default();
            keys.push(place.1.to_owned());
        }
    }
    Ok(nodes)
}

/// The tables of documents.
fn names(transaction: &WriteTransaction) -> Result<Vec<String>, redb::Error> {
    let names = transaction.list_tables()?;
    Ok(of_documents(names.map(|table| table.name().to_owned())))
}

fn read_names(transaction: &ReadTransaction) -> Result<Vec<String>, redb::Error> {
    let names = transaction.list_tables()?;
    Ok(of_documents(names.map(|table| table.name().to_owned())))
}

fn of_documents(names: impl Iterator<Item = String>) -> Vec<String> {
    names.filter(|name| name != SCHEMA.name()).collect()
}

fn all(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Vec<Document>, redb::Error> {
    let mut documents = Vec::new();
    for entry in table.iter()? {
        let (key, document) = entry?;
        documents.push((key.value().to_owned(), document.value().to_vec()));
    }
    Ok(documents)
}

fn of_node(
    table: &impl ReadableTable<(&'static str, &'static str), &'static [u8]>,
    node: &str,
) -> Result<Vec<Document>, redb::Error> {
    let mut documents = Vec::new();
    for entry in table.range((node, "")..)? {
        let (key, document) = entry?;
        if key.value().0 != node {
            break;
        }
        documents.push((key.value().1.to_owned(), document.value().to_vec()));
    }
    Ok(documents)
}
