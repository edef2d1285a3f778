//! The node's files: blocks in append-only segments, everything else in one database.
//!
//! Decides how a record lies on the disk and when it is whole. Refuses to know a rule of the chain.
//! Invariant: the database names only what the segments have on the disk, and one transaction takes
//! it from one consistent state to the next.

mod data_directory;
mod database;
mod foreign_files;
mod frame;
mod panic;
mod record;
mod segments;

pub(crate) use data_directory::DataDirectory;
pub(crate) use database::{CoinStats, Database, FlushBatch};
pub(crate) use record::StoredHeader;
pub(crate) use segments::{BlockSegments, TornRecord};

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bitcoin::Network;

/// Why the node's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was to be done, such as `write`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refuses.
    #[error("cannot use the database {}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: Box<redb::Error>,
    },
    /// Another process has the database open.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A file does not hold what was written to it.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where in the file.
        detail: String,
    },
    /// The files are of another chain, or of a version to come.
    #[error("{} is not ours: {detail}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says.
        detail: String,
    },
    /// The directory is not this node's to write in.
    #[error("{} is another node's directory: {found}", directory.display())]
    OtherNode {
        /// The directory.
        directory: PathBuf,
        /// What was found in it, as a sentence has it.
        found: String,
    },
    /// A block file beside our database in which nothing is ours any more.
    #[error("{} is damaged: there is no block of {network} in it", path.display())]
    NoBlock {
        /// The file.
        path: PathBuf,
        /// The chain.
        network: Network,
    },
}

impl StorageError {
    /// Whether the files can be used again after a start with
    /// [`Options::reindex`](crate::Options::reindex), which rebuilds the database from the block
    /// files; what those have lost comes from peers again.
    #[must_use]
    pub fn is_cured_by_reindex(&self) -> bool {
        matches!(self, Self::Database { .. } | Self::Damaged { .. })
    }

    /// Why, if it was a write that the system refused, which may succeed another time. After a
    /// failed sync nobody knows what is on the disk; only a start reads that.
    pub(crate) fn write_failure(&self) -> Option<ErrorKind> {
        match self {
            Self::Io {
                action: "write" | "open" | "cut" | "delete",
                source,
                ..
            } => Some(source.kind()),
            Self::Database { source, .. } => match source.as_ref() {
                redb::Error::Io(source) => Some(source.kind()),
                redb::Error::PreviousIo => Some(ErrorKind::Other),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
