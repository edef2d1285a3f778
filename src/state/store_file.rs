//! The store's file: how it is made, opened and written.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::Path;

use redb::{Database, WriteTransaction};

use super::layout;
use super::private_directory::make_directory;
use super::regular_file;
use super::store_error::StoreError;
use crate::values::unless_it_panics;

/// Made by us, so that nobody else may read it. Its size.
pub(super) fn make_private(path: &Path) -> io::Result<u64> {
    Ok(regular_file::open_or_create(path)?.metadata()?.len())
}

/// Makes a store where none was. One for which there is no room leaves nothing behind that would
/// pass for a damaged one.
pub(super) fn create(path: &Path, only_node: &str) -> Result<Database, StoreError> {
    let as_error = |error| failed(path, redb::Error::Io(error));
    // There may have been no room for the directory either.
    path.parent()
        .map_or(Ok(()), make_directory)
        .map_err(as_error)?;
    make_private(path).map_err(as_error)?;
    let make = || {
        let database = Database::create(path)?;
        commit(&database, only_node, |_| Ok(()))?;
        Ok::<_, redb::Error>(database)
    };
    let opened = unless_it_panics(make);
    if !matches!(opened, Ok(Ok(_))) {
        let _ = OpenOptions::new().write(true).truncate(true).open(path);
    }
    match opened {
        Ok(result) => result.map_err(|error| failed(path, error)),
        Err(detail) => Err(StoreError::Damaged {
            path: path.to_path_buf(),
            detail,
        }),
    }
}

pub(super) fn failed(path: &Path, error: redb::Error) -> StoreError {
    let path = path.to_path_buf();
    match error {
        redb::Error::Corrupted(detail) => StoreError::Damaged { path, detail },
        redb::Error::Io(source) if source.kind() == ErrorKind::InvalidData => StoreError::Damaged {
            path,
            detail: source.to_string(),
        },
        error => StoreError::Database {
            path,
            source: Box::new(error),
        },
    }
}

/// Opens the file again. One that is gone is not made anew: what was in it would be lost without a
/// word.
pub(super) fn reopen(path: &Path) -> Result<Database, redb::Error> {
    regular_file::check(path)?;
    Ok(Database::open(path)?)
}

/// Makes the changes of `work`, in one transaction with what brings a file of an earlier version to
/// this one.
pub(super) fn commit(
    database: &Database,
    only_node: &str,
    work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    let is_of_today = layout::version(database)? == layout::VERSION;
    let mut transaction = database.begin_write()?;
    // Both ends of each commit are on the disk: one that is found to be damaged is no crash, and is
    // not rolled back.
    transaction.set_two_phase_commit(true);
    if !is_of_today {
        layout::upgrade(&transaction, only_node)?;
    }
    work(&transaction)?;
    Ok(transaction.commit()?)
}
