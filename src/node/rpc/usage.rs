//! What the node's files take on this machine. Blocking, as `disk`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::disk::{ChainDirectories, Directories, failure};
use super::file_names::{is_block_file, is_custom_signet};
use crate::node::{NodeError, Usage};
use crate::values::Chain;

impl Directories {
    /// What the files of `chain` take, and the directories that are measured for that.
    pub fn measure(&self, chain: Option<Chain>) -> Result<(Vec<PathBuf>, Usage), NodeError> {
        let ChainDirectories { own, blocks, .. } = self.of_chain(chain)?;
        let is_apart = self.blocks.is_some() && !blocks.starts_with(&own);
        let directories = std::iter::once(own)
            .chain(is_apart.then_some(blocks))
            .collect();
        Ok((directories, usage(self, chain)?))
    }
}

/// What `du` says of the chain's own directory: allocated bytes, each inode once, however many
/// names it has, and symbolic links followed only where bitcoind's own directories may be such:
/// blocks, chain state, indexes.
///
/// A file that vanishes meanwhile, as a database's do, counts nothing; one that may not be looked
/// at makes the sum unknown, since bitcoind lets nobody else into its blocks and chain state.
pub(in crate::node) fn usage(
    directories: &Directories,
    chain: Option<Chain>,
) -> Result<Usage, NodeError> {
    for root in std::iter::once(&directories.data).chain(&directories.blocks) {
        std::fs::read_dir(root).map_err(|error| failure(root, &error))?;
    }
    let chain = directories.of_chain(chain)?;
    let mut count = Count::default();
    // Before what is around them: a backup by hard links is not to take the place of the files
    // themselves.
    if chain
        .blocks
        .file_name()
        .is_some_and(|name| name == "blocks")
    {
        count.tree(&chain.blocks, Part::Blocks, false)?;
    } else if chain.blocks != chain.own {
        count.block_files_in(&chain.blocks)?;
    }
    for (name, part) in [
        ("blocks", Part::Blocks),
        ("chainstate", Part::Databases),
        ("indexes", Part::Databases),
    ] {
        count.tree(&chain.own.join(name), part, false)?;
    }
    count.tree(&chain.own, Part::Rest, chain.holds_others)?;
    Ok(Usage {
        block_file_bytes: count.longest_bytes,
        ..count.usage
    })
}

/// A part of a node's directory.
#[derive(Clone, Copy)]
enum Part {
    Blocks,
    Databases,
    Rest,
}

impl Part {
    fn kind(self, path: &Path) -> FileKind {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        match self {
            Self::Databases => FileKind::Database,
            Self::Blocks if is_block_file(name) => FileKind::Blocks,
            // Nodes of other makers have their block files in the directory itself.
            Self::Rest if is_block_file(name) && path.components().count() == 1 => FileKind::Blocks,
            Self::Blocks | Self::Rest => database_or_other(path),
        }
    }
}

/// What was counted so far.
#[derive(Default)]
struct Count {
    usage: Usage,
    /// Device and inode of directories, and of files with several names.
    seen: HashSet<(u64, u64)>,
    /// The last file of blocks, by its name, and its length: it is not full yet, and longer than
    /// what is in it.
    last_file: (OsString, u64),
    /// The length of the longest of those before it.
    longest_bytes: Option<u64>,
}

