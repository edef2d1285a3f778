//! The node's data directory, once it is known to be the node's own.
//!
//! Decides, before anything is written, whose the files in a directory are. Invariant: who holds a
//! `DataDirectory` may write in it, cut and delete, without harm to another program's files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use bitcoin::Network;
use bitcoin::p2p::Magic;

use super::{StorageError, foreign_files, frame, segments};

/// No node has longer block files.
const MAX_BLOCK_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// A data directory that is ours: of this node, or not there yet.
#[derive(Clone, Debug)]
pub(crate) struct DataDirectory {
    directory: PathBuf,
}

impl DataDirectory {
    /// `directory`, unless there is anything in it that this node does not write: the signs of
    /// another node, or block files without any block of `network`. Nothing is changed.
    pub(crate) fn at(directory: &Path, network: Network) -> Result<Self, StorageError> {
        let data_directory = Self {
            directory: directory.to_owned(),
        };
        let names = names(directory)?;
        let signs = foreign_files::of_another_node(&names);
        if !signs.is_empty() {
            let found = format!("it has {}", foreign_files::list(&signs));
            return Err(StorageError::OtherNode {
                directory: data_directory.directory,
                found,
            });
        }
        if let Some(path) = data_directory.strange_block_file(network)? {
            let name = path.strip_prefix(directory).unwrap_or(&path).display();
            let found = format!("there is no block of {network} in {name}");
            // A database of ours vouches for what is beside it: that has come to harm.
            let is_ours = data_directory.database().exists();
            return Err(if is_ours {
                StorageError::NoBlock { path, network }
            } else {
                StorageError::OtherNode {
                    directory: data_directory.directory,
                    found,
                }
            });
        }
        Ok(data_directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    /// Where the block files are.
    pub(crate) fn blocks(&self) -> PathBuf {
        self.directory.join("blocks")
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join("chainstate").join("chain.redb")
    }

    /// A block file in which nothing is of `network`.
    fn strange_block_file(&self, network: Network) -> Result<Option<PathBuf>, StorageError> {
        let blocks = self.blocks();
        for name in list(&blocks)?
            .iter()
            .filter(|name| segments::number(name).is_some())
        {
            let path = blocks.join(name);
            match is_strange(&path, Magic::from(network)) {
                Ok(true) => return Ok(Some(path)),
                Ok(false) => {}
                // A node of ours that runs there has just deleted it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(StorageError::io("read", &path)(error)),
            }
        }
        Ok(None)
    }
}

fn is_strange(path: &Path, magic: Magic) -> std::io::Result<bool> {
    // What is not a file is reported when it is opened.
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    let beginning = u64::try_from(frame::PREFIX_BYTES).unwrap_or(u64::MAX);
    file.by_ref().take(beginning).read_to_end(&mut bytes)?;
    if frame::may_begin_so(magic, &bytes) {
        return Ok(false);
    }
    file.take(MAX_BLOCK_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(!frame::has_block(magic, &bytes))
}

/// What is in `directory` and where nodes keep their files below it.
fn names(directory: &Path) -> Result<BTreeSet<String>, StorageError> {
    let mut names = BTreeSet::new();
    names.extend(list(directory)?);
    for inner in foreign_files::INNER {
        names.extend(
            list(&directory.join(inner))?
                .into_iter()
                .map(|name| format!("{inner}/{name}")),
        );
    }
    for chain in foreign_files::CHAINS {
        let inner = foreign_files::INNER
            .iter()
            .map(|inner| format!("{chain}/{inner}"));
        for below in inner.chain([chain.to_owned()]) {
            // Nothing is written there, so what cannot be read does no harm.
            let found = list(&directory.join(&below)).unwrap_or_default();
            names.extend(found.into_iter().map(|name| format!("{below}/{name}")));
        }
    }
    Ok(names)
}

/// The names in `directory`; none if there is no such directory.
fn list(directory: &Path) -> Result<Vec<String>, StorageError> {
    let read = || {
        let entries = match fs::read_dir(directory) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(Vec::new());
            }
            entries => entries?,
        };
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    };
    read().map_err(StorageError::io("read", directory))
}