impl Count {
    /// Adds the tree at `root`, which may be a link, or not be there.
    fn tree(&mut self, root: &Path, part: Part, skip_other_chains: bool) -> Result<(), NodeError> {
        match std::fs::metadata(root) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failure(root, &error)),
        }
        let is_skipped = move |entry: &DirEntry| {
            // What the file system itself keeps there is not the node's.
            let is_foreign = entry.file_name() == "lost+found";
            is_foreign
                || (skip_other_chains && entry.depth() == 1 && is_other_chain(entry.file_name()))
        };
        let mut entries = WalkDir::new(root)
            .into_iter()
            .filter_entry(|entry| !is_skipped(entry));
        while let Some(entry) = entries.next() {
            let found = entry.and_then(|entry| Ok((metadata_of(&entry)?, entry)));
            let (metadata, entry) = match found {
                Ok(found) => found,
                Err(error) if has_vanished(&error) => continue,
                Err(error) => return Err(failure(error.path().unwrap_or(root), &reason(&error))),
            };
            let may_come_again = metadata.is_dir() || metadata.nlink() > 1;
            if may_come_again && !self.seen.insert((metadata.dev(), metadata.ino())) {
                if metadata.is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            let kind = part.kind(entry.path().strip_prefix(root).unwrap_or(entry.path()));
            self.add(&metadata, entry.file_name(), kind);
        }
        Ok(())
    }

    /// Adds the block files that lie in `directory` itself: there may be anything else in it.
    fn block_files_in(&mut self, directory: &Path) -> Result<(), NodeError> {
        let entries = std::fs::read_dir(directory).map_err(|error| failure(directory, &error))?;
        let is_one =
            |entry: &std::fs::DirEntry| entry.file_name().to_str().is_some_and(is_block_file);
        for entry in entries.flatten().filter(is_one) {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if self.seen.insert((metadata.dev(), metadata.ino())) {
                self.add(&metadata, &entry.file_name(), FileKind::Blocks);
            }
        }
        Ok(())
    }

    fn add(&mut self, metadata: &Metadata, name: &OsStr, kind: FileKind) {
        // st_blocks counts 512 bytes whatever the file system's own block size (stat(2)).
        let allocated = metadata.blocks().saturating_mul(512);
        let add = |sum: &mut u64| *sum = sum.saturating_add(allocated);
        add(&mut self.usage.total_bytes);
        match kind {
            FileKind::Blocks => {
                add(&mut self.usage.blocks_bytes);
                self.add_block_file(name, metadata.len());
            }
            FileKind::Database => add(&mut self.usage.database_bytes),
            FileKind::Other => {}
        }
    }
}

impl Count {
    fn add_block_file(&mut self, name: &OsStr, bytes: u64) {
        // Undo data is shorter than the blocks that it is for.
        if name.as_encoded_bytes().starts_with(b"rev") {
            return;
        }
        let mut full = (name.to_owned(), bytes);
        if full.0 > self.last_file.0 {
            std::mem::swap(&mut full, &mut self.last_file);
        }
        if !full.0.is_empty() {
            self.longest_bytes = self.longest_bytes.max(Some(full.1));
        }
    }
}

/// Of the place that the root of a walk leads to, and of each entry below as it is.
fn metadata_of(entry: &DirEntry) -> Result<Metadata, walkdir::Error> {
    let root = if entry.depth() == 0 {
        std::fs::metadata(entry.path()).ok()
    } else {
        None
    };
    root.map_or_else(|| entry.metadata(), Ok)
}

fn has_vanished(error: &walkdir::Error) -> bool {
    error
        .io_error()
        .is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

fn reason(error: &walkdir::Error) -> String {
    error
        .io_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

#[derive(Clone, Copy)]
enum FileKind {
    Blocks,
    Database,
    Other,
}

fn database_or_other(path: &Path) -> FileKind {
    let databases = ["chainstate", "indexes", "index"];
    let inside = path
        .components()
        .filter_map(|part| part.as_os_str().to_str())
        .any(|part| databases.contains(&part));
    if inside {
        FileKind::Database
    } else {
        FileKind::Other
    }
}

/// Whether `name` is the directory of a test chain in the directory of the main chain.
fn is_other_chain(name: &OsStr) -> bool {
    let subdirectories = Chain::ALL
        .into_iter()
        .map(Chain::subdirectory)
        .filter(|name| !name.is_empty());
    subdirectories
        .into_iter()
        .any(|subdirectory| name == subdirectory)
        || is_custom_signet(name)
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
